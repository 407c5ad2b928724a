"""What a step is: events, and the geometry of three footprints."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: A swing carries the foot at least this far; less is shuffling or noise, no step [m].
LEAST_TRAVEL_M = 0.10
#: A foot is not off, nor on, for less than this: a blink of the contact [s].
LEAST_RUN_S = 0.10
#: Time from one heel strike to the next of the same foot; others are no strides [s].
STRIDE_RANGE_S = (0.4, 3.0)
#: Root mean square distance of events of recordings from force plates at 20 N: 65 events of nine
#: children's straight and turning walks, from markers, on which nothing was tuned [s].
RECORDED_EVENT_SIGMA_S = 0.018
#: The same live, at about 60 states a second [s].
LIVE_EVENT_SIGMA_S = 0.035
#: From one camera: distance from the events of motion capture, on one clip only (4 events of
#: OpenCap's trunk sway, up to 83 ms) [s].
VIDEO_EVENT_SIGMA_S = 0.045

#: A foot whose slowest moment on the floor is faster left no footprint [m/s].
_PRINT_SPEED_M_S = 0.30
#: A footprint lies where the sole is slow: weight 1 / (speed² + this²) [m/s].
_PRINT_SPEED_SCALE_M_S = 0.10


class GaitEventKind(Enum):
    """What a foot did."""

    HEEL_STRIKE = "heel strike"
    TOE_OFF = "toe off"


@dataclass(frozen=True)
class GaitEvent:
    """A foot took up or gave up its load.

    Attributes:
        stamp_ns: When, between the two frames that show the change [ns].
        foot: 0 right, 1 left.
        kind: Which of the two.
        sigma_s: Standard deviation of the time [s].
    """

    stamp_ns: int
    foot: int
    kind: GaitEventKind
    sigma_s: float


@dataclass(frozen=True)
class StepGeometry:
    """Three footprints in numbers (Huxham et al. 2006, by the stride line, so turns are fine).

    Attributes:
        stride_length_m: From the footprint before to this one of the same foot.
        step_length_m: From the other foot's footprint to this one along the stride line.
        step_width_m: Of the other foot's footprint from the stride line; negative: crossed over.
    """

    stride_length_m: float
    step_length_m: float
    step_width_m: float


class Footprint:
    """Where a sole stood, from samples of one stance: its mean place while it was slow."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._sum = np.zeros(2)
        self._slowest_m_s = np.inf

    def add(self, position: Array, speed_m_s: float) -> None:
        """Take in a sample: sole position (3,) world [m] and horizontal speed [m/s]."""
        weight = 1.0 / (speed_m_s**2 + _PRINT_SPEED_SCALE_M_S**2)
        self._weight += weight
        self._sum += weight * position[:2]
        self._slowest_m_s = min(self._slowest_m_s, speed_m_s)

    @property
    def place(self) -> Array:
        """World x and y (2,) [m]; NaN where the sole never rested."""
        if not self._slowest_m_s < _PRINT_SPEED_M_S:
            return np.full(2, np.nan)
        mean: Array = self._sum / self._weight
        return mean


def step_geometry(foot: int, before: Array, other: Array, now: Array) -> StepGeometry:
    """Measure a step from footprints (2,) [m]; NaN where one is unknown.

    Args:
        foot: Which foot stepped, 0 right or 1 left.
        before: Its previous footprint.
        other: That of the other foot, in between.
        now: Its new footprint.
    """
    stride = now - before
    length_m = float(np.hypot(*stride))
    if not length_m > 0.0:
        return StepGeometry(length_m, float("nan"), float("nan"))
    forward = stride / length_m
    left = np.array([-forward[1], forward[0]])
    to_left = float((other - now) @ left)
    width_m = to_left if foot == 0 else -to_left
    return StepGeometry(length_m, float((now - other) @ forward), width_m)


def is_stride(duration_s: float) -> bool:
    """Whether two heel strikes of a foot may be neighbours."""
    return STRIDE_RANGE_S[0] <= duration_s <= STRIDE_RANGE_S[1]


def symmetry_index(right: float, left: float) -> float:
    """Robinson et al. 1987: 100 (right - left) over their mean [%]; 0 is symmetric."""
    mean = 0.5 * (right + left)
    return 100.0 * (right - left) / mean if mean != 0.0 else float("nan")
