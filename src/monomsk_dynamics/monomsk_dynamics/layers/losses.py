"""Losses that tie a predicted motion to the torques and forces predicted with it.

`forward_inverse_loss` simulates; `equation_of_motion_residual` is its counterpart in torque space,
which stays informative where a simulation diverges. Both are zero for a consistent prediction, up
to the error of one Runge-Kutta step a frame.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from monomsk_description.coupling import ROOT_NV
from monomsk_dynamics.errors import OptionError, ShapeError
from monomsk_dynamics.layers.body import Body
from monomsk_dynamics.layers.manifold import difference
from monomsk_dynamics.layers.rollout import rollout


@dataclass(frozen=True)
class LossScales:
    """Errors that count as one.

    Attributes:
        position_m: Of the pelvis [m].
        angle_rad: Of the pelvis and of every coordinate [rad].
        speed_m_s: Of the pelvis [m/s].
        rate_rad_s: Of the pelvis and of every coordinate [rad/s].
    """

    position_m: float = 0.01
    angle_rad: float = 0.02
    speed_m_s: float = 0.1
    rate_rad_s: float = 0.5


@dataclass(frozen=True)
class RolloutOptions:
    """How predictions are cut into simulations (multiple shooting).

    Attributes:
        span: Frame intervals of each simulation, 3 to 6.
        stride: Frames from one simulation's start to the next one's.
        smooth_loads: See `rollout`.
    """

    span: int = 4
    stride: int = 2
    smooth_loads: bool = False

    def __post_init__(self) -> None:
        for name in ("span", "stride"):
            if getattr(self, name) < 1:
                raise OptionError(name, getattr(self, name), "at least 1")


class ForwardInverseLoss(NamedTuple):
    """The loss and what it is made of, all scalars.

    Attributes:
        total: Mean of pseudo-Huber terms of the scaled errors, without the simulations that
            diverged; differentiable.
        coordinates_rad: Root mean square of the coordinates' errors at the ends [rad].
        position_m: Of the pelvis' position errors [m].
        diverged: Share of the simulations that diverged.
    """

    total: Tensor
    coordinates_rad: Tensor
    position_m: Tensor
    diverged: Tensor


class Prediction(NamedTuple):
    """A predicted motion and its loads, frames along the last but one dimension.

    Attributes:
        q: (..., t, 38).
        v: (..., t, 37).
        tau: (..., t, 37) [N, N m]; the first six are the root's, zero for a free body.
        forces: On the body's contacts (..., t, n, 3) [N], world, or None.
    """

    q: Tensor
    v: Tensor
    tau: Tensor
    forces: Tensor | None = None


def forward_inverse_loss(
    body: Body,
    predicted: Prediction,
    period_s: float,
    options: RolloutOptions | None = None,
    scales: LossScales | None = None,
) -> ForwardInverseLoss:
    """Drive simulations from predicted states by predicted loads; they must meet the prediction.

    Every frame of a simulation after its first is compared, in position and velocity, over tangent
    vectors. Gradients reach states, torques and forces alike.

    Raises:
        ShapeError: There are fewer frames than a simulation spans.
    """
    options, scales = options or RolloutOptions(), scales or LossScales()
    wanted = _windows(predicted, options)
    start = wanted.q[..., 0, :], wanted.v[..., 0, :]
    reached = rollout(
        body, *start, wanted.tau, wanted.forces, period_s, smooth_loads=options.smooth_loads
    )
    moved = difference(wanted.q[..., 1:, :], reached.q[..., 1:, :])
    faster = reached.v[..., 1:, :] - wanted.v[..., 1:, :]
    alive = ~reached.diverged
    scaled = torch.cat(
        [
            moved * _inverse(moved, scales.position_m, scales.angle_rad),
            faster * _inverse(faster, scales.speed_m_s, scales.rate_rad_s),
        ],
        dim=-1,
    )
    # Quadratic near zero, linear far off: one bad simulation must not outweigh the others.
    each = ((1.0 + scaled * scaled).sqrt() - 1.0).mean(dim=(-1, -2))
    ends = moved.detach()[..., -1, :]
    return ForwardInverseLoss(
        total=_mean(each, alive),
        coordinates_rad=_mean((ends[..., ROOT_NV:] ** 2).mean(-1), alive).sqrt(),
        position_m=_mean((ends[..., :3] ** 2).sum(-1), alive).sqrt(),
        diverged=reached.diverged.to(each.dtype).mean(),
    )


def equation_of_motion_residual(body: Body, predicted: Prediction, a: Tensor) -> Tensor:
    """What the equations of motion lack (..., t, 37) [N, N m]: inverse dynamics minus torques.

    Args:
        body: The person's.
        predicted: Motion and loads.
        a: Accelerations (..., t, 37), predicted or differentiated.
    """
    required = body.inverse_dynamics(predicted.q, predicted.v, a, predicted.forces)
    return required - predicted.tau


def _windows(predicted: Prediction, options: RolloutOptions) -> Prediction:
    """Overlapping windows of span + 1 frames; the windows are the last batch dimension."""
    length, frames = options.span + 1, predicted.q.shape[-2]
    if frames < length:
        raise ShapeError("q", f"{frames} frames, simulations of {options.span} need {length}")
    starts = torch.arange(0, frames - length + 1, options.stride, device=predicted.q.device)
    index = starts[:, None] + torch.arange(length, device=starts.device)
    forces = predicted.forces
    return Prediction(
        predicted.q[..., index, :],
        predicted.v[..., index, :],
        predicted.tau[..., index, :],
        None if forces is None else forces[..., index, :, :],
    )


def _inverse(like: Tensor, position: float, angle: float) -> Tensor:
    inverse = like.new_full((like.shape[-1],), 1.0 / angle)
    inverse[:3] = 1.0 / position
    return inverse


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean of the chosen values; zero if there are none."""
    kept = values.masked_fill(~chosen, 0.0)
    return kept.sum() / chosen.sum().clamp(min=1)
