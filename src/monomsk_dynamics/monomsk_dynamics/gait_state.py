"""Gait at one instant, as it is published."""

from dataclasses import dataclass
from enum import IntEnum

from monomsk_dynamics.gait_steps import StepGeometry

UNKNOWN = float("nan")
NO_STEP = StepGeometry(UNKNOWN, UNKNOWN, UNKNOWN)


class LegPhase(IntEnum):
    """PHASE_* of monomsk_msgs/GaitState."""

    UNKNOWN = 0
    STANCE = 1
    SWING = 2


class LegEvent(IntEnum):
    """EVENT_* of monomsk_msgs/GaitState."""

    NONE = 0
    HEEL_STRIKE = 1
    TOE_OFF = 2


@dataclass(frozen=True)
class LegGait:
    """One leg.

    Attributes:
        phase: Stance, swing or unknown.
        event: What happened since the result before.
        cycle_fraction: Of the stride since the last heel strike, [0, 1), by the mean of the last
            strides; NaN unknown.
        cycle_fraction_sigma: Its standard deviation; NaN unknown.
        heel_strike_ns: Last heel strike [ns]; None: none seen.
        toe_off_ns: Last toe off [ns]; None: none seen.
        step: Last step whose stance is complete; NaN unknown.
    """

    phase: LegPhase = LegPhase.UNKNOWN
    event: LegEvent = LegEvent.NONE
    cycle_fraction: float = UNKNOWN
    cycle_fraction_sigma: float = UNKNOWN
    heel_strike_ns: int | None = None
    toe_off_ns: int | None = None
    step: StepGeometry = NO_STEP


@dataclass(frozen=True)
class GaitState:
    """Both legs.

    Attributes:
        stamp_ns: Of the result it belongs to [ns].
        legs: Right and left.
        step_rate_hz: Steps a second over the last strides; NaN: not walking.
        speed_m_s: Of the pelvis over the last stride, horizontal; NaN: not walking.
    """

    stamp_ns: int
    legs: tuple[LegGait, LegGait] = (LegGait(), LegGait())
    step_rate_hz: float = UNKNOWN
    speed_m_s: float = UNKNOWN
