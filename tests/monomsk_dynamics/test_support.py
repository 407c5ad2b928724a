"""Other supports than the soles: a seat is found and weighed, and nobody else is given one."""

from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.smoothing import smooth_motion
from monomsk_dynamics.support import SupportModel, SupportTracker
from monomsk_dynamics.support_options import SupportOptions
from monomsk_dynamics.wrench_maps import move_wrench, root_to_world, world_to_root

RATE_HZ = 60.0
SEATED_S, RISE_S, STANDING_S = 1.5, 1.2, 1.0


def smooth_step(times_s, start_s, length_s):
    """0 to 1, with continuous acceleration."""
    x = np.clip((times_s - start_s) / length_s, 0.0, 1.0)
    return x**3 * (10.0 - 15.0 * x + 6.0 * x * x)


def planted(skeleton, thigh, shank, trunk):
    """A configuration with soles as in standing: tilts of thigh, shank and trunk [rad]."""
    neutral = skeleton.neutral()
    q = neutral.copy()
    names = {"hip_flexion": thigh + trunk, "knee_angle": thigh + shank, "ankle_angle": shank}
    for name, value in names.items():
        for side in "rl":
            q[7 + skeleton.coordinate_index(f"{name}_{side}")] = value
    q[3:7] = [0.0, np.sin(trunk / 2), 0.0, np.cos(trunk / 2)]
    wanted = skeleton.points(neutral, skeleton.soles)
    for _ in range(6):
        jacobian = skeleton.point_jacobians(q, skeleton.soles).reshape(-1, 37)
        jacobian[:, 3:6] = 0.0  # the trunk keeps its tilt
        missing = (wanted - skeleton.points(q, skeleton.soles)).ravel()
        normal = jacobian.T @ jacobian + 1e-4 * np.eye(37)
        q = skeleton.integrate(q, np.linalg.solve(normal, jacobian.T @ missing))
    return q


@pytest.fixture(scope="module")
def rising(skeleton):
    """A person who sits, rises and stands, and the force of the seat that it takes.

    The soles' pressure rests a little before their middle and the seat presses a little before
    the hips: with these two places the force that the motion asks for has one way to be shared.
    """
    times_s = np.arange(0.0, SEATED_S + RISE_S + STANDING_S, 1 / RATE_HZ)
    up = smooth_step(times_s, SEATED_S, RISE_S)
    bent = smooth_step(times_s, SEATED_S - 0.8, 1.2)
    lean = 0.85 * bent * (1.0 - smooth_step(times_s, SEATED_S + 0.4, RISE_S))
    thigh, shank = 1.45 * (1.0 - up), 0.28 * (1.0 - up)
    q = np.array([planted(skeleton, *row) for row in zip(thigh, shank, lean, strict=True)])
    stamps_ns = np.round(1e9 * times_s).astype(np.int64)
    (motion,) = smooth_motion(stamps_ns, q, 20.0, 1.0)
    weight_n = skeleton.mass_kg * 9.81
    seat_n = []
    for state in zip(motion.q, motion.v, motion.a, strict=True):
        terms = evaluate_frame(skeleton, *state[:2])
        needed = root_to_world(terms, np.zeros(3)) @ skeleton.inverse_dynamics(*state)[:6]
        balance = -needed[4] / needed[2]
        soles, seat = terms.points[:, 0].mean() + 0.015, terms.hip_center[0] + 0.02
        share = np.clip((balance - soles) / (seat - soles), 0.0, 1.0)
        sits = terms.hip_center[2] < hips_m(skeleton, q[0]) + 0.1
        seat_n.append(share * needed[2] if sits else 0.0)
    return SimpleNamespace(
        times_s=times_s, stamps_ns=stamps_ns, q=q, seat_n=np.array(seat_n), weight_n=weight_n
    )


def hips_m(skeleton, q):
    """Height of the hips [m]."""
    return evaluate_frame(skeleton, q, np.zeros(37)).hip_center[2]


def test_the_motion_is_one_of_a_seated_person_with_still_soles(skeleton, rising):
    soles = np.array([skeleton.points(q, skeleton.soles) for q in rising.q])
    assert np.abs(soles - soles[0]).max() < 0.01
    assert rising.seat_n[0] > 0.6 * rising.weight_n
    assert rising.seat_n[-1] == 0.0


def test_the_seat_is_reported_as_unexplained_load(skeleton, rising):
    results = analyze_motion(skeleton, rising.stamps_ns, rising.q)
    load = np.array([result.unexplained_load for result in results])
    error = (load[:, 2] - rising.seat_n) / rising.weight_n
    assert np.sqrt(np.mean(error**2)) < 0.08
    assert np.abs(error).mean() < 0.05
    # Left within a tenth of a second of when it was, and never found again.
    left_s = rising.times_s[np.flatnonzero(rising.seat_n > 0.05 * rising.weight_n)[-1]]
    found_s = rising.times_s[np.flatnonzero(load.any(axis=1))[-1]]
    assert found_s == pytest.approx(left_s, abs=0.1)
    feet = np.array([sum(sole.force[2] for sole in result.soles) for result in results])
    seated = rising.times_s < 0.5
    assert feet[seated].max() < 0.5 * rising.weight_n
    residual = np.array([result.root_residual for result in results])
    assert np.abs(residual[:, :3]).max() < 0.02 * rising.weight_n


def test_the_equations_of_motion_hold_with_the_load(skeleton, rising):
    result = analyze_motion(skeleton, rising.stamps_ns[:60], rising.q[:60])[30]
    assert result.unexplained_load[2] > 0.5 * rising.weight_n
    terms = evaluate_frame(skeleton, result.q, result.v)
    at_pelvis = result.root_residual + result.unexplained_load
    to_root = np.linalg.inv(root_to_world(terms, terms.pelvis_position))
    right = result.tau.copy()
    right[:6] += to_root @ at_pelvis
    left = skeleton.inverse_dynamics(result.q, result.v, result.a)
    for sole in result.soles:
        wrench = np.concatenate([sole.force, sole.moment_about(terms.pelvis_position)])
        right[:6] += to_root @ wrench
    np.testing.assert_allclose(left[:6], right[:6], atol=1e-6)


def test_a_seat_s_load_turns_the_hips_less_than_standing_would(skeleton, rising):
    """Without the seat the legs would carry a squat that nobody can hold."""
    result = analyze_motion(skeleton, rising.stamps_ns[:60], rising.q[:60])[30]
    knee = 6 + skeleton.coordinate_index("knee_angle_r")
    assert abs(result.tau[knee]) < 0.8 * skeleton.mass_kg


def test_a_squat_needs_no_seat(skeleton):
    times_s = np.arange(0.0, 3.0, 1 / RATE_HZ)
    down = smooth_step(times_s, 0.3, 0.8) - smooth_step(times_s, 1.8, 0.8)
    q = np.array([planted(skeleton, 1.2 * d, 0.55 * d, 0.75 * d) for d in down])
    results = analyze_motion(skeleton, np.round(1e9 * times_s).astype(np.int64), q)
    assert not any(result.unexplained_load.any() for result in results)
    feet = np.array([sum(sole.force[2] for sole in result.soles) for result in results])
    assert feet.mean() == pytest.approx(skeleton.mass_kg * 9.81, rel=0.02)


def test_a_person_on_a_second_floor_is_carried_by_something_else(skeleton):
    q = np.tile(skeleton.neutral(), (60, 1))
    q[:, 2] += 0.5
    results = analyze_motion(skeleton, np.arange(60) * 16_666_667, q)
    weight_n = skeleton.mass_kg * 9.81
    for result in results[5:-5]:
        assert result.unexplained_load[2] == pytest.approx(weight_n, rel=0.02)
        assert not any(sole.in_contact for sole in result.soles)


def test_standing_and_free_fall_need_none(skeleton):
    weight_n = skeleton.mass_kg * 9.81
    standing = np.tile(skeleton.neutral(), (60, 1))
    stamps_ns = np.arange(60) * 16_666_667
    for result in analyze_motion(skeleton, stamps_ns, standing):
        assert not result.unexplained_load.any()
        assert sum(s.force[2] for s in result.soles) == pytest.approx(weight_n, rel=0.005)
    falling = standing.copy()
    falling[:, 2] += 5.0 - 0.5 * 9.81 * (1e-9 * stamps_ns) ** 2
    for result in analyze_motion(skeleton, stamps_ns, falling):
        assert not result.unexplained_load.any()
        assert all(not sole.force.any() for sole in result.soles)


def test_live_tracking_finds_the_seat_after_its_onset_and_leaves_it(skeleton, feet, rising):
    model = SupportModel(feet, skeleton.mass_kg)
    tracker = SupportTracker(model)
    (motion,) = smooth_motion(rising.stamps_ns, rising.q, 6.0, 1.0)
    active = []
    for time_s, q, v, a in zip(rising.times_s, motion.q, motion.v, motion.a, strict=True):
        terms = evaluate_frame(skeleton, q, v)
        evidence = model.evidence(terms, a, np.array([True, True]))
        active.append(tracker.update(time_s, evidence))
    active = np.array(active)
    assert not active[rising.times_s < 0.25].any()
    assert active[(rising.times_s > 0.4) & (rising.times_s < 1.2)].all()
    assert not active[rising.times_s > SEATED_S + RISE_S].any()
    tracker.reset()
    assert not tracker.active


def test_wrenches_move_and_return(skeleton, random_state):
    terms = evaluate_frame(skeleton, *random_state(3))
    wrench = np.random.default_rng(1).normal(size=6)
    back = root_to_world(terms, np.zeros(3)) @ world_to_root(terms, wrench)
    np.testing.assert_allclose(back, wrench, atol=1e-12)
    point = np.array([0.3, -0.2, 1.1])
    force = np.concatenate([wrench[:3], np.zeros(3)])
    moved = move_wrench(np.zeros(3), point) @ force
    np.testing.assert_allclose(moved[3:], np.cross(point, wrench[:3]), atol=1e-12)


def test_a_badly_known_motion_shows_a_seat_only_below_low_hips(skeleton, feet):
    """Errors of a camera make people seem to lean for seconds; they do not make them sit."""
    clean = SupportModel(feet, skeleton.mass_kg)
    noisy = SupportModel(feet, skeleton.mass_kg, clean.options.for_noise(0.05, 0.9, 0.9))
    leaning = skeleton.integrate(skeleton.neutral(), np.eye(37)[4] * -0.5)
    seated = planted(skeleton, 1.45, 0.28, 0.0)
    both = np.array([True, True])
    for q, sits in ((leaning, False), (seated, True)):
        terms = evaluate_frame(skeleton, q, np.zeros(37))
        floor_m = float(terms.points[:, 2].min())
        evidence = clean.evidence(terms, np.zeros(37), both, floor_m)
        assert clean.asks(evidence)
        assert noisy.asks(evidence) is sits


def test_hips_seen_below_the_floor_narrow_no_margin() -> None:
    options = SupportOptions()
    assert options.for_noise(0.05, -2.0, 0.9).margin_m == options.margin_m
