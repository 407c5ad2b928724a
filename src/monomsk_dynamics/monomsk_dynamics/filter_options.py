"""Settings of filtering, live and offline, with units and defaults."""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.errors import OptionError

Array = NDArray[np.float64]


def require_positive(options: object, *exceptions: str) -> None:
    """Check that every number among the options is positive, those of tuples included.

    Raises:
        OptionError: One that is not among the exceptions is not.
    """
    for entry in fields(options):  # type: ignore[arg-type]
        value = getattr(options, entry.name)
        each = value if isinstance(value, tuple) else (value,)
        numbers = [one for one in each if isinstance(one, int | float)]
        if entry.name not in exceptions and not all(one > 0 for one in numbers):
            raise OptionError(entry.name, value, "more than 0")


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
        require_positive(self)
        _require_order(self.clean_sigma_m, self.noisy_sigma_m)

    def bandwidth_hz(self, pelvis_sigma_m: float) -> float:
        """Bandwidth for an active body at a changing noise of the pelvis [m]."""
        share = _noisiness(pelvis_sigma_m, self.clean_sigma_m, self.noisy_sigma_m)
        return (1.0 - share) * self.clean_bandwidth_hz + share * self.noisy_bandwidth_hz

    def measurement_sigmas(self) -> Array:
        """Default measurement noise of each tangent coordinate (37,) [m, rad]."""
        return per_group(
            self.pelvis_position_sigma_m, self.pelvis_orientation_sigma_rad, self.joint_sigma_rad
        )


def _require_order(clean_sigma_m: float, noisy_sigma_m: float) -> None:
    if not noisy_sigma_m > clean_sigma_m:
        raise OptionError("noisy_sigma_m", noisy_sigma_m, f"more than {clean_sigma_m} (clean)")


def _noisiness(sigma: float, clean: float, noisy: float) -> float:
    """0 for clean and 1 for noisy deviations, by logarithm in between."""
    share = math.log(max(sigma, 1e-9) / clean) / math.log(noisy / clean)
    return min(max(share, 0.0), 1.0)


def per_group(position: float, orientation: float, joint: float) -> Array:
    """A tangent vector (37,) of one number each for pelvis position, orientation and joints."""
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
    noisy_cutoff_hz: float = 3.0
    noisy_acceleration_cutoff_hz: float = 2.5
    noise_share: float = 0.5
    clean_sigma_m: float = 0.001
    noisy_sigma_m: float = 0.005
    noise_correlation_s: float = 0.1
    max_gap_s: float = 0.25

    def __post_init__(self) -> None:
        require_positive(self)
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
