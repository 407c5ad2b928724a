"""The proof by forward simulation: do torques and forces reproduce the motion they came from?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

_ROOT = 6

#: The error of a simulation that diverged, and the largest one told [rad].
DIVERGED_RAD = float(np.pi)
#: No joint of a person turns faster [rad/s]: a simulation beyond has diverged.
_FASTEST_RAD_S = 150.0


@dataclass(frozen=True)
class SolvedFrame:
    """One solved instant, as the forward simulation needs it.

    Attributes:
        time_s: Its time [s].
        q: Filtered configuration (38,).
        v: Filtered velocity (37,).
        generalised_force: Torques and contacts' generalised forces (37,), without the slack.
    """

    time_s: float
    q: Array
    v: Array
    generalised_force: Array


def roll_out(skeleton: Skeleton, frames: Sequence[SolvedFrame]) -> tuple[Array, Array]:
    """Simulate from the first frame's state to the last frame's time.

    Fourth-order Runge-Kutta, one step a frame interval, forces linear in time in between.

    Args:
        skeleton: The person's.
        frames: At least two instants in order.

    Returns:
        Configuration (38,) and velocity (37,) reached.
    """
    q, v = frames[0].q, frames[0].v
    for before, after in zip(frames[:-1], frames[1:], strict=True):
        forces = (before.generalised_force, after.generalised_force)
        q, v = step(skeleton, q, v, forces, after.time_s - before.time_s)
        if has_diverged(v):
            break
    return q, v


def has_diverged(v: Array) -> bool:
    """Whether a simulated velocity (37,) is no person's any more."""
    return not bool(np.abs(v[3:]).max() < _FASTEST_RAD_S)


def distance(skeleton: Skeleton, q: Array, reached: tuple[Array, Array]) -> float:
    """Root mean square of the joint coordinates between a motion and a simulation [rad].

    Args:
        skeleton: The person's.
        q: The motion's configuration (38,).
        reached: The simulation's configuration (38,) and velocity (37,).

    Returns:
        At most `DIVERGED_RAD`, which also stands for a simulation that diverged.
    """
    if has_diverged(reached[1]):
        return DIVERGED_RAD
    off = skeleton.difference(q, reached[0])[_ROOT:]
    return min(float(np.sqrt(np.mean(off**2))), DIVERGED_RAD)


def step(
    skeleton: Skeleton, q: Array, v: Array, forces: tuple[Array, Array], period_s: float
) -> tuple[Array, Array]:
    """One Runge-Kutta step with forces at its begin and end, each (37,)."""
    middle = 0.5 * (forces[0] + forces[1])
    half = 0.5 * period_s
    a1 = skeleton.forward_dynamics(q, v, forces[0])
    v2 = v + half * a1
    q2 = skeleton.integrate(q, half * v)
    mass_matrix = skeleton.mass_matrix(q2)
    a2 = np.linalg.solve(mass_matrix, middle - skeleton.bias_forces(q2, v2))
    v3 = v + half * a2
    # The two middle configurations differ by a quarter of a1 times the period squared: too little
    # for another mass matrix.
    q3 = skeleton.integrate(q, half * v2)
    a3 = np.linalg.solve(mass_matrix, middle - skeleton.bias_forces(q3, v3))
    v4 = v + period_s * a3
    a4 = skeleton.forward_dynamics(skeleton.integrate(q, period_s * v3), v4, forces[1])
    velocity = (v + 2.0 * v2 + 2.0 * v3 + v4) / 6.0
    acceleration = (a1 + 2.0 * a2 + 2.0 * a3 + a4) / 6.0
    return skeleton.integrate(q, period_s * velocity), v + period_s * acceleration


def consistency_error(skeleton: Skeleton, frames: Sequence[SolvedFrame]) -> float:
    """Root mean square of the joint coordinates between simulation and motion [rad].

    NaN for fewer than two frames; `DIVERGED_RAD` where the simulation diverged.
    """
    if len(frames) < 2:
        return float("nan")
    return distance(skeleton, frames[-1].q, roll_out(skeleton, frames))


class RollingConsistency:
    """The same check live, one Runge-Kutta step a frame: a new value every few frames.

    Args:
        skeleton: The person's.
        frames: How many frame intervals a simulation spans.
    """

    def __init__(self, skeleton: Skeleton, frames: int) -> None:
        self._skeleton = skeleton
        self._span = frames
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._before: SolvedFrame | None = None
        self._state: tuple[Array, Array] | None = None
        self._steps = 0
        self._error_rad = float("nan")

    def update(self, frame: SolvedFrame) -> float:
        """The latest error [rad] after one more frame; NaN until the first simulation ended."""
        before, self._before = self._before, frame
        if before is None or self._state is None:
            self._state, self._steps = (frame.q, frame.v), 0
            return self._error_rad
        forces = (before.generalised_force, frame.generalised_force)
        period_s = frame.time_s - before.time_s
        self._state = step(self._skeleton, *self._state, forces, period_s)
        self._steps += 1
        if self._steps == self._span or has_diverged(self._state[1]):
            self._error_rad = distance(self._skeleton, frame.q, self._state)
            self._state, self._steps = (frame.q, frame.v), 0
        return self._error_rad
