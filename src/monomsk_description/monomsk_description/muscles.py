"""Where the 80 muscles of the lower limbs run: lengths, moment arms and pulls of one skeleton."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.array_namespace import (
    clip,
    concatenate,
    constant,
    is_symbolic,
    namespace_of,
    part,
    take,
    transform,
)
from monomsk_description.frames import Array
from monomsk_description.muscle_file import LegMuscles, Muscle, load_muscles
from monomsk_description.polynomials import SharedPolynomials, SparsePolynomial
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject

#: Order of the two legs.
SIDES = ("r", "l")
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


@dataclass(frozen=True)
class Pull:
    """A muscle that acts across a joint.

    Attributes:
        muscle: Index among all muscles.
        joint: Such as `hip_r`.
        segment: The joint's child, in whose axes the direction comes.
    """

    muscle: int
    joint: str
    segment: str


class MuscleGeometry:
    """Lengths, moment arms and pulls of 80 muscles, right leg first.

    Everything takes coordinates as a numpy array or torch tensor (..., 31), or as a casadi vector
    (31, 1), and gives the same kind back; gradients pass through. Coordinates beyond the ranges of
    the polynomials keep the moment arms of the nearest pose within, and lengths go on linearly.

    A subject's muscles: the length at the neutral pose and the moment arms follow the scale factors
    of the segments that a muscle crosses, each by its own weights (a uniform scale is exact, others
    to first order); fibres and tendon follow the neutral length, the force follows the muscle
    volume that a subject's mass and height suggest.

    Attributes:
        names: Of the muscles, (80,) as `soleus_r`.
        parameters: Of the force curves, scaled to the subject.
        coordinate_names: The 31 coordinates.
        crosses: Which coordinates each muscle crosses (80, 31).
        pulls: Which muscles act across which joints.

    Raises:
        UnknownNameError: The skeleton lacks a coordinate of the legs.
    """

    def __init__(self, skeleton: Skeleton, muscles: LegMuscles | None = None) -> None:
        leg = muscles or load_muscles()
        self.names = tuple(f"{m.name}_{side}" for side in SIDES for m in leg.muscles)
        self.coordinate_names = skeleton.coordinate_names
        self._leg = leg
        self._legs = np.array(
            [[skeleton.coordinate_index(f"{c}_{s}") for c in leg.coordinates] for s in SIDES]
        )
        self._length_factors, self._arm_factors = _scale_factors(skeleton, leg)
        self.parameters = _parameters(skeleton.subject, leg, self._length_factors)
        self._set_lengths()
        self._set_pulls()

    def lengths(self, q: Any) -> Any:
        """Muscle-tendon lengths (..., 80) [m] at coordinates (..., 31) [rad]."""
        return self.lengths_with_moment_arms(q)[0]

    def moment_arms(self, q: Any) -> Any:
        """Moment arms (..., 80, 31) [m]: by how much each coordinate shortens each muscle."""
        return self.lengths_with_moment_arms(q)[1]

    def velocities(self, q: Any, rates: Any) -> Any:
        """Lengthening speeds (..., 80) [m/s] at coordinates and their rates, both (..., 31)."""
        arms = self.moment_arms(q)
        return -(arms @ rates if is_symbolic(q) else (arms @ rates[..., None])[..., 0])

    def lengths_with_moment_arms(self, q: Any) -> tuple[Any, Any]:
        """Both at once: lengths (..., 80) [m] and moment arms (..., 80, 31) [m]."""
        x, beyond = self._variables(q)
        found = self._polynomials(x)
        count = len(self._leg.muscles)
        lengths = part(found, 0, count) * constant(self._arm_factors, x)
        lengths = lengths + constant(self._offsets, x)
        arms = part(found, count, count + len(self._pairs))
        arms = arms * constant(self._arm_factors[:, self._pairs[:, 0]], x)
        unfolded = arms * take(beyond, self._pairs[:, 1])
        lengths = lengths - transform(self._pair_sum, unfolded)
        return _join_legs(lengths), self._spread(_join_legs(arms))

    def pull_directions(self, q: Any) -> Any:
        """Unit vectors as x, y, z one after another (..., 3 * pulls), in the order of `pulls`.

        The way in which a muscle pulls what hangs on the joint, in the axes of `Pull.segment`
        (REP-103).
        """
        found = self._pull_polynomials(self._variables(q)[0])
        return _join_legs(found * constant(self._pull_signs, found))

    def _set_lengths(self) -> None:
        """Polynomials of the lengths, then of each crossed coordinate's moment arm."""
        leg = self._leg
        lengths = [muscle.length for muscle in leg.muscles]
        pairs = [
            (index, leg.coordinates.index(name))
            for index, muscle in enumerate(leg.muscles)
            for name in muscle.crosses
        ]
        arms = [lengths[m].derivative(c).scaled(-1.0 / leg.half_range[c]) for m, c in pairs]
        self._polynomials = SharedPolynomials([*lengths, *arms])
        self._pairs = np.array(pairs)
        at_zero = self._polynomials(-leg.middle / leg.half_range)[: len(lengths)]
        self._offsets = (self._length_factors - self._arm_factors) * at_zero
        # Where each entry of the moment arm matrix stands among both legs' pairs and a zero.
        entries = np.full((len(self.names), len(self.coordinate_names)), 2 * len(pairs))
        for side, coordinates in enumerate(self._legs):
            rows = self._pairs[:, 0] + side * len(lengths)
            entries[rows, coordinates[self._pairs[:, 1]]] = np.arange(len(pairs)) + side * len(
                pairs
            )
        self._entries = entries
        self.crosses = entries < 2 * len(pairs)
        self._pair_sum = np.zeros((len(lengths), len(pairs)), order="F")
        self._pair_sum[self._pairs[:, 0], np.arange(len(pairs))] = 1.0

    def _set_pulls(self) -> None:
        """Polynomials of one leg's pulls in REP-103 axes (x, -z, y), for the right leg."""
        polynomials: list[SparsePolynomial] = []
        found: list[tuple[int, str]] = []
        for index, muscle in enumerate(self._leg.muscles):
            for joint, (x, y, z) in muscle.pulls.items():
                polynomials += [x, z.scaled(-1.0), y]
                found.append((index, joint))
        self._pull_polynomials = SharedPolynomials(polynomials)
        self._pull_signs = np.ones((2, len(polynomials)))
        self._pull_signs[1, 1::3] = -1.0  # the left leg mirrors y
        count = len(self._leg.muscles)
        self.pulls = tuple(
            Pull(index + count * number, f"{joint}_{side}", f"{PULLED_SEGMENTS[joint]}_{side}")
            for number, side in enumerate(SIDES)
            for index, joint in found
        )

    def _variables(self, q: Any) -> tuple[Any, Any]:
        """The polynomials' variables of both legs (..., 2, 7), and what of q lies beyond [rad]."""
        right, left = self._legs
        symbolic = is_symbolic(q)
        xp = namespace_of(q)
        legs = xp.horzcat(take(q, right), take(q, left)) if symbolic else q[..., self._legs]
        middle, half_range = (
            constant(values, legs) for values in (self._leg.middle, self._leg.half_range)
        )
        if symbolic:
            middle, half_range = xp.repmat(middle, 1, 2), xp.repmat(half_range, 1, 2)
        x = (legs - middle) / half_range
        inside = clip(x, -1.0, 1.0)
        return inside, (x - inside) * half_range

    def _spread(self, pairs: Any) -> Any:
        """Moment arms of both legs' pairs (..., 2 * pairs) as matrices (..., 80, 31)."""
        if is_symbolic(pairs):
            casadi = namespace_of(pairs)
            padded = casadi.vertcat(pairs, type(pairs)(1, 1))
            flat = padded[self._entries.ravel(order="F").tolist()]
            return casadi.reshape(flat, *self._entries.shape)
        padded = concatenate([pairs, 0.0 * part(pairs, 0, 1)])
        return take(padded, self._entries)


#: The child of each joint whose load can be asked for.
PULLED_SEGMENTS = {"hip": "femur", "knee": "tibia", "ankle": "talus"}


def _join_legs(x: Any) -> Any:
    """Components of both legs (..., 2, n) one after another (..., 2n)."""
    if is_symbolic(x):
        return namespace_of(x).vec(x)
    return x.reshape(*x.shape[:-2], -1)


def _scale_factors(skeleton: Skeleton, leg: LegMuscles) -> tuple[Array, Array]:
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


def _parameters(subject: Subject, leg: LegMuscles, factors: Array) -> MuscleParameters:
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
