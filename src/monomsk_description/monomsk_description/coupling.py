"""Between the coordinates that everyone uses and the axes behind them.

Where a coordinate moves several axes (the knee), each axis is a one-degree joint of its own:
q_axes = F(q), v_axes = F'(q) v, a_axes = F'(q) a + F''(q) v², and tau = F'(q)ᵀ tau_axes.
The pelvis, six degrees of freedom ahead of the coordinates, passes unchanged.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monomsk_description.anatomy import TransformAxis
from monomsk_description.curve_group import CurveGroup
from monomsk_description.curves import Curve
from monomsk_description.frames import Array

#: Numbers in the pelvis' configuration, and its degrees of freedom.
ROOT_NQ, ROOT_NV = 7, 6


class AxisValues(NamedTuple):
    """A configuration over axes.

    Attributes:
        q: Pelvis and every axis, (7 + n_axes,).
        first, second, third: Derivatives of every axis by its own coordinate, each (6 + n_axes,);
            the pelvis' six degrees of freedom are their own coordinates.
    """

    q: Array
    first: Array
    second: Array
    third: Array


@dataclass(frozen=True)
class ForceDerivatives:
    """Inverse dynamics (n,) and its derivatives (n, n) over configuration, velocity, acceleration.

    The same four over axes and over coordinates.
    """

    tau: Array
    by_q: Array
    by_v: Array
    by_a: Array


class Coupling:
    """The functions F of a list of axes over a list of coordinates."""

    def __init__(self, axes: tuple[TransformAxis, ...], coordinates: tuple[str, ...]) -> None:
        driver = np.array([coordinates.index(axis.coordinate) for axis in axes])
        self._driver_v = np.concatenate([np.arange(ROOT_NV), driver + ROOT_NV])
        self._driver_q = self._driver_v + (ROOT_NQ - ROOT_NV)
        self._sources = np.concatenate([np.arange(ROOT_NQ), self._driver_q[ROOT_NV:]])
        # Zeros and ones (6 + n_axes, 6 + n_coordinates): which coordinate drives which axis.
        self._pattern = np.eye(ROOT_NV + len(coordinates))[self._driver_v]
        count = len(self._driver_v)
        # What no curve changes: first derivatives of one, higher ones of zero; see `_evaluate`.
        self._straight = np.concatenate([np.ones(count), np.zeros(2 * count)])
        groups = _groups(axes)
        # Axes that are not just their coordinate: only they have second derivatives.
        self._curved = np.array([axis for members, _ in groups for axis in members], dtype=int)
        self._curved_pattern = self._pattern[self._curved]
        self._curved_gains = self._pattern.shape[1] * self._curved + self._driver_v[self._curved]
        # Each group's coordinate, and where its values and derivatives stand in `_evaluate`.
        orders = (ROOT_NQ - ROOT_NV) + count * np.arange(4)[:, None]
        self._groups = [
            (int(self._driver_q[members[0]]), orders + members, group) for members, group in groups
        ]
        # Kinematics and dynamics of one instant ask for the same configuration several times.
        self._last: tuple[bytes, AxisValues] | None = None

    def expand(self, q: Array) -> AxisValues:
        """The axes at a configuration (7 + n_coordinates,); the last one is remembered."""
        key = q.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._evaluate(q))
        return self._last[1]

    def _evaluate(self, q: Array) -> AxisValues:
        # Configuration and three derivatives one after another, each a part of one array.
        values = np.concatenate([q.take(self._sources), self._straight])
        for driver, places, group in self._groups:
            values.put(places, group.at(q.item(driver)))
        nq, nv = len(self._sources), len(self._driver_v)
        first, second = nq + nv, nq + 2 * nv
        return AxisValues(values[:nq], values[nq:first], values[first:second], values[second:])

    def gains(self, axes: AxisValues) -> Array:
        """Derivative (6 + n_axes, 6 + n_coordinates) of velocities over axes by coordinates'."""
        gains = self._pattern.copy()
        gains.put(self._curved_gains, axes.first.take(self._curved))
        return gains

    def expand_velocity(self, axes: AxisValues, v: Array) -> tuple[Array, Array]:
        """Velocity over axes, and their acceleration where coordinates have none."""
        own = v.take(self._driver_v)
        return axes.first * own, axes.second * (own * own)

    def expand_motion(self, axes: AxisValues, v: Array, a: Array) -> tuple[Array, Array]:
        """Velocity and acceleration over axes (6 + n_axes,) of those over coordinates."""
        v_axes, a_axes = self.expand_velocity(axes, v)
        a_axes += axes.first * a.take(self._driver_v)
        return v_axes, a_axes

    def reduce_forces(self, axes: AxisValues, tau_axes: Array) -> Array:
        """Generalised forces over coordinates (6 + n_coordinates,) of those over axes."""
        reduced: Array = (axes.first * tau_axes).dot(self._pattern)
        return reduced

    def reduce_columns(self, axes: AxisValues, matrix: Array) -> Array:
        """Columns over axes (..., 6 + n_axes) as columns over coordinates."""
        reduced: Array = matrix @ self.gains(axes)
        return reduced

    def reduce_mass_matrix(self, axes: AxisValues, upper: Array) -> Array:
        """The mass matrix over coordinates of one over axes whose upper triangle is given."""
        gains = self.gains(axes)
        reduced: Array = gains.T.dot(from_upper(upper)).dot(gains)
        return reduced

    def reduce_derivatives(
        self, axes: AxisValues, v: Array, a: Array, over_axes: ForceDerivatives
    ) -> ForceDerivatives:
        """Derivatives over coordinates of those over axes (`by_a`: its upper triangle)."""
        gains, curved, pattern = self.gains(axes), self._curved, self._curved_pattern
        second, third = axes.second[curved], axes.third[curved]
        driver = self._driver_v[curved]
        speed, acceleration = v[driver], a[driver]
        by_v_axes, by_a_axes = over_axes.by_v, from_upper(over_axes.by_a)
        # v_axes and a_axes depend on q too, and so does the way back of the forces.
        drift = by_v_axes[:, curved] * (second * speed)
        drift += by_a_axes[:, curved] * (second * acceleration + third * speed**2)
        by_q = gains.T.dot(over_axes.by_q.dot(gains) + drift.dot(pattern))
        by_q.flat[:: len(by_q) + 1] += (second * over_axes.tau[curved]).dot(pattern)
        drift = by_a_axes[:, curved] * (2.0 * second * speed)
        by_v = gains.T.dot(by_v_axes.dot(gains) + drift.dot(pattern))
        by_a = gains.T.dot(by_a_axes).dot(gains)
        return ForceDerivatives(self.reduce_forces(axes, over_axes.tau), by_q, by_v, by_a)


def _groups(axes: tuple[TransformAxis, ...]) -> list[tuple[NDArray[np.int64], CurveGroup]]:
    """Axes that are curves of one coordinate with the same knots: their indices and curves.

    Indices count the pelvis' degrees of freedom, which come first.
    """
    members: dict[tuple[str, bytes, bytes], list[tuple[int, Curve]]] = {}
    for index, axis in enumerate(axes):
        if axis.curve is not None:
            key = (axis.coordinate, *CurveGroup.same_knots(axis.curve))
            members.setdefault(key, []).append((index, axis.curve))
    return [
        (
            ROOT_NV + np.array([index for index, _ in group]),
            CurveGroup([curve for _, curve in group]),
        )
        for group in members.values()
    ]


@cache
def _upper_places(size: int) -> NDArray[np.int64]:
    """Where each entry of a symmetric matrix stands in its upper triangle, column by column."""
    row, column = np.indices((size, size))
    return size * np.maximum(row, column) + np.minimum(row, column)


def from_upper(upper: Array) -> Array:
    """A symmetric matrix of its upper triangle, whatever lies below the diagonal."""
    return upper.ravel(order="F").take(_upper_places(len(upper)))
