"""The lifter with a camera whose pose is measured: by odometry, by an inertial unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pinocchio as pin
import pytest
from tests.monomsk_perception.conftest import standing

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.geometric_lifter import GeometricLifter

FRAME_NS = 33_333_333


def driven(k: int, source: CameraPoseSource = CameraPoseSource.TF) -> CameraPose:
    """A robot that drives 1 m/s sideways while it turns and looks down a little."""
    time_s = k * FRAME_NS * 1e-9
    level = CameraPose.level(1.3, source, 0.15).pose_world_camera
    move = pin.SE3(pin.rpy.rpyToMatrix(0, 0, -0.15 * time_s), np.array([0.0, 1.0 * time_s, 0.0]))
    return CameraPose.known(move * level, source)


def test_a_person_at_rest_stays_at_rest_before_a_moving_camera(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    q = standing(skeleton)
    lifter = GeometricLifter(skeleton, intrinsics, driven(0))
    for k in range(30):
        camera = driven(k)
        lifter.expect_camera(k * FRAME_NS, camera)
        state = lifter.lift(make_film(camera)(q, k * FRAME_NS))
        np.testing.assert_allclose(
            lifter.camera.pose_world_camera.homogeneous,
            camera.pose_world_camera.homogeneous,
            atol=1e-5,
        )
    assert np.linalg.norm(state.q[:2] - q[:2]) < 0.15
    assert np.linalg.norm(state.v[:3]) < 0.15
    assert lifter.camera.source is CameraPoseSource.TF


def test_without_the_camera_s_motion_the_person_would_seem_to_move(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    q = standing(skeleton)
    lifter = GeometricLifter(skeleton, intrinsics, driven(0))
    for k in range(30):
        state = lifter.lift(make_film(driven(k))(q, k * FRAME_NS))
    assert np.linalg.norm(state.v[:3]) > 0.3


def test_the_unit_gives_the_tilt_and_the_floor_gives_the_height(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    truth = CameraPose.level(1.1, CameraPoseSource.PARAMETER, 0.45)
    film, q = make_film(truth), standing(skeleton)
    nominal = CameraPose.level(0.0, CameraPoseSource.IMU, 0.45).pose_world_camera
    lifter = GeometricLifter(skeleton, intrinsics, CameraPose.known(nominal, CameraPoseSource.IMU))
    for k in range(30):
        lifter.expect_camera(k * FRAME_NS, CameraPose.known(nominal, CameraPoseSource.IMU))
        state = lifter.lift(film(q, k * FRAME_NS))
    found = lifter.camera.pose_world_camera
    assert found.translation[2] == pytest.approx(1.1, abs=0.08)
    tilt = np.linalg.norm(pin.log3(found.rotation.T @ truth.pose_world_camera.rotation))
    assert np.degrees(tilt) < 1.0
    assert skeleton.points(state.q, skeleton.soles)[:, 2].mean() == pytest.approx(0.0, abs=0.04)
    assert lifter.camera.source is CameraPoseSource.IMU
