"""What the geometric lifter believes of cameras, people and detectors, all with units.

The scatters were chosen on synthetic films of a walk, a run and a squat with the detector's
measured noise, not on the recordings that score the lifter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

# Mean and spread of coordinates that the image says little about [deg]. Means of the arm and of
# the lumbar joint: walking trial of OpenSim's example3DWalking; spreads: feasibility study.
_PRIORS_DEG: dict[str, tuple[float, float]] = {
    "hip_adduction": (0.0, 12.0),
    "hip_rotation": (0.0, 12.0),
    "ankle_angle": (0.0, 20.0),
    "subtalar_angle": (0.0, 6.0),
    "mtp_angle": (0.0, 8.0),
    "lumbar_extension": (-7.0, 12.0),
    "lumbar_bending": (0.0, 8.0),
    "lumbar_rotation": (0.0, 10.0),
    "arm_flex": (0.0, 60.0),
    "arm_add": (-8.0, 40.0),
    "arm_rot": (-10.0, 40.0),
    "elbow_flex": (30.0, 60.0),
    "pro_sup": (50.0, 25.0),
    "wrist_flex": (0.0, 12.0),
    "wrist_dev": (0.0, 8.0),
}


@dataclass(frozen=True)
class LifterOptions:
    """Noise levels and beliefs of the geometric lifter.

    Attributes:
        pixel_floor_px: Smallest standard deviation of a landmark in the image [px], at a focal
            length of 1000 px; the detector cannot place a landmark better.
        detector_sigma_m: Scatter of the detector across the line of sight, on the body [m].
        metric_sigma_m: Standard deviation of the detector's metric landmarks across and along the
            line of sight [m], (2,).
        correlation_s: How long an error of the detector lasts [s]: frames within this time count
            as one measurement.
        robust_sigmas: Errors beyond this many standard deviations lose weight (Huber).
        linear_acceleration: Scatter of the pelvis acceleration [m/s²], white over 20 ms.
        pelvis_acceleration: Scatter of the pelvis' angular acceleration [rad/s²], likewise.
        joint_acceleration: Scatter of the coordinates' acceleration [rad/s²], likewise.
        limit_sigma_rad: How softly a coordinate's range ends [rad].
        priors_rad: Mean and standard deviation [rad] of coordinates, by name without side.
        pitch_sigma_rad: Belief that an unknown camera is level, pitch [rad].
        roll_sigma_rad: The same, roll [rad].
        imu_sigma_rad: Error of a tilt that an inertial unit measures [rad].
        height_m: Believed height of an unknown camera and its standard deviation [m], (2,).
        sole_height_sigma_m: How flat the floor is under a sole in contact [m].
        sole_speed_sigma: How still a sole in contact stands [m/s].
        contact_speed: Image speed times depth below which a heel or toe is in contact: half-way
            point and width of the transition [m/s], (2,).
        balance_sigma_m: How far the trunk's middle strays from above the soles [m].
        belief_weight: Square root of how much a learned lifter's belief counts against the image.
        max_gap_s: After a longer pause the fit starts anew [s].
        iterations: Gauss-Newton steps a frame.
    """

    pixel_floor_px: float = 2.0
    detector_sigma_m: float = 0.012
    metric_sigma_m: tuple[float, float] = (0.055, 0.11)
    correlation_s: float = 0.1
    robust_sigmas: float = 1.5
    linear_acceleration: float = 15.0
    pelvis_acceleration: float = 80.0
    joint_acceleration: float = 200.0
    limit_sigma_rad: float = np.radians(1.5)
    priors_rad: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: MappingProxyType(
            {n: (np.radians(mean), np.radians(s)) for n, (mean, s) in _PRIORS_DEG.items()}
        )
    )
    pitch_sigma_rad: float = np.radians(10.0)
    roll_sigma_rad: float = np.radians(2.5)
    imu_sigma_rad: float = np.radians(0.5)
    height_m: tuple[float, float] = (1.2, 0.6)
    sole_height_sigma_m: float = 0.03
    sole_speed_sigma: float = 0.3
    contact_speed: tuple[float, float] = (0.3, 0.06)
    balance_sigma_m: float = 0.2
    belief_weight: float = 3.0
    max_gap_s: float = 0.3
    iterations: int = 3
