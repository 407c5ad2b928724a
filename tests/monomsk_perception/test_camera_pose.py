"""The camera's pose: axes, corrections and their derivatives."""

import numpy as np
import pinocchio as pin

from monomsk_perception.camera_pose import CameraPose, CameraPoseSource


def test_level_camera_sees_forward_along_z_left_as_minus_x_and_up_as_minus_y() -> None:
    camera = CameraPose.level(1.5, CameraPoseSource.PARAMETER)
    ahead_left_above = np.array([[3.0, 1.0, 2.0]])
    np.testing.assert_allclose(camera.to_camera(ahead_left_above)[0], [[-1.0, -0.5, 3.0]])


def test_positive_pitch_looks_down() -> None:
    camera = CameraPose.level(1.5, CameraPoseSource.PARAMETER, pitch_rad=np.radians(45.0))
    on_the_floor = np.array([[1.5, 0.0, 0.0]])
    x, y, z = camera.to_camera(on_the_floor)[0][0]
    np.testing.assert_allclose([x, y], 0.0, atol=1e-12)
    np.testing.assert_allclose(z, 1.5 * np.sqrt(2.0))


def test_to_camera_inverts_the_pose() -> None:
    rng = np.random.default_rng(1)
    camera = CameraPose.level(1.2, CameraPoseSource.ESTIMATED).corrected(np.array([0.2, -0.1, 1.3]))
    points = rng.normal(size=(5, 3))
    there = camera.to_camera(points)[0]
    back = np.array([camera.pose_world_camera.act(point) for point in there])
    np.testing.assert_allclose(back, points, atol=1e-12)


def test_derivatives_over_corrections_match_finite_differences() -> None:
    rng = np.random.default_rng(2)
    nominal = pin.SE3.Random()
    camera = CameraPose(nominal, 0.3, -0.2, 0.5, CameraPoseSource.ESTIMATED)
    points = rng.normal(size=(4, 3)) + [5.0, 0.0, 0.0]
    _, _, analytical = camera.to_camera(points)
    step = 1e-6
    for column in range(3):
        shift = np.zeros(3)
        shift[column] = step
        ahead = camera.corrected(camera.corrections + shift).to_camera(points)[0]
        behind = camera.corrected(camera.corrections - shift).to_camera(points)[0]
        numerical = (ahead - behind) / (2 * step)
        np.testing.assert_allclose(analytical[:, :, column], numerical, atol=1e-8)


def test_known_pose_stays_as_given() -> None:
    pose = pin.SE3.Random()
    camera = CameraPose.known(pose, CameraPoseSource.TF)
    assert camera.pose_world_camera.isApprox(pose)
    assert camera.source is CameraPoseSource.TF
