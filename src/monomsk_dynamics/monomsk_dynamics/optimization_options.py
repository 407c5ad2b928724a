"""Settings of the window optimisation, with units and defaults."""

from dataclasses import dataclass

from monomsk_dynamics.filter_options import require_positive


@dataclass(frozen=True)
class OptimizationOptions:
    """Optimisation of motion and forces together. Triples are pelvis position, orientation, joints.

    Attributes:
        window_frames: Frames that are optimised together, at least,
        window_s: and at least for so long [s].
        overlap_s: Of a window that the next one solves again [s].
        knot_period_s: Between the knots of the correction [s].
        sigma: Standard deviation of the correction [m, rad, rad].
        acceleration_sigma: Of its second derivative [m/s², rad/s², rad/s²].
        sole_sigma_m: How far a loaded sole point may move from where it was seen [m].
        residual_pull: Price of a residual force, in the cost per body weight (moments: times
            metres): only what an implausible change of the motion would take remains.
        tolerance: Of IPOPT, on the scaled problem.
        iterations: Of IPOPT, at most, per window.
        compile_from_frames: Recordings of at least so many frames are worth a compiler's time.
    """

    window_frames: int = 48
    window_s: float = 0.5
    overlap_s: float = 0.12
    knot_period_s: float = 0.03
    sigma: tuple[float, float, float] = (0.01, 0.01, 0.01)
    acceleration_sigma: tuple[float, float, float] = (0.25, 1.0, 1.0)
    sole_sigma_m: float = 0.003
    residual_pull: float = 2000.0
    tolerance: float = 1e-4
    iterations: int = 60
    compile_from_frames: int = 300

    def __post_init__(self) -> None:
        require_positive(self)
