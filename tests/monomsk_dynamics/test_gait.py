"""Gait of a synthetic walk whose events and footprints are known, with hindsight and live."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_dynamics.gait import GaitTable, gait_table
from monomsk_dynamics.gait_state import LegEvent, LegPhase
from monomsk_dynamics.gait_steps import (
    Footprint,
    GaitEventKind,
    step_geometry,
    symmetry_index,
)
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.results import BodyDynamics, SoleContact

RATE_HZ = 60.0
SPEED_M_S, STRIDE_S, STANCE_SHARE, WIDTH_M = 1.2, 1.1, 0.62, 0.12
STRIDE_M = SPEED_M_S * STRIDE_S
#: The left foot lands this share of a stride after the right one: an uneven walk.
LEFT_AFTER = 0.47
START_S = 1000.0
START_NS = round(START_S * 1e9)


class Feet:
    """Instead of a skeleton: the soles are where the configuration's joints say."""

    def sole_poses(self, q):
        return tuple(
            SimpleNamespace(translation=np.array([*q[7 + 2 * k : 9 + 2 * k], 0.0])) for k in (0, 1)
        )


def foot_at(time_s: float, foot: int) -> tuple[bool, np.ndarray]:
    """Contact and place of a foot: it stands where it landed, then flies to the next place."""
    strides, share = divmod(time_s / STRIDE_S - LEFT_AFTER * foot, 1.0)
    side_m = -0.5 * WIDTH_M if foot == 0 else 0.5 * WIDTH_M
    here_m = (strides + LEFT_AFTER * foot) * STRIDE_M
    flown = max(0.0, share - STANCE_SHARE) / (1.0 - STANCE_SHARE)
    ahead_m = STRIDE_M * (flown - np.sin(2 * np.pi * flown) / (2 * np.pi))
    return share < STANCE_SHARE, np.array([here_m + ahead_m, side_m])


def result_at(time_s: float, motion_time_s: float | None = None, turn_rad: float = 0.0, blink=None):
    """A result of walking; `motion_time_s` where the body is, if it does not go with time."""
    at_s = time_s if motion_time_s is None else motion_time_s
    q, soles = np.zeros(38), []
    turn = np.array([[np.cos(turn_rad), -np.sin(turn_rad)], [np.sin(turn_rad), np.cos(turn_rad)]])
    q[:2] = turn @ [SPEED_M_S * at_s, 0.0]
    for foot in (0, 1):
        on, place = foot_at(at_s, foot)
        q[7 + 2 * foot : 9 + 2 * foot] = turn @ place
        on = on != (blink == foot)
        force = np.array([0.0, 0.0, 500.0 if on else 0.0])
        soles.append(SoleContact(on, 0.5, force, np.full(3, np.nan), 0.0))
    zero = np.zeros(37)
    stamp_ns = round((START_S + time_s) * 1e9)
    return BodyDynamics(stamp_ns, q, zero, zero, zero, zero, tuple(soles), np.zeros(6), 0.0)


def walk(duration_s: float = 6.0, **how) -> list[BodyDynamics]:
    return [result_at(k / RATE_HZ, **how) for k in range(int(duration_s * RATE_HZ))]


def true_events(duration_s: float, foot: int, share: float) -> np.ndarray:
    times_s = (np.arange(-1, 20) + LEFT_AFTER * foot + share) * STRIDE_S
    return times_s[(times_s > 1.0 / RATE_HZ) & (times_s < duration_s - 1.0 / RATE_HZ)]


def event_times(table: GaitTable, foot: int, kind: GaitEventKind) -> np.ndarray:
    own = [e for e in table.events if (e.foot, e.kind) == (foot, kind)]
    return np.array([event.stamp_ns * 1e-9 - START_S for event in own])


@pytest.mark.parametrize("foot", [0, 1])
def test_events_are_where_they_were_made(foot):
    table = gait_table(Feet(), walk())
    for kind, share in ((GaitEventKind.HEEL_STRIKE, 0.0), (GaitEventKind.TOE_OFF, STANCE_SHARE)):
        times_s = event_times(table, foot, kind)
        np.testing.assert_allclose(times_s, true_events(6.0, foot, share), atol=0.5 / RATE_HZ)
    stamps = [event.stamp_ns for event in table.events]
    assert stamps == sorted(stamps)


def test_steps_have_the_walks_measures():
    steps = gait_table(Feet(), walk(turn_rad=0.7)).steps
    frame_s = 1.1 / RATE_HZ
    for step in steps[3:-2]:
        own = LEFT_AFTER if step.foot == 1 else 1.0 - LEFT_AFTER
        assert step.stride_time_s == pytest.approx(STRIDE_S, abs=frame_s)
        assert step.step_time_s == pytest.approx(own * STRIDE_S, abs=frame_s)
        assert step.stance_time_s == pytest.approx(STANCE_SHARE * STRIDE_S, abs=frame_s)
        assert step.swing_time_s == pytest.approx((1 - STANCE_SHARE) * STRIDE_S, abs=frame_s)
        both_s = (STANCE_SHARE - own) * STRIDE_S
        assert step.double_support_s == pytest.approx(both_s, abs=frame_s)
        assert step.speed_m_s == pytest.approx(SPEED_M_S, rel=0.01)
        assert step.geometry.stride_length_m == pytest.approx(STRIDE_M, abs=0.005)
        assert step.geometry.step_length_m == pytest.approx(own * STRIDE_M, abs=0.005)
        assert step.geometry.step_width_m == pytest.approx(WIDTH_M, abs=0.002)


def test_what_the_recording_cuts_is_unknown():
    steps = gait_table(Feet(), walk(2.5)).steps
    assert np.isnan(steps[0].stride_time_s)
    assert np.isnan(steps[0].geometry.step_length_m)
    assert np.isnan(steps[-1].stance_time_s)


@pytest.mark.parametrize("duration_s", np.arange(2.0, 3.1, 0.1))
def test_double_support_that_the_recording_cuts_is_unknown_not_zero(duration_s):
    for step in gait_table(Feet(), walk(duration_s)).steps:
        assert np.isnan(step.double_support_s) or step.double_support_s > 0.05


def test_a_flight_is_no_double_support():
    """Half as long on the floor as in walking: one foot lands when the other is in the air."""
    results = walk()
    for k, result in enumerate(results):
        running = [
            replace(sole, force=np.zeros(3), in_contact=False)
            if (k / RATE_HZ / STRIDE_S - LEFT_AFTER * foot) % 1.0 > 0.4
            else sole
            for foot, sole in enumerate(result.soles)
        ]
        results[k] = replace(result, soles=tuple(running))
    steps = gait_table(Feet(), results).steps
    assert len(steps) > 6
    assert {step.double_support_s for step in steps[1:-1]} == {0.0}


def test_a_blink_of_the_contact_is_no_step():
    results = walk()
    expected = gait_table(Feet(), results).events
    at = int(0.3 * RATE_HZ)
    results[at] = result_at(at / RATE_HZ, blink=0)
    assert gait_table(Feet(), results).events == expected


def test_lifting_a_foot_in_place_is_no_step():
    still = [
        result_at(k / RATE_HZ, motion_time_s=0.02, blink=1 if 60 <= k < 90 else None)
        for k in range(180)
    ]
    assert gait_table(Feet(), still) == GaitTable()
    assert gait_table(Feet(), []) == GaitTable()


def test_putting_one_foot_elsewhere_is_no_step():
    results = []
    for k in range(300):
        flying = 120 <= k < 150
        way_m = np.clip((k - 120) / 30, 0.0, 1.0) * 0.4
        still = result_at(k / RATE_HZ, motion_time_s=0.02, blink=1 if flying else None)
        q = still.q.copy()
        q[9] += way_m
        results.append(replace(still, q=q))
    assert gait_table(Feet(), results) == GaitTable()


def test_feet_put_elsewhere_long_after_each_other_take_no_steps():
    results = []
    for k in range(480):
        still = result_at(k / RATE_HZ, motion_time_s=0.02)
        q, soles = still.q.copy(), list(still.soles)
        for foot, start in ((0, 120), (1, 330)):
            q[7 + 2 * foot] += np.clip((k - start) / 30, 0.0, 1.0) * 0.4
            if start <= k < start + 30:
                soles[foot] = replace(soles[foot], force=np.zeros(3), in_contact=False)
        results.append(replace(still, q=q, soles=tuple(soles)))
    assert gait_table(Feet(), results) == GaitTable()
    walked = [replace(r, stamp_ns=START_NS + k * 5_000_000) for k, r in enumerate(results)]
    assert len(gait_table(Feet(), walked).steps) == 2  # three times as fast they take turns


def test_marching_on_the_spot_is_no_walk():
    results = []
    for result in walk():
        q = result.q.copy()
        q[[7, 9]] = 0.0
        results.append(replace(result, q=q))
    assert gait_table(Feet(), results) == GaitTable()


def test_events_are_not_looked_for_across_a_gap():
    results = walk()
    cut = results[:150] + results[210:]
    stamps = [e.stamp_ns * 1e-9 - START_S for e in gait_table(Feet(), cut).events]
    assert stamps and not [t for t in stamps if 150 / RATE_HZ < t < 210 / RATE_HZ]
    for step in gait_table(Feet(), cut).steps:
        assert np.isnan(step.stride_time_s) or step.stride_time_s < 1.2 * STRIDE_S


def test_geometry_of_footprints():
    before, now = np.array([0.0, 0.0]), np.array([0.0, 1.4])
    left_ahead = step_geometry(0, before, np.array([-0.1, 0.6]), now)  # walking along y
    assert left_ahead.stride_length_m == pytest.approx(1.4)
    assert left_ahead.step_length_m == pytest.approx(0.8)
    assert left_ahead.step_width_m == pytest.approx(0.1)
    crossed = step_geometry(1, before, np.array([-0.1, 0.6]), now)
    assert crossed.step_width_m == pytest.approx(-0.1)
    assert np.isnan(step_geometry(0, before, np.full(2, np.nan), now).step_length_m)


def test_a_footprint_is_where_the_sole_was_slow():
    footprint = Footprint()
    for place, speed in ((0.9, 3.0), (1.0, 0.02), (1.0, 0.01), (1.1, 2.0)):
        footprint.add(np.array([place, 0.0, 0.0]), speed)
    np.testing.assert_allclose(footprint.place, [1.0, 0.0], atol=1e-3)
    sliding = Footprint()
    sliding.add(np.zeros(3), 0.8)
    assert np.isnan(sliding.place).all()


def test_symmetry_index():
    assert symmetry_index(1.0, 1.0) == 0.0
    assert symmetry_index(0.55, 0.45) == pytest.approx(20.0)
    assert symmetry_index(0.45, 0.55) == pytest.approx(-20.0)
    assert np.isnan(symmetry_index(np.nan, 1.0))


def follow(results, tracker=None):
    tracker = tracker or GaitTracker(Feet())
    return [tracker.update(result) for result in results]


def test_live_phase_is_that_of_the_walk_once_strides_were_seen():
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


def test_live_events_are_those_of_hindsight():
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


def test_live_knows_nothing_before_a_whole_stride():
    states = follow(walk())
    assert {leg.phase for leg in states[5].legs} == {LegPhase.UNKNOWN}
    before = int(STRIDE_S * RATE_HZ)
    for state in states[:before]:
        assert np.isnan([state.step_rate_hz, state.speed_m_s]).all()
        assert all(np.isnan(leg.cycle_fraction) for leg in state.legs)


def test_live_says_when_nobody_walks_any_more():
    walked = walk(4.2)
    stopped_s = len(walked) / RATE_HZ
    still = [result_at(stopped_s + k / RATE_HZ, motion_time_s=stopped_s) for k in range(120)]
    states = follow(walked + still)
    assert np.isfinite(states[len(walked) - 1].step_rate_hz)
    for state in states[len(walked) + int(0.7 * STRIDE_S * RATE_HZ) :]:
        assert np.isnan([state.step_rate_hz, state.speed_m_s]).all()
        assert all(np.isnan(leg.cycle_fraction) for leg in state.legs)
        assert all(leg.heel_strike_ns is not None for leg in state.legs)


def test_live_is_causal():
    results = walk()
    assert repr(follow(results)[:200]) == repr(follow(results[:200]))


@pytest.mark.parametrize("jump_s", [-3.0, 1.0])
def test_live_forgets_at_a_jump_in_time(jump_s):
    tracker = GaitTracker(Feet())
    follow(walk(4.0), tracker)
    state = tracker.update(result_at(4.0 + jump_s))
    assert all(leg.heel_strike_ns is None for leg in state.legs)
    assert {leg.phase for leg in state.legs} == {LegPhase.UNKNOWN}


def test_live_blink_of_the_contact_is_no_step():
    results = walk(4.0)
    at = int((3 * STRIDE_S + 0.3) * RATE_HZ)
    before = follow(results[:at])[-1].legs[0]
    results[at] = result_at(at / RATE_HZ, blink=0)
    after = follow(results[: at + 2])[-1].legs[0]
    assert (after.heel_strike_ns, after.toe_off_ns) == (before.heel_strike_ns, before.toe_off_ns)
    assert after.event is LegEvent.NONE
