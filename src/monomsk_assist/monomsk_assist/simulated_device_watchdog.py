"""A device's own last line: a command that is not renewed in time fades to zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class CommandWatchdog:
    """Holds the last command for as long as it is valid, then takes it to zero along a line.

    Args:
        joints: Number of joints.
        valid_for_s: How long a command holds after it was received [s].
        fade_s: How long it then takes to zero [s].

    Attributes:
        expiries: How many commands ran out without a successor.
    """

    def __init__(self, joints: int, valid_for_s: float, fade_s: float) -> None:
        self._zero = np.zeros(joints)
        self._command = self._zero
        self._valid_for_s = valid_for_s
        self._fade_s = fade_s
        self._received_s = -np.inf
        self._expired = True
        self.expiries = 0

    def receive(self, torque: Array, now_s: float) -> None:
        """Take in a command (n joints,) [N m]; one that is not finite counts as zero."""
        self._command = torque if np.isfinite(torque).all() else self._zero
        self._received_s = now_s
        self._expired = False

    def torque(self, now_s: float) -> Array:
        """The torque to give now (n joints,) [N m]."""
        late_s = now_s - self._received_s - self._valid_for_s
        if late_s <= 0.0:
            return self._command
        if not self._expired:
            self._expired = True
            self.expiries += 1
        left: Array = self._command * max(0.0, 1.0 - late_s / self._fade_s)
        return left
