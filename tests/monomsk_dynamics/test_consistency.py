"""The forward simulation returns to the motion that its forces came from."""

import numpy as np
import pytest

from monomsk_dynamics.consistency import (
    DIVERGED_RAD,
    RollingConsistency,
    SolvedFrame,
    consistency_error,
    roll_out,
)
from monomsk_dynamics.options import ConsistencyOptions


@pytest.fixture(scope="module")
def motion(skeleton, smooth_curve, derivatives):
    """Frames of a smooth motion, with the generalised forces that cause it."""

    def frames(rate_hz: float, duration_s: float, disturb: float = 0.0):
        solved = []
        for t in np.arange(0.3, 0.3 + duration_s + 1e-9, 1 / rate_hz):
            q = smooth_curve(t)
            v, a = derivatives(t)
            tau = skeleton.inverse_dynamics(q, v, a)
            tau[6 + 16] += disturb
            solved.append(SolvedFrame(t, q, v, tau))
        return solved

    return frames


def test_exact_forces_lead_back_within_a_tenth_of_a_degree(skeleton, motion):
    assert consistency_error(skeleton, motion(60.0, 0.1)) < np.radians(0.1)


def test_shorter_steps_lead_closer(skeleton, motion):
    coarse, fine = (consistency_error(skeleton, motion(rate, 0.1)) for rate in (50.0, 100.0))
    assert fine < 0.5 * coarse


def test_a_wrong_torque_shows(skeleton, motion):
    right, wrong = (consistency_error(skeleton, motion(60.0, 0.1, d)) for d in (0.0, 20.0))
    assert wrong > 10 * right


def test_free_fall_follows_the_parabola(skeleton):
    q, v = skeleton.neutral(), np.zeros(37)
    frames = [SolvedFrame(t, q, v, np.zeros(37)) for t in (0.0, 0.05, 0.1)]
    reached, speed = roll_out(skeleton, frames)
    center = skeleton.center_of_mass(reached) - skeleton.center_of_mass(q)
    np.testing.assert_allclose(center, [0.0, 0.0, -0.5 * 9.81 * 0.01], atol=1e-6)


def test_one_frame_proves_nothing(skeleton, motion):
    assert np.isnan(consistency_error(skeleton, motion(60.0, 0.0)))


def test_live_check_equals_the_check_in_hindsight(skeleton, motion):
    frames = motion(60.0, 0.2)
    rolling = RollingConsistency(skeleton, ConsistencyOptions(4, armature_kg_m2=1e-12))
    errors = [rolling.update(frame) for frame in frames]
    assert np.isnan(errors[:4]).all()
    assert errors[4] == pytest.approx(consistency_error(skeleton, frames[:5]), rel=1e-9)
    assert errors[8] == pytest.approx(consistency_error(skeleton, frames[4:9]), rel=1e-9)
    rolling.reset()
    assert np.isnan(rolling.update(frames[0]))


def test_a_diverging_simulation_is_told_by_the_largest_error(skeleton, motion):
    with np.errstate(all="raise"):
        assert consistency_error(skeleton, motion(30.0, 0.3, disturb=1e5)) == DIVERGED_RAD
        rolling = RollingConsistency(skeleton, ConsistencyOptions(4, 1.0, 1e-12))
        errors = [rolling.update(frame) for frame in motion(30.0, 0.4, disturb=1e5)]
    assert DIVERGED_RAD in errors
