"""How a joint goes on in even walking: as it did at this place of the last strides.

A torque cannot be integrated forward like a motion: what muscles will do is not in the state. But
walking repeats itself. The estimate's own last strides, over the gait phase, say how torque, angle
and rate change from the image to the time of the command.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: So much of the past counts [s]: three to five strides.
_MEMORY_S = 5.0
#: Samples this far from a place still count, in cycles: frames at 30 Hz are 0.03 apart.
_WIDTH = 0.015
#: Fewer strides at a place are no pattern.
_LEAST_STRIDES = 2.0
_LEAST_WEIGHT = 0.5
_NANOSECONDS = 1e-9


class CyclePattern:
    """Quantities of one joint over the gait cycle of its leg, from the last strides."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._samples: deque[tuple[int, float, tuple[float, ...]]] = deque()
        self._fractions = np.empty(0)
        self._values = np.empty((0, 0))

    def learn(self, stamp_ns: int, fraction: float, values: tuple[float, ...]) -> None:
        """Take in an estimate.

        Args:
            stamp_ns: Of the image [ns].
            fraction: Of the leg's cycle at that time; NaN: not walking, nothing is learnt.
            values: Of the joint, always the same quantities in the same order.
        """
        samples = self._samples
        if samples and stamp_ns <= samples[-1][0]:
            if stamp_ns < samples[-1][0]:
                self.reset()
            return
        if not math.isfinite(fraction) or not math.isfinite(sum(values)):
            return
        samples.append((stamp_ns, fraction, values))
        while (stamp_ns - samples[0][0]) * _NANOSECONDS > _MEMORY_S:
            samples.popleft()
        self._fractions = np.array([sample[1] for sample in samples])
        self._values = np.array([sample[2] for sample in samples])

    def change(self, start: float, end: float) -> Array | None:
        """By how much each quantity changes between two places of the cycle.

        None where a place is unknown, or was not passed often enough lately.
        """
        before, after = self._at(start), self._at(end)
        return None if before is None or after is None else after - before

    def _at(self, fraction: float) -> Array | None:
        """Mean quantities near a place of the cycle."""
        if not math.isfinite(fraction) or not len(self._fractions):
            return None
        away = self._fractions - fraction
        away -= np.round(away)
        weights = np.exp(-0.5 * np.square(away / _WIDTH))
        if np.count_nonzero(weights > _LEAST_WEIGHT) < _LEAST_STRIDES:
            return None
        mean: Array = weights @ self._values / weights.sum()
        return mean
