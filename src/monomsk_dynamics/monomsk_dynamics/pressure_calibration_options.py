"""Settings of the calibration of the centre of pressure, with units and defaults."""

from dataclasses import dataclass

from monomsk_dynamics.filter_options import require_positive


@dataclass(frozen=True)
class PressureCalibrationOptions:
    """How far the expected path follows a recording. Gains: a study's, see docs/concepts.md.

    Attributes:
        gains: Share of the mean difference, forward and sideways.
        least_s: Single support that is needed [s].
        phases: Of stance that count: landing and leaving are too quick for filtered motion.
        least_load: Vertical force of frames that count, in body weights.
        largest_m: A path is never shifted further than this [m].
        running_speed_m_s: Faster than this the path is turned over the phase, too [m/s].
    """

    gains: tuple[float, float] = (0.83, 0.5)
    least_s: float = 0.4
    phases: tuple[float, float] = (0.15, 0.85)
    least_load: float = 0.5
    largest_m: float = 0.06
    running_speed_m_s: float = 2.2

    def __post_init__(self) -> None:
        require_positive(self, "gains")
