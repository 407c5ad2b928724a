"""Rigid-body dynamics of a skeleton as CasADi SX expressions, coupled axes included.

Shapes follow CasADi: q (38), v, a, tau (37) are columns, points and forces are (3, n). As in
`manifold`, a quaternion of any length but zero stands for its direction.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

from monomsk_description.coupling import ROOT_NQ, ROOT_NV
from monomsk_description.frames import Array
from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.layers.symbolic_manifold import evaluate_curve, quaternion_matrix
from monomsk_dynamics.layers.tree_constants import ROOT_JOINT, TreeConstants

#: Constants below it are zeros with rounding errors; dropping them shortens every expression.
_ZERO = 1e-15


class _Pair(NamedTuple):
    """A twist or its rate (linear, angular), or a wrench (force, moment); SX columns of three."""

    linear: Any
    angular: Any


class _Axes(NamedTuple):
    """Axes over coordinates: values, first and second derivatives, lists of SX scalars."""

    value: list[Any]
    first: list[Any]
    second: list[Any]


class SymbolicBody:
    """Expressions of one skeleton's equations.

    Args:
        skeleton: Whose.
        contacts: Where forces act; None: the soles.
        armature_kg_m2: Added inertia of each coordinate [kg m²].
    """

    def __init__(
        self, skeleton: Skeleton, contacts: PointSet | None = None, armature_kg_m2: float = 0.0
    ) -> None:
        self.contacts = skeleton.soles if contacts is None else contacts
        self.armature_kg_m2 = armature_kg_m2
        assembly = skeleton.assembly
        self._axes = assembly.axes
        self._driver = [assembly.coordinates.index(axis.coordinate) for axis in assembly.axes]
        self._nv = skeleton.nv
        self._tree = TreeConstants.of(assembly)
        self._directions = [_constant(direction) for direction in self._tree.directions]

    def points(self, q: Any, points: PointSet) -> Any:
        """World positions (3, n) [m] of a point set."""
        return self._world(q, np.asarray(points.joints) - ROOT_JOINT, points.offsets)

    def center_of_mass(self, q: Any) -> Any:
        """World position (3) [m] of the whole body's centre of mass."""
        centers = self._world(q, np.asarray(self._tree.massive), self._tree.levers)
        return centers @ ca.DM(self._tree.masses / self._tree.masses.sum())

    def inverse_dynamics(self, q: Any, v: Any, a: Any, forces: Any | None = None) -> Any:
        """Generalised forces (37) [N, N m] beyond the contact forces (3, n) [N]."""
        axes = self._expand(q)
        frames = self._local_frames(axes)
        wrenches = self._body_wrenches(axes, frames, q, (v, a))
        if forces is not None:
            self._subtract_contacts(wrenches, frames, q, forces)
        tau = self._toward_root(axes, frames, wrenches)
        tau[ROOT_NV:] += self.armature_kg_m2 * a[ROOT_NV:]
        return tau

    def carried_forces(
        self, q: Any, v: Any, a: Any, frames: Sequence[int]
    ) -> tuple[Any, list[Any]]:
        """World forces (3, n) [N] that move and carry what hangs on frames, without contacts.

        The n frames are numbered as in `TreeConstants`; their world rotations (3, 3) come along.
        """
        axes = self._expand(q)
        local = self._local_frames(axes)
        wrenches = self._body_wrenches(axes, local, q, (v, a))
        self._toward_root(axes, local, wrenches)
        poses = self._pelvis_frames(local)
        rotations = [quaternion_matrix(q[3:7]) @ poses[frame][0] for frame in frames]
        forces = [
            rotation @ wrenches[frame].linear
            for frame, rotation in zip(frames, rotations, strict=True)
        ]
        return ca.horzcat(*forces), rotations

    def mass_matrix(self, q: Any) -> Any:
        """Mass matrix (37, 37), armature included."""
        # Inverse dynamics is linear in the acceleration.
        a = ca.SX.sym("a", self._nv)
        return ca.jacobian(self.inverse_dynamics(q, ca.SX(self._nv, 1), a), a)

    def forward_dynamics(self, q: Any, v: Any, tau: Any, forces: Any | None = None) -> Any:
        """Acceleration (37) under generalised forces and contact forces (3, n) [N]."""
        bias = self.inverse_dynamics(q, v, ca.SX(self._nv, 1), forces)
        # The default ordering is minimum degree, which fills in nothing in a tree.
        return ca.ldl_solve(tau - bias, *ca.ldl(self.mass_matrix(q)))

    def _expand(self, q: Any) -> _Axes:
        axes = _Axes([], [], [])
        curves: dict[int, tuple[Any, Any, Any]] = {}
        for axis, driver in zip(self._axes, self._driver, strict=True):
            x = q[ROOT_NQ + driver]
            if axis.curve is None:
                values = (x, ca.SX(1), ca.SX(0))
            else:
                values = curves.setdefault(id(axis), evaluate_curve(axis.curve, x))
            for column, value in zip(axes, values, strict=True):
                column.append(value)
        return axes

    def _local_frames(self, axes: _Axes) -> list[tuple[Any, Any]]:
        """Rotation and position of every frame in its parent's; the pelvis is left out."""
        tree, frames = self._tree, []
        for k, x in enumerate(axes.value):
            rotation, place = _constant(tree.fixed[k]), _constant(tree.places[k])
            if tree.turning[k, 0]:
                sine, versine = _constant(tree.with_sine[k]), _constant(tree.with_versine[k])
                rotation = rotation + ca.sin(x) * sine + (1 - ca.cos(x)) * versine
            else:
                place = place + x * _constant(tree.slides[k])
            frames.append((rotation, place))
        return frames

    def _pelvis_frames(self, frames: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Rotation and position of every frame in the pelvis'."""
        found = [(ca.SX.eye(3), ca.SX(3, 1))]
        for parent, (rotation, place) in zip(self._tree.parents, frames, strict=True):
            above, origin = found[parent]
            found.append((above @ rotation, origin + above @ place))
        return found

    def _world(self, q: Any, frames: Any, offsets: Array) -> Any:
        poses = self._pelvis_frames(self._local_frames(self._expand(q)))
        local = [
            poses[frame][1] + poses[frame][0] @ _constant(offset)
            for frame, offset in zip(frames, offsets, strict=True)
        ]
        return ca.repmat(q[:3], 1, len(local)) + quaternion_matrix(q[3:7]) @ ca.horzcat(*local)

    def _body_wrenches(
        self, axes: _Axes, frames: list[tuple[Any, Any]], q: Any, motion: tuple[Any, Any]
    ) -> list[_Pair]:
        """What moves every body as it moves (1 + n_axes), in its own frame."""
        v, a = motion
        weightless = quaternion_matrix(q[3:7]).T @ _constant(self._tree.gravity)
        speeds = [_Pair(v[:3], v[3:6])]
        rates = [_Pair(a[:3] - weightless, a[3:6])]
        for k, (parent, driver) in enumerate(zip(self._tree.parents, self._driver, strict=True)):
            speed, change = v[ROOT_NV + driver], a[ROOT_NV + driver]
            own = axes.first[k] * speed
            own_rate = axes.first[k] * change + axes.second[k] * speed**2
            direction = self._directions[k]
            inherited = _into(frames[k], speeds[parent])
            inherited_rate = _into(frames[k], rates[parent])
            if self._tree.turning[k, 0]:
                turn, turn_rate = direction * own, direction * own_rate
                linear, angular = inherited.linear, inherited.angular + turn
                speeds.append(_Pair(linear, angular))
                rates.append(
                    _Pair(
                        inherited_rate.linear + ca.cross(linear, turn),
                        inherited_rate.angular + turn_rate + ca.cross(angular, turn),
                    )
                )
            else:
                slide, slide_rate = direction * own, direction * own_rate
                speeds.append(_Pair(inherited.linear + slide, inherited.angular))
                turned = ca.cross(inherited.angular, slide)
                rates.append(
                    _Pair(inherited_rate.linear + slide_rate + turned, inherited_rate.angular)
                )
        wrenches = [_Pair(ca.SX(3, 1), ca.SX(3, 1)) for _ in speeds]
        for body, frame in enumerate(self._tree.massive):
            wrenches[frame] = self._newton_euler(body, speeds[frame], rates[frame])
        return wrenches

    def _newton_euler(self, body: int, speed: _Pair, change: _Pair) -> _Pair:
        momentum, push = self._momentum(body, speed), self._momentum(body, change)
        return _Pair(
            push.linear + ca.cross(speed.angular, momentum.linear),
            push.angular
            + ca.cross(speed.angular, momentum.angular)
            + ca.cross(speed.linear, momentum.linear),
        )

    def _momentum(self, body: int, twist: _Pair) -> _Pair:
        center, inertia = _constant(self._tree.levers[body]), _constant(self._tree.inertias[body])
        force = float(self._tree.masses[body, 0]) * (twist.linear + ca.cross(twist.angular, center))
        return _Pair(force, inertia @ twist.angular + ca.cross(center, force))

    def _subtract_contacts(
        self, wrenches: list[_Pair], frames: list[tuple[Any, Any]], q: Any, forces: Any
    ) -> None:
        poses = self._pelvis_frames(frames)
        in_pelvis = quaternion_matrix(q[3:7]).T @ forces
        for point, offset in enumerate(self.contacts.offsets):
            frame = int(self.contacts.joints[point]) - ROOT_JOINT
            force = poses[frame][0].T @ in_pelvis[:, point]
            before = wrenches[frame]
            moment = ca.cross(_constant(offset), force)
            wrenches[frame] = _Pair(before.linear - force, before.angular - moment)

    def _toward_root(
        self, axes: _Axes, frames: list[tuple[Any, Any]], wrenches: list[_Pair]
    ) -> Any:
        """Generalised forces (37) of the wrenches on all bodies, which are summed on the way."""
        tau = ca.SX(self._nv, 1)
        for k in reversed(range(len(frames))):
            (rotation, place), parent, own = frames[k], self._tree.parents[k], wrenches[k + 1]
            along = own.angular if self._tree.turning[k, 0] else own.linear
            tau[ROOT_NV + self._driver[k]] += axes.first[k] * ca.dot(self._directions[k], along)
            force = rotation @ own.linear
            moment = rotation @ own.angular + ca.cross(place, force)
            above = wrenches[parent]
            wrenches[parent] = _Pair(above.linear + force, above.angular + moment)
        tau[:ROOT_NV] = ca.vertcat(*wrenches[0])
        return tau


def _into(frame: tuple[Any, Any], twist: _Pair) -> _Pair:
    """A twist of the parent, in the frame of its child."""
    rotation, place = frame
    linear = twist.linear + ca.cross(twist.angular, place)
    return _Pair(rotation.T @ linear, rotation.T @ twist.angular)


def _constant(values: Array) -> Any:
    return ca.SX(ca.sparsify(ca.DM(np.where(np.abs(values) < _ZERO, 0.0, values))))
