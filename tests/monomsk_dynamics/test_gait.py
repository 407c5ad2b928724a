"""Gait of a synthetic walk with hindsight: events, footprints, measures."""

from dataclasses import replace

import numpy as np
import pytest
from tests.monomsk_dynamics.steady_walk import (
    LEFT_AFTER,
    RATE_HZ,
    SPEED_M_S,
    STANCE_SHARE,
    START_NS,
    START_S,
    STRIDE_M,
    STRIDE_S,
    WIDTH_M,
    Feet,
    result_at,
    true_events,
    walk,
)

from monomsk_dynamics.gait import GaitTable, gait_table
from monomsk_dynamics.gait_steps import (
    Footprint,
    GaitEventKind,
    step_geometry,
    symmetry_index,
)


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
