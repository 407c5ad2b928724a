"""Which level each foot stands on: the floor, or a step, a box or a seat above or below it.

One camera hardly tells a floor that slopes from one with steps, and a fit that holds every sole in
contact to one plane would tilt the whole world as soon as somebody steps down. What a learned
lifter believes of a frame has heights of its own: where they jump, the foot has found another one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monomsk_description.frames import Array

#: So far from its level a foot is on another one [m]: below the height of a stair.
_REACH_M = 0.10
#: A level is taken when a foot in contact has kept to it so closely [m] for so long [s].
_STEADY_M, _STEADY_S = 0.04, 0.1
#: Levels closer than this are one [m].
_SAME_M = 0.06
#: Believed heights are off by the same amount for about so long [s]; nothing is decided before.
_LASTS_S = 1.0


class FootLevels(NamedTuple):
    """Where the feet stand, right then left.

    Attributes:
        level_m: Height of what each foot stands on or left last over the floor [m] (2,).
        known: Whether each is within reach of that level (2,).
    """

    level_m: Array
    known: Array


class FloorLevels:
    """Follows the level of each foot."""

    def __init__(self) -> None:
        self._level_m = np.zeros(2)
        self._bias_m: float | None = None
        self._age_s = 0.0
        self.pause()

    def pause(self) -> None:
        """Nobody was seen for a while; who is seen next may be where the last one was."""
        self._found_m = np.full(2, np.nan)
        self._kept_s = np.zeros(2)

    def update(self, lowest_m: Array, contact: Array, interval_s: float) -> FootLevels:
        """The levels at a frame.

        Args:
            lowest_m: Believed height of each foot's lowest point over the floor [m] (2,).
            contact: Probability that each is in contact (2,).
            interval_s: Time since the frame before [s].
        """
        self._age_s += interval_s
        touches = contact > 0.5
        if self._bias_m is None:
            if not touches.any():
                return FootLevels(self._level_m.copy(), np.ones(2, dtype=bool))
            self._bias_m = float(lowest_m[touches].mean())
        settled = self._age_s > _LASTS_S
        known = np.ones(2, dtype=bool)
        for foot in range(2):
            off = float(lowest_m[foot] - self._bias_m - self._level_m[foot])
            near = abs(off) <= _REACH_M or not settled
            if touches[foot] and not near:
                near = self._finds(foot, float(lowest_m[foot]), interval_s)
            else:
                self._found_m[foot] = np.nan
                if touches[foot]:
                    self._bias_m += min(interval_s / _LASTS_S, 1.0) * off
            known[foot] = near
        return FootLevels(self._level_m.copy(), known)

    def _finds(self, foot: int, height_m: float, interval_s: float) -> bool:
        """Whether a foot that has left its level keeps to another one by now, which is taken."""
        if not abs(height_m - self._found_m[foot]) <= _STEADY_M:
            self._found_m[foot], self._kept_s[foot] = height_m, 0.0
            return False
        self._kept_s[foot] += interval_s
        if self._kept_s[foot] < _STEADY_S:
            return False
        level_m = height_m - float(self._bias_m or 0.0)
        others = [
            other for other in (0.0, self._level_m[1 - foot]) if abs(level_m - other) < _SAME_M
        ]
        self._level_m[foot] = others[0] if others else level_m
        return True
