"""What the force curves need of the muscles, and how both follow a person's size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array
from monomsk_description.muscle_file import LegMuscles, Muscle
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject

#: Order of the two legs.
SIDES = ("r", "l")
#: The child of each joint whose load can be asked for.
PULLED_SEGMENTS = {"hip": "femur", "knee": "tibia", "ankle": "talus"}
#: Whom the unscaled muscles' forces stand for: Rajagopal et al. 2016.
REFERENCE_SUBJECT = Subject(1.70, 75.337)


@dataclass(frozen=True, eq=False)
class MuscleParameters:
    """What the force curves need of each muscle; each array is (muscles,).

    Attributes:
        max_isometric_force: [N].
        optimal_fiber_length: [m].
        tendon_slack_length: [m].
        pennation: At optimal fibre length [rad].
        max_contraction_velocity: [optimal fibre lengths/s].
    """

    max_isometric_force: Array
    optimal_fiber_length: Array
    tendon_slack_length: Array
    pennation: Array
    max_contraction_velocity: Array


def scale_factors(skeleton: Skeleton, leg: LegMuscles) -> tuple[Array, Array]:
    """By how much each leg's lengths and moment arms (2, 40) are those of the unscaled model."""
    factors = skeleton.anatomy.scale_factors

    def weighted(muscle: Muscle, weights: str, side: str) -> float:
        total = 0.0
        for segment, values in getattr(muscle, weights).items():
            name = segment if segment == "pelvis" else f"{segment}_{side}"
            total += float(values @ factors.get(name, np.ones(3)))
        return total

    length, arm = (
        np.array([[weighted(muscle, kind, side) for muscle in leg.muscles] for side in SIDES])
        for kind in ("length_scaling", "arm_scaling")
    )
    return length, arm


def muscle_volume_m3(subject: Subject) -> float:
    """Of one lower limb's muscles [m³]: Handsfield et al. 2014, J Biomech 47(3), 631-638."""
    return (47.05 * subject.mass_kg * subject.height_m + 1289.6) * 1e-6


def own_parameters(legs: tuple[LegMuscles, LegMuscles]) -> MuscleParameters:
    """Parameters of both legs as their model has them."""

    def both_legs(name: str) -> NDArray[np.float64]:
        return np.array([getattr(muscle, name) for leg in legs for muscle in leg.muscles])

    return MuscleParameters(
        max_isometric_force=both_legs("max_isometric_force_n"),
        optimal_fiber_length=both_legs("optimal_fiber_length_m"),
        tendon_slack_length=both_legs("tendon_slack_length_m"),
        pennation=both_legs("pennation_rad"),
        max_contraction_velocity=both_legs("max_contraction_velocity"),
    )


def scaled_parameters(subject: Subject, leg: LegMuscles, factors: Array) -> MuscleParameters:
    """Parameters (80,) of a subject whose neutral lengths are `factors` (2, 40) of the model's."""
    volumes = muscle_volume_m3(subject) / muscle_volume_m3(REFERENCE_SUBJECT)

    def both_legs(name: str) -> NDArray[np.float64]:
        return np.tile([getattr(muscle, name) for muscle in leg.muscles], 2)

    stretch = factors.ravel()
    return MuscleParameters(
        max_isometric_force=both_legs("max_isometric_force_n") * volumes / stretch,
        optimal_fiber_length=both_legs("optimal_fiber_length_m") * stretch,
        tendon_slack_length=both_legs("tendon_slack_length_m") * stretch,
        pennation=both_legs("pennation_rad"),
        max_contraction_velocity=both_legs("max_contraction_velocity"),
    )
