"""When a foot that is seen off the floor really left it: told afterwards, but for the right time.

A foot counts as off when its toes are clearly fast, so that noise cannot lift it. By then it has
been off for a while: the toes began to move when the load was gone. Toe off is therefore dated
back to the last time that the toes became faster than a share of the walking speed. Toes that
bend stay on the floor to the end; a motion without bending toes rolls over their tips, which move
before.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Toe speed at toe off over walking speed, and the bend of the toes in push-off that goes with it
#: [rad]. Chosen on the events of plates at 20 N of two adults (stiff toes) and of the four
#: children HC002 to HC033 (bending ones); the other five children were left for the test.
STIFF_SHARE, BENT_SHARE = 0.85, 0.25
_STIFF_RAD, _BENT_RAD = 0.20, 0.45
#: How far back a departure may lie [s].
_LONGEST_S = 0.15
#: Push-off lasts about so long [s].
_PUSH_OFF_S = 0.30
#: Slower people leave at a speed that does not follow their walking speed [m/s].
_LEAST_SPEED_M_S = 0.5


@dataclass(frozen=True)
class ToeSample:
    """The toes at one instant, right and left.

    Attributes:
        stamp_ns: Of the instant [ns].
        speed_m_s: Of the mean toe point over the floor, horizontal (2,).
        angle_rad: Of the toe joints (2,).
        walking_speed_m_s: Mean speed of the pelvis over the floor.
        carried_m: How far a treadmill's belt went since the beginning, world (2,) [m].
    """

    stamp_ns: int
    speed_m_s: Array
    angle_rad: Array
    walking_speed_m_s: float
    carried_m: Array = field(default_factory=lambda: np.zeros(2))


class Departures:
    """Remembers the toes for as long as a departure may lie back."""

    def __init__(self) -> None:
        self._samples: deque[ToeSample] = deque()

    def reset(self) -> None:
        """Forget the past."""
        self._samples.clear()

    def add(self, sample: ToeSample) -> None:
        """Take in an instant."""
        self._samples.append(sample)
        oldest_ns = sample.stamp_ns - round(1e9 * max(_PUSH_OFF_S, _LONGEST_S))
        while self._samples[0].stamp_ns < oldest_ns:
            self._samples.popleft()

    def toe_off_ns(self, foot: int, seen_ns: int) -> int:
        """When a foot (0 right, 1 left) left that is off the floor at the newest sample.

        Args:
            foot: Which foot.
            seen_ns: When that was seen: the answer where the toes tell nothing earlier [ns].
        """
        samples = list(self._samples)
        if len(samples) < 2:
            return seen_ns
        angles = [float(sample.angle_rad[foot]) for sample in samples]
        walking_m_s = max(samples[-1].walking_speed_m_s, _LEAST_SPEED_M_S)
        threshold = off_share(max(angles) - min(angles)) * walking_m_s
        earliest_ns = seen_ns - round(1e9 * _LONGEST_S)
        for before, after in zip(samples[-2::-1], samples[:0:-1], strict=True):
            low, high = float(before.speed_m_s[foot]), float(after.speed_m_s[foot])
            if low < threshold <= high:
                share = (threshold - low) / (high - low)
                crossed_ns = before.stamp_ns + round(share * (after.stamp_ns - before.stamp_ns))
                return min(max(crossed_ns, earliest_ns), seen_ns)
        return seen_ns


def off_share(bend_rad: float) -> float:
    """Toe speed at toe off over walking speed, for toes that bend by an angle [rad]."""
    bent = (bend_rad - _STIFF_RAD) / (_BENT_RAD - _STIFF_RAD)
    return STIFF_SHARE + min(max(bent, 0.0), 1.0) * (BENT_SHARE - STIFF_SHARE)
