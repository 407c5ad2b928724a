"""Hill-type muscles with rigid tendons: force over activation, length and lengthening speed.

The curves are those of De Groote F., Kinney A. L., Rao A. V., Fregly B. J. (2016), "Evaluation of
Direct Collocation Optimal Control Problem Formulations for Solving the Muscle Redundancy Problem",
Annals of Biomedical Engineering 44(10), 2922-2936, with the coefficients to all digits and the
offset of the passive curve that OpenSim's DeGrooteFregly2016Muscle uses.

Everything takes numpy arrays or torch tensors (..., muscles), or casadi vectors (muscles, 1), and
is smooth, so that gradients pass through.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from monomsk_description.array_namespace import constant, namespace_of
from monomsk_description.muscle_parameters import MuscleParameters

#: Active force over fibre length, supplement eq. S2: rows b1 to b4 of three bell curves.
_ACTIVE = (
    (0.8150671134243542, 1.055033428970575, 0.162384573599574, 0.063303448465465),
    (0.433004984392647, 0.716775413397760, -0.029947116970696, 0.200356847296188),
    (0.1, 1.0, 0.353553390593274, 0.0),
)
#: Passive force over fibre length, supplement eq. S3: shape and strain at maximal isometric force.
_PASSIVE_SHAPE, _PASSIVE_STRAIN = 4.0, 0.6
#: Fibre length at which the passive curve is zero [optimal fibre lengths].
_SHORTEST_FIBER = 0.2
#: Force over fibre velocity, supplement eq. S4: d1 to d4.
_VELOCITY = (-0.3211346127989808, -8.149, -0.374, 0.8825327733249912)
#: How sharply a slack tendon's fibre length bends to zero [optimal fibre lengths].
_SLACK_WIDTH = 0.01


@dataclass(frozen=True, eq=False)
class FiberState:
    """Fibres under rigid tendons; each array is (..., muscles).

    Attributes:
        length: [optimal fibre lengths].
        velocity: Lengthening, [maximal contraction velocities].
        cos_pennation: Cosine of the angle between fibres and tendon.
    """

    length: Any
    velocity: Any
    cos_pennation: Any


@dataclass(frozen=True, eq=False)
class TendonForces:
    """The force of a tendon is `activation * active + passive` [N]; arrays (..., muscles)."""

    active: Any
    passive: Any

    def at(self, activations: Any) -> Any:
        """The forces [N] of activations from 0 to 1."""
        return activations * self.active + self.passive


def active_force_length(length: Any) -> Any:
    """Active force over maximal isometric force, of a fibre length [optimal fibre lengths]."""
    xp = namespace_of(length)
    return sum(
        b1 * xp.exp(-0.5 * ((length - b2) / (b3 + b4 * length)) ** 2) for b1, b2, b3, b4 in _ACTIVE
    )


def passive_force_length(length: Any) -> Any:
    """Passive force over maximal isometric force, of a fibre length [optimal fibre lengths]."""
    xp = namespace_of(length)
    slope = _PASSIVE_SHAPE / _PASSIVE_STRAIN
    offset = float(np.exp(slope * (_SHORTEST_FIBER - 1.0)))
    return (xp.exp(slope * (length - 1.0)) - offset) / (float(np.exp(_PASSIVE_SHAPE)) - offset)


def force_velocity(velocity: Any) -> Any:
    """Active force over the isometric one, of a lengthening [maximal contraction velocities]."""
    xp = namespace_of(velocity)
    d1, d2, d3, d4 = _VELOCITY
    return d1 * xp.arcsinh(d2 * velocity + d3) + d4


def fiber_state(parameters: MuscleParameters, lengths: Any, velocities: Any) -> FiberState:
    """Fibres of muscles with rigid tendons (eqs. 1 to 3 without tendon stretch).

    Args:
        parameters: Of the muscles.
        lengths: Muscle-tendon lengths (..., muscles) [m].
        velocities: Their lengthening speeds (..., muscles) [m/s].
    """
    xp = namespace_of(lengths)
    optimal = constant(parameters.optimal_fiber_length, lengths)
    along = (lengths - constant(parameters.tendon_slack_length, lengths)) / optimal
    # A slack tendon cannot push: the fibres' projection stays positive, smoothly.
    along = 0.5 * (along + xp.sqrt(along**2 + _SLACK_WIDTH**2))
    width = constant(np.sin(parameters.pennation), lengths)
    length = xp.sqrt(along**2 + width**2)
    cos_pennation = along / length
    fastest = optimal * constant(parameters.max_contraction_velocity, lengths)
    return FiberState(length, velocities * cos_pennation / fastest, cos_pennation)


def tendon_forces(parameters: MuscleParameters, lengths: Any, velocities: Any) -> TendonForces:
    """What the tendons can pull with, of muscle-tendon lengths [m] and lengthening speeds [m/s].

    Both (..., muscles). Above the fastest shortening the force-velocity curve falls below zero; a
    muscle cannot push, so that its active force ends at zero.
    """
    fiber = fiber_state(parameters, lengths, velocities)
    strongest = constant(parameters.max_isometric_force, lengths) * fiber.cos_pennation
    return TendonForces(
        strongest * _active_share(fiber), strongest * passive_force_length(fiber.length)
    )


def active_tendon_forces(parameters: MuscleParameters, lengths: Any, velocities: Any) -> Any:
    """The active part alone of `tendon_forces` [N], (..., muscles)."""
    fiber = fiber_state(parameters, lengths, velocities)
    strongest = constant(parameters.max_isometric_force, lengths) * fiber.cos_pennation
    return strongest * _active_share(fiber)


def _active_share(fiber: FiberState) -> Any:
    """Active force over the maximal isometric one, along the fibres."""
    xp = namespace_of(fiber.length)
    speed = force_velocity(fiber.velocity)
    positive = 0.5 * (speed + xp.sqrt(speed**2 + 1e-6))
    return active_force_length(fiber.length) * positive
