"""Other supports than the floor under the soles: a seat, a hand on a rail, a second floor.

Forces on the soles can balance a motion only if its zero-moment point lies within the area that
the resting soles span (Vukobratovic and Borovac 2004). Where it stays outside, something else
bears load. The solver then gets the wrench of that support as a further unknown, with a prior
from the lever between the soles' usual centre of pressure and the support's place; what it finds
is reported as unexplained load instead of forced onto the feet.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.support_options import SupportOptions
from monomsk_dynamics.support_prior import SupportPrior
from monomsk_dynamics.wrench_maps import root_to_world

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ANGLES = np.arange(32) * (2.0 * np.pi / 32)
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
#: The zero-moment point of a body that hardly presses down says nothing further away [m].
_FARTHEST_M = 1.0
#: Lever between soles and support below which it tells no share [m].
_SHORTEST_LEVER_M = 0.1
#: A support that is left has to be left for this long [s].
_RELEASE_S = 0.05


@dataclass(frozen=True)
class SupportEvidence:
    """What one instant says about other supports.

    Attributes:
        beyond_m: How far the zero-moment point lies outside of the loaded soles [m]; negative
            inside, `inf` without a loaded sole, `-inf` for a body that nobody carries.
        share: Share of the vertical force that the support would bear.
        point: Where it would bear, world (3,) [m].
        is_seat: Whether that is below the pelvis.
        is_known: Whether there is a place at all that the support could have.
        hip_height_m: Of the hip centres above the floor [m].
        vertical_n: The vertical force that the motion asks for [N].
    """

    beyond_m: float
    share: float
    point: Array
    is_seat: bool
    is_known: bool
    hip_height_m: float
    vertical_n: float


class SupportModel:
    """Weighs instants, without memory.

    Args:
        feet: Of the skeleton.
        mass_kg: Of the person [kg].
        options: Thresholds and expectations.

    Attributes:
        weight_n: Of the person [N].
    """

    def __init__(
        self, feet: FootGeometry, mass_kg: float, options: SupportOptions | None = None
    ) -> None:
        self._feet = feet
        self.weight_n = mass_kg * GRAVITY_M_S2
        self.options = options or SupportOptions()

    def evidence(
        self, terms: FrameTerms, acceleration: Array, in_contact: Flags, floor_m: float = 0.0
    ) -> SupportEvidence:
        """Weigh an instant.

        Args:
            terms: Kinematics.
            acceleration: Observed tangent acceleration (37,).
            in_contact: Of right and left sole (2,).
            floor_m: Height of the floor in the world [m].
        """
        needed = terms.mass_matrix[:6] @ acceleration + terms.bias[:6]
        about = np.array([*terms.center_of_mass[:2], floor_m])
        wrench = root_to_world(terms, about) @ needed
        vertical = float(wrench[2])
        if vertical < self.options.carried_load * self.weight_n:
            place = terms.center_of_mass
            return self._judge(terms, (-np.inf, 0.0), (place, False, False), floor_m, vertical)
        zero_moment = about[:2] + np.array([-wrench[4], wrench[3]]) / vertical
        points = terms.points[self._feet.points[in_contact].ravel(), :2]
        if not len(points):
            bearer = self._bearer(terms, zero_moment, np.zeros(2))
            return self._judge(terms, (np.inf, 1.0), bearer, floor_m, vertical)
        outside = _DIRECTIONS @ zero_moment - (_DIRECTIONS @ points.T).max(axis=1)
        widest = int(outside.argmax())
        beyond = min(float(outside[widest]), _FARTHEST_M)
        # A motion that the soles could balance alone is still what a seat bears part of.
        outward = _DIRECTIONS[widest] if beyond > 0.0 else np.zeros(2)
        bearer = self._bearer(terms, zero_moment, outward)
        share = _share(zero_moment, points.mean(axis=0), bearer[0][:2])
        return self._judge(terms, (beyond, share), bearer, floor_m, vertical)

    def _judge(
        self,
        terms: FrameTerms,
        found: tuple[float, float],
        bearer: tuple[Array, bool, bool],
        floor_m: float,
        vertical_n: float,
    ) -> SupportEvidence:
        height_m = float(terms.hip_center[2]) - floor_m
        beyond, share = found
        point, is_seat, is_known = bearer
        return SupportEvidence(beyond, share, point, is_seat, is_known, height_m, vertical_n)

    def _bearer(
        self, terms: FrameTerms, zero_moment: Array, outward: Array
    ) -> tuple[Array, bool, bool]:
        """Where a support would bear: under the pelvis, else a hand, else nobody knows."""
        seat = terms.hip_center - [0.0, 0.0, self.options.seat_below_hips_m]
        if (seat[:2] - zero_moment) @ outward > -self.options.margin_m:
            return seat, True, True
        reach = (terms.hand_positions[:, :2] - zero_moment) @ outward
        hand = int(reach.argmax())
        if reach[hand] > -self.options.margin_m:
            return terms.hand_positions[hand], False, True
        return terms.center_of_mass, False, False

    def prior(self, evidence: SupportEvidence) -> SupportPrior:
        """What to expect of the support's wrench."""
        options = self.options
        level, upright = options.force_sigma
        place = options.place_sigma_m if evidence.is_known else options.unknown_place_sigma_m
        if not evidence.is_known or evidence.share >= 1.0:
            level = upright = max(upright, 0.5)
        return SupportPrior(
            point=evidence.point,
            force=np.array([0.0, 0.0, evidence.share * evidence.vertical_n]),
            force_sigma=np.array([level, level, upright]) * self.weight_n,
            moment_sigma=np.full(3, place * self.weight_n),
        )

    def with_support(self, prior: LoadPrior, evidence: SupportEvidence) -> LoadPrior:
        """The expected loads beside a support."""
        cop_sigma = np.minimum(prior.cop_sigma_m, self.options.cop_sigma_m)
        return replace(prior, cop_sigma_m=cop_sigma, support=self.prior(evidence))

    def asks(self, evidence: SupportEvidence) -> bool:
        """Whether the soles alone cannot explain the instant."""
        seats_only = math.isfinite(self.options.seated_hips_m)
        sits = evidence.is_seat and evidence.hip_height_m < self.options.seated_hips_m
        return evidence.beyond_m > self.options.margin_m and (sits or not seats_only)

    def keeps(self, evidence: SupportEvidence, seat_height_m: float) -> bool:
        """Whether a support once recognised, hips at that height [m], may still bear load."""
        load = evidence.share * evidence.vertical_n / self.weight_n
        risen = evidence.is_seat and evidence.hip_height_m > seat_height_m + self.options.rise_m
        return load > self.options.released_load and not risen


class SupportTracker:
    """Follows a support through time, causally.

    Args:
        model: Weighs each instant.
    """

    def __init__(self, model: SupportModel) -> None:
        self._model = model
        self.reset()

    def adopt(self, model: SupportModel) -> None:
        """Weigh instants by another model; a support that is assumed stays."""
        self._model = model

    def reset(self) -> None:
        """Forget the past."""
        self._asked_s = 0.0
        self._left_s = 0.0
        self._last_s: float | None = None
        self._height_m: float | None = None

    @property
    def active(self) -> bool:
        """Whether a support is assumed."""
        return self._height_m is not None

    def update(self, time_s: float, evidence: SupportEvidence) -> bool:
        """Take in one instant; returns whether a support is assumed."""
        step_s = 0.0 if self._last_s is None else max(0.0, time_s - self._last_s)
        self._last_s = time_s
        if self._height_m is None:
            asks = self._model.asks(evidence)
            # Evidence pauses where noise hides it, and fades twice as quickly as it came.
            self._asked_s = max(0.0, self._asked_s + (step_s if asks else -2.0 * step_s))
            if self._asked_s >= self._model.options.onset_s:
                self._height_m, self._left_s = evidence.hip_height_m, 0.0
        elif self._model.keeps(evidence, self._height_m):
            self._height_m, self._left_s = min(self._height_m, evidence.hip_height_m), 0.0
        else:
            self._left_s += step_s
            if self._left_s >= _RELEASE_S:
                self.reset_support()
        return self.active

    def reset_support(self) -> None:
        """Nothing but the floor bears load any more."""
        self._height_m, self._asked_s, self._left_s = None, 0.0, 0.0


def _share(zero_moment: Array, soles: Array, support: Array) -> float:
    """Share of the load on a support, by the lever between the soles' middle and its place."""
    lever = support - soles
    length = float(np.hypot(*lever))
    if length < _SHORTEST_LEVER_M:
        return 0.0
    return float(np.clip((zero_moment - soles) @ lever / length**2, 0.0, 1.0))
