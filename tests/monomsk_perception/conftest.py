"""A body in front of a camera, filmed without a detector."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.monomsk_perception.live_stream import CAMERA, OPTIONS, Oracle, Stream

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.live_perception import LivePerception

Film = Callable[[np.ndarray, int], Landmarks]


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


@pytest.fixture(scope="session")
def intrinsics() -> CameraIntrinsics:
    return CameraIntrinsics.from_focal(720, 1280, 900.0)


@pytest.fixture
def make_film(skeleton: Skeleton, intrinsics: CameraIntrinsics) -> Callable[..., Film]:
    """A camera that turns configurations into landmarks, with optional pixel noise."""

    def build(camera: CameraPose, noise_px: float = 0.0, seed: int = 0) -> Film:
        rng = np.random.default_rng(seed)
        rotation = camera.pose_world_camera.rotation

        def film(q: np.ndarray, stamp_ns: int) -> Landmarks:
            points = skeleton.points(q, skeleton.landmarks)
            pixels = intrinsics.project(camera.to_camera(points)[0])
            hips = points[23:25].mean(0)
            return Landmarks(
                stamp_ns=stamp_ns,
                pixels=pixels + noise_px * rng.normal(size=pixels.shape),
                visibility=np.ones(33),
                presence=np.ones(33),
                metric=(points - hips) @ rotation,
                score=1.0,
                image_size=(intrinsics.width_px, intrinsics.height_px),
            )

        return film

    return build


@pytest.fixture
def stream(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable[..., Film]
) -> Stream:
    """A live stream that has shown nothing yet."""
    live = LivePerception(skeleton, OPTIONS, Oracle(make_film(CAMERA), standing(skeleton)))
    live.geometry.calibrate(intrinsics)
    return Stream(live)


def standing(skeleton: Skeleton, distance_m: float = 4.0, knee_rad: float = 0.1) -> np.ndarray:
    """Someone who stands with slightly bent legs and faces the camera at an angle."""
    q = skeleton.neutral()
    yaw = 2.4
    q[5:7] = np.sin(yaw / 2), np.cos(yaw / 2)
    for side in "rl":
        q[7 + skeleton.coordinate_index(f"hip_flexion_{side}")] = knee_rad
        q[7 + skeleton.coordinate_index(f"knee_angle_{side}")] = 2 * knee_rad
        q[7 + skeleton.coordinate_index(f"ankle_angle_{side}")] = knee_rad
        q[7 + skeleton.coordinate_index(f"elbow_flex_{side}")] = 0.5
        q[7 + skeleton.coordinate_index(f"pro_sup_{side}")] = 0.9
    q[7 + skeleton.coordinate_index("lumbar_extension")] = -0.1
    q[0] += distance_m
    q[2] -= skeleton.points(q, skeleton.soles)[:, 2].min()
    return q


def sample_video(name: str = "cam01.mp4") -> Path:
    """A sample video in the cache; skips the test where it is absent."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(os.environ.get("MONOMSK_SAMPLE_DIR") or cache / "monomsk" / "samples")
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no sample video at {path}: run `make samples`")
    return path
