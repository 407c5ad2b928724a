"""Torch functions over Pinocchio with its analytical derivatives; CPU, double precision inside."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from monomsk_description.coupling import ROOT_NQ
from monomsk_description.frames import Array
from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.layers import body as common
from monomsk_dynamics.layers.expansion import Expansion
from monomsk_dynamics.layers.manifold import configuration_gradient, normalized
from monomsk_dynamics.layers.pinocchio_loops import (
    Carriers,
    PinocchioLoops,
    Wrenches,
    force_gradients,
    points_gradient,
)


class PinocchioBody:
    """A `Body` on the CPU: the quickest for single samples and small batches.

    Between coordinates and axes autograd does its work, over axes Pinocchio does. Any floating
    dtype comes in and goes out. Not thread-safe; no second derivatives.

    Args:
        skeleton: Whose.
        contacts: Where forces act; None: the soles.
        armature_kg_m2: See `Body`.
    """

    def __init__(
        self, skeleton: Skeleton, contacts: PointSet | None = None, armature_kg_m2: float = 0.0
    ) -> None:
        self.contacts = skeleton.soles if contacts is None else contacts
        self.armature_kg_m2 = armature_kg_m2
        self._model = skeleton.model
        self._loops = PinocchioLoops(skeleton.model)
        self._expansion = Expansion(skeleton.assembly.axes, skeleton.assembly.coordinates)
        self._contact_carriers = Carriers.of(skeleton.model, self.contacts)
        self._carriers: dict[int, tuple[PointSet, Carriers]] = {}

    def points(self, q: Tensor, points: PointSet) -> Tensor:
        """World positions (..., n, 3) [m] of a point set."""
        flat = _double(q).reshape(-1, q.shape[-1])
        axes = self._expansion(flat[:, ROOT_NQ:])
        q_axes = torch.cat([flat[:, :ROOT_NQ], axes.value], dim=-1)
        found: Tensor = _Points.apply(self._loops, self._carriers_of(points), q_axes)
        return found.reshape(*q.shape[:-1], len(points), 3).to(q.dtype)

    def inverse_dynamics(
        self, q: Tensor, v: Tensor, a: Tensor, forces: Tensor | None = None
    ) -> Tensor:
        """Generalised forces (..., 37) [N, N m] beyond the contact forces (..., n, 3) [N]."""
        flat_q, flat_v, flat_a, flat_forces = self._flat(q, v, a, forces)
        axes = self._expansion(flat_q[:, ROOT_NQ:])
        q_axes = torch.cat([flat_q[:, :ROOT_NQ], axes.value], dim=-1)
        v_axes, a_axes = self._expansion.motion(axes, flat_v, flat_a)
        tau_axes = _InverseDynamics.apply(
            self._loops, self._contact_carriers, q_axes, v_axes, a_axes, flat_forces
        )
        tau = self._expansion.forces(axes, tau_axes)
        tau = common.add_armature(tau, flat_a, self.armature_kg_m2)
        return tau.reshape(v.shape).to(q.dtype)

    def mass_matrix(self, q: Tensor) -> Tensor:
        """Mass matrix (..., 37, 37), armature included; without gradients."""
        with torch.no_grad():
            flat = normalized(_double(q).reshape(-1, q.shape[-1]))
            axes = self._expansion(flat[:, ROOT_NQ:])
            q_axes = torch.cat([flat[:, :ROOT_NQ], axes.value], dim=-1)
            over_axes = torch.from_numpy(self._loops.mass_matrix(q_axes.numpy()))
            matrix = self._expansion.mass_matrix(axes, over_axes)
            matrix = common.with_armature(matrix, self.armature_kg_m2)
            return matrix.reshape(*q.shape[:-1], *matrix.shape[-2:]).to(q.dtype)

    def equations_of_motion(
        self, q: Tensor, v: Tensor, forces: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mass matrix (..., 37, 37) without gradients; inverse dynamics at a = 0 (..., 37)."""
        return self.mass_matrix(q), self.inverse_dynamics(q, v, torch.zeros_like(v), forces)

    def forward_dynamics(
        self, q: Tensor, v: Tensor, tau: Tensor, forces: Tensor | None = None
    ) -> Tensor:
        """Accelerations (..., 37) under generalised forces and contact forces (..., n, 3) [N]."""
        flat = self._flat(q, v, tau, forces)
        return common.forward_dynamics(self, *flat).reshape(v.shape).to(q.dtype)

    def _flat(
        self, q: Tensor, v: Tensor, third: Tensor, forces: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Everything in double precision with one batch dimension."""
        if forces is not None:
            common.check_forces(q, forces, self.contacts)
            forces = _double(forces).reshape(-1, len(self.contacts), 3)
        width = v.shape[-1]
        return (
            _double(q).reshape(-1, q.shape[-1]),
            _double(v).reshape(-1, width),
            _double(third).reshape(-1, width),
            forces,
        )

    def _carriers_of(self, points: PointSet) -> Carriers:
        # Keyed by identity: the set is kept beside, so that its id stays its own.
        if id(points) not in self._carriers:
            self._carriers[id(points)] = (points, Carriers.of(self._model, points))
        return self._carriers[id(points)][1]


class _Points(torch.autograd.Function):
    """Positions of points over axis configurations (b, 7 + n_axes)."""

    @staticmethod
    def forward(ctx: Any, loops: PinocchioLoops, carriers: Carriers, q: Tensor) -> Tensor:
        poses = loops.poses(_numpy_configuration(q), carriers)
        ctx.loops, ctx.carriers, ctx.poses = loops, carriers, poses
        ctx.save_for_backward(q)
        return torch.from_numpy(poses.points)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        (q,) = ctx.saved_tensors
        columns = ctx.loops.columns(_numpy_configuration(q))
        tangent = points_gradient(ctx.carriers, ctx.poses, columns, gradient.numpy())
        return None, None, configuration_gradient(q, torch.from_numpy(tangent))


class _InverseDynamics(torch.autograd.Function):
    """Inverse dynamics over axes, with or without forces on points."""

    @staticmethod
    def forward(
        ctx: Any,
        loops: PinocchioLoops,
        carriers: Carriers,
        q: Tensor,
        v: Tensor,
        a: Tensor,
        forces: Tensor | None,
    ) -> Tensor:
        ctx.loops, ctx.carriers = loops, carriers
        ctx.save_for_backward(q, v, a, forces)
        configurations = _numpy_configuration(q)
        ctx.poses = ctx.wrenches = None
        if forces is not None:
            ctx.poses = loops.poses(configurations, carriers)
            ctx.wrenches = Wrenches.of(carriers, ctx.poses, forces.detach().numpy())
        tau = loops.inverse_dynamics(
            configurations, v.detach().numpy(), a.detach().numpy(), ctx.wrenches
        )
        return torch.from_numpy(tau)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        q, v, a, forces = ctx.saved_tensors
        state = (_numpy_configuration(q), v.numpy(), a.numpy())
        cotangent = gradient.numpy()
        by_q, by_v, by_a, columns = ctx.loops.inverse_dynamics_gradients(
            state, cotangent, ctx.wrenches
        )
        by_forces = None
        if forces is not None:
            more, over_forces = force_gradients(
                ctx.carriers, ctx.poses, columns, forces.numpy(), cotangent
            )
            by_q += more
            by_forces = torch.from_numpy(over_forces)
        by_configuration = configuration_gradient(q, torch.from_numpy(by_q))
        return (
            None, None, by_configuration, torch.from_numpy(by_v), torch.from_numpy(by_a), by_forces
        )  # fmt: skip


def _double(x: Tensor) -> Tensor:
    if x.device.type != "cpu":
        raise ShapeError("device", f"{x.device}, but Pinocchio runs on the CPU: use TorchBody")
    return x.to(torch.float64)


def _numpy_configuration(q: Tensor) -> Array:
    return np.asarray(normalized(q.detach()).numpy(), dtype=np.float64)
