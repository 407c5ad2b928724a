"""The forward simulation returns to the motion that its forces came from."""

import numpy as np

from monomsk_dynamics.consistency import (
    DIVERGED_RAD,
    SolvedFrame,
    consistency_error,
    roll_out,
)


def test_exact_forces_lead_back_within_a_tenth_of_a_degree(skeleton, solved_motion):
    assert consistency_error(skeleton, solved_motion(60.0, 0.1)) < np.radians(0.1)


def test_shorter_steps_lead_closer(skeleton, solved_motion):
    coarse, fine = (consistency_error(skeleton, solved_motion(rate, 0.1)) for rate in (50.0, 100.0))
    assert fine < 0.5 * coarse


def test_a_wrong_torque_shows(skeleton, solved_motion):
    right, wrong = (consistency_error(skeleton, solved_motion(60.0, 0.1, d)) for d in (0.0, 20.0))
    assert wrong > 10 * right


def test_free_fall_follows_the_parabola(skeleton):
    q, v = skeleton.neutral(), np.zeros(37)
    frames = [SolvedFrame(t, q, v, np.zeros(37)) for t in (0.0, 0.05, 0.1)]
    reached, speed = roll_out(skeleton, frames)
    center = skeleton.center_of_mass(reached) - skeleton.center_of_mass(q)
    np.testing.assert_allclose(center, [0.0, 0.0, -0.5 * 9.81 * 0.01], atol=1e-6)


def test_one_frame_proves_nothing(skeleton, solved_motion):
    assert np.isnan(consistency_error(skeleton, solved_motion(60.0, 0.0)))


def test_a_diverging_simulation_is_told_by_the_largest_error(skeleton, solved_motion):
    with np.errstate(all="raise"):
        assert consistency_error(skeleton, solved_motion(30.0, 0.3, disturb=1e5)) == DIVERGED_RAD
