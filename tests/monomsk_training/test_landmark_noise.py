"""The detector's errors are found again in views whose errors are known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_perception.lifter_answer import USED_LANDMARKS
from monomsk_training.landmark_noise import (
    View,
    common_share,
    limb_axes,
    offsets,
    scatter,
    triangulated,
)


def cameras(points: np.ndarray, noise_m: np.ndarray) -> list[View]:
    views = []
    for number, yaw in enumerate((0.0, 70.0, 150.0, 250.0)):
        rotation = Rotation.from_euler("y", yaw, degrees=True).as_matrix()
        view = View(rotation, np.array([0.0, 0.0, 4.0]), np.zeros(0), np.zeros(0))
        rays, depth = view.projected(points)
        shape = points.shape[:2]
        views.append(
            View(
                rotation,
                view.translation,
                rays + noise_m[number] / depth[..., None],
                np.ones(shape),
            )
        )
    return views


def test_exact_views_give_the_points() -> None:
    points = 0.5 * np.random.default_rng(0).normal(size=(20, 19, 3))
    found, errors = triangulated(cameras(points, np.zeros((4, 20, 19, 2))))
    np.testing.assert_allclose(found, points, atol=1e-9)
    assert np.abs(errors).max() < 1e-9


def test_a_camera_that_is_far_off_is_outvoted() -> None:
    points = 0.5 * np.random.default_rng(1).normal(size=(20, 19, 3))
    noise = np.zeros((4, 20, 19, 2))
    noise[2] = 0.15
    found, errors = triangulated(cameras(points, noise), iterations=30)
    assert np.median(np.linalg.norm(found - points, axis=-1)) < 0.005
    assert np.median(np.abs(errors[2])) == pytest.approx(0.15, abs=0.01)


def test_parts_of_the_scatter_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    rate, last, frames, series = 60.0, 0.25, 4000, 12
    keep = np.exp(-1.0 / (rate * last))
    slow = np.zeros((series, frames))
    for frame in range(1, frames):
        fresh = np.sqrt(1 - keep**2) * rng.normal(size=series)
        slow[:, frame] = keep * slow[:, frame - 1] + fresh
    lasting = 0.02 * rng.normal(size=(series, 1))
    errors = lasting + 0.012 * slow + 0.005 * rng.normal(size=(series, frames))
    parts = scatter(errors, rate)
    assert parts["lasting_m"] == pytest.approx(np.sqrt((lasting**2).mean()), rel=0.1)
    assert parts["slow_m"] == pytest.approx(0.012, rel=0.1)
    assert parts["fast_m"] == pytest.approx(0.005, rel=0.15)
    assert parts["last_s"] == pytest.approx(last, rel=0.25)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_what_landmarks_share(share: float) -> None:
    rng = np.random.default_rng(3)
    both, own = rng.normal(size=(6, 2000, 1)), rng.normal(size=(6, 2000, 19))
    errors = np.sqrt(share) * both + np.sqrt(1.0 - share) * own
    assert common_share(errors) == pytest.approx(share, abs=0.02)
    errors[:, :, 4] *= 20.0
    assert common_share(errors) == pytest.approx(share, abs=0.02)


def test_offsets_are_in_the_segments_axes() -> None:
    frames = 8
    turn = Rotation.from_euler("z", np.linspace(0.0, 1.5, frames)[:, None]).as_matrix()
    # Joint centres on one line each: all segments have the axes of the room, turned.
    heights = {"hip": 0.9, "knee": 0.5, "ankle": 0.1, "elbow": 1.1, "wrist": 0.85}
    pairs = {"knee": ("knee", "mknee"), "ankle": ("ankle", "mankle")}
    pairs |= {"elbow": ("lelbow", "melbow"), "wrist": ("lwrist", "mwrist")}

    def place(x: float, y: float, z: float) -> np.ndarray:
        return np.einsum("fij,j->fi", turn, np.array([x, y, z]))

    markers, points = {}, np.zeros((frames, 19, 3))
    shift = np.array([0.01, 0.02, 0.03])
    for side, short, sign in (("right", "r", 1.0), ("left", "L", -1.0)):
        markers[f"{short.upper()}HJC_study"] = place(0.0, heights["hip"], 0.0)
        markers[f"{short}_shoulder_study"] = place(0.0, 1.4, 0.0)
        for joint, (outer, inner) in pairs.items():
            markers[f"{short}_{outer}_study"] = place(0.0, heights[joint], sign * 0.05)
            markers[f"{short}_{inner}_study"] = place(0.0, heights[joint], -sign * 0.05)
        for joint, height in heights.items():
            column = USED_LANDMARKS.index(LANDMARK_NAMES.index(f"{side}_{joint}"))
            points[:, column] = place(*(np.array([0.0, height, 0.0]) + shift))
    found = offsets(points, np.ones((frames, 19), dtype=bool), markers)
    assert set(found) == {f"{side}_{joint}" for side in ("right", "left") for joint in heights}
    for values in found.values():
        np.testing.assert_allclose(values, shift, atol=1e-3)


def test_limb_axes_are_orthonormal() -> None:
    rng = np.random.default_rng(4)
    axes = limb_axes(*rng.normal(size=(3, 5, 3)))
    np.testing.assert_allclose(
        axes.transpose(0, 2, 1) @ axes, np.tile(np.eye(3), (5, 1, 1)), atol=1e-9
    )
