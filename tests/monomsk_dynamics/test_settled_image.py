"""Arms are the cheapest way to balance a motion, but a camera sees where they are."""

import numpy as np
import pytest

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.sightings import Sightings

FRAMES, RATE_HZ = 60, 30.0
STAMPS_NS = np.round(np.arange(FRAMES) * 1e9 / RATE_HZ).astype(np.int64)
#: Beside the person, who looks along x.
CAMERA = np.array([0.0, -4.0, 1.2])
WRISTS = [LANDMARK_NAMES.index("left_wrist"), LANDMARK_NAMES.index("right_wrist")]


@pytest.fixture(scope="module")
def body() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


@pytest.fixture(scope="module")
def swaying(body: Skeleton) -> np.ndarray:
    """Somebody who stands; the whole body seems to sway by 3 cm to and fro."""
    q = np.tile(body.neutral(), (FRAMES, 1))
    q[:, 0] += 0.03 * np.sin(2 * np.pi * 1.0 * np.arange(FRAMES) / RATE_HZ)
    return q


def sigma(body: Skeleton) -> np.ndarray:
    """Trunk and legs are known to 2 cm and 3 degrees, arms to 25 degrees."""
    found = np.concatenate([np.full(3, 0.02), np.full(34, np.radians(3.0))])
    for k, name in enumerate(body.coordinate_names):
        if name.startswith(("arm", "elbow")):
            found[6 + k] = np.radians(25.0)
    return found


def wrist_change_m(body: Skeleton, q: np.ndarray, results: list[BodyDynamics]) -> float:
    """How far wrists leave their image: across the camera's line of sight, root mean square [m]."""
    changes = []
    for before, result in zip(q, results, strict=True):
        seen, now = (body.points(one, body.landmarks)[WRISTS] for one in (before, result.q))
        rays = (seen - CAMERA) / np.linalg.norm(seen - CAMERA, axis=1)[:, None]
        step = now - seen
        changes.append(step - np.sum(step * rays, axis=1)[:, None] * rays)
    return float(np.sqrt(np.mean(np.sum(np.array(changes) ** 2, axis=2))))


def residual_share(body: Skeleton, results: list[BodyDynamics]) -> float:
    """Root mean square of the residual force, in body weights."""
    forces = np.array([result.root_residual[:3] for result in results])
    return float(np.sqrt(np.mean(np.sum(forces**2, axis=1)))) / (body.mass_kg * 9.81)


def test_arms_stay_in_their_image(body, swaying) -> None:
    sightings = Sightings(np.tile(CAMERA, (FRAMES, 1)), np.ones((FRAMES, 33)))
    free = analyze_motion(body, STAMPS_NS, swaying, None, sigma(body))
    seen = analyze_motion(body, STAMPS_NS, swaying, None, sigma(body), sightings=sightings)
    assert wrist_change_m(body, swaying, free) > 0.03
    assert wrist_change_m(body, swaying, seen) < 0.01
    assert residual_share(body, seen) < 0.01
