"""What to expect of the load under each sole where mechanics leaves it open.

In double support the equations of motion fix the sum of two wrenches, not the two. The priors
here resolve that for walking (curves over the phase of stance) and for standing (a resting
place of the centre of pressure, no preference for a foot), and blend between both by speed.
Objectives such as the smallest forces or ankle torques are known to share the load wrongly.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.options import LoadSharingOptions
from monomsk_dynamics.support_prior import SupportPrior

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Path of the centre of pressure over the phase of stance: share of the distance from the
#: calcaneus origin to the toe joint (beyond 1: under the toes), fixed in the calcaneus.
COP_PHASE = np.array(
    [0.0, 0.07, 0.14, 0.21, 0.28, 0.35, 0.42, 0.49, 0.56, 0.63, 0.70, 0.77, 0.85, 0.92, 1.0]
)
COP_FORWARD = np.array(
    [0.08, 0.20, 0.33, 0.43, 0.50, 0.57, 0.68, 0.79, 0.89, 1.0, 1.11, 1.20, 1.28, 1.35, 1.45]
)
#: Its sideways place, positive to the outside of the foot, as a share of the same distance.
COP_SIDEWAYS_PHASE = np.array([0.0, 0.3, 0.6, 0.85, 1.0])
COP_SIDEWAYS = np.array([0.0, 0.010, 0.010, 0.002, -0.008]) / 0.1788

#: Two-humped vertical force of walking over the phase of stance, in body weights.
VERTICAL_PHASE = np.array(
    [0, 0.03, 0.07, 0.12, 0.18, 0.23, 0.3, 0.4, 0.5, 0.6, 0.7, 0.77, 0.83, 0.88, 0.93, 0.97, 1.0]
)
VERTICAL_FORCE = np.array(
    [0, 0.15, 0.45, 0.75, 1.02, 1.1, 1.0, 0.84, 0.77, 0.85, 1.02, 1.09, 1.0, 0.72, 0.35, 0.1, 0]
)
_SHAPE_PHASE = np.linspace(0.0, 1.0, 201)
_SHAPE_FORCE = PchipInterpolator(VERTICAL_PHASE, VERTICAL_FORCE)(_SHAPE_PHASE)

#: Sideways sign of the way from a foot to the midline in the heading frame (y left).
_TO_MIDLINE = np.array([1.0, -1.0])
_OUTWARD = -_TO_MIDLINE
#: Faster than this people run, without the two humps [m/s].
_FASTEST_WALK_M_S = 2.2
#: Even an unloaded foot in contact keeps this share, so that its relative priors stay finite.
MINIMUM_SHARE = 0.03


@dataclass(frozen=True)
class ForcePrior:
    """An expected force on one foot.

    Attributes:
        foot: 0 right, 1 left.
        force: (3,) along the heading frame or the world, see `in_heading` [N].
        sigma: Standard deviations (3,) [N]; infinite where nothing is known.
        in_heading: Whether the axes are the heading frame's.
    """

    foot: int
    force: Array
    sigma: Array
    in_heading: bool


@dataclass(frozen=True)
class LoadPrior:
    """Expected loads of one instant; arrays over feet are in the order right, left.

    Attributes:
        in_contact: Feet that may bear load (2,).
        heading: World rotation (3, 3) of the heading frame: x the way of walking, z up.
        foot_axes: World rotations (2, 3, 3) of the feet on the floor: x along the foot, z up.
        center_of_pressure: Expected (2, 3), on the floor, world [m].
        cop_sigma_m: Forward and sideways along the foot (2, 2) [m].
        share: Expected share of the vertical load (2,).
        share_sigma: Its standard deviation (2,); infinite where nothing is known.
        shear_ratio: Horizontal over vertical force, heading x and y, (2, 2).
        shear_sigma: Its standard deviation (2, 2).
        free_moment_sigma: About the vertical (2,) [N m].
        forces: Further expectations.
        total_force: Expected sum of both feet's forces (3,), world [N]; None: none.
        total_force_sigma: Its standard deviation [N].
        support: Load of another support than the soles; None without one.
    """

    in_contact: Flags
    heading: Array
    foot_axes: Array
    center_of_pressure: Array
    cop_sigma_m: Array
    share: Array
    share_sigma: Array
    shear_ratio: Array
    shear_sigma: Array
    free_moment_sigma: Array
    forces: tuple[ForcePrior, ...] = ()
    total_force: Array | None = None
    total_force_sigma: float = np.inf
    support: SupportPrior | None = None

    def with_forces(self, forces: tuple[ForcePrior, ...]) -> "LoadPrior":
        """The same with further expected forces."""
        return replace(self, forces=self.forces + forces) if forces else self

    def with_total(self, force: Array, sigma: float) -> "LoadPrior":
        """The same with an expected sum of both feet's forces (3,) [N]."""
        return replace(self, total_force=force, total_force_sigma=sigma)


def given_forces(forces: Array, sigmas: Array) -> tuple[ForcePrior, ...]:
    """Priors of sole forces (2, 3) [N] and their standard deviations (2, 3), NaN unknown."""
    known = np.isfinite(forces + sigmas) & (sigmas > 0.0)
    if not np.count_nonzero(known):
        return ()
    return tuple(
        ForcePrior(
            foot,
            np.where(known[foot], forces[foot], 0.0),
            np.where(known[foot], sigmas[foot], np.inf),
            in_heading=False,
        )
        for foot in (0, 1)
        if known[foot].any()
    )


def transfer_share(phase: float, shift: float) -> float:
    """Share of the vertical load left on the trailing foot at a phase of double support."""
    x = min(max(phase + shift, 0.0), 1.0)
    return (1.0 - x) ** 2 * (1.0 + 2.0 * x)


def trailing_shear(phase: float, shift: float) -> float:
    """Forward force of the trailing foot relative to its value when double support began.

    Source: Ren, Jones, Howard (2008), J. Biomech. 41, eq. of the smooth transition assumption.
    """
    x = min(max(phase + shift, 0.0), 1.0)
    k1 = np.exp(4.0 / 9.0)
    return float(k1 * np.exp(-((2.0 * x - 2.0 / 3.0) ** 2)) - k1 * np.exp(-16.0 / 9.0) * x)


def vertical_shape(phase: float) -> float:
    """Vertical force of walking at a phase of stance, in body weights."""
    return float(np.interp(phase, _SHAPE_PHASE, _SHAPE_FORCE))


class LoadSharing:
    """Builds the prior of each instant.

    Args:
        feet: Of the skeleton.
        weight_n: Body weight [N].
        options: Constants of the priors.
        lean: Level over upright part of what holds the body against gravity (2,); None: upright.
    """

    def __init__(
        self,
        feet: FootGeometry,
        weight_n: float,
        options: LoadSharingOptions | None = None,
        lean: Array | None = None,
    ) -> None:
        self._feet = feet
        self._weight_n = weight_n
        self._lean = np.zeros(2) if lean is None else lean
        self._options = options = options or LoadSharingOptions()
        self._cop_sigma_m = _of_both(options.standing_cop_sigma_m, options.walking_cop_sigma_m)
        self._single_shear = _of_both(options.standing_shear_sigma, options.single_shear_sigma)
        self._double_shear = _of_both(options.standing_shear_sigma, options.double_shear_sigma)

    def prior(
        self,
        terms: FrameTerms,
        in_contact: Flags,
        phase: GaitPhase,
        mean_velocity: Array,
        floor_height_m: float | Array = 0.0,
    ) -> LoadPrior:
        """Expected loads at one instant.

        Args:
            terms: Kinematics.
            in_contact: Of right and left sole (2,).
            phase: Of gait.
            mean_velocity: Horizontal velocity of walking (2,), world [m/s].
            floor_height_m: Height of the floor in the world, or below each foot (2,) [m].
        """
        speed = math.hypot(*mean_velocity.tolist())
        walking = self.walking_weight(speed)
        cop = self._center_of_pressure(terms, phase, walking)
        cop[:, 2] = floor_height_m
        share, share_sigma = self._share(in_contact, phase, walking)
        heading = heading_frame(terms, mean_velocity, walking)
        loaded_sigma = (in_contact * share) * self._options.free_moment_sigma_n_m
        shear_sigma = self._double_shear if all(in_contact.tolist()) else self._single_shear
        return LoadPrior(
            in_contact=in_contact,
            heading=heading,
            foot_axes=np.array([upright(x) for x in terms.calcaneus_rotations[:, :, 0].tolist()]),
            center_of_pressure=cop,
            cop_sigma_m=blend(*self._cop_sigma_m, walking),
            share=share,
            share_sigma=share_sigma,
            shear_ratio=self._shear_ratio(terms, cop, heading, walking),
            shear_sigma=blend(*shear_sigma, walking),
            free_moment_sigma=loaded_sigma + 0.3,
            forces=self._vertical_forces(in_contact, phase, speed),
        )

    def walking_weight(self, speed_m_s: float) -> float:
        """0 in standing, 1 in walking, smooth in between."""
        least = self._options.walking_speed_m_s
        x = min(max((speed_m_s - least) / least, 0.0), 1.0)
        return x * x * (3.0 - 2.0 * x)

    def _vertical_forces(
        self, in_contact: Flags, phase: GaitPhase, speed: float
    ) -> tuple[ForcePrior, ...]:
        """The two humps of walking, weaker the slower it is; none in standing and in running."""
        walking = self.walking_weight(speed)
        if walking <= 0.0 or speed > _FASTEST_WALK_M_S:
            return ()
        sigma = self._options.vertical_shape_sigma * self._weight_n / walking
        spread = np.array([np.inf, np.inf, sigma])
        return tuple(
            ForcePrior(
                foot, np.array([0.0, 0.0, vertical_shape(at) * self._weight_n]), spread, False
            )
            for foot, at in enumerate(phase.stance.tolist())
            if in_contact[foot] and math.isfinite(at)
        )

    def _center_of_pressure(self, terms: FrameTerms, phase: GaitPhase, walking: float) -> Array:
        at = [phase if math.isfinite(phase) else 0.5 for phase in phase.stance.tolist()]
        offsets = np.zeros((2, 3))
        forward = np.interp(at, COP_PHASE, COP_FORWARD)
        offsets[:, 0] = blend(self._options.standing_cop_share, forward, walking)
        offsets[:, 1] = walking * np.interp(at, COP_SIDEWAYS_PHASE, COP_SIDEWAYS) * _OUTWARD
        offsets *= self._feet.length_m[:, None]
        own = terms.calcaneus_rotations @ offsets[:, :, None]
        center: Array = terms.calcaneus_positions + own[:, :, 0]
        return center

    def _share(self, in_contact: Flags, phase: GaitPhase, walking: float) -> tuple[Array, Array]:
        if not all(in_contact.tolist()):
            share = np.where(in_contact, 1.0, MINIMUM_SHARE)
            return share, np.full(2, np.inf)
        options = self._options
        if phase.trailing is None or not np.isfinite(phase.transfer):
            return np.full(2, 0.5), np.full(2, options.standing_share_sigma)
        stepping = np.empty(2)
        stepping[phase.trailing] = transfer_share(phase.transfer, options.share_phase_shift)
        stepping[1 - phase.trailing] = 1.0 - stepping[phase.trailing]
        sigma = float(blend(options.standing_share_sigma, options.share_sigma, walking))
        return np.maximum(blend(0.5, stepping, walking), MINIMUM_SHARE), np.full(2, sigma)

    def _shear_ratio(self, terms: FrameTerms, cop: Array, heading: Array, walking: float) -> Array:
        lean = self._lean.dot(heading[:2, :2])
        to_mass = terms.center_of_mass - cop
        ratio = np.empty((2, 2))
        forward = to_mass.dot(heading[:, 0]) / to_mass[:, 2] - lean[0]
        ratio[:, 0] = self._options.shear_slope * forward
        ratio[:, 1] = self._options.shear_midline * _TO_MIDLINE
        return np.asarray(lean + walking * ratio)


def blend(standing: float | Array, walking: float | Array, weight: float) -> Array:
    """Weighted mean of a value in standing and one in walking."""
    return np.asarray((1.0 - weight) * standing + weight * walking)


def _of_both(standing: tuple[float, float], walking: tuple[float, float]) -> tuple[Array, Array]:
    """Two rows (2,), each the same for both feet, (2, 2)."""
    return np.array([standing, standing]), np.array([walking, walking])


def upright(direction: Sequence[float] | Array) -> Array:
    """World rotation (3, 3) whose x axis is the horizontal part of a direction, z up."""
    length = math.hypot(direction[0], direction[1])
    x, y = (direction[0] / length, direction[1] / length) if length > 1e-6 else (1.0, 0.0)
    return np.array([[x, -y, 0.0], [y, x, 0.0], [0.0, 0.0, 1.0]])


def heading_frame(terms: FrameTerms, mean_velocity: Array, walking: float) -> Array:
    """World rotation (3, 3) of the heading: where the pelvis faces, or goes when it walks."""
    facing = upright(terms.rotation_world_pelvis[:, 0].tolist())
    speed = math.hypot(*mean_velocity.tolist())
    if speed <= 1e-6:
        return facing
    return upright(blend(facing[:2, 0], mean_velocity / speed, walking).tolist())
