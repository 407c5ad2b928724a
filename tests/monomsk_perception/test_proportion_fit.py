"""Segment lengths from films whose person is known."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.proportions import population
from monomsk_description.scaling import scale
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.proportion_fit import LiftedFrame, fit_lengths, spread_frames


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads of small factorisations would wait for each other on a busy machine."""
    with threadpool_limits(limits=1):
        yield


HEIGHT_M, SCATTER_M = 1.75, 0.012
STRETCH = {"thigh": 1.08, "shank": 0.93, "upper_arm": 1.06, "forearm": 0.94, "trunk": 0.97}


@pytest.fixture(scope="module")
def person() -> Skeleton:
    lengths = population(HEIGHT_M).lengths_m
    changed = {name: lengths[name] * STRETCH.get(name, 1.0) for name in lengths}
    return build_skeleton(Subject(HEIGHT_M, 70.0, segment_lengths_m=changed))


@pytest.fixture(scope="module")
def intrinsics() -> CameraIntrinsics:
    return CameraIntrinsics.from_focal(720, 1280, 900.0)


def _motion(skeleton: Skeleton, share: float) -> np.ndarray:
    """Squats while turning, arms swinging: every limb is seen from several sides."""
    bend, q = 0.5 - 0.5 * np.cos(4 * np.pi * share), skeleton.neutral()
    for side, sign in (("r", 1.0), ("l", -1.0)):
        for name, angle in (
            ("hip_flexion", 1.3 * bend), ("knee_angle", 1.5 * bend), ("ankle_angle", 0.4 * bend),
            ("arm_flex", 0.8 * sign * np.sin(6 * share)), ("elbow_flex", 0.4 + 0.5 * bend),
            ("arm_add", -0.4),
        ):  # fmt: skip
            q[7 + skeleton.coordinate_index(f"{name}_{side}")] = angle
    yaw = 2.0 * np.pi * share
    q[:3] = 4.0, 0.3 * np.sin(yaw), 1.0 - 0.3 * bend
    q[3:7] = 0.0, 0.0, np.sin(yaw / 2), np.cos(yaw / 2)
    return q


def _film(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, rng: np.random.Generator, scatter_m: float
) -> list[LiftedFrame]:
    """Landmarks with scatter in space, and the true configurations a little beside."""
    pose = CameraPose.level(1.1, CameraPoseSource.PARAMETER).pose_world_camera
    offsets = 0.5 * scatter_m * rng.normal(size=(33, 3))
    frames = []
    for k in range(40):
        q = _motion(skeleton, k / 40)
        points = skeleton.points(q, skeleton.landmarks)
        seen = (points - pose.translation) @ pose.rotation
        noisy = seen + offsets + scatter_m * rng.normal(size=seen.shape)
        landmarks = Landmarks(
            k * 100_000_000, intrinsics.project(noisy), np.ones(33), np.ones(33),
            seen - seen[23:25].mean(0), 1.0, (720, 1280),
        )  # fmt: skip
        off = np.concatenate([0.03 * rng.normal(size=3), 0.05 * rng.normal(size=34)])
        frames.append(LiftedFrame(landmarks, skeleton.integrate(q, off), pose))
    return frames


def _fit(person, intrinsics, frames):
    known = Subject(HEIGHT_M, 70.0)
    return fit_lengths(known, build_skeleton(known), intrinsics, frames)


def test_a_clean_film_moves_every_length_towards_the_truth(person, intrinsics):
    """Not all the way: it might be the landmarks that lie beside the joints."""
    frames = _film(person, intrinsics, np.random.default_rng(1), 0.0)
    found, before = _fit(person, intrinsics, frames), population(HEIGHT_M)
    truth = person.subject.segment_lengths_m
    for name in STRETCH:
        start = np.log(before.lengths_m[name] / truth[name])
        left = np.log(found.lengths_m[name] / truth[name])
        # Of arms, the survey is surer than the film.
        assert abs(left) < (0.75 if name in ("thigh", "shank") else 0.99) * abs(start)
        assert abs(found.lengths_m[name] - truth[name]) < 2.0 * found.sigma_m[name]


def test_noise_stays_within_the_stated_deviations(person, intrinsics):
    truth, scores = person.subject.segment_lengths_m, []
    before = population(HEIGHT_M)
    for seed in (2, 3):
        frames = _film(person, intrinsics, np.random.default_rng(seed), SCATTER_M)
        found = _fit(person, intrinsics, frames)
        scores += [(found.lengths_m[n] - truth[n]) / found.sigma_m[n] for n in truth]
        for name in truth:
            assert found.sigma_m[name] < 1.01 * before.sigma_m[name]
        assert found.sigma_m["thigh"] < 0.8 * before.sigma_m["thigh"]
    assert np.sqrt(np.mean(np.square(scores))) < 1.5


def test_a_length_somebody_measured_is_kept(person, intrinsics):
    frames = _film(person, intrinsics, np.random.default_rng(4), SCATTER_M)
    thigh = person.subject.segment_lengths_m["thigh"]
    known = Subject(HEIGHT_M, 70.0, segment_lengths_m={"thigh": thigh})
    found = fit_lengths(known, build_skeleton(known), intrinsics, frames)
    assert found.lengths_m["thigh"] == pytest.approx(thigh, abs=0.005)
    assert found.sigma_m["thigh"] < 0.004


def test_too_short_a_film_tells_nothing(person, intrinsics):
    frames = _film(person, intrinsics, np.random.default_rng(5), SCATTER_M)[:3]
    assert _fit(person, intrinsics, frames) is None


def test_a_film_of_somebody_impossible_tells_nothing(person, intrinsics):
    """As when the detector takes the shins of one person and the arms of another."""
    lengths = population(HEIGHT_M).lengths_m
    changed = {"thigh": 1.38, "shank": 0.72, "upper_arm": 1.38, "forearm": 0.72}
    odd = {name: factor * lengths[name] for name, factor in changed.items()}
    known = Subject(HEIGHT_M, 70.0)
    stranger = Skeleton(known, scale(load_anatomy(), known.with_lengths(odd)))
    frames = _film(stranger, intrinsics, np.random.default_rng(6), 0.0)
    assert _fit(stranger, intrinsics, frames) is None


def test_frames_are_spread_over_the_film(person, intrinsics):
    frames = _film(person, intrinsics, np.random.default_rng(6), 0.0)
    assert spread_frames(frames, 0.1) == frames
    assert len(spread_frames(frames, 0.35)) == 10
    many = spread_frames(frames * 3, -10.0)
    assert len(many) == 60
    assert (many[0], many[-1]) == (frames[0], frames[-1])
    assert spread_frames([], 0.1) == []
