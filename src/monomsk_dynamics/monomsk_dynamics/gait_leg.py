"""What is remembered of one leg while it walks, from the past only."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.gait_state import NO_STEP, LegEvent
from monomsk_dynamics.gait_steps import (
    LEAST_RUN_S,
    LEAST_TRAVEL_M,
    Footprint,
    StepGeometry,
    is_stride,
    step_geometry,
)

Array = NDArray[np.float64]


@dataclass
class LiveStance:
    """A foot on the floor so far.

    Attributes:
        landed_ns: Heel strike [ns]; None: stood there from the beginning.
        footprint: Where.
    """

    landed_ns: int | None
    footprint: Footprint = field(default_factory=Footprint)


@dataclass(frozen=True)
class Stride:
    """From one heel strike of a foot to its next.

    Attributes:
        duration_s: How long it took.
        speed_m_s: Of the pelvis, horizontal.
    """

    duration_s: float
    speed_m_s: float


@dataclass(frozen=True)
class LegSample:
    """One leg at one instant.

    Attributes:
        stamp_ns: Of the instant [ns].
        change_ns: Between the instant before and this one, when a change was seen [ns].
        departure_ns: When the foot left, if it left now: before that [ns].
        in_contact: The sole bears load.
        place: Of the sole in the world (2,) [m].
        speed_m_s: Of the sole, horizontal.
        pelvis: In the world (2,) [m].
    """

    stamp_ns: int
    change_ns: int
    departure_ns: int
    in_contact: bool
    place: Array
    speed_m_s: float
    pelvis: Array


class Leg:
    """Follows one leg.

    Args:
        foot: 0 right, 1 left.
        in_contact: Whether it stands at the beginning.

    Attributes:
        in_contact: Whether it stands.
        heel_strike_ns: Last one [ns]; None: none seen.
        toe_off_ns: Last one [ns]; None: none seen.
        stride: The last one; None: the person did not walk on.
        step: Measures of the last step whose stance is complete.
        stances: The last ones, the newest last.
    """

    def __init__(self, foot: int, in_contact: bool) -> None:
        self.in_contact = in_contact
        self.heel_strike_ns: int | None = None
        self.toe_off_ns: int | None = None
        self.stride: Stride | None = None
        self.step: StepGeometry = NO_STEP
        self.stances: deque[LiveStance] = deque(maxlen=3)
        self._foot = foot
        self._toe_off_before_ns: int | None = None
        self._left_from: Array | None = None
        self._walks_on = False
        self._pelvis_at_strike = np.full(2, np.nan)
        if in_contact:
            self.stances.append(LiveStance(None))

    def rest(self) -> None:
        """The person does not walk any more: the next heel strike ends no stride."""
        self._walks_on = False
        self.stride = None

    def update(self, sample: LegSample, other: "Leg") -> LegEvent:
        """Take in an instant and tell what happened."""
        event = LegEvent.NONE
        if self.in_contact and not sample.in_contact:
            event = self._leave(sample, other)
        elif sample.in_contact and not self.in_contact:
            event = self._land(sample)
        self.in_contact = sample.in_contact
        if sample.in_contact:
            self.stances[-1].footprint.add(sample.place, sample.speed_m_s)
        return event

    def _leave(self, sample: LegSample, other: "Leg") -> LegEvent:
        self._toe_off_before_ns, self.toe_off_ns = self.toe_off_ns, sample.departure_ns
        self._left_from = sample.place
        self.step = self._measured(other)
        return LegEvent.TOE_OFF

    def _land(self, sample: LegSample) -> LegEvent:
        if not self._stepped(sample):
            self.toe_off_ns = self._toe_off_before_ns  # it never left
            return LegEvent.NONE
        if self._walks_on and self.heel_strike_ns is not None:
            duration_s = (sample.change_ns - self.heel_strike_ns) * 1e-9
            way_m = float(np.hypot(*(sample.pelvis - self._pelvis_at_strike)))
            self.stride = Stride(duration_s, way_m / duration_s) if is_stride(duration_s) else None
        self._walks_on = True
        self._pelvis_at_strike = sample.pelvis
        self.heel_strike_ns = sample.change_ns
        self.stances.append(LiveStance(sample.change_ns))
        return LegEvent.HEEL_STRIKE

    def _stepped(self, sample: LegSample) -> bool:
        """Whether the swing that ends here carried the foot."""
        if self._left_from is None or self.toe_off_ns is None:
            return True  # it was in the air from the beginning
        swing_s = (sample.change_ns - self.toe_off_ns) * 1e-9
        way_m = float(np.hypot(*(sample.place - self._left_from)))
        return swing_s >= LEAST_RUN_S and way_m >= LEAST_TRAVEL_M

    def _measured(self, other: "Leg") -> StepGeometry:
        """The step that led to the stance that ends."""
        if len(self.stances) < 2:
            return NO_STEP
        before, now = self.stances[-2], self.stances[-1]
        found = [
            stance
            for stance in other.stances
            if stance.landed_ns is not None
            and now.landed_ns is not None
            and (before.landed_ns is None or before.landed_ns < stance.landed_ns)
            and stance.landed_ns < now.landed_ns
        ]
        if len(found) != 1:
            return NO_STEP
        places = (before.footprint.place, found[0].footprint.place, now.footprint.place)
        return step_geometry(self._foot, *places)
