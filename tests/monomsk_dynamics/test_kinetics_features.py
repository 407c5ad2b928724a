"""Features do not know where a person walks, how big the person is, or which side is which."""

from __future__ import annotations

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics import rotations
from monomsk_dynamics.kinetics_features import COLUMNS, FEATURES, KineticsFeatures
from monomsk_training.kinetics_data import mirrored

NAN = float("nan")
#: World (x, y, z) and its mirror image at the plane y = 0, as a quaternion's signs (x, y, z, w).
MIRRORED_QUATERNION = np.array([-1.0, 1.0, -1.0, 1.0])
MIRRORED_VECTOR = np.array([1.0, -1.0, 1.0])


def some_motion(skeleton: Skeleton, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = 0.5 * (skeleton.lower_limits + skeleton.upper_limits)
    q = skeleton.neutral()
    q[:3] = rng.normal(size=3)
    q[3:7] = rotations.exp(0.7 * rng.normal(size=3))
    q[7:] = middle + 0.2 * rng.normal(size=31)
    return q, rng.normal(size=37), 3.0 * rng.normal(size=37)


def test_blocks_fill_the_features(skeleton: Skeleton) -> None:
    row, heading = KineticsFeatures(skeleton).frame(*some_motion(skeleton, 1), 0.0, NAN)
    assert row.shape == (FEATURES,)
    assert np.isfinite(row).all()
    np.testing.assert_allclose(heading @ heading.T, np.eye(3), atol=1e-12)


def test_place_and_heading_do_not_matter(skeleton: Skeleton) -> None:
    features = KineticsFeatures(skeleton)
    q, v, a = some_motion(skeleton, 2)
    turn = rotations.exp(np.array([0.0, 0.0, 1.1]))
    moved = q.copy()
    moved[:3] = rotations.matrix(turn) @ q[:3] + [4.0, -2.0, 0.0]
    moved[3:7] = rotations.multiply(turn, q[3:7])
    before, heading = features.frame(q, v, a, 0.0, NAN)
    after, turned = features.frame(moved, v, a, 0.0, NAN)
    np.testing.assert_allclose(after, before, atol=1e-9)
    np.testing.assert_allclose(turned, rotations.matrix(turn) @ heading, atol=1e-9)


def test_a_raised_floor_moves_the_heights_alone(skeleton: Skeleton) -> None:
    features = KineticsFeatures(skeleton)
    q, v, a = some_motion(skeleton, 3)
    raised = q.copy()
    raised[2] += 0.3
    np.testing.assert_allclose(
        features.frame(raised, v, a, 0.3, NAN)[0], features.frame(q, v, a, 0.0, NAN)[0], atol=1e-9
    )


def mirror_tangent(skeleton: Skeleton, values: np.ndarray, root: int) -> np.ndarray:
    """Exchange sides of coordinates that start at `root`; mirror-odd ones change sign."""
    result = values.copy()
    for name in skeleton.coordinate_names:
        other = {"_r": "_l", "_l": "_r"}.get(name[-2:])
        source = name[:-2] + other if other else name
        sign = -1.0 if name in ("lumbar_bending", "lumbar_rotation") else 1.0
        result[root + skeleton.coordinate_index(name)] = (
            sign * values[root + skeleton.coordinate_index(source)]
        )
    return result


def test_mirrored_features_are_those_of_the_mirrored_motion(skeleton: Skeleton) -> None:
    features = KineticsFeatures(skeleton)
    q, v, a = some_motion(skeleton, 4)
    q[3:7] = rotations.exp(np.array([0.1, 0.2, 0.0]))
    q[1] = 0.0
    other_q = mirror_tangent(skeleton, q, 7)
    other_q[3:7] = q[3:7] * MIRRORED_QUATERNION
    other = [mirror_tangent(skeleton, rates, 6) for rates in (v, a)]
    for rates in other:
        rates[:3] *= MIRRORED_VECTOR
        rates[3:6] *= -MIRRORED_VECTOR
    row = features.frame(q, v, a, 0.0, NAN)[0][None]
    expected = features.frame(other_q, *other, 0.0, NAN)[0]
    got, _, _ = mirrored(row, np.zeros((1, 6)), np.zeros((1, 14)))
    np.testing.assert_allclose(got[0], expected, atol=1e-6)


def test_standing_needs_one_body_weight_upwards(skeleton: Skeleton) -> None:
    still = np.zeros(37)
    row, _ = KineticsFeatures(skeleton).frame(skeleton.neutral(), still, still, 0.0, 0.003)
    np.testing.assert_allclose(row[COLUMNS["force"]], [0.0, 0.0, 1.0], atol=1e-9)
    assert row[COLUMNS["noise"]] == pytest.approx(0.3)
    assert np.allclose(row[COLUMNS["sole_velocities"]], 0.0)


def test_size_and_weight_do_not_matter_at_rest() -> None:
    small, large = build_skeleton(Subject(1.4, 35.0)), build_skeleton(Subject(1.9, 95.0))
    rows = []
    for body in (small, large):
        still = np.zeros(37)
        rows.append(KineticsFeatures(body).frame(body.neutral(), still, still, 0.0, NAN)[0])
    np.testing.assert_allclose(rows[0], rows[1], atol=0.02)
