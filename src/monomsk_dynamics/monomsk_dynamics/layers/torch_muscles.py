"""Static optimisation in torch: muscle activations whose gradients follow motion and torques."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.hill import tendon_forces
from monomsk_dynamics.static_optimization import StaticOptimization, StaticOptimizationOptions


class TorchMuscles(nn.Module):
    """Activations of batches of instants.

    The programme is solved outside torch. Its multipliers are the reserves times their weight; one
    Newton step of the optimality conditions in torch changes them by nothing, and its gradients
    are those of the solution (implicit function theorem). Where a muscle is at the edge of its
    bounds the gradient is one-sided.

    Args:
        geometry: Of the muscles.
        options: See there.

    Raises:
        OptionError: A coordinate is none that the muscles cross.
    """

    def __init__(
        self, geometry: MuscleGeometry, options: StaticOptimizationOptions | None = None
    ) -> None:
        super().__init__()
        self._geometry = geometry
        self._options = options or StaticOptimizationOptions()
        self._solver = StaticOptimization(geometry, self._options)

    def forward(self, q: Tensor, rates: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
        """Activations (..., muscles) and tendon forces (..., muscles) [N].

        Args:
            q: Coordinates (..., 31) [rad].
            rates: Their rates (..., 31) [rad/s].
            tau: Torques (..., 31) [N m].

        Raises:
            ShapeError: An input holds NaN.
            SolverError: A quadratic programme has no solution.
        """
        lengths, arms = self._geometry.lengths_with_moment_arms(q)
        velocities = -(arms @ rates[..., None])[..., 0]
        able = tendon_forces(self._geometry.parameters, lengths, velocities)
        passive = able.passive if self._options.passive else torch.zeros_like(able.passive)
        legs = [
            self._leg(arms, able.active, passive, tau, leg)
            for leg in range(len(self._solver.leg_coordinates))
        ]
        activations = torch.cat(legs, dim=-1)
        return activations, activations * able.active + passive

    def _leg(self, arms: Tensor, active: Tensor, passive: Tensor, tau: Tensor, leg: int) -> Tensor:
        muscles = self._solver.leg_muscles(leg)
        coordinates = self._solver.leg_coordinates[leg]
        turning = arms[..., muscles, :][..., coordinates].transpose(-1, -2)
        wanted = tau[..., coordinates] - (turning @ passive[..., muscles, None])[..., 0]
        return self._share(turning * active[..., None, muscles], wanted)

    def _share(self, per_activation: Tensor, wanted: Tensor) -> Tensor:
        """Of torques at full activation (..., rows, muscles) and those to make (..., rows)."""
        weight, lowest = self._options.reserve_weight, self._options.minimum_activation
        with torch.no_grad():
            found = self._solved(per_activation, wanted)
            reserves = wanted - (per_activation @ found[..., None])[..., 0]
            multipliers = weight * reserves
        pulled = (per_activation * multipliers[..., None]).sum(-2)
        with torch.no_grad():
            free = ((pulled > lowest) & (pulled < 1.0)).to(pulled.dtype)
            hessian = (per_activation * free[..., None, :]) @ per_activation.transpose(-1, -2)
            hessian = hessian + torch.eye(wanted.shape[-1]).to(hessian) / weight
        residual = (per_activation @ pulled.clamp(lowest, 1.0)[..., None])[..., 0]
        residual = residual + multipliers / weight - wanted
        multipliers = multipliers - torch.linalg.solve(hessian, residual)
        return (per_activation * multipliers[..., None]).sum(-2).clamp(lowest, 1.0)

    def _solved(self, per_activation: Tensor, wanted: Tensor) -> Tensor:
        rows, muscles = per_activation.shape[-2:]
        turning: Any = per_activation.reshape(-1, rows, muscles).double().cpu().numpy()
        torques: Any = wanted.reshape(-1, rows).double().cpu().numpy()
        found = np.array(
            [self._solver.share(t, w) for t, w in zip(turning, torques, strict=True)]
        ).reshape(*wanted.shape[:-1], muscles)
        return torch.as_tensor(found).to(per_activation)
