"""Phases of stance and of the load's transfer, with hindsight and live."""

import numpy as np
import pytest

from monomsk_dynamics.gait_phase import GaitClock, offline_phases, runs

PERIOD_S = 0.01
STRIDE_S, STANCE_S = 1.1, 0.66


def walking(duration_s: float, start_s: float = 0.0):
    """Times and contact of a regular gait: the left foot half a stride after the right one."""
    times_s = np.arange(start_s, start_s + duration_s, PERIOD_S)
    right = (times_s % STRIDE_S) < STANCE_S
    left = ((times_s - STRIDE_S / 2) % STRIDE_S) < STANCE_S
    return times_s, np.stack([right, left], axis=1)


def test_runs():
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]


def test_phase_runs_from_landing_to_leaving():
    times_s, contact = walking(4.0)
    phases = offline_phases(times_s, contact)
    expected = (times_s % STRIDE_S) / STANCE_S
    stance = np.array([phase.stance[0] for phase in phases])
    on = contact[:, 0]
    np.testing.assert_allclose(stance[on], expected[on], atol=0.03)
    assert np.isnan(stance[~on]).all()


def test_the_older_foot_hands_over():
    times_s, contact = walking(4.0)
    for time_s, on, phase in zip(times_s, contact, offline_phases(times_s, contact), strict=True):
        if not on.all():
            assert phase.trailing is None
            continue
        age = (time_s - np.array([0.0, STRIDE_S / 2])) % STRIDE_S
        assert phase.trailing == np.argmax(age)
        double_s = STANCE_S - STRIDE_S / 2
        if time_s > STRIDE_S:  # the first one is cut by the recording
            assert phase.transfer == pytest.approx(age.min() / double_s, abs=0.1)


def test_a_stance_that_the_recording_cuts_is_completed_by_the_others():
    times_s, contact = walking(3.0, start_s=0.3)
    first = offline_phases(times_s, contact)[0]
    assert first.stance[0] == pytest.approx(0.3 / STANCE_S, abs=0.03)


def test_standing_has_no_transfer_and_rests_in_the_middle():
    times_s = np.arange(0.0, 3.0, PERIOD_S)
    phases = offline_phases(times_s, np.ones((len(times_s), 2), dtype=bool))
    assert all(phase.trailing is None and np.isnan(phase.transfer) for phase in phases)
    np.testing.assert_allclose([phase.stance for phase in phases], 0.5)


def test_live_phases_follow_those_of_hindsight_once_steps_were_seen():
    times_s, contact = walking(6.0)
    late = offline_phases(times_s, contact)
    clock = GaitClock()
    live = [clock.update(t, on) for t, on in zip(times_s, contact, strict=True)]
    for now, then, on in list(zip(live, late, contact, strict=True))[300:]:
        np.testing.assert_allclose(now.stance, then.stance, atol=0.06)
        if on.all():
            assert now.trailing == then.trailing
            assert now.transfer == pytest.approx(then.transfer, abs=0.15)


def test_live_standing_has_no_transfer():
    clock = GaitClock()
    for k in range(200):
        phase = clock.update(k * PERIOD_S, np.array([True, True]))
    assert phase.trailing is None
    np.testing.assert_allclose(phase.stance, 0.5)
