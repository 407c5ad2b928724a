"""Sides that the detector exchanges are exchanged back; sides that are right stay as they are."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.steady_sides import SteadySides

CAMERA = CameraPose.level(1.2, CameraPoseSource.ESTIMATED).corrected(np.array([0.0, 0.0, 1.2]))
OTHER = np.array(
    [
        LANDMARK_NAMES.index(
            name.replace("left", "#").replace("right", "left").replace("#", "right")
        )
        for name in LANDMARK_NAMES
    ]
)
LEGS = np.arange(33) >= 23


def gait(skeleton: Skeleton, time_s: float, yaw: float) -> np.ndarray:
    """Someone on a treadmill four metres away: legs and arms swing against each other."""
    q = skeleton.neutral()
    q[0], q[5], q[6] = 4.0, np.sin(yaw / 2), np.cos(yaw / 2)
    swing = np.sin(2.0 * np.pi * time_s)
    for side, sign in (("r", 1.0), ("l", -1.0)):
        q[7 + skeleton.coordinate_index(f"hip_flexion_{side}")] = 0.1 + 0.45 * sign * swing
        lift = max(0.0, sign * np.cos(2.0 * np.pi * time_s))
        q[7 + skeleton.coordinate_index(f"knee_angle_{side}")] = 0.1 + lift
        q[7 + skeleton.coordinate_index(f"arm_flex_{side}")] = -0.4 * sign * swing
        q[7 + skeleton.coordinate_index(f"elbow_flex_{side}")] = 0.4
    return q


@pytest.fixture
def walk(skeleton: Skeleton, make_film: Callable) -> Callable[..., list[Landmarks]]:
    """Landmarks of a walk seen from any side, at any rate."""

    def build(yaw: float, rate_hz: float = 30.0, count: int = 60) -> list[Landmarks]:
        film = make_film(CAMERA, noise_px=3.0, seed=1)
        times = 1.0 + np.arange(count) / rate_hz
        return [film(gait(skeleton, t, yaw), round(t * 1e9)) for t in times]

    return build


def exchanged(landmarks: Landmarks, legs_only: bool = False) -> Landmarks:
    """What a detector gives that takes left for right."""
    order = np.where(LEGS, OTHER, np.arange(33)) if legs_only else OTHER
    return replace(
        landmarks,
        pixels=landmarks.pixels[order],
        visibility=landmarks.visibility[order],
        metric=landmarks.metric[order],
    )


def kept(clip: Sequence[Landmarks]) -> list[Landmarks]:
    sides = SteadySides()
    return [sides.kept(landmarks) for landmarks in clip]


def wrong(found: Sequence[Landmarks], truth: Sequence[Landmarks]) -> list[int]:
    """Images whose landmarks are not the true ones."""
    return [
        number
        for number, (one, true) in enumerate(zip(found, truth, strict=True))
        if not np.array_equal(one.pixels, true.pixels)
    ]


@pytest.mark.parametrize("yaw", [0.0, 0.8, 1.6, 3.1, 4.7])
@pytest.mark.parametrize("rate_hz", [7.5, 15.0, 30.0, 60.0])
def test_right_sides_stay(walk, yaw, rate_hz):
    clip = walk(yaw, rate_hz)
    assert all(one is true for one, true in zip(kept(clip), clip, strict=True))


@pytest.mark.parametrize("legs_only", [False, True])
@pytest.mark.parametrize("yaw", [0.5, 2.4])
def test_exchanged_sides_come_back(walk, yaw, legs_only):
    clip = walk(yaw)
    seen = [
        exchanged(landmarks, legs_only) if 20 <= number < 32 or number == 40 else landmarks
        for number, landmarks in enumerate(clip)
    ]
    found = kept(seen)
    assert wrong(found, clip) == []
    np.testing.assert_array_equal(found[25].metric, clip[25].metric)


def test_names_that_were_wrong_at_first_are_given_up(walk):
    clip = walk(2.4)
    seen = [exchanged(one) if number < 5 else one for number, one in enumerate(clip)]
    last = max(wrong(kept(seen), clip))
    assert last <= 10  # as many images as the wrong names had been given before


def test_names_that_the_detector_insists_on_are_believed(walk):
    clip = walk(2.4, count=150)
    turned = [exchanged(one) if number >= 20 else one for number, one in enumerate(clip)]
    assert wrong(kept(turned)[60:], turned[60:]) == []


def test_nothing_is_expected_after_a_pause(walk):
    clip = walk(2.4)
    late = [replace(one, stamp_ns=one.stamp_ns + 10**9) for one in clip[30:]]
    seen = [*clip[:30], *(exchanged(one) for one in late)]
    assert wrong(kept(seen), seen) == []


def test_a_reset_forgets_the_person(walk):
    clip = walk(2.4)
    sides = SteadySides()
    for landmarks in clip[:30]:
        sides.kept(landmarks)
    sides.reset()
    turned = exchanged(clip[30])
    assert sides.kept(turned) is turned


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize("yaw", [0.0, 0.8, 1.6, 3.1, 4.7])
def test_images_of_another_size_exchange_nothing(walk, yaw, scale):
    def resized(one: Landmarks) -> Landmarks:
        width, height = (round(side * scale) for side in one.image_size)
        return replace(one, pixels=one.pixels * scale, image_size=(width, height))

    clip = walk(yaw)
    seen = [resized(one) if number >= 30 else one for number, one in enumerate(clip)]
    assert wrong(kept(seen), seen) == []
