"""Between the coordinates that everyone uses and the axes behind them.

Where a coordinate moves several axes (the knee), each axis is a one-degree joint of its own:
q_axes = F(q), v_axes = F'(q) v, a_axes = F'(q) a + F''(q) v², and tau = F'(q)ᵀ tau_axes.
The pelvis, six degrees of freedom ahead of the coordinates, passes unchanged.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monomsk_description.anatomy import TransformAxis
from monomsk_description.curve_group import CurveGroup
from monomsk_description.curves import Curve
from monomsk_description.frames import Array

#: Numbers in the pelvis' configuration, and its degrees of freedom.
ROOT_NQ, ROOT_NV = 7, 6


@dataclass(frozen=True)
class AxisValues:
    """A configuration over axes.

    Attributes:
        q: Pelvis and every axis, (7 + n_axes,).
        first, second, third: Derivatives of every axis by its own coordinate, each (n_axes,).
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
        self._driver_q = driver + ROOT_NQ
        self._driver_v = np.concatenate([np.arange(ROOT_NV), driver + ROOT_NV])
        # Zeros and ones (n_axes, n_coordinates): which coordinate drives which axis.
        self._select = np.eye(len(coordinates))[driver]
        # The same with the pelvis ahead, which passes unchanged.
        self._pattern = np.zeros((ROOT_NV + len(axes), ROOT_NV + len(coordinates)))
        self._pattern[:ROOT_NV, :ROOT_NV] = np.eye(ROOT_NV)
        self._pattern[ROOT_NV:, ROOT_NV:] = self._select
        self._straight = np.zeros((4, len(axes)))
        self._straight[1] = 1.0
        # Kinematics and dynamics of one instant ask for the same configuration several times.
        self._last: tuple[bytes, AxisValues] | None = None
        self._groups = [
            (int(self._driver_q[members[0]]), members, group) for members, group in _groups(axes)
        ]

    def expand(self, q: Array) -> AxisValues:
        """The axes at a configuration (7 + n_coordinates,); the last one is remembered."""
        key = q.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._evaluate(q))
        return self._last[1]

    def _evaluate(self, q: Array) -> AxisValues:
        values = self._straight.copy()
        values[0] = q[self._driver_q]
        for driver, members, group in self._groups:
            values[:, members] = group.at(float(q[driver]))
        return AxisValues(np.concatenate([q[:ROOT_NQ], values[0]]), *values[1:])

    def gains(self, axes: AxisValues) -> Array:
        """Derivative (6 + n_axes, 6 + n_coordinates) of velocities over axes by coordinates'."""
        gains = self._pattern.copy()
        gains[ROOT_NV:, ROOT_NV:] *= axes.first[:, None]
        return gains

    def expand_motion(self, axes: AxisValues, v: Array, a: Array) -> tuple[Array, Array]:
        """Velocity and acceleration over axes (6 + n_axes,) of those over coordinates."""
        v_axes, a_axes = v[self._driver_v], a[self._driver_v]
        a_axes[ROOT_NV:] *= axes.first
        a_axes[ROOT_NV:] += axes.second * v_axes[ROOT_NV:] ** 2
        v_axes[ROOT_NV:] *= axes.first
        return v_axes, a_axes

    def reduce_forces(self, axes: AxisValues, tau_axes: Array) -> Array:
        """Generalised forces over coordinates (6 + n_coordinates,) of those over axes."""
        joints = (axes.first * tau_axes[ROOT_NV:]) @ self._select
        return np.concatenate([tau_axes[:ROOT_NV], joints])

    def reduce_columns(self, axes: AxisValues, matrix: Array) -> Array:
        """Columns over axes (..., 6 + n_axes) as columns over coordinates."""
        reduced: Array = matrix @ self.gains(axes)
        return reduced

    def reduce_mass_matrix(self, axes: AxisValues, upper: Array) -> Array:
        """The mass matrix over coordinates of one over axes whose upper triangle is given."""
        gains = self.gains(axes)
        reduced: Array = gains.T @ from_upper(upper) @ gains
        return reduced

    def reduce_derivatives(
        self, axes: AxisValues, v: Array, a: Array, over_axes: ForceDerivatives
    ) -> ForceDerivatives:
        """Derivatives over coordinates of those over axes (`by_a`: its upper triangle)."""
        first, second, third = axes.first, axes.second, axes.third
        speed, acceleration = self._select @ v[ROOT_NV:], self._select @ a[ROOT_NV:]
        by_v_axes, by_a_axes = over_axes.by_v, from_upper(over_axes.by_a)
        by_q = self._columns(over_axes.by_q, first)
        # v_axes and a_axes depend on q too, and so does the way back of the forces.
        by_q[:, ROOT_NV:] += self._joint_columns(by_v_axes, second * speed)
        by_q[:, ROOT_NV:] += self._joint_columns(
            by_a_axes, second * acceleration + third * speed**2
        )
        by_q = self._rows(by_q, first)
        joints = np.arange(ROOT_NV, by_q.shape[1])
        by_q[joints, joints] += (second * over_axes.tau[ROOT_NV:]) @ self._select
        by_v = self._columns(by_v_axes, first)
        by_v[:, ROOT_NV:] += self._joint_columns(by_a_axes, 2.0 * second * speed)
        return ForceDerivatives(
            self.reduce_forces(axes, over_axes.tau),
            by_q,
            self._rows(by_v, first),
            self._rows(self._columns(by_a_axes, first), first),
        )

    def _joint_columns(self, matrix: Array, gains: Array) -> Array:
        return (matrix[..., ROOT_NV:] * gains) @ self._select

    def _columns(self, matrix: Array, gains: Array) -> Array:
        return np.concatenate([matrix[..., :ROOT_NV], self._joint_columns(matrix, gains)], axis=-1)

    def _rows(self, matrix: Array, gains: Array) -> Array:
        joints = self._select.T @ (gains[:, None] * matrix[ROOT_NV:])
        return np.concatenate([matrix[:ROOT_NV], joints])


def _groups(axes: tuple[TransformAxis, ...]) -> list[tuple[NDArray[np.int64], CurveGroup]]:
    """Axes that are curves of one coordinate with the same knots: their indices and curves."""
    members: dict[tuple[str, bytes, bytes], list[tuple[int, Curve]]] = {}
    for index, axis in enumerate(axes):
        if axis.curve is not None:
            key = (axis.coordinate, *CurveGroup.same_knots(axis.curve))
            members.setdefault(key, []).append((index, axis.curve))
    return [
        (np.array([index for index, _ in group]), CurveGroup([curve for _, curve in group]))
        for group in members.values()
    ]


@cache
def _strictly_lower(size: int) -> NDArray[np.bool_]:
    return np.tri(size, k=-1, dtype=bool)


def from_upper(upper: Array) -> Array:
    """A symmetric matrix of its upper triangle, whatever lies below the diagonal."""
    return np.where(_strictly_lower(len(upper)), upper.T, upper)
