"""Settings of residual reduction, with units and defaults."""

from dataclasses import dataclass

from monomsk_dynamics.filter_options import require_positive


@dataclass(frozen=True)
class ConsistentMotionOptions:
    """How a motion may be moved. Triples are pelvis position, pelvis orientation, joints.

    Attributes:
        knot_period_s: Between the knots of the correction [s].
        iterations: Of Gauss-Newton.
        sigma: Standard deviation of the correction [m, rad, rad].
        acceleration_sigma: Of its second derivative [m/s², rad/s², rad/s²].
        limit: A frame that needs more than this keeps its residual [m, rad, rad].
        force_sigma: Residual force that may remain, in body weights.
        moment_sigma_m: Residual moment that may remain, in body weights times metres.
        sole_sigma_m: How far a loaded sole may move [m].
    """

    knot_period_s: float = 0.03
    iterations: int = 4
    sigma: tuple[float, float, float] = (0.01, 0.01, 0.01)
    acceleration_sigma: tuple[float, float, float] = (0.5, 2.0, 2.0)
    limit: tuple[float, float, float] = (0.15, 0.12, 0.18)
    force_sigma: float = 0.001
    moment_sigma_m: float = 0.0003
    sole_sigma_m: float = 0.003

    def __post_init__(self) -> None:
        require_positive(self)
