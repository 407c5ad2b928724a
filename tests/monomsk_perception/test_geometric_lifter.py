"""The fit of a skeleton to landmarks: on films whose truth is known."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from tests.monomsk_perception.conftest import standing

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.motion_history import MotionHistory

FRAME_NS = 33_333_333
LEGS = [f"{c}_{s}" for s in "rl" for c in ("hip_flexion", "hip_adduction", "knee_angle")]


def squat(skeleton: Skeleton, frame: int) -> np.ndarray:
    return standing(skeleton, knee_rad=0.1 + 0.35 * (1 - np.cos(frame * 0.15)))


def leg_errors_deg(skeleton: Skeleton, found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    columns = [7 + skeleton.coordinate_index(name) for name in LEGS]
    return np.degrees(found[..., columns] - truth[..., columns])


@pytest.fixture
def camera() -> CameraPose:
    return CameraPose.level(1.4, CameraPoseSource.PARAMETER, pitch_rad=0.08)


def test_clean_film_gives_the_motion_back(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    truth = np.array([squat(skeleton, k) for k in range(45)])
    found = np.array([lifter.lift(film(q, k * FRAME_NS)).q for k, q in enumerate(truth)])
    errors = leg_errors_deg(skeleton, found, truth)[10:]
    assert np.sqrt((errors**2).mean()) < 3.0
    assert np.abs(found[10:, :3] - truth[10:, :3]).max() < 0.1


def test_velocity_follows_the_motion(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    truth = [squat(skeleton, k) for k in range(40)]
    states = [lifter.lift(film(q, k * FRAME_NS)) for k, q in enumerate(truth)]
    knee = skeleton.coordinate_index("knee_angle_r")
    rates = np.gradient([q[7 + knee] for q in truth], FRAME_NS * 1e-9)
    found = np.array([state.v[6 + knee] for state in states])
    assert np.corrcoef(rates[10:], found[10:])[0, 1] > 0.9


def test_unknown_camera_is_estimated_and_said_so(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics)
    for k in range(60):
        lifter.lift(film(squat(skeleton, k), k * FRAME_NS))
    assert lifter.camera.source is CameraPoseSource.ESTIMATED
    assert abs(lifter.camera.height_m - 1.4) < 0.25
    assert abs(np.degrees(lifter.camera.pitch_rad) - np.degrees(0.08)) < 6.0


def test_given_camera_is_never_changed(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera, noise_px=5.0)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    for k in range(10):
        lifter.lift(film(squat(skeleton, k), k * FRAME_NS))
    np.testing.assert_allclose(lifter.camera.corrections, camera.corrections, atol=1e-6)


def test_noise_is_reported_as_wider_uncertainty_than_none_after_one_frame(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    film = make_film(camera)
    first = lifter.lift(film(standing(skeleton), 0))
    for k in range(1, 30):
        last = lifter.lift(film(standing(skeleton), k * FRAME_NS))
    knee = 6 + skeleton.coordinate_index("knee_angle_r")
    assert np.isfinite(last.sigma_q).all()
    assert (last.sigma_q > 0).all()
    assert last.sigma_q[knee] < first.sigma_q[knee]
    depth, sideways = last.sigma_q[:3].max(), last.sigma_q[:3].min()
    assert depth > 1.5 * sideways


def test_missing_landmarks_are_left_out(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    for k in range(20):
        landmarks = film(standing(skeleton), k * FRAME_NS)
        pixels = landmarks.pixels.copy()
        pixels[26] = np.nan
        object.__setattr__(landmarks, "pixels", pixels)
        state = lifter.lift(landmarks)
    assert np.isfinite(state.q).all()
    assert np.abs(leg_errors_deg(skeleton, state.q, standing(skeleton))).max() < 12.0


@pytest.mark.parametrize("seen", [slice(0, 23), slice(0, 11), slice(0, 0)])
def test_somebody_whose_hips_have_no_ray_is_placed_by_the_rest(
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    camera: CameraPose,
    make_film: Callable,
    seen: slice,
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    q = standing(skeleton, distance_m=1.5)
    for k in range(5):
        landmarks = film(q, k * FRAME_NS)
        pixels = np.full((33, 2), np.nan)
        pixels[seen] = landmarks.pixels[seen]
        state = lifter.lift(dataclasses.replace(landmarks, pixels=pixels))
    if seen.stop:
        assert np.linalg.norm(state.q[:3] - q[:3]) < 0.3
        assert state.quality > 0.5
    else:
        assert state.quality == 0.0


@pytest.mark.parametrize("stamp_ns", [0, -FRAME_NS, 100 * FRAME_NS])
def test_a_pause_or_a_jump_back_starts_anew(
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    camera: CameraPose,
    make_film: Callable,
    stamp_ns: int,
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    lifter.lift(film(standing(skeleton), 0))
    state = lifter.lift(film(standing(skeleton), stamp_ns))
    assert lifter.last is not None
    assert lifter.last.restarted
    assert state.stamp_ns == stamp_ns


def test_standing_soles_are_in_contact_and_swinging_ones_are_not(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    swing = 7 + skeleton.coordinate_index("hip_flexion_l")
    for k in range(20):
        q = standing(skeleton)
        q[swing] += 1.2 * np.sin(0.3 * k)
        state = lifter.lift(film(q, k * FRAME_NS))
        if k > 5 and abs(np.cos(0.3 * k)) > 0.8:
            assert state.contact_probability[0] > 0.9
            assert state.contact_probability[1] < 0.2


def test_smoothing_beats_filtering_on_noise(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, camera: CameraPose, make_film: Callable
) -> None:
    film = make_film(camera, noise_px=6.0)
    lifter = GeometricLifter(skeleton, intrinsics, camera)
    history = MotionHistory(lifter)
    truth = np.array([squat(skeleton, k) for k in range(60)])
    filtered = []
    for k, q in enumerate(truth):
        filtered.append(lifter.lift(film(q, k * FRAME_NS)).q)
        history.add()
    smoothed = history.smoothed()
    assert [s.stamp_ns for s in smoothed] == [k * FRAME_NS for k in range(60)]
    found = np.array([s.q for s in smoothed])
    rough = leg_errors_deg(skeleton, np.array(filtered), truth)[5:]
    fine = leg_errors_deg(skeleton, found, truth)[5:]
    assert fine.std(axis=0).mean() < 0.9 * rough.std(axis=0).mean()
