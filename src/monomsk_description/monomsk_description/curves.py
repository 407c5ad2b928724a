"""Functions of one coordinate, as the axes of OpenSim's joints use them.

All are polynomials between breaks: one form for splines, lines and polynomials alike, that every
consumer (Pinocchio, CasADi, torch) can evaluate and differentiate exactly.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from monomsk_description.errors import ShapeError
from monomsk_description.frames import Array


class CurveValue(NamedTuple):
    """A curve's value and its first three derivatives at one place."""

    value: float
    first: float
    second: float
    third: float


@dataclass(frozen=True, eq=False)
class Curve:
    """Polynomials of (x - origin), one left of every break and one right of the last.

    Attributes:
        breaks: Where one piece ends and the next begins, rising, (m,); empty for one polynomial.
        origins: Where each piece's variable is zero, (m + 1,).
        coefficients: Each piece's coefficients, lowest power first, (m + 1, degree + 1).
    """

    breaks: Array
    origins: Array
    coefficients: Array

    def at(self, x: float) -> CurveValue:
        """The value and three derivatives at x."""
        breaks, pieces = self._pieces
        index = bisect_right(breaks, x)
        # The last knot belongs to the curve, not to what lies beyond it, as the first one does.
        if index and x == breaks[-1]:
            index -= 1
        origin, coefficients = pieces[index]
        t = x - origin
        value = first = second = third = 0.0
        for coefficient in coefficients:
            third = third * t + second
            second = second * t + first
            first = first * t + value
            value = value * t + coefficient
        return CurveValue(value, first, 2.0 * second, 6.0 * third)

    def __call__(self, x: ArrayLike) -> Array:
        """The values at an array of places."""
        places = np.asarray(x, dtype=float)
        return np.array([self.at(float(p)).value for p in places.flat]).reshape(places.shape)

    def scaled(self, factor: float) -> "Curve":
        """The curve multiplied by a factor."""
        return Curve(self.breaks, self.origins, self.coefficients * factor)

    def as_line(self) -> tuple[float, float] | None:
        """Slope and offset where the curve is one straight line, else None."""
        if len(self.breaks) or self.coefficients[0, 2:].any():
            return None
        offset, slope = (*self.coefficients[0], 0.0)[:2]
        return float(slope), float(offset) - float(slope) * float(self.origins[0])

    @cached_property
    def _pieces(self) -> tuple[list[float], list[tuple[float, list[float]]]]:
        """Plain floats, highest power first: evaluation is several times faster than in numpy."""
        highest_first = self.coefficients[:, ::-1].tolist()
        return self.breaks.tolist(), list(zip(self.origins.tolist(), highest_first, strict=True))


def polynomial(coefficients: ArrayLike) -> Curve:
    """One polynomial everywhere; coefficients lowest power first."""
    row = np.atleast_1d(np.asarray(coefficients, dtype=float))
    return Curve(np.empty(0), np.zeros(1), row[None])


def cubic_spline(knots: ArrayLike, values: ArrayLike) -> Curve:
    """The cubic spline of OpenSim's SimmSpline: straight beyond its knots.

    Its third derivative in the first and last interval is that of the cubic through the four
    outermost points (Forsythe, Malcolm, Moler 1977, Computer Methods for Mathematical
    Computations, ch. 4); with three points it is a parabola, with two a line.

    Raises:
        ShapeError: Fewer than two knots, not one value a knot, or knots that do not rise.
    """
    x, y = _checked_knots(knots, values)
    steps, slopes = np.diff(x), np.diff(y) / np.diff(x)
    bends = _second_derivatives(x, y)
    cubic = np.diff(bends) / (6.0 * steps)
    linear = slopes - steps * (2.0 * bends[:-1] + bends[1:]) / 6.0
    inner = np.column_stack([y[:-1], linear, 0.5 * bends[:-1], cubic])
    end_slope = linear[-1] + steps[-1] * (bends[-2] + bends[-1]) / 2.0
    before = [y[0], linear[0], 0.0, 0.0]
    beyond = [y[-1], end_slope, 0.0, 0.0]
    return Curve(x, np.concatenate([x[:1], x]), np.vstack([before, inner, beyond]))


def piecewise_linear(knots: ArrayLike, values: ArrayLike) -> Curve:
    """Straight lines through points; the outermost ones go on beyond them.

    Raises:
        ShapeError: Fewer than two knots, not one value a knot, or knots that do not rise.
    """
    x, y = _checked_knots(knots, values)
    lines = np.column_stack([y[:-1], np.diff(y) / np.diff(x)])
    return Curve(x[1:-1], x[:-1], lines)


def _checked_knots(knots: ArrayLike, values: ArrayLike) -> tuple[Array, Array]:
    x, y = np.array(knots, dtype=float), np.array(values, dtype=float)
    if x.ndim != 1 or len(x) < 2 or x.shape != y.shape:
        raise ShapeError("knots", f"{x.shape} knots and {y.shape} values, expected as many, >= 2")
    if not (np.diff(x) > 0).all():
        raise ShapeError("knots", "must rise")
    return x, y


def _second_derivatives(x: Array, y: Array) -> Array:
    """Second derivatives at the knots of the spline, (n,)."""
    count, steps = len(x), np.diff(x)
    if count == 2:
        return np.zeros(2)
    matrix, right = np.zeros((count, count)), np.zeros(count)
    rows = np.arange(1, count - 1)
    matrix[rows, rows - 1] = steps[:-1]
    matrix[rows, rows] = 2.0 * (steps[:-1] + steps[1:])
    matrix[rows, rows + 1] = steps[1:]
    right[1:-1] = 6.0 * np.diff(np.diff(y) / steps)
    # Ends: bend[1] - bend[0] = step * third derivative.
    matrix[0, :2] = matrix[-1, -2:] = (-1.0, 1.0)
    if count > 3:
        right[0] = steps[0] * _third_derivative(x[:4], y[:4])
        right[-1] = steps[-1] * _third_derivative(x[-4:], y[-4:])
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _third_derivative(x: Array, y: Array) -> float:
    """Of the cubic through four points."""
    return 6.0 * sum(
        float(y[i]) / float(np.prod([x[i] - x[j] for j in range(4) if j != i])) for i in range(4)
    )
