"""A motion that is moved until given ground forces explain it."""

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.consistent_motion import ConsistentMotion, make_consistent
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

FRAMES, RATE_HZ = 60, 50.0
WEIGHT_N = 70.0 * 9.81


@pytest.fixture(scope="module")
def body() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


def motion_of(body: Skeleton, tangents: np.ndarray) -> SmoothMotion:
    """The motion through configurations at tangent steps (n, 37) from upright standing."""
    stamps_ns = np.round(np.arange(len(tangents)) * 1e9 / RATE_HZ).astype(np.int64)
    q = np.array([body.integrate(body.neutral(), row) for row in tangents])
    (motion,) = smooth_motion(stamps_ns, q, 1e6, np.inf)
    return motion


def bending(body: Skeleton) -> np.ndarray:
    """Knees and trunk that bend and stretch (n, 37), soles about where they were."""
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)
    tangents = np.zeros((FRAMES, 37))
    for name, share in (("hip_flexion", 0.3), ("knee_angle", 0.6), ("ankle_angle", 0.3)):
        for side in "rl":
            tangents[:, 6 + body.coordinate_index(f"{name}_{side}")] = share * phase
    for row in tangents:
        q = body.integrate(body.neutral(), row)
        row[2] -= body.points(q, body.soles)[:, 2].min()
    tangents[:, 6 + body.coordinate_index("lumbar_extension")] = -0.2 * phase
    return tangents


def explaining_forces(body: Skeleton, motion: SmoothMotion) -> list[np.ndarray]:
    """Least forces on the sole points (16, 3) that explain the root exactly."""
    forces = []
    for q, v, a in zip(motion.q, motion.v, motion.a, strict=True):
        reach = body.point_jacobians(q, body.soles)[:, :, :6].reshape(-1, 6).T
        needed = body.inverse_dynamics(q, v, a)[:6]
        forces.append(np.linalg.lstsq(reach, needed, rcond=None)[0].reshape(-1, 3))
    return forces


def residual(body: Skeleton, motion: SmoothMotion, forces: list[np.ndarray]) -> np.ndarray:
    rows = []
    for q, v, a, force in zip(motion.q, motion.v, motion.a, forces, strict=True):
        jacobians = body.point_jacobians(q, body.soles)
        rows.append(body.inverse_dynamics(q, v, a) - np.tensordot(force, jacobians, axes=2))
    return np.array(rows)[:, :6]


@pytest.fixture(scope="module")
def disturbed(body: Skeleton) -> tuple[SmoothMotion, SmoothMotion, list[np.ndarray]]:
    """A true motion, what a camera makes of it, and the true forces."""
    tangents = bending(body)
    truth = motion_of(body, tangents)
    rng = np.random.default_rng(11)
    seconds = np.arange(FRAMES) / RATE_HZ
    waves = np.sin(2 * np.pi * np.outer(seconds, rng.uniform(0.5, 2.0, 37)) + rng.uniform(0, 6, 37))
    amplitude = np.r_[np.full(3, 0.01), np.full(3, 0.01), np.full(31, 0.01)]
    return truth, motion_of(body, tangents + amplitude * waves), explaining_forces(body, truth)


@pytest.fixture(scope="module")
def found(
    body: Skeleton, disturbed: tuple[SmoothMotion, SmoothMotion, list[np.ndarray]]
) -> ConsistentMotion:
    _, seen, forces = disturbed
    return make_consistent(body, seen, forces, WEIGHT_N)


def test_the_moved_motion_obeys_the_equations_of_motion(body, disturbed, found) -> None:
    _, seen, forces = disturbed
    before = np.sqrt(np.mean(residual(body, seen, forces) ** 2, axis=0))
    after = np.sqrt(np.mean(residual(body, found.motion, forces) ** 2, axis=0))
    assert before[:3].max() > 0.05 * WEIGHT_N
    assert after[:3].max() < 0.005 * WEIGHT_N
    assert after[3:].max() < 0.005 * WEIGHT_N
    np.testing.assert_allclose(found.root_residual, residual(body, found.motion, forces), atol=1e-6)


def test_it_moves_no_further_than_what_disturbed_the_motion_suggests(found) -> None:
    """A disturbance of 1 cm and 1/100 rad whose derivatives were wrong, not its places."""
    assert np.abs(found.correction[:, :3]).max() < 0.08
    assert np.abs(found.correction[:, 3:]).max() < 0.08
    assert np.sqrt(np.mean(found.correction[:, 6:] ** 2)) < 0.01


def test_velocity_and_acceleration_are_derivatives_of_the_moved_configurations(body, found) -> None:
    q, v, a = found.motion.q, found.motion.v, found.motion.a
    period_s = 1.0 / RATE_HZ
    for k in range(5, FRAMES - 5):
        step = body.difference(q[k - 1], q[k + 1]) / (2 * period_s)
        np.testing.assert_allclose(step, v[k], atol=0.03 * np.abs(v).max())
    change = (v[2:] - v[:-2]) / (2 * period_s)
    np.testing.assert_allclose(change[5:-5], a[6:-6], atol=0.05 * np.abs(a).max())


def test_a_consistent_motion_stays(body, disturbed) -> None:
    truth, _, forces = disturbed
    kept = make_consistent(body, truth, forces, WEIGHT_N)
    assert np.abs(kept.correction).max() < 1e-4
    assert np.abs(kept.root_residual).max() < 0.01 * WEIGHT_N


def test_what_only_a_chair_explains_stays_a_residual(body) -> None:
    """For half of the time a chair bears what the soles do not: the feet feel a third."""
    still = motion_of(body, np.zeros((FRAMES, 37)))
    forces = explaining_forces(body, still)
    for force in forces[FRAMES // 2 :]:
        force /= 3.0
    found = make_consistent(body, still, forces, WEIGHT_N)
    seated = slice(FRAMES // 2 + 10, FRAMES - 5)
    assert np.abs(found.root_residual[seated, 2]).mean() > 0.2 * WEIGHT_N
    assert np.abs(found.correction[:, :3]).max() < 0.4
    assert np.abs(found.correction[:, 3:]).max() < 0.5
    assert np.abs(found.root_residual[5 : FRAMES // 2 - 10]).max() < 0.2 * WEIGHT_N


def test_impossible_options_are_refused() -> None:
    with pytest.raises(OptionError, match="knot_period_s"):
        ConsistentMotionOptions(knot_period_s=0.0)
