"""What both torch backends offer, and forward dynamics with gradients from inverse dynamics.

Shapes are batch first: q (..., 38), v, a, tau and every tangent gradient (..., 37), world forces
(..., n, 3) [N] on the body's `contacts`. For q and its gradient see `manifold`.
"""

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from monomsk_description.coupling import ROOT_NV
from monomsk_description.points import PointSet
from monomsk_dynamics.errors import ShapeError


class Body(Protocol):
    """Rigid-body dynamics of one skeleton as differentiable functions.

    Attributes:
        contacts: Where forces act; the sole points unless said otherwise.
        armature_kg_m2: Added inertia of each of the 31 coordinates [kg m²], in inverse and forward
            dynamics alike.
    """

    contacts: PointSet
    armature_kg_m2: float

    def points(self, q: Tensor, points: PointSet) -> Tensor:
        """World positions (..., n, 3) [m] of a point set."""

    def inverse_dynamics(self, q: Tensor, v: Tensor, a: Tensor, forces: Tensor | None) -> Tensor:
        """Generalised forces (..., 37) [N, N m] beyond the contact forces (..., n, 3) [N]."""

    def equations_of_motion(
        self, q: Tensor, v: Tensor, forces: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Mass matrix (..., 37, 37), and inverse dynamics at a = 0 (..., 37)."""

    def forward_dynamics(self, q: Tensor, v: Tensor, tau: Tensor, forces: Tensor | None) -> Tensor:
        """Accelerations (..., 37) under generalised forces and contact forces."""


def check_forces(q: Tensor, forces: Tensor, contacts: PointSet) -> None:
    """Refuses forces that are not one vector for each contact of each sample.

    Raises:
        ShapeError: They are not.
    """
    wanted = (*q.shape[:-1], len(contacts), 3)
    if tuple(forces.shape) != wanted:
        raise ShapeError("forces", f"shape {tuple(forces.shape)}, expected {wanted}")


def add_armature(tau: Tensor, a: Tensor, armature_kg_m2: float) -> Tensor:
    """Generalised forces with those that accelerate the armature."""
    if not armature_kg_m2:
        return tau
    joints = tau[..., ROOT_NV:] + armature_kg_m2 * a[..., ROOT_NV:]
    return torch.cat([tau[..., :ROOT_NV], joints], dim=-1)


def with_armature(mass_matrix: Tensor, armature_kg_m2: float) -> Tensor:
    """The mass matrix with the armature on the coordinates' diagonal."""
    if not armature_kg_m2:
        return mass_matrix
    diagonal = mass_matrix.new_zeros(mass_matrix.shape[-1])
    diagonal[ROOT_NV:] = armature_kg_m2
    return mass_matrix + torch.diag(diagonal)


def forward_dynamics(
    body: Body, q: Tensor, v: Tensor, tau: Tensor, forces: Tensor | None
) -> Tensor:
    """Accelerations (..., 37) of a body: M a = tau - inverse dynamics at a = 0."""
    accelerations: Tensor = _ForwardDynamics.apply(body, q, v, tau, forces)
    return accelerations


class _ForwardDynamics(torch.autograd.Function):
    """a solves ID(q, v, a, f) = tau, so da = M^-1 (dtau - dID at constant a)."""

    @staticmethod
    def forward(
        ctx: Any, body: Body, q: Tensor, v: Tensor, tau: Tensor, forces: Tensor | None
    ) -> Tensor:
        mass_matrix, bias = body.equations_of_motion(q, v, forces)
        factor = torch.linalg.cholesky(mass_matrix)
        a = torch.cholesky_solve((tau - bias).unsqueeze(-1), factor).squeeze(-1)
        ctx.body = body
        ctx.save_for_backward(q, v, a, forces, factor)
        return a

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        q, v, a, forces, factor = ctx.saved_tensors
        by_tau = torch.cholesky_solve(gradient.unsqueeze(-1), factor).squeeze(-1)
        wanted = (ctx.needs_input_grad[1], ctx.needs_input_grad[2], ctx.needs_input_grad[4])
        if not any(wanted):
            return None, None, None, by_tau, None
        with torch.enable_grad():
            q, v = q.detach().requires_grad_(wanted[0]), v.detach().requires_grad_(wanted[1])
            if forces is not None:
                forces = forces.detach().requires_grad_(wanted[2])
            required = ctx.body.inverse_dynamics(q, v, a, forces)
            inputs = [x for x, need in zip((q, v, forces), wanted, strict=True) if need]
            found = iter(torch.autograd.grad(required, inputs, -by_tau))
        by_q, by_v, by_forces = (next(found) if need else None for need in wanted)
        return None, by_q, by_v, by_tau, by_forces
