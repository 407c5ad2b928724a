"""The proof by forward simulation: do torques and forces reproduce the motion they came from?

Fourth-order Runge-Kutta-Nyström through the forward dynamics, one step a frame interval, forces
linear in time in between. Small segments make open-loop simulation stiff: a rotor inertia
(armature) at the joints, with the torque that accelerates it along the solved motion, leaves an
exact solution exact and keeps errors of hands and toes from growing without bound.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.options import ConsistencyOptions

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
        acceleration: That goes with the forces (37,); used with an armature only.
        mass_matrix: At `q` (37, 37), and
        bias: bias forces at `q` and `v` (37,), where they are known: they need not be found again.
    """

    time_s: float
    q: Array
    v: Array
    generalised_force: Array
    acceleration: Array = field(default_factory=lambda: np.zeros(37))
    mass_matrix: Array | None = None
    bias: Array | None = None


class Simulation:
    """Forward dynamics under given forces.

    Args:
        skeleton: The person's.
        armature_kg_m2: Rotor inertia at every joint [kg m²].
    """

    def __init__(self, skeleton: Skeleton, armature_kg_m2: float = 0.0) -> None:
        self._skeleton = skeleton
        self._armature = np.concatenate([np.zeros(_ROOT), np.full(31, armature_kg_m2)])
        self._armature_matrix = np.diag(self._armature)
        self.restart()

    def restart(self) -> None:
        """The next step begins somewhere else than the last one ended."""
        self._factor: Array | None = None

    def run(self, frames: Sequence[SolvedFrame]) -> tuple[Array, Array]:
        """Simulate from the first frame's state to the last frame's time.

        Args:
            frames: At least two instants in order.

        Returns:
            Configuration (38,) and velocity (37,) reached.
        """
        self.restart()
        q, v = frames[0].q, frames[0].v
        for before, after in zip(frames[:-1], frames[1:], strict=True):
            q, v = self.step(q, v, before, after)
            if has_diverged(v):
                break
        return q, v

    def step(
        self, q: Array, v: Array, before: SolvedFrame, after: SolvedFrame
    ) -> tuple[Array, Array]:
        """One step from the time of one frame to that of the next (Nyström 1925, fourth order)."""
        h = after.time_s - before.time_s
        begin, end = self._drive(before), self._drive(after)
        middle = 0.5 * (begin + end)
        integrate = self._skeleton.integrate
        if self._factor is None:
            a1 = self._first_acceleration(q, v, begin, before)
        else:
            # The last stage of the step before was at nearly the same configuration (third order).
            a1 = self._acceleration(self._factor, q, v, begin)
        q2 = integrate(q, 0.5 * h * (v + 0.25 * h * a1))
        inner = self._factored(q2)
        a2 = self._acceleration(inner, q2, v + 0.5 * h * a1, middle)
        a3 = self._acceleration(inner, q2, v + 0.5 * h * a2, middle)
        q4 = integrate(q, h * (v + 0.5 * h * a3))
        self._factor = self._factored(q4)
        a4 = self._acceleration(self._factor, q4, v + h * a3, end)
        moved = integrate(q, h * (v + (h / 6.0) * (a1 + a2 + a3)))
        return moved, v + (h / 6.0) * (a1 + 2.0 * (a2 + a3) + a4)

    def _drive(self, frame: SolvedFrame) -> Array:
        drive: Array = frame.generalised_force + self._armature * frame.acceleration
        return drive

    def _first_acceleration(self, q: Array, v: Array, drive: Array, frame: SolvedFrame) -> Array:
        """At the start of a simulation, which mostly is a frame whose terms are known."""
        if frame.mass_matrix is None or frame.bias is None or q is not frame.q or v is not frame.v:
            return self._acceleration(self._factored(q), q, v, drive)
        factor = self._factor_of(frame.mass_matrix + self._armature_matrix)
        free: Array = lapack.dpotrs(factor, drive - frame.bias, lower=1)[0]
        return free

    def _factored(self, q: Array) -> Array:
        """Cholesky factor (37, 37) of the mass matrix with armature."""
        mass = self._skeleton.mass_matrix(q)
        mass += self._armature_matrix
        return self._factor_of(mass)

    def _factor_of(self, mass: Array) -> Array:
        # Symmetric: its transpose is the same in the order of LAPACK, and needs no copy.
        factor: Array = lapack.dpotrf(mass.T, lower=1, clean=0, overwrite_a=1)[0]
        return factor

    def _acceleration(self, factor: Array, q: Array, v: Array, drive: Array) -> Array:
        free: Array = lapack.dpotrs(factor, drive - self._skeleton.bias_forces(q, v), lower=1)[0]
        return free


def roll_out(skeleton: Skeleton, frames: Sequence[SolvedFrame]) -> tuple[Array, Array]:
    """Simulate without armature from the first frame's state to the last frame's time."""
    return Simulation(skeleton).run(frames)


def has_diverged(v: Array) -> bool:
    """Whether a simulated velocity (37,) is no person's any more."""
    rates = v[3:]
    return not (rates.dot(rates) < _FASTEST_RAD_S**2 or np.abs(rates).max() < _FASTEST_RAD_S)


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
    off = reached[0][7:] - q[7:]
    return min(math.sqrt(off.dot(off) / len(off)), DIVERGED_RAD)


def consistency_error(
    skeleton: Skeleton, frames: Sequence[SolvedFrame], armature_kg_m2: float = 0.0
) -> float:
    """Root mean square of the joint coordinates between simulation and motion [rad].

    NaN for fewer than two frames; `DIVERGED_RAD` where the simulation diverged.
    """
    if len(frames) < 2:
        return float("nan")
    return distance(skeleton, frames[-1].q, Simulation(skeleton, armature_kg_m2).run(frames))


class RollingConsistency:
    """The same check live, one Runge-Kutta step a frame: a new value every few frames.

    Args:
        skeleton: The person's.
        options: How far a simulation goes.
    """

    def __init__(self, skeleton: Skeleton, options: ConsistencyOptions | None = None) -> None:
        self._skeleton = skeleton
        self._options = options or ConsistencyOptions()
        self._simulation = Simulation(skeleton, self._options.armature_kg_m2)
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._before: SolvedFrame | None = None
        self._error_rad = float("nan")
        self._start(None)

    def _start(self, frame: SolvedFrame | None) -> None:
        self._simulation.restart()
        self._state = None if frame is None else (frame.q, frame.v)
        self._steps, self._began_s = 0, 0.0 if frame is None else frame.time_s

    def update(self, frame: SolvedFrame) -> float:
        """The latest error [rad] after one more frame; NaN until the first simulation ended."""
        before, self._before = self._before, frame
        if before is None or self._state is None:
            self._start(frame)
            return self._error_rad
        self._state = self._simulation.step(*self._state, before, frame)
        self._steps += 1
        if self._ends(frame) or has_diverged(self._state[1]):
            self._error_rad = distance(self._skeleton, frame.q, self._state)
            self._start(frame)
        return self._error_rad

    def _ends(self, frame: SolvedFrame) -> bool:
        """After its frames, or so long that another one would exceed the longest horizon."""
        elapsed_s = frame.time_s - self._began_s
        next_s = elapsed_s * (self._steps + 1) / self._steps
        return self._steps >= self._options.frames or next_s > self._options.horizon_s
