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


class _Loads(NamedTuple):
    """Generalised forces (..., 37) and contact forces (..., n, 3) at one instant."""

    tau: Tensor
    forces: Tensor | None


class _Drive(NamedTuple):
    """The loads of one step."""

    begin: _Loads
    middle: _Loads
    end: _Loads


def rollout(
    body: Body,
    q0: Tensor,
    v0: Tensor,
    tau: Tensor,
    forces: Tensor | None,
    period_s: float,
    smooth_loads: bool = False,
) -> Trajectory:
    """Simulate from a state through given loads.

    Fourth-order Runge-Kutta on the manifold, one step a frame: meant for 3 to 6 frames at 60 Hz,
    as open-loop simulation of a person diverges beyond. Loaded feet are the first to go: small
    inertias under large forces; the body's armature tames them.

    Args:
        body: The person's.
        q0: Initial configuration (..., 38).
        v0: Initial velocity (..., 37).
        tau: Generalised forces at every frame (..., t, 37) [N, N m]; the first six are the root's.
        forces: World forces on the body's contacts at every frame (..., t, n, 3) [N], or None.
        period_s: Between frames [s].
        smooth_loads: Loads are cubic in time between frames instead of linear: more exact where
            they are smooth, and overshooting where they jump.

    Raises:
        ShapeError: There is no second frame.
    """
    if tau.shape[-2] < 2:
        raise ShapeError("tau", f"{tau.shape[-2]} frame, a simulation needs two")
    drives = _drives(tau, forces, smooth_loads)
    q, v, diverged = q0, v0, _too_fast(v0)
    configurations, velocities = [q], [v]
    for drive in drives:
        # A sample that stopped takes every step from rest: a number that overflows and is masked
        # afterwards would still poison its gradient.
        resting = diverged[..., None]
        q_from = torch.where(resting, q0.detach(), q)
        v_from = torch.where(resting, torch.zeros_like(v), v)
        q_to, v_to, diverged = _checked_step(body, (q_from, v_from), drive, period_s, diverged)
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
    body: Body, state: tuple[Tensor, Tensor], drive: _Drive, period_s: float, diverged: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """One step, and which samples have diverged by its end; those pass no gradient back."""
    closed: list[Tensor] = []
    gated = _Drive(*(_gated(loads, diverged, closed) for loads in drive))
    q, v = _step(
        body, (_Gate.apply(state[0], closed), _Gate.apply(state[1], closed)), gated, period_s
    )
    closed.append(diverged | _too_fast(v))
    return q, v, closed[0]


def _gated(loads: _Loads, diverged: Tensor, closed: list[Tensor]) -> _Loads:
    """No loads on samples that diverged before, no gradient for those that diverge now."""
    tau = _Gate.apply(loads.tau.masked_fill(diverged[..., None], 0.0), closed)
    if loads.forces is None:
        return _Loads(tau, None)
    return _Loads(
        tau, _Gate.apply(loads.forces.masked_fill(diverged[..., None, None], 0.0), closed)
    )


def _too_fast(v: Tensor) -> Tensor:
    # Written so that NaN counts as too fast.
    return ~(v.detach()[..., 3:].abs().amax(-1) < FASTEST_RAD_S)


def _drives(tau: Tensor, forces: Tensor | None, smooth: bool) -> list[_Drive]:
    """The loads of every step."""
    torques, torque_middles = tau.unbind(-2), _middles(tau, -2, smooth)
    count = len(torques)
    pushes: tuple[Tensor | None, ...] = (None,) * count
    push_middles: tuple[Tensor | None, ...] = (None,) * count
    if forces is not None:
        pushes, push_middles = forces.unbind(-3), _middles(forces, -3, smooth)
    at_frames = [_Loads(*pair) for pair in zip(torques, pushes, strict=True)]
    between = [_Loads(torque_middles[k], push_middles[k]) for k in range(count - 1)]
    return [_Drive(*loads) for loads in zip(at_frames[:-1], between, at_frames[1:], strict=True)]


def _middles(values: Tensor, dim: int, smooth: bool) -> tuple[Tensor, ...]:
    """Values half-way between frames: linear, or by the cubic through the four around.

    The first and last interval take the parabola through their three nearest frames.
    """
    x = values.unbind(dim)
    count = len(x)
    if not smooth or count < 3:
        return tuple(0.5 * (x[k] + x[k + 1]) for k in range(count - 1))
    first = (3.0 * x[0] + 6.0 * x[1] - x[2]) / 8.0
    last = (3.0 * x[-1] + 6.0 * x[-2] - x[-3]) / 8.0
    inner = ((9.0 * (x[k] + x[k + 1]) - x[k - 1] - x[k + 2]) / 16.0 for k in range(1, count - 2))
    return (first, *inner, last)


def _step(
    body: Body, state: tuple[Tensor, Tensor], drive: _Drive, period_s: float
) -> tuple[Tensor, Tensor]:
    """One Runge-Kutta step."""
    (q, v), half = state, 0.5 * period_s
    a1 = body.forward_dynamics(q, v, *drive.begin)
    v2 = v + half * a1
    a2 = body.forward_dynamics(integrate(q, half * v), v2, *drive.middle)
    v3 = v + half * a2
    a3 = body.forward_dynamics(integrate(q, half * v2), v3, *drive.middle)
    v4 = v + period_s * a3
    a4 = body.forward_dynamics(integrate(q, period_s * v3), v4, *drive.end)
    velocity = (v + 2.0 * v2 + 2.0 * v3 + v4) / 6.0
    acceleration = (a1 + 2.0 * a2 + 2.0 * a3 + a4) / 6.0
    return integrate(q, period_s * velocity), v + period_s * acceleration
