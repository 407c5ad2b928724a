import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_perception.gravity import GravityEstimator, level_rotation

STEP_NS = 5_000_000
UNKNOWN = np.full(3, np.nan)


def tilted_up(pitch_rad: float, roll_rad: float) -> np.ndarray:
    """Up in the optical frame (x right, y down) of a camera that looks down and is rolled."""
    look_down = pin.rpy.rpyToMatrix(pitch_rad, 0.0, 0.0)
    return pin.rpy.rpyToMatrix(0.0, 0.0, roll_rad).T @ look_down @ np.array([0.0, -1.0, 0.0])


def test_rest_is_averaged() -> None:
    rng = np.random.default_rng(0)
    up, gravity = tilted_up(0.3, 0.1), GravityEstimator()
    for k in range(600):
        noisy = GRAVITY_M_S2 * up + rng.normal(0.0, 0.2, 3)
        gravity.update(k * STEP_NS, "imu", noisy, UNKNOWN)
    found = gravity.up(600 * STEP_NS)
    assert found is not None
    assert np.degrees(np.arccos(np.clip(found @ up, -1, 1))) < 0.5


def test_the_gyroscope_turns_along_while_the_camera_is_shaken() -> None:
    gravity, up = GravityEstimator(), np.array([0.0, -1.0, 0.0])
    for k in range(100):
        gravity.update(k * STEP_NS, "imu", GRAVITY_M_S2 * up, np.zeros(3))
    rate = np.array([0.5, 0.0, 0.0])
    for k in range(100, 200):  # half a second at 0.5 rad/s, the accelerometer useless
        up = pin.exp3(-rate * STEP_NS * 1e-9) @ up
        gravity.update(k * STEP_NS, "imu", np.array([30.0, 5.0, 1.0]), rate)
    found = gravity.up(199 * STEP_NS)
    np.testing.assert_allclose(found, up, atol=1e-3)
    assert np.degrees(np.arccos(-up[1])) == pytest.approx(np.degrees(0.25), abs=0.2)


def test_an_image_gets_the_direction_of_its_own_moment() -> None:
    gravity, rate = GravityEstimator(), np.array([1.0, 0.0, 0.0])
    ups = [pin.exp3(-rate * k * STEP_NS * 1e-9) @ np.array([0.0, -1.0, 0.0]) for k in range(600)]
    for k, up in enumerate(ups):
        gravity.update(k * STEP_NS, "imu", GRAVITY_M_S2 * up, rate)
    between = gravity.up(540 * STEP_NS + STEP_NS // 2)
    np.testing.assert_allclose(between, 0.5 * (ups[540] + ups[541]), atol=1e-4)
    np.testing.assert_allclose(gravity.up(599 * STEP_NS), ups[599], atol=1e-4)
    np.testing.assert_allclose(gravity.up(620 * STEP_NS), ups[599], atol=1e-4)
    # older than what is kept by more than the allowed age
    assert gravity.up(200 * STEP_NS) is None


def test_nothing_is_said_without_a_trusted_recent_reading() -> None:
    gravity = GravityEstimator(max_age_s=0.5)
    assert gravity.up(0) is None
    gravity.update(0, "imu", np.zeros(3), UNKNOWN)  # free fall
    assert gravity.up(0) is None
    gravity.update(STEP_NS, "imu", np.array([0.0, -GRAVITY_M_S2, 0.0]), UNKNOWN)
    assert gravity.up(STEP_NS) is not None
    assert gravity.up(STEP_NS + 600_000_000) is None
    gravity.update(2 * STEP_NS, "imu", UNKNOWN, UNKNOWN)
    assert np.isfinite(gravity.up(2 * STEP_NS)).all()
    gravity.update(3 * STEP_NS, "another", np.full(3, 100.0), UNKNOWN)
    assert gravity.up(3 * STEP_NS) is None


@pytest.mark.parametrize(("pitch_rad", "roll_rad"), [(0.0, 0.0), (0.4, 0.0), (-0.2, 0.3)])
def test_a_level_world_faces_where_the_camera_looks(pitch_rad: float, roll_rad: float) -> None:
    up = tilted_up(pitch_rad, roll_rad)
    rotation = level_rotation(up)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(rotation @ up, [0, 0, 1], atol=1e-12)
    ahead = rotation @ np.array([0.0, 0.0, 1.0])
    assert ahead[0] > 0.0 and ahead[1] == pytest.approx(0.0, abs=1e-12)
    assert ahead[2] == pytest.approx(-np.sin(pitch_rad), abs=1e-9)


def test_a_camera_that_looks_straight_down_has_no_direction() -> None:
    with pytest.raises(ValueError, match="straight"):
        level_rotation(np.array([0.0, 0.0, -1.0]))
