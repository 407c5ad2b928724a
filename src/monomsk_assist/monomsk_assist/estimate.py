"""What the core knows of the person: the fields of BodyDynamics and GaitState that it uses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

UNKNOWN = float("nan")

#: Stamps that go back further than reordering does: another time began [ns].
_STAMPS_BACK_NS = 500_000_000


def is_overtaken(stamp_ns: int, newest_ns: int | None) -> bool:
    """Whether a stamp [ns] is no later than the newest one, and of the same time as that."""
    return newest_ns is not None and 0 <= newest_ns - stamp_ns <= _STAMPS_BACK_NS


@dataclass(frozen=True)
class Sole:
    """One sole on the floor, as in monomsk_msgs/SoleContact.

    Attributes:
        in_contact: Whether it bears load.
        force: Force on the person (3,), world frame [N].
        center_of_pressure: World point (3,) [m]; NaN without contact.
        free_moment: About the world's vertical through that point [N m].
    """

    in_contact: bool
    force: Array
    center_of_pressure: Array
    free_moment: float


@dataclass(frozen=True)
class Estimate:
    """The person at one instant, as in monomsk_msgs/BodyDynamics, layouts of the skeleton.

    Attributes:
        stamp_ns: Time of the image [ns].
        q: Configuration (38,) [m, rad].
        v: Velocity (37,), pelvis part in the pelvis frame [m/s, rad/s].
        a: Its time derivative (37,) [m/s², rad/s²].
        tau: Generalised forces (37,), the first six zero, then joint torques [N m].
        tau_sigma: Standard deviations (37,) of `tau` [N m]; NaN unknown.
        soles: Right and left.
        root_residual: Force [N] and moment [N m] (6,) at the pelvis origin, world axes.
        consistency_error: Forward simulation against motion [rad]; NaN: too few frames yet.
        track_id: Which person; another number means another person. 0: unknown.
    """

    stamp_ns: int
    q: Array
    v: Array
    a: Array
    tau: Array
    tau_sigma: Array
    soles: tuple[Sole, Sole]
    root_residual: Array
    consistency_error: float
    track_id: int = 0


@dataclass(frozen=True)
class LegCycle:
    """One leg in the gait cycle, as in monomsk_msgs/GaitState.

    Attributes:
        fraction: Of the stride since the last heel strike, [0, 1); NaN: not walking.
        sigma: Its standard deviation; NaN unknown.
    """

    fraction: float = UNKNOWN
    sigma: float = UNKNOWN


@dataclass(frozen=True)
class GaitEstimate:
    """Both legs in the gait cycle.

    Attributes:
        stamp_ns: Time of the image [ns].
        legs: Right and left.
        step_rate_hz: Steps a second, two of them a stride [Hz]; NaN: not walking.
    """

    stamp_ns: int
    legs: tuple[LegCycle, LegCycle] = (LegCycle(), LegCycle())
    step_rate_hz: float = UNKNOWN
