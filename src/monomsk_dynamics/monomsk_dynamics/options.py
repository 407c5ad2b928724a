"""Settings of every stage, with units, defaults and where a default comes from.

The gait constants are those of a study on one adult walking trial (OpenSim Moco's
example3DWalking); scores on that trial are scores on the trial they were chosen on.
"""

import math
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.errors import OptionError

Array = NDArray[np.float64]


def _require_positive(options: object, *exceptions: str) -> None:
    for entry in fields(options):  # type: ignore[arg-type]
        value = getattr(options, entry.name)
        if isinstance(value, int | float) and entry.name not in exceptions and not value > 0:
            raise OptionError(entry.name, value, "a positive number")


@dataclass(frozen=True)
class FilterOptions:
    """The causal state filter.

    Attributes:
        clean_bandwidth_hz: Cut-off frequency of every coordinate of an active body whose states
            are clean [Hz]. One for all coordinates, so that lags do not differ along a limb,
            which would make resting feet move.
        noisy_bandwidth_hz: The same for noisy states [Hz].
        clean_sigma_m: Changing pelvis noise of clean states [m].
        noisy_sigma_m: Changing pelvis noise of noisy states [m].
        quiet_bandwidth_hz: The same of a body at rest: standing is smoother than walking [Hz].
        active_speed: A pelvis [m/s] or joint [rad/s] as fast as this makes a body active.
        noise_memory_s: Over which a coordinate's usual noise is averaged; a measurement worse
            than usual counts less [s].
        activity_decay_s: How long a body counts as active after it came to rest [s].
        acceleration_sigma_scale: Factor on the filter's own standard deviations of acceleration
            where forces are weighed. They are overstated for the pelvis, which matters most: on
            walking its errors are 0.1 to 0.5 of them.
        pelvis_position_sigma_m: Measurement noise where the state gives none [m].
        pelvis_orientation_sigma_rad: Likewise [rad].
        joint_sigma_rad: Likewise [rad].
        noise_share: Share of a state's standard deviation that changes from image to image; the
            rest is an offset that lasts and does not disturb derivatives.
        minimum_sigma: Smallest believable measurement noise [m, rad].
        initial_velocity_sigma: Ignorance of the first velocity [m/s, rad/s].
        initial_acceleration_sigma: Ignorance of the first acceleration [m/s², rad/s²].
        outlier_gate: Innovation, in standard deviations, beyond which a measurement counts less.
        max_outliers_in_a_row: After so many, the measurement is believed again.
        max_gap_s: A longer pause between states resets the filter [s].
        max_late_s: A state older than the last by no more than this is refused as late; an older
            one means that time jumped back, which resets [s].
    """

    clean_bandwidth_hz: float = 8.0
    noisy_bandwidth_hz: float = 4.5
    clean_sigma_m: float = 0.0015
    noisy_sigma_m: float = 0.005
    quiet_bandwidth_hz: float = 2.0
    noise_memory_s: float = 1.0
    active_speed: float = 1.0
    activity_decay_s: float = 0.5
    acceleration_sigma_scale: float = 0.4
    pelvis_position_sigma_m: float = 0.01
    pelvis_orientation_sigma_rad: float = 0.02
    joint_sigma_rad: float = 0.03
    noise_share: float = 0.7
    minimum_sigma: float = 1e-4
    initial_velocity_sigma: float = 2.0
    initial_acceleration_sigma: float = 20.0
    outlier_gate: float = 5.0
    max_outliers_in_a_row: int = 5
    max_gap_s: float = 0.25
    max_late_s: float = 0.25

    def __post_init__(self) -> None:
        _require_positive(self)
        _require_order(self.clean_sigma_m, self.noisy_sigma_m)

    def bandwidth_hz(self, pelvis_sigma_m: float) -> float:
        """Bandwidth for an active body at a changing noise of the pelvis [m]."""
        share = _noisiness(pelvis_sigma_m, self.clean_sigma_m, self.noisy_sigma_m)
        return (1.0 - share) * self.clean_bandwidth_hz + share * self.noisy_bandwidth_hz

    def measurement_sigmas(self) -> Array:
        """Default measurement noise of each tangent coordinate (37,) [m, rad]."""
        return _per_group(
            self.pelvis_position_sigma_m, self.pelvis_orientation_sigma_rad, self.joint_sigma_rad
        )


def _require_order(clean_sigma_m: float, noisy_sigma_m: float) -> None:
    if not noisy_sigma_m > clean_sigma_m:
        raise OptionError("noisy_sigma_m", noisy_sigma_m, f"more than {clean_sigma_m} (clean)")


def _noisiness(sigma: float, clean: float, noisy: float) -> float:
    """0 for clean and 1 for noisy deviations, by logarithm in between."""
    share = math.log(max(sigma, 1e-9) / clean) / math.log(noisy / clean)
    return min(max(share, 0.0), 1.0)


def _per_group(position: float, orientation: float, joint: float) -> Array:
    return np.concatenate([np.full(3, position), np.full(3, orientation), np.full(31, joint)])


@dataclass(frozen=True)
class SmoothingOptions:
    """Offline smoothing.

    Noise decides how much is smoothed: cut-offs pass from clean to noisy values with the
    standard deviation of the pelvis position, whose noise dominates the forces.

    Attributes:
        cutoff_hz: Cut-off for positions and velocities of clean motion [Hz].
        acceleration_cutoff_hz: Cut-off for accelerations of clean motion [Hz].
        noisy_cutoff_hz: The same two for noisy motion, positions and velocities [Hz],
        noisy_acceleration_cutoff_hz: and accelerations [Hz].
        noise_share: Share of a given standard deviation that changes within a second; the rest is
            an offset that lasts and does not disturb derivatives.
        clean_sigma_m: Changing pelvis noise of clean motion [m], also taken where none is given.
        noisy_sigma_m: Changing pelvis noise of noisy motion [m].
        noise_correlation_s: How long an error of the pose lasts [s].
        max_gap_s: Shorter gaps between frames are bridged; longer ones split the recording [s].
    """

    cutoff_hz: float = 6.0
    acceleration_cutoff_hz: float = 6.0
    noisy_cutoff_hz: float = 4.0
    noisy_acceleration_cutoff_hz: float = 2.5
    noise_share: float = 0.5
    clean_sigma_m: float = 0.001
    noisy_sigma_m: float = 0.005
    noise_correlation_s: float = 0.1
    max_gap_s: float = 0.25

    def __post_init__(self) -> None:
        _require_positive(self)
        _require_order(self.clean_sigma_m, self.noisy_sigma_m)

    def cutoffs_hz(self, pelvis_sigma_m: float) -> tuple[float, float]:
        """Cut-offs for positions and accelerations, given the pelvis' deviation [m]; NaN: clean."""
        pelvis_sigma_m *= self.noise_share
        sigma = pelvis_sigma_m if math.isfinite(pelvis_sigma_m) else self.clean_sigma_m
        share = _noisiness(sigma, self.clean_sigma_m, self.noisy_sigma_m)
        position = (1.0 - share) * self.cutoff_hz + share * self.noisy_cutoff_hz
        acceleration = (
            1.0 - share
        ) * self.acceleration_cutoff_hz + share * self.noisy_acceleration_cutoff_hz
        return position, acceleration

    def velocity_sigma(self, sigma: Array, cutoff_hz: float) -> Array:
        """Noise of a smoothed first derivative, from the same spectrum times (2 pi f)²."""
        return self.noise_share * sigma * math.sqrt(4.0 * cutoff_hz / self.noise_correlation_s)

    def acceleration_sigma(self, sigma: Array, cutoff_hz: float) -> Array:
        """Noise of a smoothed second derivative, of any shape, given that of the samples.

        The noise's spectrum 4 sigma² T / (1 + (2 pi f T)²) times (2 pi f)⁴, up to the cut-off,
        where its tail 4 sigma² / T (2 pi f)² counts.
        """
        variance = 4.0 * (2.0 * math.pi) ** 2 * cutoff_hz**3 / (3.0 * self.noise_correlation_s)
        return self.noise_share * sigma * math.sqrt(variance)


@dataclass(frozen=True)
class ContactOptions:
    """Contact of a sole from its motion.

    Walking shifts the thresholds with speed; the floors keep them useful in standing, squatting
    and stepping on the spot.

    Attributes:
        strike_share: A swinging foot lands when its mean horizontal sole speed falls below this
            share of the walking speed.
        leave_share: A standing foot leaves when its toes and its mean sole exceed this share.
        strike_floor_m_s: Smallest landing threshold [m/s].
        leave_floor_m_s: Smallest leaving threshold [m/s].
        clearance_m: A sole whose lowest point is higher above the floor is in the air [m].
        vertical_speed_m_s: So is one that moves faster up or down [m/s].
        minimum_swing_s: A foot that left stays off for this time [s].
        minimum_stance_s: A foot that landed stays on for this time [s].
        carried_load: A body whose motion asks for more than this vertical force, in body weights,
            has at least one sole on the floor.
        prior_weight: Weight of a given contact probability's log-odds.
        speed_window_s: Over which the walking speed is averaged [s].
    """

    strike_share: float = 0.58
    leave_share: float = 1.10
    strike_floor_m_s: float = 0.30
    leave_floor_m_s: float = 0.70
    clearance_m: float = 0.10
    vertical_speed_m_s: float = 1.5
    minimum_swing_s: float = 0.15
    minimum_stance_s: float = 0.20
    carried_load: float = 0.4
    prior_weight: float = 0.5
    speed_window_s: float = 1.2

    def __post_init__(self) -> None:
        _require_positive(self, "prior_weight")


@dataclass(frozen=True)
class LoadSharingOptions:
    """What is expected of the load under each sole, where mechanics leaves it open.

    Lengths along the foot are in shares of the distance from the calcaneus origin to the toe
    joint. Ratios are horizontal force over vertical force.

    Attributes:
        walking_speed_m_s: Below it a person stands, above twice it a person walks; the priors
            of both blend in between [m/s].
        walking_cop_sigma_m: How far the centre of pressure strays from its path in walking,
            forward and sideways [m].
        standing_cop_share: Where it rests in standing, as a share of the foot's length.
        standing_cop_sigma_m: How far it strays from there, forward and sideways [m].
        free_moment_sigma_n_m: Of the moment about the vertical at full load [N m].
        shear_slope: In walking the forward force points this much to the centre of mass: ratio
            slope * (x_com - x_cop) / z_com. In standing it is expected to be zero.
        shear_midline: In walking the sideways force points to the midline with this ratio.
        single_shear_sigma: Of the two ratios in single support.
        double_shear_sigma: Of the two ratios in double support.
        standing_shear_sigma: Of the two ratios in standing.
        share_sigma: Of the trailing foot's share of the vertical load in double support.
        standing_share_sigma: Of each foot's share in standing.
        share_phase_shift: Lead of the load's transfer over the phase of double support.
        trailing_shear_sigma: Of the trailing foot's forward force in double support's second
            pass, in body weights.
        vertical_shape_sigma: Of the two-humped vertical force in walking, in body weights;
            infinite to leave it out.
    """

    walking_speed_m_s: float = 0.2
    walking_cop_sigma_m: tuple[float, float] = (0.02, 0.012)
    standing_cop_share: float = 0.5
    standing_cop_sigma_m: tuple[float, float] = (0.15, 0.02)
    free_moment_sigma_n_m: float = 4.0
    shear_slope: float = 0.78
    shear_midline: float = 0.055
    single_shear_sigma: tuple[float, float] = (0.03, 0.04)
    double_shear_sigma: tuple[float, float] = (0.10, 0.05)
    standing_shear_sigma: tuple[float, float] = (0.10, 0.08)
    share_sigma: float = 0.08
    standing_share_sigma: float = 0.5
    share_phase_shift: float = 0.04
    trailing_shear_sigma: float = 0.025
    vertical_shape_sigma: float = 0.1

    def __post_init__(self) -> None:
        _require_positive(self)


@dataclass(frozen=True)
class SolverOptions:
    """The contact-force quadratic programme.

    Attributes:
        friction: Coefficient of the friction pyramid.
        slack_force_sigma: Of the root residual's force, in body weights.
        slack_moment_sigma_m: Of the root residual's moment, in body weights times metres.
        point_force_sigma: Of one sole point's force, in body weights: spreads the load.
        point_height_scale_m: A point this much higher than the sole's lowest is twice as
            reluctant to bear load [m].
        default_acceleration_sigma: Of the observed acceleration where nothing is known: pelvis
            linear [m/s²], pelvis angular [rad/s²], joints [rad/s²].
    """

    friction: float = 0.8
    slack_force_sigma: float = 0.001
    slack_moment_sigma_m: float = 0.001
    point_force_sigma: float = 10.0
    point_height_scale_m: float = 0.02
    default_acceleration_sigma: tuple[float, float, float] = (0.25, 1.0, 1.0)

    def __post_init__(self) -> None:
        _require_positive(self)

    def acceleration_sigmas(self) -> Array:
        """Default standard deviation of each tangent acceleration (37,)."""
        return _per_group(*self.default_acceleration_sigma)


@dataclass(frozen=True)
class ConsistencyOptions:
    """The forward simulation that checks the solution.

    Attributes:
        frames: How many frames it spans.
    """

    frames: int = 4

    def __post_init__(self) -> None:
        _require_positive(self)


@dataclass(frozen=True)
class DynamicsOptions:
    """Settings of the live and the offline path."""

    filter: FilterOptions = field(default_factory=FilterOptions)
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    contact: ContactOptions = field(default_factory=ContactOptions)
    load_sharing: LoadSharingOptions = field(default_factory=LoadSharingOptions)
    solver: SolverOptions = field(default_factory=SolverOptions)
    consistency: ConsistencyOptions = field(default_factory=ConsistencyOptions)
