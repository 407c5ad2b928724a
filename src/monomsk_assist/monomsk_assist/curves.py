"""Curves over the gait cycle, given by points and evaluated at every tick."""

import math
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class PeriodicCurve:
    """Straight lines between points over a cycle; the last point leads back to the first.

    Attributes:
        fractions: Places in the cycle, ascending, in [0, 1).
        values: What the curve is there.
    """

    fractions: tuple[float, ...]
    values: tuple[float, ...]

    @staticmethod
    def constant(value: float) -> "PeriodicCurve":
        """The same everywhere."""
        return PeriodicCurve((0.0,), (value,))

    def __call__(self, fraction: float) -> float:
        """Value at a place in the cycle; whole cycles are taken off. NaN for NaN."""
        if not math.isfinite(fraction):
            return math.nan
        place = fraction % 1.0
        after = bisect_right(self.fractions, place) % len(self.fractions)
        before = after - 1
        start, end = self.fractions[before], self.fractions[after]
        span = (end - start) % 1.0
        if span == 0.0:
            return self.values[before]
        share = ((place - start) % 1.0) / span
        return self.values[before] + share * (self.values[after] - self.values[before])

    def largest(self) -> float:
        """Largest absolute value."""
        return max(abs(value) for value in self.values)
