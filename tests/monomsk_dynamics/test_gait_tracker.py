"""Gait of a synthetic walk as it is told live."""

import numpy as np
import pytest
from tests.monomsk_dynamics.steady_walk import (
    LEFT_AFTER,
    RATE_HZ,
    SPEED_M_S,
    STANCE_SHARE,
    START_S,
    STRIDE_M,
    STRIDE_S,
    WIDTH_M,
    Feet,
    result_at,
    walk,
)

from monomsk_dynamics.gait import gait_table
from monomsk_dynamics.gait_state import LegEvent, LegPhase
from monomsk_dynamics.gait_steps import GaitEventKind
from monomsk_dynamics.gait_tracker import GaitTracker


def follow(results, tracker=None):
    tracker = tracker or GaitTracker(Feet())
    return [tracker.update(result) for result in results]


def test_phase_is_that_of_the_walk_once_strides_were_seen():
    states = follow(walk())
    for k, state in enumerate(states[150:], start=150):
        for foot, leg in enumerate(state.legs):
            true = (k / RATE_HZ / STRIDE_S - LEFT_AFTER * foot) % 1.0
            error = (leg.cycle_fraction - true + 0.5) % 1.0 - 0.5
            assert 0.0 <= leg.cycle_fraction < 1.0
            assert 0.0 < leg.cycle_fraction_sigma < 0.1
            assert abs(error) < 3.0 * leg.cycle_fraction_sigma
            assert leg.phase is (LegPhase.STANCE if true < STANCE_SHARE else LegPhase.SWING)
        assert state.step_rate_hz == pytest.approx(2.0 / STRIDE_S, rel=0.02)
        assert state.speed_m_s == pytest.approx(SPEED_M_S, rel=0.03)
    step = states[-1].legs[1].step
    assert step.stride_length_m == pytest.approx(STRIDE_M, abs=0.01)
    assert step.step_length_m == pytest.approx(LEFT_AFTER * STRIDE_M, abs=0.01)
    assert step.step_width_m == pytest.approx(WIDTH_M, abs=0.005)


def test_events_are_those_of_hindsight():
    results = walk()
    late = gait_table(Feet(), results).events
    kinds = {
        LegEvent.HEEL_STRIKE: GaitEventKind.HEEL_STRIKE, LegEvent.TOE_OFF: GaitEventKind.TOE_OFF,
    }  # fmt: skip
    live = [
        (leg.heel_strike_ns if leg.event is LegEvent.HEEL_STRIKE else leg.toe_off_ns, foot,
         kinds[leg.event])
        for state in follow(results)
        for foot, leg in enumerate(state.legs)
        if leg.event is not LegEvent.NONE
    ]  # fmt: skip
    expected = [(e.stamp_ns, e.foot, e.kind) for e in late]
    assert live == [event for event in expected if event[0] * 1e-9 - START_S > 0.3]


def test_knows_nothing_before_a_whole_stride():
    states = follow(walk())
    assert {leg.phase for leg in states[5].legs} == {LegPhase.UNKNOWN}
    before = int(STRIDE_S * RATE_HZ)
    for state in states[:before]:
        assert np.isnan([state.step_rate_hz, state.speed_m_s]).all()
        assert all(np.isnan(leg.cycle_fraction) for leg in state.legs)


def test_says_when_nobody_walks_any_more():
    walked = walk(4.2)
    stopped_s = len(walked) / RATE_HZ
    still = [result_at(stopped_s + k / RATE_HZ, motion_time_s=stopped_s) for k in range(120)]
    states = follow(walked + still)
    assert np.isfinite(states[len(walked) - 1].step_rate_hz)
    for state in states[len(walked) + int(0.7 * STRIDE_S * RATE_HZ) :]:
        assert np.isnan([state.step_rate_hz, state.speed_m_s]).all()
        assert all(np.isnan(leg.cycle_fraction) for leg in state.legs)
        assert all(leg.heel_strike_ns is not None for leg in state.legs)


def test_is_causal():
    results = walk()
    assert repr(follow(results)[:200]) == repr(follow(results[:200]))


@pytest.mark.parametrize("jump_s", [-3.0, 1.0])
def test_forgets_at_a_jump_in_time(jump_s):
    tracker = GaitTracker(Feet())
    follow(walk(4.0), tracker)
    state = tracker.update(result_at(4.0 + jump_s))
    assert all(leg.heel_strike_ns is None for leg in state.legs)
    assert {leg.phase for leg in state.legs} == {LegPhase.UNKNOWN}


def test_blink_of_the_contact_is_no_step():
    results = walk(4.0)
    at = int((3 * STRIDE_S + 0.3) * RATE_HZ)
    before = follow(results[:at])[-1].legs[0]
    results[at] = result_at(at / RATE_HZ, blink=0)
    after = follow(results[: at + 2])[-1].legs[0]
    assert (after.heel_strike_ns, after.toe_off_ns) == (before.heel_strike_ns, before.toe_off_ns)
    assert after.event is LegEvent.NONE
