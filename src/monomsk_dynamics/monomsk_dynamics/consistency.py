"""The proof by forward simulation: do torques and forces reproduce the motion they came from?

Runge-Kutta through the forward dynamics, one step a frame interval, forces linear in time in
between. Small segments make open-loop simulation stiff: a rotor inertia
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


class ForwardDynamics:
    """Accelerations under given forces, with a rotor inertia at every joint.

    Args:
        skeleton: The person's.
        armature_kg_m2: Rotor inertia at every joint [kg m²].
    """

    def __init__(self, skeleton: Skeleton, armature_kg_m2: float = 0.0) -> None:
        self._skeleton = skeleton
        self._armature = np.concatenate([np.zeros(_ROOT), np.full(31, armature_kg_m2)])
        self._armature_matrix = np.diag(self._armature)

    def drive(self, frame: SolvedFrame) -> Array:
        """What accelerates the body at a frame (37,), the torque on the rotors included."""
        drive: Array = frame.generalised_force + self._armature * frame.acceleration
        return drive

    def mass_matrix(self, q: Array) -> Array:
        """Mass matrix (37, 37) with armature."""
        return self.with_armature(self._skeleton.mass_matrix(q))

    def with_armature(self, mass_matrix: Array) -> Array:
        """The same of a mass matrix (37, 37) that is known."""
        return mass_matrix + self._armature_matrix

    def acceleration(self, mass_matrix: Array, q: Array, v: Array, drive: Array) -> Array:
        """Acceleration (37,), given the mass matrix with armature at the configuration."""
        return accelerated(mass_matrix, drive - self._skeleton.bias_forces(q, v))


def accelerated(mass_matrix: Array, load: Array) -> Array:
    """Acceleration (37,) that a load (37,) gives to a mass matrix (37, 37)."""
    # Symmetric: its transpose is the same in the order of LAPACK.
    acceleration: Array = lapack.dposv(mass_matrix.T, load, lower=1)[1]
    return acceleration


class Simulation:
    """Forward dynamics from frame to frame, by the scheme of Nyström (1925) of fourth order.

    Args:
        skeleton: The person's.
        armature_kg_m2: Rotor inertia at every joint [kg m²].
    """

    def __init__(self, skeleton: Skeleton, armature_kg_m2: float = 0.0) -> None:
        self._dynamics = ForwardDynamics(skeleton, armature_kg_m2)
        self._integrate = skeleton.integrate

    def run(self, frames: Sequence[SolvedFrame]) -> tuple[Array, Array]:
        """Simulate from the first frame's state to the last frame's time.

        Args:
            frames: At least two instants in order.

        Returns:
            Configuration (38,) and velocity (37,) reached.
        """
        q, v = frames[0].q, frames[0].v
        for before, after in zip(frames[:-1], frames[1:], strict=True):
            q, v = self._step(q, v, before, after)
            if has_diverged(v):
                break
        return q, v

    def _step(
        self, q: Array, v: Array, before: SolvedFrame, after: SolvedFrame
    ) -> tuple[Array, Array]:
        """Configuration and velocity after one step."""
        h = after.time_s - before.time_s
        dynamics, integrate = self._dynamics, self._integrate
        begin, end = dynamics.drive(before), dynamics.drive(after)
        middle = 0.5 * (begin + end)
        a1 = dynamics.acceleration(dynamics.mass_matrix(q), q, v, begin)
        q2 = integrate(q, 0.5 * h * (v + 0.25 * h * a1))
        mass = dynamics.mass_matrix(q2)
        a2 = dynamics.acceleration(mass, q2, v + 0.5 * h * a1, middle)
        a3 = dynamics.acceleration(mass, q2, v + 0.5 * h * a2, middle)
        q4 = integrate(q, h * (v + 0.5 * h * a3))
        a4 = dynamics.acceleration(dynamics.mass_matrix(q4), q4, v + h * a3, end)
        moved = integrate(q, h * (v + (h / 6.0) * (a1 + a2 + a3)))
        return moved, v + (h / 6.0) * (a1 + 2.0 * (a2 + a3) + a4)


def roll_out(skeleton: Skeleton, frames: Sequence[SolvedFrame]) -> tuple[Array, Array]:
    """Simulate without armature from the first frame's state to the last frame's time."""
    return Simulation(skeleton).run(frames)


def has_diverged(v: Array) -> bool:
    """Whether a simulated velocity (37,) is no person's any more."""
    rates = v[3:]
    return not (rates.dot(rates) < _FASTEST_RAD_S**2 or np.abs(rates).max() < _FASTEST_RAD_S)


def distance(q: Array, reached_q: Array, reached_v: Array) -> float:
    """Root mean square of the joint coordinates between a motion and a simulation [rad].

    Args:
        q: The motion's configuration (38,).
        reached_q: The simulation's configuration (38,), and
        reached_v: its velocity (37,).

    Returns:
        At most `DIVERGED_RAD`, which also stands for a simulation that diverged.
    """
    if has_diverged(reached_v):
        return DIVERGED_RAD
    off = reached_q[7:] - q[7:]
    return min(math.sqrt(off.dot(off) / len(off)), DIVERGED_RAD)


def consistency_error(
    skeleton: Skeleton, frames: Sequence[SolvedFrame], armature_kg_m2: float = 0.0
) -> float:
    """Root mean square of the joint coordinates between simulation and motion [rad].

    NaN for fewer than two frames; `DIVERGED_RAD` where the simulation diverged.
    """
    if len(frames) < 2:
        return float("nan")
    return distance(frames[-1].q, *Simulation(skeleton, armature_kg_m2).run(frames))
