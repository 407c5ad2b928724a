"""Rigid-body dynamics of a skeleton in batched torch: any device, float32 or float64.

All spatial vectors are (linear, angular) in the pelvis frame, about the pelvis origin. Sums over
ancestors and over subtrees are products with constant matrices of zeros and ones.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.coupling import ROOT_NQ, ROOT_NV
from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.layers import body as common
from monomsk_dynamics.layers.expansion import AxisTensors, Expansion
from monomsk_dynamics.layers.manifold import cross, quaternion_matrix, turn, turn_back
from monomsk_dynamics.layers.torch_tree import TorchTree, TreePose, spread
from monomsk_dynamics.layers.tree_constants import ROOT_JOINT, TreeConstants


class _State(NamedTuple):
    """What inverse dynamics and mass matrix share at a configuration.

    Attributes:
        axes: Axes over coordinates.
        pose: Frames in the pelvis frame.
        twists: Of every axis (..., n_axes, 6).
        rotations: Of the bodies with mass (..., m, 3, 3).
        centers: Their centres of mass (..., m, 3) [m].
    """

    axes: AxisTensors
    pose: TreePose
    twists: Tensor
    rotations: Tensor
    centers: Tensor


class TorchBody(nn.Module):
    """A `Body` for batches and GPUs; everything but `forward_dynamics` has all derivatives.

    Args:
        skeleton: Whose.
        contacts: Where forces act; None: the soles.
        armature_kg_m2: See `Body`.
    """

    gravity: Tensor
    masses: Tensor
    levers: Tensor
    inertias: Tensor
    massive: Tensor
    contact_frames: Tensor
    contact_offsets: Tensor

    def __init__(
        self, skeleton: Skeleton, contacts: PointSet | None = None, armature_kg_m2: float = 0.0
    ) -> None:
        super().__init__()
        self.contacts = skeleton.soles if contacts is None else contacts
        self.armature_kg_m2 = armature_kg_m2
        assembly = skeleton.assembly
        constants = TreeConstants.of(assembly)
        self.expansion = Expansion(assembly.axes, assembly.coordinates)
        self.tree = TorchTree(constants)
        for name in ("gravity", "masses", "levers", "inertias", "massive"):
            self.register_buffer(name, torch.tensor(getattr(constants, name)))
        frames = np.asarray(self.contacts.joints) - ROOT_JOINT
        self.register_buffer("contact_frames", torch.tensor(frames))
        self.register_buffer("contact_offsets", torch.tensor(self.contacts.offsets))
        self._points: dict[int, tuple[PointSet, Tensor, Tensor]] = {}

    def points(self, q: Tensor, points: PointSet) -> Tensor:
        """World positions (..., n, 3) [m] of a point set."""
        if points is self.contacts:
            frames, offsets = self.contact_frames, self.contact_offsets
        else:
            frames, offsets = self._indices(points)
        pose = self.tree(self.expansion(q[..., ROOT_NQ:]).value)
        local = _place(pose, frames, offsets.to(q))
        return q[..., None, :3] + turn(_pelvis_rotation(q)[..., None, :, :], local)

    def inverse_dynamics(
        self, q: Tensor, v: Tensor, a: Tensor, forces: Tensor | None = None
    ) -> Tensor:
        """Generalised forces (..., 37) [N, N m] beyond the contact forces (..., n, 3) [N]."""
        return self._inverse_dynamics(self._state(q), q, (v, a), forces)

    def mass_matrix(self, q: Tensor) -> Tensor:
        """Mass matrix (..., 37, 37), armature included."""
        return self._mass_matrix(self._state(q))

    def equations_of_motion(
        self, q: Tensor, v: Tensor, forces: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mass matrix (..., 37, 37), and inverse dynamics at a = 0 (..., 37)."""
        state = self._state(q)
        bias = self._inverse_dynamics(state, q, (v, torch.zeros_like(v)), forces)
        return self._mass_matrix(state), bias

    def forward_dynamics(
        self, q: Tensor, v: Tensor, tau: Tensor, forces: Tensor | None = None
    ) -> Tensor:
        """Accelerations (..., 37) under generalised forces and contact forces (..., n, 3) [N]."""
        if forces is not None:
            common.check_forces(q, forces, self.contacts)
        return common.forward_dynamics(self, q, v, tau, forces)

    def _indices(self, points: PointSet) -> tuple[Tensor, Tensor]:
        # Keyed by identity: the set is kept beside, so that its id stays its own.
        known = self._points.get(id(points))
        device = self.gravity.device
        if known is None or known[1].device != device:
            frames = torch.as_tensor(points.joints - ROOT_JOINT, device=device)
            known = (points, frames, torch.as_tensor(points.offsets, device=device))
            self._points[id(points)] = known
        return known[1], known[2]

    def _state(self, q: Tensor) -> _State:
        axes = self.expansion(q[..., ROOT_NQ:])
        pose = self.tree(axes.value)
        rotations = pose.rotations[..., self.massive, :, :]
        centers = pose.positions[..., self.massive, :] + turn(rotations, self.levers)
        return _State(axes, pose, self.tree.axes_twists(pose), rotations, centers)

    def carried_forces(self, q: Tensor, v: Tensor, a: Tensor, frames: Tensor) -> Tensor:
        """World forces (..., n, 3) [N] that move and carry what hangs on frames; no contacts.

        The frames (n) are numbered as in `TreeConstants`; none is the pelvis.
        """
        state = self._state(q)
        wrenches = self._body_wrenches(state, q, (v, a))
        carried = spread(self.tree.moves[self.massive].T, wrenches[..., :3])
        return turn(_pelvis_rotation(q)[..., None, :, :], carried[..., frames - 1, :])

    def frame_rotations(self, q: Tensor, frames: Tensor) -> Tensor:
        """World rotations (..., n, 3, 3) of frames of `TreeConstants`."""
        pose = self.tree(self.expansion(q[..., ROOT_NQ:]).value)
        return _pelvis_rotation(q)[..., None, :, :] @ pose.rotations[..., frames, :, :]

    def _inverse_dynamics(
        self, state: _State, q: Tensor, motion: tuple[Tensor, Tensor], forces: Tensor | None
    ) -> Tensor:
        wrenches, carriers = self._body_wrenches(state, q, motion), self.tree.moves[self.massive]
        if forces is not None:
            rotation = _pelvis_rotation(q)
            wrenches = torch.cat([wrenches, -self._contact_wrenches(state, rotation, forces)], -2)
            carriers = torch.cat([carriers, self.tree.moves[self.contact_frames]])
        joints = (state.twists * spread(carriers.T, wrenches)).sum(-1)
        tau = self.expansion.forces(state.axes, torch.cat([wrenches.sum(-2), joints], dim=-1))
        return common.add_armature(tau, motion[1], self.armature_kg_m2)

    def _body_wrenches(self, state: _State, q: Tensor, motion: tuple[Tensor, Tensor]) -> Tensor:
        """What moves every body with mass as it moves and carries it (..., m, 6)."""
        v, a = self.expansion.motion(state.axes, *motion)
        moves, massive = self.tree.moves, self.tree.moves[self.massive]
        root_v, root_a = v[..., None, :ROOT_NV], a[..., None, :ROOT_NV]
        rates = state.twists * v[..., ROOT_NV:, None]
        speeds = root_v + spread(moves, rates)
        # Of an axis' twist, carried along by its own frame.
        changes = _carry(speeds[..., 1:, :], rates)
        weightless = torch.cat(
            [turn_back(_pelvis_rotation(q), self.gravity), torch.zeros_like(q[..., :3])], dim=-1
        )
        accelerations = (
            root_a
            - weightless[..., None, :]
            + spread(massive, state.twists * a[..., ROOT_NV:, None] + changes)
        )
        body_speeds = speeds[..., self.massive, :]
        return self._momentum(state, accelerations) + _carry_force(
            body_speeds, self._momentum(state, body_speeds)
        )

    def _momentum(self, state: _State, twists: Tensor) -> Tensor:
        """Inertias times twists (..., m, 6)."""
        linear, angular = twists[..., :3], twists[..., 3:]
        force = self.masses * (linear + cross(angular, state.centers))
        own = turn(self.inertias, turn_back(state.rotations, angular))
        moment = turn(state.rotations, own) + cross(state.centers, force)
        return torch.cat([force, moment], dim=-1)

    def _contact_wrenches(self, state: _State, rotation: Tensor, forces: Tensor) -> Tensor:
        local = turn_back(rotation[..., None, :, :], forces)
        places = _place(state.pose, self.contact_frames, self.contact_offsets)
        return torch.cat([local, cross(places, local)], dim=-1)

    def _mass_matrix(self, state: _State) -> Tensor:
        moves = self.tree.moves[self.massive]
        centers = state.centers
        first = self.masses * centers
        squared = (centers * first).sum(-1)[..., None, None]
        identity = torch.eye(3, dtype=centers.dtype, device=centers.device)
        inertias = state.rotations @ self.inertias @ state.rotations.transpose(-1, -2)
        about_pelvis = inertias + squared * identity - first[..., :, None] * centers[..., None, :]
        # Composite inertias of what each axis carries: mass, mass times centre, inertia.
        subtree = moves.T
        carried = spread(subtree, torch.cat([first, about_pelvis.flatten(-2)], dim=-1))
        composite = carried[..., 3:].unflatten(-1, (3, 3))
        twists = state.twists * state.axes.first[..., None]
        linear, angular = twists[..., :3], twists[..., 3:]
        wrenches = torch.cat(
            [
                (subtree @ self.masses) * linear + cross(angular, carried[..., :3]),
                cross(carried[..., :3], linear) + turn(composite, angular),
            ],
            dim=-1,
        )
        # Of two axes on one branch, what counts is what the outer one carries.
        inner = self.tree.moves[1:]
        products = wrenches @ twists.transpose(-1, -2)
        joints = products * inner + products.transpose(-1, -2) * inner.T.triu(1)
        joints = self.expansion.gather_rows(self.expansion.gather_columns(joints))
        wrenches = self.expansion.gather_rows(wrenches)
        root = _root_inertia(self.masses.sum(), first.sum(-2), about_pelvis.sum(-3))
        top = torch.cat([root, wrenches.transpose(-1, -2)], dim=-1)
        matrix = torch.cat([top, torch.cat([wrenches, joints], dim=-1)], dim=-2)
        return common.with_armature(matrix, self.armature_kg_m2)


def _pelvis_rotation(q: Tensor) -> Tensor:
    return quaternion_matrix(q[..., 3:ROOT_NQ])


def _place(pose: TreePose, frames: Tensor, offsets: Tensor) -> Tensor:
    """Positions (..., n, 3) in the pelvis frame of points at offsets in frames."""
    return pose.positions[..., frames, :] + turn(pose.rotations[..., frames, :, :], offsets)


def _carry(twist: Tensor, moved: Tensor) -> Tensor:
    """Rate of twists (..., 6) that are fixed in frames which move with a twist."""
    linear, angular = twist[..., :3], twist[..., 3:]
    return torch.cat(
        [cross(angular, moved[..., :3]) + cross(linear, moved[..., 3:]),
         cross(angular, moved[..., 3:])], dim=-1,
    )  # fmt: skip


def _carry_force(twist: Tensor, wrench: Tensor) -> Tensor:
    """Rate of wrenches (..., 6) that are fixed in frames which move with a twist."""
    linear, angular = twist[..., :3], twist[..., 3:]
    return torch.cat(
        [cross(angular, wrench[..., :3]),
         cross(angular, wrench[..., 3:]) + cross(linear, wrench[..., :3])], dim=-1,
    )  # fmt: skip


def _root_inertia(mass: Tensor, first: Tensor, inertia: Tensor) -> Tensor:
    """Inertia matrix (..., 6, 6) of the whole body about the pelvis origin."""
    x, y, z = first.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=first.dtype, device=first.device)
    top = torch.cat([(mass * identity).expand(skew.shape), -skew], dim=-1)
    return torch.cat([top, torch.cat([skew, inertia], dim=-1)], dim=-2)
