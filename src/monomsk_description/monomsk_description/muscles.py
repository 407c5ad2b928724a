"""Where the 80 muscles of the lower limbs run: lengths, moment arms and pulls of one skeleton."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
from monomsk_description.muscle_file import LegMuscles, load_muscles
from monomsk_description.muscle_parameters import (
    PULLED_SEGMENTS,
    SIDES,
    own_parameters,
    scale_factors,
    scaled_parameters,
)
from monomsk_description.polynomials import (
    PairedPolynomials,
    SharedPolynomials,
    SparsePolynomial,
)
from monomsk_description.skeleton import Skeleton


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
    """Lengths, moment arms and pulls of the legs' muscles (80 of them), right leg first.

    Everything takes coordinates as a numpy array or torch tensor (..., 31), or as a casadi vector
    (31, 1), and gives the same kind back; gradients pass through. Coordinates beyond the ranges of
    the polynomials keep the moment arms of the nearest pose within, and lengths go on linearly.

    Args:
        skeleton: The person's.
        muscles: Those of right and left leg in a model of this very person, which are taken as they
            are. None: the shipped ones, scaled.

    A subject's shipped muscles: the length at the neutral pose and the moment arms follow the scale
    factors of the segments that a muscle crosses, each by its own weights (a uniform scale is
    exact, others to first order); fibres and tendon follow the neutral length, the force follows
    the muscle volume that a subject's mass and height suggest.

    Attributes:
        names: Of the muscles, (80,) as `soleus_r`.
        parameters: Of the force curves, scaled to the subject.
        coordinate_names: The 31 coordinates.
        crosses: Which coordinates each muscle crosses (80, 31).
        pulls: Which muscles act across which joints.

    Raises:
        UnknownNameError: The skeleton lacks a coordinate of the legs.
    """

    def __init__(
        self, skeleton: Skeleton, muscles: tuple[LegMuscles, LegMuscles] | None = None
    ) -> None:
        legs = muscles or (load_muscles(),)
        leg = legs[0]
        self.names = tuple(f"{m.name}_{side}" for side in SIDES for m in leg.muscles)
        self.coordinate_names = skeleton.coordinate_names
        self._leg = leg
        self._legs = np.array(
            [[skeleton.coordinate_index(f"{c}_{s}") for c in leg.coordinates] for s in SIDES]
        )
        if muscles is None:
            self._length_factors, self._arm_factors = scale_factors(skeleton, leg)
            self.parameters = scaled_parameters(skeleton.subject, leg, self._length_factors)
        else:
            self._length_factors = self._arm_factors = np.ones((len(SIDES), len(leg.muscles)))
            self.parameters = own_parameters(muscles)
        self._set_lengths(legs)
        self._set_pulls(legs)

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

    def _set_lengths(self, legs: Sequence[LegMuscles]) -> None:
        """Polynomials of the lengths, then of each crossed coordinate's moment arm."""
        leg = self._leg
        count = len(leg.muscles)
        pairs = [
            (index, leg.coordinates.index(name))
            for index, muscle in enumerate(leg.muscles)
            for name in muscle.crosses
        ]
        self._polynomials = _for_both_legs([_lengths_with_arms(one, pairs) for one in legs])
        self._pairs = np.array(pairs)
        zero = np.tile(-leg.middle / leg.half_range, (len(SIDES), 1))
        at_zero = self._polynomials(zero)[:, :count]
        self._offsets = (self._length_factors - self._arm_factors) * at_zero
        # Where each entry of the moment arm matrix stands among both legs' pairs and a zero.
        entries = np.full((len(self.names), len(self.coordinate_names)), 2 * len(pairs))
        for side, coordinates in enumerate(self._legs):
            rows = self._pairs[:, 0] + side * count
            entries[rows, coordinates[self._pairs[:, 1]]] = np.arange(len(pairs)) + side * len(
                pairs
            )
        self._entries = entries
        self.crosses = entries < 2 * len(pairs)
        self._pair_sum = np.zeros((count, len(pairs)), order="F")
        self._pair_sum[self._pairs[:, 0], np.arange(len(pairs))] = 1.0

    def _set_pulls(self, legs: Sequence[LegMuscles]) -> None:
        """Polynomials of the pulls in REP-103 axes (x, -z, y), as right legs have them."""
        found = [
            (index, joint)
            for index, muscle in enumerate(self._leg.muscles)
            for joint in muscle.pulls
        ]
        self._pull_polynomials = _for_both_legs([_pulls(one, found) for one in legs])
        self._pull_signs = np.ones((2, 3 * len(found)))
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


def _lengths_with_arms(leg: LegMuscles, pairs: list[tuple[int, int]]) -> list[SparsePolynomial]:
    """Of a leg: all lengths [m], then the moment arm [m] of each (muscle, coordinate)."""
    lengths = [muscle.length for muscle in leg.muscles]
    arms = [lengths[m].derivative(c).scaled(-1.0 / leg.half_range[c]) for m, c in pairs]
    return [*lengths, *arms]


def _pulls(leg: LegMuscles, pairs: list[tuple[int, str]]) -> list[SparsePolynomial]:
    """Of a leg: x, -z, y of the direction of each (muscle, joint)."""
    found: list[SparsePolynomial] = []
    for index, joint in pairs:
        x, y, z = leg.muscles[index].pulls[joint]
        found += [x, z.scaled(-1.0), y]
    return found


def _for_both_legs(
    legs: list[list[SparsePolynomial]],
) -> SharedPolynomials | PairedPolynomials:
    """Polynomials of x (..., 2, variables): one leg's serve both, where there is one only."""
    return SharedPolynomials(legs[0]) if len(legs) == 1 else PairedPolynomials(*legs)


def _join_legs(x: Any) -> Any:
    """Components of both legs (..., 2, n) one after another (..., 2n)."""
    if is_symbolic(x):
        return namespace_of(x).vec(x)
    return x.reshape(*x.shape[:-2], -1)
