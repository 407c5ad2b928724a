"""Pinocchio over the axes of a skeleton, one sample of a batch after another, in numpy.

Configurations here are over axes (b, 7 + n_axes) with unit quaternions; gradients are over tangent
vectors (b, 6 + n_axes). World forces act on points fixed to a few of the model's joints.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.coupling import ROOT_NV
from monomsk_description.frames import Array
from monomsk_description.points import PointSet


@dataclass(frozen=True)
class Carriers:
    """The joints that carry a point set.

    Attributes:
        joints: Their indices in the model (k,).
        members: 1.0 where a joint carries a point (k, n).
        of_point: Which of the joints carries each point (n,).
        offsets: Place of each point in its joint's frame (n, 3) [m].
        support: 1.0 where a component of an axis tangent moves the joint (k, 6 + n_axes).
    """

    joints: list[int]
    members: Array
    of_point: NDArray[np.int64]
    offsets: Array
    support: Array

    @classmethod
    def of(cls, model: pin.Model, points: PointSet) -> "Carriers":
        """The carriers of a point set."""
        joints, of_point = np.unique(points.joints, return_inverse=True)
        support = np.zeros((len(joints), model.nv))
        support[:, :ROOT_NV] = 1.0
        for row, joint in enumerate(joints):
            for ancestor in model.supports[int(joint)]:
                # Joint 0 is the world and joint 1 the pelvis; then comes one joint an axis.
                if ancestor > 1:
                    support[row, ROOT_NV + ancestor - 2] = 1.0
        members = np.eye(len(joints))[of_point].T
        return cls(joints.tolist(), members, of_point, points.offsets, support)


@dataclass(frozen=True)
class CarrierPoses:
    """Where the carriers are: rotations (b, k, 3, 3), arms (b, n, 3) and points (b, n, 3).

    An arm leads from the joint's origin to the point; all in world axes [m].
    """

    rotations: Array
    arms: Array
    points: Array


class PinocchioLoops:
    """The loops over a batch; not thread-safe, as Pinocchio's data are shared."""

    def __init__(self, model: pin.Model) -> None:
        self._model = model
        self._data = model.createData()

    def poses(self, q: Array, carriers: Carriers) -> CarrierPoses:
        """The poses of the carriers at every configuration."""
        count = len(carriers.joints)
        rotations, origins = np.empty((len(q), count, 3, 3)), np.empty((len(q), count, 3))
        joint_poses = self._data.oMi
        for sample, configuration in enumerate(q):
            pin.forwardKinematics(self._model, self._data, configuration)
            for place, joint in enumerate(carriers.joints):
                pose = joint_poses[joint]
                rotations[sample, place], origins[sample, place] = pose.rotation, pose.translation
        arms = (rotations[:, carriers.of_point] @ carriers.offsets[:, :, None])[..., 0]
        return CarrierPoses(rotations, arms, arms + origins[:, carriers.of_point])

    def columns(self, q: Array) -> Array:
        """World Jacobian columns of every axis (b, 6, 6 + n_axes), linear over angular."""
        found = np.empty((len(q), 6, self._model.nv))
        for sample, configuration in enumerate(q):
            found[sample] = pin.computeJointJacobians(self._model, self._data, configuration)
        return found

    def inverse_dynamics(self, q: Array, v: Array, a: Array, wrenches: "Wrenches | None") -> Array:
        """Generalised forces (b, 6 + n_axes)."""
        model, data = self._model, self._data
        tau = np.empty_like(v)
        if wrenches is None:
            for sample, state in enumerate(zip(q, v, a, strict=True)):
                tau[sample] = pin.rnea(model, data, *state)
            return tau
        external = _no_forces(model)
        for sample, state in enumerate(zip(q, v, a, strict=True)):
            wrenches.write(sample, external)
            tau[sample] = pin.rnea(model, data, *state, external)
        return tau

    def mass_matrix(self, q: Array) -> Array:
        """Mass matrices over axes (b, 6 + n_axes, 6 + n_axes)."""
        found = np.empty((len(q), self._model.nv, self._model.nv))
        for sample, configuration in enumerate(q):
            # Called from Python it fills both triangles.
            found[sample] = pin.crba(self._model, self._data, configuration)
        return found

    def inverse_dynamics_gradients(
        self, state: tuple[Array, Array, Array], gradient: Array, wrenches: "Wrenches | None"
    ) -> tuple[Array, Array, Array, Array | None]:
        """Gradients over q, v, a (b, 6 + n_axes) at wrenches fixed in the joints' frames.

        The fourth result are the world Jacobian columns (b, 6, 6 + n_axes), with wrenches only.
        """
        model, data = self._model, self._data
        by_q, by_v, by_a = np.empty_like(gradient), np.empty_like(gradient), np.empty_like(gradient)
        columns = None if wrenches is None else np.empty((len(gradient), 6, model.nv))
        external = _no_forces(model)
        for sample, (q, v, a, g) in enumerate(zip(*state, gradient, strict=True)):
            if wrenches is not None:
                wrenches.write(sample, external)
            over_q, over_v, over_a = pin.computeRNEADerivatives(model, data, q, v, a, external)
            by_q[sample], by_v[sample], by_a[sample] = g @ over_q, g @ over_v, over_a @ g
            if columns is not None:
                columns[sample] = data.J
        return by_q, by_v, by_a, columns


@dataclass(frozen=True)
class Wrenches:
    """Forces on points as wrenches on their joints, in the joints' frames.

    Attributes:
        joints: Indices of the joints (k,).
        values: Force over moment about the joint's origin (b, k, 6) [N, N m].
    """

    joints: list[int]
    values: Array

    @classmethod
    def of(cls, carriers: Carriers, poses: CarrierPoses, forces: Array) -> "Wrenches":
        """The wrenches of world forces (b, n, 3)."""
        world = np.stack([forces, np.cross(poses.arms, forces)], axis=-2)
        total = np.einsum("kn,bnci->bkci", carriers.members, world)
        local = total @ poses.rotations
        return cls(carriers.joints, local.reshape(*local.shape[:2], 6))

    def write(self, sample: int, external: pin.StdVec_Force) -> None:
        """Put the wrenches of one sample where Pinocchio reads them."""
        for joint, value in zip(self.joints, self.values[sample], strict=True):
            external[joint] = pin.Force(value)


def points_gradient(
    carriers: Carriers, poses: CarrierPoses, columns: Array, forces: Array
) -> Array:
    """Transposed Jacobians times gradients (b, n, 3) over the points' positions (b, 6 + n_axes)."""
    wrenches = np.concatenate([forces, np.cross(poses.points, forces)], axis=-1)
    joints = np.einsum("kn,bni->bki", carriers.members, wrenches)
    return ((joints @ columns) * carriers.support).sum(axis=1)


def force_gradients(
    carriers: Carriers, poses: CarrierPoses, columns: Array, forces: Array, gradient: Array
) -> tuple[Array, Array]:
    """What world forces (b, n, 3) add to the gradients of inverse dynamics.

    Inverse dynamics holds -J' f, so its gradient over f is -u, u = J g the points' velocities for
    the gradient g. World forces turn against their joint by -theta, which adds -theta (u x f).

    Returns:
        Gradient over tangent vectors (b, 6 + n_axes), and over the forces (b, n, 3).
    """
    masked = gradient[:, None, :] * carriers.support
    twists = (masked @ np.swapaxes(columns, -1, -2))[:, carriers.of_point]
    velocities = twists[..., :3] + np.cross(twists[..., 3:], poses.points)
    moments = np.einsum("kn,bni->bki", carriers.members, np.cross(velocities, forces))
    by_q = -((moments @ columns[:, 3:]) * carriers.support).sum(axis=1)
    return by_q, -velocities


def _no_forces(model: pin.Model) -> pin.StdVec_Force:
    external = pin.StdVec_Force()
    external.extend([pin.Force.Zero()] * model.njoints)
    return external
