"""How long torque lasts after a fault: where commands arrive, and by the node's own clock.

Where commands arrive, times are those at which DDS received them in this process, before anything
of this process's own delays it. The node's own clock is that of the stamps with which it sent them:
what it guarantees does not depend on how busy the machine is, except for its own late ticks, which
the same stamps show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

PERIOD_S = 0.005
_NANOSECONDS = 1e-9


@dataclass(frozen=True)
class Arrival:
    """A message, when it was received and when it was sent [ns]."""

    time_ns: int
    message: Any
    sent_ns: int = 0


@dataclass(frozen=True)
class Ending:
    """How torque ended.

    Attributes:
        received_ns: When the first of the lasting zeros arrived [ns].
        fade_s: From the command that began the fade to that zero, as sent [s]; 0: there was no
            torque to fade.
        silence_s: From the first command that stands on the last image to the beginning of the
            fade, as sent [s].
        longest_interval_s: Between two commands from that image to the zero, as sent [s].
    """

    received_ns: int
    fade_s: float
    silence_s: float
    longest_interval_s: float

    @property
    def late_s(self) -> float:
        """By how much the node's latest tick came late [s]."""
        return max(0.0, self.longest_interval_s - PERIOD_S)


def torque_n_m(command: Any) -> float:
    """The largest of all torques and gains in a command: zero means that nothing acts."""
    parts = [*command.effort, *command.stiffness, *command.damping]
    return float(np.abs(parts).max())


def ending(commands: Sequence[Arrival], fault_ns: int) -> Ending | None:
    """How torque ended after a fault; None: it did not.

    Args:
        commands: In the order of their arrival.
        fault_ns: When it happened [ns].
    """
    last_loud = max(
        (k for k, a in enumerate(commands) if torque_n_m(a.message) > 0.0), default=-1
    )  # fmt: skip
    first_later = next((k for k, a in enumerate(commands) if a.time_ns >= fault_ns), len(commands))
    zero = max(last_loud + 1, first_later)
    if zero >= len(commands):
        return None
    if zero > last_loud + 1:
        return Ending(commands[zero].time_ns, 0.0, 0.0, 0.0)
    fading = zero
    while fading > 0 and commands[fading - 1].message.state == commands[0].message.STATE_FADING:
        fading -= 1
    used = commands[fading].message.header.stamp
    adopted = fading
    while adopted > 0 and commands[adopted - 1].message.header.stamp == used:
        adopted -= 1
    sent_ns = [a.sent_ns for a in commands[max(adopted - 1, 0) : zero + 1]]
    return Ending(
        received_ns=commands[zero].time_ns,
        fade_s=(commands[zero].sent_ns - commands[fading].sent_ns) * _NANOSECONDS,
        silence_s=(commands[fading].sent_ns - commands[adopted].sent_ns) * _NANOSECONDS,
        longest_interval_s=max(b - a for a, b in pairwise(sent_ns)) * _NANOSECONDS,
    )
