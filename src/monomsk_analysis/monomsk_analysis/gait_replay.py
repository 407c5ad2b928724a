"""Recorded kinematics through the live path at camera rate, for its gait events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.gait_scoring import Event
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_state import LegEvent
from monomsk_dynamics.gait_steps import GaitEventKind
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics

Array = NDArray[np.float64]

LIVE_RATE_HZ = 60.0


def frames_at(times_s: Array, rate_hz: float) -> NDArray[np.int64]:
    """The frames nearest to a rate, each once and at its own time: nothing is interpolated."""
    wanted_s = np.arange(times_s[0], times_s[-1], 1.0 / rate_hz)
    middles = 0.5 * (times_s[1:] + times_s[:-1])
    return np.unique(np.searchsorted(middles, wanted_s))


def live_events(skeleton: Skeleton, times_s: Array, q: Array) -> list[Event]:
    """Events that the live path tells of a motion (n, 38), one state after the other."""
    dynamics, tracker = LiveDynamics(skeleton), GaitTracker(skeleton)
    kinds = {
        LegEvent.HEEL_STRIKE: GaitEventKind.HEEL_STRIKE,
        LegEvent.TOE_OFF: GaitEventKind.TOE_OFF,
    }
    events: list[Event] = []
    for k in frames_at(times_s, LIVE_RATE_HZ):
        state = BodyState(round(times_s[k] * 1e9), q[k], np.zeros(37))
        gait = tracker.update(dynamics.update(state), dynamics.toes)
        for foot, leg in enumerate(gait.legs):
            if leg.event is not LegEvent.NONE:
                strikes = leg.event is LegEvent.HEEL_STRIKE
                stamp_ns = leg.heel_strike_ns if strikes else leg.toe_off_ns
                if stamp_ns is not None:
                    events.append((foot, kinds[leg.event], stamp_ns * 1e-9))
    return events
