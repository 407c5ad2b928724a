"""From the 37 coordinates to the axes behind them, and forces the way back.

Where a coordinate moves several axes (the knee), each axis is a one-degree joint of its own:
q_axes = F(q), v_axes = F'(q) v, a_axes = F'(q) a + F''(q) v², and tau = F'(q)ᵀ tau_axes.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline

from monomsk_description.anatomy import TransformAxis
from monomsk_description.frames import Array


@dataclass(frozen=True)
class AxisValues:
    """Every axis and its derivatives with respect to its own coordinate, each (n_axes,)."""

    value: Array
    first: Array
    second: Array
    third: Array


class Coupling:
    """The functions F of a list of axes over a list of coordinates.

    Attributes:
        selection: Zeros and ones (n_axes, n_coordinates): which coordinate drives which axis.
    """

    def __init__(self, axes: list[TransformAxis], coordinates: tuple[str, ...]) -> None:
        self._driver = np.array([coordinates.index(axis.coordinate) for axis in axes])
        self.selection = np.eye(len(coordinates))[self._driver]
        self._splines = [
            (index, _Spline(axis.knots, axis.spline))
            for index, axis in enumerate(axes)
            if axis.knots is not None and axis.spline is not None
        ]

    def evaluate(self, coordinates: Array) -> AxisValues:
        """Axes at the coordinates (n_coordinates,) [rad]."""
        value = coordinates[self._driver]
        first = np.ones_like(value)
        second = np.zeros_like(value)
        third = np.zeros_like(value)
        for index, spline in self._splines:
            x = float(value[index])
            value[index], first[index], second[index], third[index] = spline.at(x)
        return AxisValues(value, first, second, third)


class _Spline:
    """A cubic spline through knots, straight beyond them, evaluated one number at a time."""

    def __init__(self, knots: Array, values: Array) -> None:
        cubic = CubicSpline(knots, values)
        self._knots = knots.tolist()
        self._pieces = [tuple(cubic.c[:, i]) for i in range(len(knots) - 1)]
        self._ends = [(float(cubic(x)), float(cubic(x, 1))) for x in (knots[0], knots[-1])]

    def at(self, x: float) -> tuple[float, float, float, float]:
        """Value and the first three derivatives."""
        if x <= self._knots[0]:
            value, slope = self._ends[0]
            return value + slope * (x - self._knots[0]), slope, 0.0, 0.0
        for (low, high), (c3, c2, c1, c0) in zip(pairwise(self._knots), self._pieces, strict=True):
            if x <= high:
                t = x - low
                return (
                    ((c3 * t + c2) * t + c1) * t + c0,
                    (3 * c3 * t + 2 * c2) * t + c1,
                    6 * c3 * t + 2 * c2,
                    6 * c3,
                )
        value, slope = self._ends[1]
        return value + slope * (x - self._knots[-1]), slope, 0.0, 0.0
