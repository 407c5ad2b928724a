"""Lens and pose of the camera from whatever tells them."""

import cv2
import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_geometry import CameraGeometry, CameraPoseError, GeometryOptions
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.errors import CameraError

LENS = CameraIntrinsics(640, 480, 500.0, 510.0, 300.0, 250.0, (0.1, -0.02, 0.001, 0.002))
LEVEL = CameraPose.level(1.4, CameraPoseSource.TF, 0.2).pose_world_camera
UP = LEVEL.rotation.T @ np.array([0.0, 0.0, 1.0])
UNKNOWN = np.full(3, np.nan)
NOW = 10_000_000_000


def geometry(**options: object) -> CameraGeometry:
    return CameraGeometry(GeometryOptions(**options))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_turned_images_see_the_same_world(turns: int) -> None:
    """A point goes through the turned lens and pose to where the turned image shows it."""
    camera = geometry(quarter_turns=turns)
    camera.calibrate(LENS)
    point = LEVEL * np.array([0.3, -0.2, 3.0])
    shown = LENS.project((LEVEL.inverse() * point)[None])[0]
    image = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(image, tuple(np.round(shown).astype(int).tolist()), 3, (255, 255, 255), -1)
    upright = camera.upright(image)
    height, width = upright.shape[:2]
    lens = camera.intrinsics(width, height, 0.0)
    assert lens is not None and (lens.width_px, lens.height_px) == (width, height)
    pixel = lens.project((camera.of_upright(LEVEL).inverse() * point)[None])
    seen = np.argwhere(upright[..., 0] > 0).mean(axis=0)[::-1]
    np.testing.assert_allclose(pixel[0], seen, atol=0.6)
    np.testing.assert_allclose(camera.camera_pixels(pixel, width, height)[0], shown, atol=1e-6)
    np.testing.assert_allclose(
        camera.of_camera(camera.of_upright(LEVEL)).homogeneous, LEVEL.homogeneous, atol=1e-12
    )
    direction = np.array([[0.1, 0.2, 0.3]])
    world = LEVEL.rotation @ camera.camera_vectors(direction)[0]
    np.testing.assert_allclose(world, camera.of_upright(LEVEL).rotation @ direction[0], atol=1e-12)


def test_calibration_is_awaited_then_assumed_and_taken_when_it_comes() -> None:
    camera = geometry(info_wait_s=1.0)
    assert camera.intrinsics(640, 480, 0.5) is None
    assumed = camera.intrinsics(640, 480, 1.5)
    assert assumed is not None and assumed.assumed
    assert camera.calibrate(LENS) and not camera.calibrate(LENS)
    assert camera.intrinsics(640, 480, 0.0) == LENS
    half = camera.intrinsics(320, 240, 0.0)
    assert half is not None and half.focal_x_px == pytest.approx(250.0)
    with pytest.raises(CameraError, match="aspect ratio"):
        camera.intrinsics(640, 640, 0.0)
    camera.calibrate(None)
    assert camera.intrinsics(640, 480, 0.0) == LENS  # what was good stays


def test_an_uncalibrated_camera_is_not_waited_for() -> None:
    camera = geometry(info_wait_s=100.0, focal_px=600.0)
    camera.calibrate(None)
    lens = camera.intrinsics(640, 480, 0.0)
    assert lens is not None and lens.focal_x_px == 600.0 and not lens.assumed


def test_auto_takes_the_best_source_and_never_a_worse_one_again() -> None:
    camera = geometry()
    assert camera.pose(NOW, "camera") is None
    camera.gravity.update(NOW, "camera", GRAVITY_M_S2 * UP, UNKNOWN)
    by_imu = camera.pose(NOW, "camera")
    assert by_imu is not None and by_imu.source is CameraPoseSource.IMU
    assert by_imu.pose_world_camera.rotation == pytest.approx(LEVEL.rotation, abs=1e-9)
    camera.transforms.set("world", "camera", NOW, LEVEL, False)
    by_tf = camera.pose(NOW, "camera")
    assert by_tf is not None and by_tf.source is CameraPoseSource.TF
    np.testing.assert_allclose(by_tf.pose_world_camera.homogeneous, LEVEL.homogeneous, atol=1e-12)
    with pytest.raises(CameraPoseError, match="tf"):  # odometry stopped
        camera.pose(NOW + 1_000_000_000, "camera")
    camera.forget_pose_source()
    camera.gravity.update(NOW + 1_000_000_000, "camera", GRAVITY_M_S2 * UP, UNKNOWN)
    after = camera.pose(NOW + 1_000_000_000, "camera")
    assert after is not None and after.source is CameraPoseSource.IMU


def test_given_numbers_win() -> None:
    camera = geometry(height_m=1.4, pitch_rad=0.2)
    camera.transforms.set("world", "camera", 0, pin.SE3.Identity(), True)
    pose = camera.pose(NOW, "camera")
    assert pose is not None and pose.source is CameraPoseSource.PARAMETER
    np.testing.assert_allclose(pose.pose_world_camera.homogeneous, LEVEL.homogeneous, atol=1e-12)


@pytest.mark.parametrize("source", ["parameter", "tf", "imu"])
def test_a_source_that_was_asked_for_and_is_silent_is_an_error(source: str) -> None:
    with pytest.raises(CameraPoseError, match=source):
        geometry(pose_source=source).pose(NOW, "camera")
    assert geometry(pose_source="estimated").pose(NOW, "camera") is None


def test_the_units_axes_must_be_known() -> None:
    camera = geometry(pose_source="imu")
    camera.gravity.update(NOW, "imu", np.array([0.0, 0.0, GRAVITY_M_S2]), UNKNOWN)
    with pytest.raises(CameraPoseError, match="imu_axes"):
        camera.pose(NOW, "camera")
    body = geometry(pose_source="imu", imu_axes="body")
    body.gravity.update(NOW, "imu", np.array([0.0, 0.0, GRAVITY_M_S2]), UNKNOWN)
    pose = body.pose(NOW, "camera")
    assert pose is not None
    upright = CameraPose.level(0.0, CameraPoseSource.IMU).pose_world_camera.rotation
    np.testing.assert_allclose(pose.pose_world_camera.rotation, upright, atol=1e-9)
    by_tf = geometry(pose_source="imu")
    by_tf.transforms.set("camera", "imu", 0, pin.SE3(LEVEL.rotation.T, np.ones(3)), True)
    by_tf.gravity.update(NOW, "imu", np.array([0.0, 0.0, GRAVITY_M_S2]), UNKNOWN)
    pose = by_tf.pose(NOW, "camera")
    assert pose is not None
    np.testing.assert_allclose(pose.pose_world_camera.rotation, LEVEL.rotation, atol=1e-9)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_gravity_holds_for_turned_images(turns: int) -> None:
    camera = geometry(pose_source="imu", quarter_turns=turns)
    camera.gravity.update(NOW, "camera", GRAVITY_M_S2 * UP, UNKNOWN)
    pose = camera.pose(NOW, "camera")
    assert pose is not None
    own = camera.of_camera(pose.pose_world_camera)
    np.testing.assert_allclose(own.rotation @ UP, [0, 0, 1], atol=1e-9)
