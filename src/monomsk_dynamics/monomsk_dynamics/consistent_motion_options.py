"""Settings of residual reduction, with units and defaults."""

import math
from dataclasses import dataclass

from monomsk_dynamics.filter_options import require_positive


@dataclass(frozen=True)
class ConsistentMotionOptions:
    """How a motion may be moved. Triples are pelvis position, pelvis orientation, joints.

    Attributes:
        knot_cycles: Between the knots of the correction, in periods of the smoothing's cut-off.
        iterations: Of Gauss-Newton, at most.
        tolerance: A step that lowers the cost by a smaller share is the last.
        damping: Of the first step.
        sigma: Standard deviation of the correction where the motion has none [m, rad, rad].
        limit_sigmas: A frame that needs a correction of more of these keeps its residual.
        force_sigma: Residual force without a price per force, in body weights.
        moment_sigma_m: Residual moment likewise, in body weights times metres.
        free_residual: From so many of these two standard deviations on a residual has one.
        sole_sigma_m: How far a loaded sole may move [m],
        sole_share: and this share of what the correction's standard deviation means there.
        slip_sigma_m_s: How fast it may slide [m/s].
        image_sigma_m: Of a landmark of the fitted motion across the line of sight: on the body [m],
        image_sigma_rad: and in the image [rad]. Half of what a single detected landmark errs by.
        image_correlation_s: How long an error of the image lasts [s]: frames within this time
            count as one.
        expectation_angle_sigma_rad: What is expected of the loads follows from the places of feet
            and body: where the legs' angles are known to this standard deviation only, it is as
            wrong through them as by itself [rad].
        rounds: For a motion that was seen by a camera: how often contacts and expected loads are
            found anew from the moved motion, the first time included.
    """

    knot_cycles: float = 0.18
    iterations: int = 16
    tolerance: float = 3e-3
    damping: float = 1e-3
    sigma: tuple[float, float, float] = (0.01, 0.01, 0.01)
    limit_sigmas: float = 7.0
    force_sigma: float = 0.001
    moment_sigma_m: float = 0.0003
    free_residual: float = 2.0
    sole_sigma_m: float = 0.003
    sole_share: float = 0.5
    slip_sigma_m_s: float = 0.1
    image_sigma_m: float = 0.006
    image_sigma_rad: float = 0.001
    image_correlation_s: float = 0.2
    expectation_angle_sigma_rad: float = 0.026
    rounds: int = 2

    def __post_init__(self) -> None:
        require_positive(self)

    def expectation_trust(self, angle_sigma_rad: float) -> float:
        """Factor on the weight of expected loads at that deviation of the legs [rad]; NaN: 1."""
        if not math.isfinite(angle_sigma_rad):
            return 1.0
        return 1.0 / math.hypot(1.0, angle_sigma_rad / self.expectation_angle_sigma_rad)
