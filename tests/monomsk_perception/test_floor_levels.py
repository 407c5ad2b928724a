"""Feet on steps and boxes: which level they stand on, and that the world stays upright."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.monomsk_perception.conftest import standing

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.floor_levels import FloorLevels, FootLevels
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.pose_prior import PosePrior

INTERVAL_S = 1.0 / 30.0
BOTH = np.ones(2)


def kept(levels: FloorLevels, heights_m: tuple[float, float], frames: int) -> FootLevels:
    """What is found after both feet were at these heights for some frames."""
    for _ in range(frames):
        found = levels.update(np.array(heights_m), BOTH, INTERVAL_S)
    return found


def test_a_step_down_is_a_level_of_its_own_once_the_foot_keeps_to_it() -> None:
    levels = FloorLevels()
    kept(levels, (0.02, 0.02), 45)
    first = kept(levels, (-0.28, 0.02), 1)
    assert first.known.tolist() == [False, True]
    assert first.level_m.tolist() == [0.0, 0.0]
    later = kept(levels, (-0.28, 0.02), 5)
    assert later.known.all()
    np.testing.assert_allclose(later.level_m, [-0.3, 0.0], atol=1e-9)
    # The other foot comes to the same one, half a hand's breadth off.
    assert len(set(kept(levels, (-0.28, -0.26), 6).level_m)) == 1


def test_feet_find_the_floor_again() -> None:
    levels = FloorLevels()
    kept(levels, (0.0, 0.0), 45)
    assert kept(levels, (0.2, 0.2), 6).level_m.min() > 0.15
    assert kept(levels, (0.03, 0.03), 6).level_m.tolist() == [0.0, 0.0]


def test_heights_that_are_off_by_the_same_amount_for_long_are_no_level() -> None:
    """A distance told too short puts all soles above the floor, more and more on the way."""
    levels = FloorLevels()
    for frame in range(150):
        height_m = 0.15 + 0.05 * frame * INTERVAL_S
        found = levels.update(np.full(2, height_m), BOTH, INTERVAL_S)
        assert found.known.all()
        assert not found.level_m.any()


def test_levels_outlast_a_pause() -> None:
    levels = FloorLevels()
    kept(levels, (0.0, 0.0), 45)
    kept(levels, (-0.3, -0.3), 6)
    levels.pause()
    still = kept(levels, (-0.3, -0.3), 1)
    assert still.known.all()
    np.testing.assert_allclose(still.level_m, -0.3, atol=1e-9)
    levels.pause()
    assert kept(levels, (0.0, 0.0), 6).level_m.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("contact", [0.0, 1.0])
def test_a_foot_in_flight_finds_nothing(contact: float) -> None:
    levels = FloorLevels()
    kept(levels, (0.0, 0.0), 45)
    for frame in range(20):
        heights = np.array([0.0, -0.05 * frame])
        found = levels.update(heights, np.array([1.0, contact]), INTERVAL_S)
        assert not found.level_m.any()
    assert found.known.tolist() == [True, False]


def test_stepping_off_a_box_leaves_the_world_upright(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    """A tilted floor would explain it as well, to a camera that does not know its own tilt."""
    camera = CameraPose.level(1.2, CameraPoseSource.PARAMETER)
    film, lifter = make_film(camera), GeometricLifter(skeleton, intrinsics)
    heights = []
    for frame in range(120):
        q = standing(skeleton)
        share = np.clip((frame - 45) / 8.0, 0.0, 1.0)
        q[:3] += [-0.4 * share, 0.0, 0.3 * (1.0 - share**2)]
        belief = true_belief(q, camera, contact=float(share in (0.0, 1.0)))
        heights.append(lifter.lift(film(q, round(frame * INTERVAL_S * 1e9)), belief).q[2])
    assert abs(np.degrees(lifter.camera.pitch_rad)) < 3.0
    assert abs(np.degrees(lifter.camera.roll_rad)) < 3.0
    assert heights[119] - heights[40] == pytest.approx(-0.3, abs=0.06)


def true_belief(q: np.ndarray, camera: CameraPose, contact: float) -> PosePrior:
    """A network that is right."""
    pose = camera.pose_world_camera
    return PosePrior(
        mean=q[7:],
        sigma=np.full(31, 0.08),
        rotation_camera_pelvis=pose.rotation.T @ Rotation.from_quat(q[3:7]).as_matrix(),
        rotation_sigma_rad=0.1,
        position_camera_m=pose.rotation.T @ (q[:3] - pose.translation),
        contact=np.full(4, 0.05 + 0.9 * contact),
    )
