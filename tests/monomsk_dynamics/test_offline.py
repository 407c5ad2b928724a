"""The offline path: gaps, unknown and known noise, bad recordings."""

import numpy as np
import pytest

from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.offline_terms import moving_mean
from monomsk_dynamics.options import ConsistencyOptions, DynamicsOptions

RATE_HZ = 60.0


@pytest.fixture(scope="module")
def sway(skeleton):
    """Stamps and configurations of a person who sways about the ankles."""
    times_s = np.arange(0.0, 2.0, 1 / RATE_HZ)
    q = np.tile(skeleton.neutral(), (len(times_s), 1))
    angle = 0.02 * np.sin(2 * np.pi * 0.5 * times_s)
    ankle = skeleton.sole_poses(skeleton.neutral())[0].translation + [0.0, 0.0, 0.09]
    arm = q[0, :3] - [ankle[0], 0.0, ankle[2]]
    for k, a in enumerate(angle):
        q[k, 3:7] = [0.0, np.sin(a / 2), 0.0, np.cos(a / 2)]
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        q[k, :3] = [ankle[0], 0.0, ankle[2]] + turn @ arm
        for side in "rl":
            q[k, 7 + skeleton.coordinate_index(f"ankle_angle_{side}")] = a
    return np.round(times_s * 1e9).astype(np.int64), q


def test_one_result_a_frame_with_its_stamp(skeleton, sway):
    stamps_ns, q = sway
    results = analyze_motion(skeleton, stamps_ns, q)
    assert [result.stamp_ns for result in results] == stamps_ns.tolist()


def test_swaying_forward_moves_the_centre_of_pressure_forward(skeleton, sway):
    stamps_ns, q = sway
    results = analyze_motion(skeleton, stamps_ns, q)
    pressure = np.array([[s.center_of_pressure[0] for s in r.soles] for r in results]).mean(axis=1)
    center = np.array([skeleton.center_of_mass(r.q)[0] for r in results])
    assert np.corrcoef(pressure, center)[0, 1] > 0.98
    # An inverted pendulum: the pressure leads the mass by z/g times its acceleration.
    acceleration = np.gradient(np.gradient(center, 1 / RATE_HZ), 1 / RATE_HZ)
    height = skeleton.center_of_mass(q[0])[2]
    expected = center - acceleration * height / 9.81
    np.testing.assert_allclose(pressure[10:-10], expected[10:-10], atol=0.015)


def test_the_centre_of_pressure_lies_on_the_floor_that_the_soles_rest_on(skeleton, sway):
    stamps_ns, q = sway
    raised = q + np.array([0.0, 0.0, 0.04, *np.zeros(35)])
    level, above = (analyze_motion(skeleton, stamps_ns, rows) for rows in (q, raised))
    for low, high in zip(level, above, strict=True):
        for one, other in zip(low.soles, high.soles, strict=True):
            lifted = one.center_of_pressure + [0.0, 0.0, 0.04]
            np.testing.assert_allclose(other.center_of_pressure, lifted, atol=1e-5)
            np.testing.assert_allclose(other.force, one.force, atol=1e-2)


def test_a_long_gap_leaves_two_runs(skeleton, sway):
    stamps_ns, q = sway
    kept = np.ones(len(q), dtype=bool)
    kept[40:70] = False
    results = analyze_motion(skeleton, stamps_ns[kept], q[kept])
    assert [result.stamp_ns for result in results] == stamps_ns[kept].tolist()


@pytest.mark.parametrize("missing", [12, 14])
def test_a_short_gap_is_bridged(skeleton, sway, caplog, missing):
    stamps_ns, q = (values[:70] for values in sway)
    kept = np.ones(len(q), dtype=bool)
    kept[30 : 30 + missing] = False
    results = analyze_motion(skeleton, stamps_ns[kept], q[kept])
    assert max(np.abs(result.root_residual).max() for result in results) < 0.5
    assert not caplog.records


def test_simulations_keep_to_their_horizon(skeleton, sway):
    stamps_ns, q = (values[:20] for values in sway)
    short, one = (
        analyze_motion(skeleton, stamps_ns, q, DynamicsOptions(consistency=check))
        for check in (ConsistencyOptions(horizon_s=0.02), ConsistencyOptions(frames=1))
    )
    assert [r.consistency_error for r in short[1:]] == [r.consistency_error for r in one[1:]]


def test_known_noise_is_answered_by_wider_deviations(skeleton, sway):
    stamps_ns, q = sway
    sigma = np.full(37, 0.01)
    clean = analyze_motion(skeleton, stamps_ns, q)
    noisy = analyze_motion(skeleton, stamps_ns, q, sigma_q=sigma)
    assert (noisy[60].tau_sigma[6:] > clean[60].tau_sigma[6:]).all()


def test_root_residual_is_small_and_forward_simulation_agrees(skeleton, sway):
    stamps_ns, q = sway
    results = analyze_motion(skeleton, stamps_ns, q)
    residuals = np.array([result.root_residual for result in results])
    assert np.abs(residuals).max() < 1.0
    errors = [r.consistency_error for r in results]
    assert np.isnan(errors[0])
    assert np.degrees(np.nanmax(errors)) < 0.1


def test_bad_recordings_are_refused(skeleton, sway):
    stamps_ns, q = sway
    with pytest.raises(ShapeError):
        analyze_motion(skeleton, stamps_ns[:-1], q)
    with pytest.raises(ShapeError, match="sigma_q"):
        analyze_motion(skeleton, stamps_ns, q, sigma_q=np.ones(5))
    for wrong in (0.0, -0.01, np.inf):
        sigma = np.full(37, 0.01)
        sigma[20] = wrong
        with pytest.raises(ShapeError, match="must be positive"):
            analyze_motion(skeleton, stamps_ns, q, sigma_q=sigma)
    broken = q.copy()
    broken[3, 20] = np.inf
    with pytest.raises(ShapeError):
        analyze_motion(skeleton, stamps_ns, broken)
    turnless = q.copy()
    turnless[7, 3:7] = 0.0
    with pytest.raises(ShapeError, match="frame 7: the quaternion has length 0"):
        analyze_motion(skeleton, stamps_ns, turnless)


def test_moving_mean_keeps_the_slow_and_drops_the_fast() -> None:
    times = np.arange(400) / 100.0
    slow, fast = 0.1 * times, np.sin(2 * np.pi * 3.0 * times)
    mean = moving_mean(times, np.stack([slow, fast], axis=1), 0.4)
    middle = slice(150, 250)
    np.testing.assert_allclose(mean[middle, 0], slow[middle], atol=1e-6)
    assert np.abs(mean[middle, 1]).max() < 1e-3


def test_the_mean_force_is_the_momentum_s_however_unsure_the_motion(skeleton):
    """A slow step forward on one leg: expectations made for brisk walking must not win."""
    times_s = np.arange(0.0, 2.0, 1 / RATE_HZ)
    q = np.tile(skeleton.neutral(), (len(times_s), 1))
    knee = skeleton.coordinate_index("knee_angle_l")
    hip = skeleton.coordinate_index("hip_flexion_l")
    q[:, 7 + knee], q[:, 7 + hip] = 1.0, 0.5
    q[:, 0] += 0.25 * times_s
    sigma = np.full(37, 0.05)
    stamps_ns = np.round(times_s * 1e9).astype(np.int64)
    results = analyze_motion(skeleton, stamps_ns, q, sigma_q=sigma)
    vertical = np.array([sum(sole.force[2] for sole in r.soles) for r in results])
    assert vertical.mean() == pytest.approx(skeleton.mass_kg * 9.81, rel=0.01)
