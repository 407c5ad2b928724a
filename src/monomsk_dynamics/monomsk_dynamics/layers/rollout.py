"""Forward dynamics as an ordinary differential equation in torch, solved by Runge-Kutta."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.layers.body import Body
from monomsk_dynamics.layers.manifold import integrate

#: No joint of a person turns faster [rad/s]: a simulation beyond has diverged.
FASTEST_RAD_S = 150.0


class Trajectory(NamedTuple):
    """A simulated motion.

    Attributes:
        q: Configurations (..., t, 38), the start included.
        v: Velocities (..., t, 37).
        diverged: Samples (...) that reached no person's speed; they stand still from there on,
            and no gradient passes through the steps after.
    """

    q: Tensor
    v: Tensor
    diverged: Tensor


class _Drive(NamedTuple):
    """Generalised forces (..., 37) and contact forces (..., n, 3) at one instant."""

    tau: Tensor
    forces: Tensor | None


def rollout(
    body: Body, q0: Tensor, v0: Tensor, tau: Tensor, forces: Tensor | None, period_s: float
) -> Trajectory:
    """Simulate from a state through given forces, which are linear in time between frames.

    Fourth-order Runge-Kutta on the manifold, one step a frame: meant for 3 to 6 frames at 60 Hz,
    as open-loop simulation of a person diverges beyond. Armature is the body's.

    Args:
        body: The person's.
        q0: Initial configuration (..., 38).
        v0: Initial velocity (..., 37).
        tau: Generalised forces at every frame (..., t, 37) [N, N m]; the first six are the root's.
        forces: World forces on the body's contacts at every frame (..., t, n, 3) [N], or None.
        period_s: Between frames [s].

    Raises:
        ShapeError: There is no second frame.
    """
    frames = tau.shape[-2]
    if frames < 2:
        raise ShapeError("tau", f"{frames} frame, a simulation needs two")
    drives = [
        _Drive(tau[..., k, :], None if forces is None else forces[..., k, :, :])
        for k in range(frames)
    ]
    q, v, diverged = q0, v0, _too_fast(v0)
    configurations, velocities = [q], [v]
    for before, after in zip(drives[:-1], drives[1:], strict=True):
        # A sample that stopped takes every step from rest: a number that overflows and is masked
        # afterwards would still poison its gradient.
        resting = diverged[..., None]
        q_from = torch.where(resting, q0.detach(), q)
        v_from = torch.where(resting, torch.zeros_like(v), v)
        pair = (_muted(before, diverged), _muted(after, diverged))
        q_to, v_to, diverged = _checked_step(body, (q_from, v_from), pair, period_s, diverged)
        resting = diverged[..., None]
        q, v = torch.where(resting, q.detach(), q_to), torch.where(resting, v.detach(), v_to)
        configurations.append(q)
        velocities.append(v)
    return Trajectory(torch.stack(configurations, -2), torch.stack(velocities, -2), diverged)


class _Gate(torch.autograd.Function):
    """Passes a value on, and its gradient except for samples closed before the backward pass."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, closed: list[Tensor]) -> Tensor:
        ctx.closed = closed
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (closed,) = ctx.closed
        mask = closed.reshape(*closed.shape, *[1] * (gradient.ndim - closed.ndim))
        return gradient.masked_fill(mask, 0.0), None


def _checked_step(
    body: Body,
    state: tuple[Tensor, Tensor],
    drives: tuple[_Drive, _Drive],
    period_s: float,
    diverged: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """One step, and which samples have diverged by its end; those pass no gradient back."""
    closed: list[Tensor] = []
    before, after = (
        _Drive(
            _Gate.apply(drive.tau, closed),
            None if drive.forces is None else _Gate.apply(drive.forces, closed),
        )
        for drive in drives
    )
    q, v = (_Gate.apply(part, closed) for part in state)
    q, v = _step(body, q, v, (before, after), period_s)
    closed.append(diverged | _too_fast(v))
    return q, v, closed[0]


def _too_fast(v: Tensor) -> Tensor:
    # Written so that NaN counts as too fast.
    return ~(v.detach()[..., 3:].abs().amax(-1) < FASTEST_RAD_S)


def _muted(drive: _Drive, diverged: Tensor) -> _Drive:
    """No forces on samples that diverged."""
    tau = torch.where(diverged[..., None], torch.zeros_like(drive.tau), drive.tau)
    if drive.forces is None:
        return _Drive(tau, None)
    stopped = diverged[..., None, None]
    return _Drive(tau, torch.where(stopped, torch.zeros_like(drive.forces), drive.forces))


def _middle(drives: tuple[_Drive, _Drive]) -> _Drive:
    (tau, forces), (tau_after, forces_after) = drives
    if forces is None or forces_after is None:
        return _Drive(0.5 * (tau + tau_after), None)
    return _Drive(0.5 * (tau + tau_after), 0.5 * (forces + forces_after))


def _step(
    body: Body, q: Tensor, v: Tensor, drives: tuple[_Drive, _Drive], period_s: float
) -> tuple[Tensor, Tensor]:
    """One Runge-Kutta step."""
    middle, half = _middle(drives), 0.5 * period_s
    a1 = body.forward_dynamics(q, v, *drives[0])
    v2 = v + half * a1
    a2 = body.forward_dynamics(integrate(q, half * v), v2, *middle)
    v3 = v + half * a2
    a3 = body.forward_dynamics(integrate(q, half * v2), v3, *middle)
    v4 = v + period_s * a3
    a4 = body.forward_dynamics(integrate(q, period_s * v3), v4, *drives[1])
    velocity = (v + 2.0 * v2 + 2.0 * v3 + v4) / 6.0
    acceleration = (a1 + 2.0 * a2 + 2.0 * a3 + a4) / 6.0
    return integrate(q, period_s * velocity), v + period_s * acceleration
