"""How far the settled motion leaves the image, in pixels."""

import numpy as np
import pinocchio as pin
import pytest

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.image_change import image_change_entries, image_changes
from monomsk_analysis.motion import SplitMotion
from monomsk_analysis.tracking import Observation, Tracking
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_perception.camera import CameraIntrinsics

CAMERA = CameraIntrinsics.from_focal(1280, 720, 1000.0)
#: Four metres behind the person, looking along x.
POSE = pin.SE3(
    np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([-4.0, 0.0, 1.2])
)


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


def settled(q: np.ndarray) -> BodyDynamics:
    in_air = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    zero = np.zeros(37)
    return BodyDynamics(0, q, zero, zero, zero, zero, (in_air, in_air), np.zeros(6), 0.0)


def looked_at(
    skeleton: Skeleton, q: list[np.ndarray | None], poses: list[pin.SE3 | None], moved: np.ndarray
) -> tuple[Analysis, Tracking]:
    """Frames of perceived configurations, each settled 10 cm to the left."""
    states = [None if one is None else BodyState(0, one, np.zeros(37)) for one in q]
    seen = [Observation(None, *pair) for pair in zip(states, poses, strict=True)]
    stamps = np.arange(len(q))
    tracking = Tracking(stamps, stamps / 30.0, stamps, tuple(seen), {})
    results = tuple(None if one is None else settled(one + moved) for one in q)
    split = SplitMotion((), len(q), len(q), 0)
    return Analysis(skeleton, stamps / 30.0, split, results, np.zeros(0)), tracking


def test_a_step_to_the_left_is_seen_from_behind(skeleton: Skeleton) -> None:
    moved = np.zeros(38)
    moved[1] = 0.1
    standing = skeleton.neutral()
    run = looked_at(skeleton, [standing, None], [POSE, None], moved)
    changes = image_changes(*run, CAMERA)
    depth = skeleton.points(standing, skeleton.landmarks)[11:, 0] + 4.0
    np.testing.assert_allclose(changes, [1000.0 * 0.1 / depth], rtol=1e-9)
    entries = image_change_entries(*run, CAMERA)
    assert entries["image_change_median_px"] == pytest.approx(np.median(changes))


def test_without_a_camera_nothing_is_known(skeleton: Skeleton) -> None:
    run = looked_at(skeleton, [skeleton.neutral()], [None], np.zeros(38))
    assert image_changes(*run, CAMERA).shape == (0, 22)
    assert all(np.isnan(value) for value in image_change_entries(*run, CAMERA).values())
