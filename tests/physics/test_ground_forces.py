"""Bodies whose ground forces are known: standing, leaning, squatting, jumping, falling."""

import numpy as np
import pytest

from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.offline import analyze_motion

RATE_HZ = 60.0
G_M_S2 = 9.81
MASS_KG = 70.0
WEIGHT_N = MASS_KG * G_M_S2


@pytest.fixture(scope="module")
def skeleton():
    return build_skeleton(Subject(1.75, MASS_KG))


def stamps(count: int) -> np.ndarray:
    return np.round(np.arange(count) / RATE_HZ * 1e9).astype(np.int64)


def offline(skeleton, q: np.ndarray):
    return analyze_motion(skeleton, stamps(len(q)), q)


def live(skeleton, q: np.ndarray):
    dynamics = LiveDynamics(skeleton)
    return [
        dynamics.update(BodyState(int(stamp_ns), row, np.zeros(37)))
        for stamp_ns, row in zip(stamps(len(q)), q, strict=True)
    ]


def vertical(results) -> np.ndarray:
    """Vertical force (n, 2) under both soles [N]."""
    return np.array([[sole.force[2] for sole in result.soles] for result in results])


def bent(skeleton, knee_rad: float, hip_rad: float | None = None) -> np.ndarray:
    """Feet flat where they are in the neutral pose, knees and hips bent."""
    neutral = skeleton.neutral()
    q = neutral.copy()
    ankle_rad = knee_rad - (hip_rad if hip_rad is not None else 0.5 * knee_rad)
    hip = knee_rad - ankle_rad
    for side in "rl":
        q[7 + skeleton.coordinate_index(f"knee_angle_{side}")] = knee_rad
        q[7 + skeleton.coordinate_index(f"hip_flexion_{side}")] = hip
        q[7 + skeleton.coordinate_index(f"ankle_angle_{side}")] = ankle_rad
    heel = skeleton.points(neutral, skeleton.soles)[0]
    q[:3] += heel - skeleton.points(q, skeleton.soles)[0]
    return q


@pytest.mark.parametrize("path", [offline, live])
def test_standing_each_sole_carries_its_half(skeleton, path):
    results = path(skeleton, np.tile(skeleton.neutral(), (120, 1)))
    forces = vertical(results)[60:]
    np.testing.assert_allclose(forces.sum(axis=1), WEIGHT_N, rtol=0.005)
    np.testing.assert_allclose(forces[:, 0], forces[:, 1], rtol=0.01)
    for result in results[60:]:
        assert np.abs(result.root_residual).max() < 1.0
        horizontal = sum(sole.force[:2] for sole in result.soles)
        assert np.abs(horizontal).max() < 0.02 * WEIGHT_N


def test_pressure_under_both_soles_together_lies_below_the_mass(skeleton):
    for lean_rad in (-0.02, 0.0, 0.04):
        q = skeleton.neutral()
        heel = skeleton.points(q, skeleton.soles)[0]
        for side in "rl":
            q[7 + skeleton.coordinate_index(f"ankle_angle_{side}")] = lean_rad
        q[3:7] = [0.0, np.sin(lean_rad / 2), 0.0, np.cos(lean_rad / 2)]
        q[:3] += heel - skeleton.points(q, skeleton.soles)[0]
        result = offline(skeleton, np.tile(q, (60, 1)))[30]
        forces = np.array([sole.force[2] for sole in result.soles])
        places = np.array([sole.center_of_pressure for sole in result.soles])
        together = forces @ places / forces.sum()
        np.testing.assert_allclose(together[:2], skeleton.center_of_mass(q)[:2], atol=0.01)


def test_leaning_to_one_side_loads_that_foot(skeleton):
    q = np.tile(skeleton.neutral(), (90, 1))
    apart = [skeleton.points(q[0], skeleton.soles)[k, 1] for k in (0, 8)]
    lean_rad = 0.04
    for side, sign in (("r", 1.0), ("l", -1.0)):
        q[:, 7 + skeleton.coordinate_index(f"hip_adduction_{side}")] = sign * lean_rad
        q[:, 7 + skeleton.coordinate_index(f"subtalar_angle_{side}")] = 0.0
    heel = skeleton.points(skeleton.neutral(), skeleton.soles)[[0, 8]].mean(axis=0)
    q[:, :3] += heel - skeleton.points(q[0], skeleton.soles)[[0, 8]].mean(axis=0)
    forces = vertical(offline(skeleton, q))[45]
    center = skeleton.center_of_mass(q[0])[1]
    toward_right = np.interp(center, sorted(apart), [1.0, 0.0])
    assert abs(toward_right - 0.5) > 0.05
    assert forces[0] / forces.sum() == pytest.approx(toward_right, abs=0.08)


@pytest.mark.parametrize("path", [offline, live])
def test_on_one_leg_that_leg_carries_all(skeleton, path):
    q = skeleton.neutral()
    q[7 + skeleton.coordinate_index("hip_flexion_r")] = 0.8
    q[7 + skeleton.coordinate_index("knee_angle_r")] = 1.6
    for roll_rad in np.linspace(0.0, 0.3, 301):  # over the left foot, sole flat
        q[3:7] = [-np.sin(roll_rad / 2), 0.0, 0.0, np.cos(roll_rad / 2)]
        q[7 + skeleton.coordinate_index("hip_adduction_l")] = roll_rad
        left = skeleton.points(q, skeleton.soles)[8:].mean(axis=0)
        if skeleton.center_of_mass(q)[1] > left[1]:
            break
    q[2] -= skeleton.points(q, skeleton.soles)[8:, 2].min()
    result = path(skeleton, np.tile(q, (120, 1)))[100]
    right, left = result.soles
    assert not right.in_contact
    assert left.force[2] == pytest.approx(WEIGHT_N, rel=0.005)
    assert left.center_of_pressure[1] == pytest.approx(skeleton.center_of_mass(q)[1], abs=0.01)


def test_squat_impulse_is_weight_and_change_of_momentum(skeleton):
    count = 180
    phase = np.linspace(0.0, 1.0, count)
    depth = 1.2 * 0.5 * (1 - np.cos(2 * np.pi * phase))
    q = np.array([bent(skeleton, knee_rad) for knee_rad in depth])
    results = offline(skeleton, q)
    total = vertical(results).sum(axis=1)
    speed = center_speed(skeleton, results)
    first, last = 20, 130  # from one moving instant to another
    impulse = np.trapezoid(total[first : last + 1], dx=1 / RATE_HZ)
    expected = WEIGHT_N * (last - first) / RATE_HZ + MASS_KG * (speed[last] - speed[first])
    assert abs(speed[last] - speed[first]) > 0.02
    assert impulse == pytest.approx(expected, rel=0.005)
    assert total.max() > 1.02 * WEIGHT_N > 0.98 * WEIGHT_N > total.min()


def center_speed(skeleton, results) -> np.ndarray:
    """Vertical speed (n,) of the centre of mass [m/s], by momentum of the model."""
    speeds = []
    for result in results:
        momentum = skeleton.mass_matrix(result.q)[:3] @ result.v
        x, y, z, w = result.q[3:7]
        down_the_pelvis = np.array(
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]
        )
        speeds.append(down_the_pelvis @ momentum / MASS_KG)
    return np.array(speeds)


@pytest.mark.parametrize("path", [offline, live])
def test_free_fall_has_no_force_and_no_residual(skeleton, path):
    times_s = np.arange(40) / RATE_HZ
    q = np.tile(skeleton.neutral(), (40, 1))
    q[:, 2] += 3.0 + 0.2 * times_s - 0.5 * G_M_S2 * times_s**2
    for result in path(skeleton, q)[20:]:
        np.testing.assert_array_equal(vertical([result]), 0.0)
        assert not any(sole.in_contact for sole in result.soles)
        assert np.abs(result.root_residual[:3]).max() < 0.02 * WEIGHT_N
        assert np.abs(result.tau[6:]).max() < 1.0


def test_a_jump_flies_without_force(skeleton):
    """Stands, flies for 0.4 s, stands: the soles bear nothing in the middle of the flight."""
    flight_s, count = 0.4, 120
    times_s = np.arange(count) / RATE_HZ
    airborne = np.clip((times_s - 0.8) / flight_s, 0.0, 1.0)
    q = np.tile(skeleton.neutral(), (count, 1))
    q[:, 2] += 0.5 * G_M_S2 * flight_s**2 * airborne * (1 - airborne)
    results = offline(skeleton, q)
    forces = vertical(results).sum(axis=1) / WEIGHT_N
    middle = np.flatnonzero(np.abs(airborne - 0.5) < 0.2)
    assert forces[middle].max() < 0.02
    np.testing.assert_allclose(forces[:30], 1.0, atol=0.02)
    impulse = np.trapezoid(forces, dx=1 / RATE_HZ)
    assert impulse == pytest.approx(times_s[-1], rel=0.02)


def test_equations_of_motion_hold_for_what_is_published(skeleton):
    """From q, v, a, the sole wrenches and the residual alone; toes apart, whose share is inside."""
    phase = np.linspace(0.0, 1.0, 90)
    q = np.array([bent(skeleton, 0.4 * (1 - np.cos(2 * np.pi * p))) for p in phase])
    toes = [6 + skeleton.coordinate_index(f"mtp_angle_{side}") for side in "rl"]
    for result in offline(skeleton, q)[::10]:
        left = skeleton.inverse_dynamics(result.q, result.v, result.a) - result.tau
        rotation = pelvis_rotation(result.q)
        outside = result.root_residual.copy()
        for sole in result.soles:
            outside[:3] += sole.force
            outside[3:] += sole.moment_about(result.q[:3])
        np.testing.assert_allclose(rotation @ left[:3], outside[:3], atol=1e-6)
        np.testing.assert_allclose(rotation @ left[3:6], outside[3:], atol=1e-6)
        upper = np.arange(6 + 14, 37)  # trunk and arms touch nothing
        np.testing.assert_allclose(left[upper], 0.0, atol=1e-8)
        assert not np.isin(toes, upper).any()


def pelvis_rotation(q: np.ndarray) -> np.ndarray:
    x, y, z, w = q[3:7]
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
