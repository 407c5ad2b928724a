import numpy as np
import pinocchio as pin
import pytest

from monomsk_perception.transform_buffer import TransformBuffer, TransformError

SECOND = 1_000_000_000


def pose(x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> pin.SE3:
    return pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, yaw), np.array([x, y, 0.0]))


@pytest.fixture
def robot() -> TransformBuffer:
    """world -> base moves at 1 m/s; base -> mast -> camera and base -> arm stand still."""
    buffer = TransformBuffer()
    for k in range(11):
        buffer.set("world", "base", k * SECOND // 10, pose(x=0.1 * k, yaw=0.0), False)
    buffer.set("base", "mast", 5, pose(y=1.0), True)
    buffer.set("mast", "camera", 7, pose(yaw=np.pi / 2), True)
    buffer.set("base", "arm", 0, pose(x=2.0), True)
    return buffer


def test_chains_multiply_and_times_are_interpolated(robot: TransformBuffer) -> None:
    found = robot.pose("world", "camera", SECOND // 4, 0.0)
    np.testing.assert_allclose(found.translation, [0.25, 1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(found.rotation @ [1, 0, 0], [0, 1, 0], atol=1e-9)


def test_any_frame_in_any_other_and_back(robot: TransformBuffer) -> None:
    there = robot.pose("arm", "camera", SECOND // 2, 0.0)
    back = robot.pose("/camera", "arm", SECOND // 2, 0.0)
    np.testing.assert_allclose((there * back).homogeneous, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(there.translation, [-2.0, 1.0, 0.0], atol=1e-9)
    same = robot.pose("camera", "camera", 0, 0.0)
    np.testing.assert_allclose(same.homogeneous, np.eye(4), atol=1e-12)


def test_beyond_what_is_known_only_within_the_tolerance(robot: TransformBuffer) -> None:
    late = robot.pose("world", "base", SECOND + SECOND // 20, 0.1)
    np.testing.assert_allclose(late.translation, [1.0, 0.0, 0.0])
    with pytest.raises(TransformError, match="image's time"):
        robot.pose("world", "base", SECOND + SECOND // 5, 0.1)
    with pytest.raises(TransformError, match="image's time"):
        robot.pose("world", "base", -SECOND, 0.1)


def test_frames_without_connection_are_named(robot: TransformBuffer) -> None:
    with pytest.raises(TransformError, match="not connected") as caught:
        robot.pose("world", "moon", 0, 1.0)
    assert (caught.value.target, caught.value.source) == ("world", "moon")


def test_a_circle_of_frames_ends() -> None:
    buffer = TransformBuffer()
    buffer.set("a", "b", 0, pose(), True)
    buffer.set("b", "a", 0, pose(), True)
    with pytest.raises(TransformError):
        buffer.pose("c", "a", 0, 1.0)


def test_old_transforms_go_and_a_jump_back_forgets(robot: TransformBuffer) -> None:
    for k in range(200):
        robot.set("world", "base", (20 + k) * SECOND // 10, pose(x=5.0), False)
    with pytest.raises(TransformError):
        robot.pose("world", "base", SECOND, 0.0)
    robot.set("world", "base", SECOND, pose(x=7.0), False)
    np.testing.assert_allclose(robot.pose("world", "base", SECOND, 0.0).translation, [7, 0, 0])
    with pytest.raises(TransformError):
        robot.pose("world", "base", 21 * SECOND, 0.5)


def test_a_short_recording_that_begins_again_forgets_the_one_before(robot: TransformBuffer) -> None:
    robot.set("world", "base", SECOND // 20, pose(x=9.0), False)
    robot.set("world", "base", 3 * SECOND // 20, pose(x=9.0), False)
    found = robot.pose("world", "base", SECOND // 10, 0.0)
    np.testing.assert_allclose(found.translation, [9.0, 0.0, 0.0])


def test_a_transform_that_was_overtaken_on_its_way_still_counts(robot: TransformBuffer) -> None:
    robot.set("world", "base", 19 * SECOND // 20, pose(x=2.0), False)
    found = robot.pose("world", "base", 19 * SECOND // 20, 0.0)
    np.testing.assert_allclose(found.translation, [2.0, 0.0, 0.0])
    np.testing.assert_allclose(
        robot.pose("world", "base", SECOND, 0.0).translation, [1.0, 0.0, 0.0]
    )
