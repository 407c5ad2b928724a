"""B-splines over frames: curves whose derivatives at the frames are exact."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

DEGREE = 5
#: Coefficients that reach a frame.
SPAN = DEGREE + 1


@dataclass(frozen=True)
class SplineBasis:
    """Quintic B-splines at the frames.

    Attributes:
        first: Of each frame, the first of the six coefficients that reach it (n,).
        values: Their weights in the value, first and second derivative (3, n, 6).
        count: Number of coefficients.
    """

    first: Indices
    values: Array
    count: int

    @classmethod
    def over(cls, times_s: Array, period_s: float) -> "SplineBasis":
        """A basis with knots about every period [s], and frames in each interval between them.

        Through a gap no knots stand: nothing would determine their coefficients.
        """
        intervals = max(1, round((times_s[-1] - times_s[0]) / period_s))
        inner = np.linspace(times_s[0], times_s[-1], intervals + 1)
        occupied = np.unique(np.searchsorted(inner[1:-1], times_s, side="right"))
        inner, intervals = np.append(inner[occupied], inner[-1]), len(occupied)
        knots = np.concatenate([[inner[0]] * DEGREE, inner, [inner[-1]] * DEGREE])
        count = intervals + DEGREE
        first = np.searchsorted(inner, times_s, side="right") - 1
        first = np.clip(first, 0, intervals - 1)
        splines = BSpline(knots, np.eye(count), DEGREE)
        reach = first[:, None] + np.arange(SPAN)
        values = [np.take_along_axis(splines(times_s, k), reach, axis=1) for k in range(3)]
        return cls(first, np.array(values), count)

    def curve(self, coefficients: Array, derivative: int = 0) -> Array:
        """Values (n, k) at the frames of coefficients (count, k), or of a derivative up to 2."""
        reach = self.first[:, None] + np.arange(SPAN)
        values: Array = np.einsum("nj,njc->nc", self.values[derivative], coefficients[reach])
        return values


def add_block(band: Array, start: int, block: Array) -> None:
    """Add a symmetric block (k, k) at a diagonal place to a matrix stored as its lower band."""
    size = len(block)
    for column in range(size):
        band[: size - column, start + column] += block[column:, column]
