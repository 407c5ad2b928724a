"""Sole forces that explain a motion: what pushes, holds by friction, and acts where soles touch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from monomsk_dynamics.layers.manifold import cross

#: Lever over which a moment counts as much as a force [m]: about a person's radius of gyration.
LEVER_M = 0.3
_FRICTION = 0.8
_ROUNDS = 20
#: Spreads the load over the points; small, so that it takes no load away.
_EVENNESS = 0.01


class Wrench(NamedTuple):
    """A force and the moment about the pelvis origin, world axes, per weight.

    Attributes:
        force: (..., 3).
        moment: (..., 3) [m].
    """

    force: Tensor
    moment: Tensor


def sole_forces(required: Wrench, arms: Tensor, touching: Tensor) -> tuple[Tensor, Tensor]:
    """Forces within friction cones that come nearest to a required wrench.

    Accelerated projected gradients (Beck and Teboulle 2009), a fixed number of rounds, so that
    autograd follows how forces answer to the motion.

    Args:
        required: What must act on the person in sum.
        arms: Sole points from the pelvis origin, world axes (..., n, 3) [m].
        touching: Share to which each point can bear load, 0 to 1 (..., n).

    Returns:
        Forces (..., n, 3) per weight, world axes; and what is missing (..., 6): force, and moment
        about the middle of the soles that touch over `LEVER_M`.
    """
    share = touching[..., None]
    middle = (arms * share).sum(-2) / share.sum(-2).clamp_min(1e-3)
    moment = required.moment - cross(middle, required.force)
    target = torch.cat([required.force, moment / LEVER_M], dim=-1)
    levers = (arms - middle[..., None, :]) / LEVER_M
    # The largest curvature of the squared error is below the trace of one of its blocks.
    steepest = (share.squeeze(-1) ** 2 * (1.0 + (levers**2).sum(-1))).sum(-1).clamp_min(1.0)
    step = (1.0 / (steepest + _EVENNESS))[..., None, None]
    forces = torch.zeros_like(levers)
    ahead, momentum = forces, 1.0
    for _ in range(_ROUNDS):
        missing = target - _sum(share * ahead, levers)
        slope = missing[..., None, :3] + cross(missing[..., None, 3:], levers)
        moved = _in_cone(ahead + step * (share * slope - _EVENNESS * ahead))
        following = 0.5 * (1.0 + (1.0 + 4.0 * momentum**2) ** 0.5)
        ahead = moved + (momentum - 1.0) / following * (moved - forces)
        forces, momentum = moved, following
    loads = share * forces
    return loads, target - _sum(loads, levers)


def _sum(forces: Tensor, levers: Tensor) -> Tensor:
    return torch.cat([forces.sum(-2), cross(levers, forces).sum(-2)], dim=-1)


def _in_cone(forces: Tensor) -> Tensor:
    """The nearest forces (..., 3) that push up and do not slip."""
    flat, up = forces[..., :2], forces[..., 2:]
    side = torch.sqrt((flat**2).sum(-1, keepdim=True) + 1e-12)
    edge = ((_FRICTION * side + up) / (1.0 + _FRICTION**2)).clamp_min(0.0)
    inside = side <= _FRICTION * up
    shrunk = torch.where(inside, torch.ones_like(side), _FRICTION * edge / side)
    return torch.cat([flat * shrunk, torch.where(inside, up, edge)], dim=-1)
