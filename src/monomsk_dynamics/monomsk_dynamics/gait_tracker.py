"""Gait as it happens: phase of each leg, its last events, cadence and speed, from the past only."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_departure import Departures, ToeSample
from monomsk_dynamics.gait_leg import Leg, LegSample
from monomsk_dynamics.gait_state import UNKNOWN, GaitState, LegEvent, LegGait, LegPhase
from monomsk_dynamics.gait_steps import LIVE_EVENT_SIGMA_S, STRIDE_RANGE_S
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]

#: After a start the filters settle: contact says nothing yet [s].
_SETTLING_S = 0.3
#: A longer pause between results hides events: the past is forgotten [s].
_MAX_GAP_S = 0.25
#: Some foot lands or leaves at least once in this share of a stride, else nobody walks any more.
_LONGEST_REST = 0.6
#: A heel strike that is late by more than this share of a stride is not coming.
_LATEST = 0.1
#: The stride's duration is the mean of so many, both legs together.
_REMEMBERED_STRIDES = 4
#: Strides of even walking differ by this share at least; few strides cannot tell it themselves.
_LEAST_SPREAD = 0.03
_JUST_BELOW_ONE = float(np.nextafter(1.0, 0.0))


class GaitTracker:
    """Follows the gait of one person through live results.

    Args:
        skeleton: The person's.
        event_sigma_s: Standard deviation of an event's time [s].
    """

    def __init__(self, skeleton: Skeleton, event_sigma_s: float = LIVE_EVENT_SIGMA_S) -> None:
        self._skeleton = skeleton
        self._event_sigma_s = event_sigma_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._first_ns: int | None = None
        self._last_ns = 0
        self._last_places = np.full((2, 2), np.nan)
        self._walk: _Walk | None = None
        self._departures = Departures()

    def update(self, result: BodyDynamics, toes: ToeSample | None = None) -> GaitState:
        """Take in one result; a jump back in time or a long gap forgets the past.

        Args:
            result: Of the live dynamics.
            toes: That go with it: toe offs are dated back by them.
        """
        now_ns = result.stamp_ns
        if self._first_ns is not None and not 0 < now_ns - self._last_ns <= _MAX_GAP_S * 1e9:
            self.reset()
        if toes is not None:
            self._departures.add(toes)
        places = np.array([pose.translation[:2] for pose in self._skeleton.sole_poses(result.q)])
        pelvis = result.q[:2]
        if toes is not None:
            places, pelvis = places - toes.carried_m, pelvis - toes.carried_m
        state = GaitState(now_ns)
        if self._first_ns is None:
            self._first_ns = now_ns
        elif self._walk is not None:
            state = self._walk.update(now_ns, self._samples(result, places, pelvis))
        elif (now_ns - self._first_ns) * 1e-9 >= _SETTLING_S:
            right, left = result.soles
            self._walk = _Walk((right.in_contact, left.in_contact), self._event_sigma_s)
            state = self._walk.update(now_ns, self._samples(result, places, pelvis))
        self._last_ns, self._last_places = now_ns, places
        return state

    def _samples(
        self, result: BodyDynamics, places: Array, pelvis: Array
    ) -> tuple[LegSample, LegSample]:
        now_ns, before_ns = result.stamp_ns, self._last_ns
        ways_m = np.hypot(*(places - self._last_places).T)
        middle_ns = (before_ns + now_ns) // 2
        right, left = (
            LegSample(
                now_ns, middle_ns, self._departures.toe_off_ns(foot, middle_ns), sole.in_contact,
                place, float(way_m) / ((now_ns - before_ns) * 1e-9), pelvis,
            )
            for foot, (sole, place, way_m) in enumerate(
                zip(result.soles, places, ways_m, strict=True)
            )
        )  # fmt: skip
        return right, left


class _Walk:
    """Two legs, and the strides that both took of late."""

    def __init__(self, in_contact: tuple[bool, bool], event_sigma_s: float) -> None:
        self._legs = (Leg(0, in_contact[0]), Leg(1, in_contact[1]))
        self._event_sigma_s = event_sigma_s
        self._durations_s: deque[float] = deque(maxlen=_REMEMBERED_STRIDES)
        self._speed_m_s = UNKNOWN
        self._last_event_ns: int | None = None

    def update(self, now_ns: int, samples: tuple[LegSample, LegSample]) -> GaitState:
        """Take in both legs at one time."""
        right, left = self._legs
        events = (right.update(samples[0], left), left.update(samples[1], right))
        for leg, event in zip(self._legs, events, strict=True):
            if event is not LegEvent.NONE:
                self._last_event_ns = now_ns
            if event is LegEvent.HEEL_STRIKE and leg.stride is not None:
                self._durations_s.append(leg.stride.duration_s)
                self._speed_m_s = leg.stride.speed_m_s
        if self._rests(now_ns):
            self._forget_strides()
        walks = bool(self._durations_s)
        return GaitState(
            now_ns,
            (self._leg_gait(now_ns, right, events[0]), self._leg_gait(now_ns, left, events[1])),
            2.0 / float(np.mean(self._durations_s)) if walks else UNKNOWN,
            self._speed_m_s,
        )

    def _rests(self, now_ns: int) -> bool:
        """Whether nothing happened for so long that nobody walks any more."""
        if self._last_event_ns is None:
            return False
        stride_s = np.mean(self._durations_s) if self._durations_s else STRIDE_RANGE_S[1]
        return bool((now_ns - self._last_event_ns) * 1e-9 > _LONGEST_REST * stride_s)

    def _forget_strides(self) -> None:
        self._durations_s.clear()
        self._speed_m_s = UNKNOWN
        for leg in self._legs:
            leg.rest()

    def _leg_gait(self, now_ns: int, leg: Leg, event: LegEvent) -> LegGait:
        fraction, sigma = self._cycle(now_ns, leg.heel_strike_ns)
        return LegGait(
            LegPhase.STANCE if leg.in_contact else LegPhase.SWING,
            event, fraction, sigma, leg.heel_strike_ns, leg.toe_off_ns, leg.step,
        )  # fmt: skip

    def _cycle(self, now_ns: int, strike_ns: int | None) -> tuple[float, float]:
        """Share of the stride since a heel strike and its standard deviation."""
        if strike_ns is None or not self._durations_s:
            return UNKNOWN, UNKNOWN
        durations_s = np.array(self._durations_s)
        stride_s = float(durations_s.mean())
        fraction = (now_ns - strike_ns) * 1e-9 / stride_s
        if fraction > 1.0 + _LATEST:
            return UNKNOWN, UNKNOWN
        spread_s = max(float(durations_s.std(ddof=len(durations_s) > 1)), _LEAST_SPREAD * stride_s)
        sigma_s = float(np.hypot(self._event_sigma_s, fraction * spread_s))
        return min(fraction, _JUST_BELOW_ONE), sigma_s / stride_s
