"""Loaded soles rest: what that takes from the noise of a pose."""

from __future__ import annotations

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.resting_soles import RestOptions, rest_soles
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

RATE_HZ = 60.0
SIGMA = np.concatenate([np.full(3, 0.01), np.full(34, np.radians(1.5))])


def standing(skeleton: Skeleton, seed: int, seconds: float = 2.0) -> SmoothMotion:
    """Somebody who stands, seen with errors that last 0.2 s."""
    rng = np.random.default_rng(seed)
    keep = float(np.exp(-1.0 / (0.2 * RATE_HZ)))
    state, rows = rng.normal(size=37), []
    for _ in range(int(seconds * RATE_HZ)):
        rows.append(skeleton.integrate(skeleton.neutral(), SIGMA * state))
        state = keep * state + np.sqrt(1.0 - keep**2) * rng.normal(size=37)
    stamps = np.round(1e9 * np.arange(len(rows)) / RATE_HZ).astype(np.int64)
    (motion,) = smooth_motion(stamps, np.array(rows), 6.0, 1.0)
    return motion


def sole_errors(skeleton: Skeleton, stamps: np.ndarray, q: np.ndarray) -> tuple[float, float]:
    """Root mean square speed [m/s] and height [m] of all sole points."""
    (motion,) = smooth_motion(stamps, q, 1e6, 1.0)
    terms = [evaluate_frame(skeleton, *row) for row in zip(motion.q, motion.v, strict=True)]
    speed = np.array([frame.point_velocities for frame in terms])
    height = np.array([frame.points[:, 2] for frame in terms])
    return float(np.sqrt((speed**2).mean())), float(np.sqrt((height**2).mean()))


def test_soles_come_to_rest_and_the_pelvis_to_its_height(skeleton: Skeleton) -> None:
    before, after, raw, moved = [], [], [], []
    for seed in range(3):
        motion = standing(skeleton, seed)
        q = rest_soles(skeleton, motion, (np.ones((len(motion.q), 16)), 0.0), SIGMA)
        before.append(sole_errors(skeleton, motion.stamps_ns, motion.q))
        after.append(sole_errors(skeleton, motion.stamps_ns, q))
        raw.append(motion.q[:, 2] - skeleton.neutral()[2])
        moved.append(q[:, 2] - skeleton.neutral()[2])
    assert (np.mean(after, axis=0) < 0.6 * np.mean(before, axis=0)).all()
    # On straight legs the floor knows how high the pelvis is.
    assert np.std(moved) < 0.7 * np.std(raw)


def test_without_a_loaded_sole_nothing_moves(skeleton: Skeleton) -> None:
    motion = standing(skeleton, 1, seconds=0.5)
    q = rest_soles(skeleton, motion, (np.zeros((len(motion.q), 16)), 0.0), SIGMA)
    # Only the spline through the frames differs.
    np.testing.assert_allclose(q, motion.q, atol=1e-5)


def test_what_rests_already_stays(skeleton: Skeleton) -> None:
    stamps = np.round(1e9 * np.arange(40) / RATE_HZ).astype(np.int64)
    (motion,) = smooth_motion(stamps, np.tile(skeleton.neutral(), (40, 1)), 6.0, 1.0)
    lowest = float(skeleton.points(skeleton.neutral(), skeleton.soles)[:, 2].min())
    q = rest_soles(skeleton, motion, (np.ones((40, 16)), lowest), SIGMA)
    np.testing.assert_allclose(q, motion.q, atol=2e-3)


def test_a_surer_coordinate_gives_way_less(skeleton: Skeleton) -> None:
    motion = standing(skeleton, 2, seconds=1.0)
    loaded = (np.ones((len(motion.q), 16)), 0.0)
    sure = SIGMA.copy()
    sure[2] = 1e-4
    free, held = (rest_soles(skeleton, motion, loaded, sigma) for sigma in (SIGMA, sure))
    change = [np.abs(q[:, 2] - motion.q[:, 2]).max() for q in (free, held)]
    assert change[1] < 0.2 * change[0]


def test_options_are_positive() -> None:
    with pytest.raises(Exception, match="speed_sigma_m_s"):
        RestOptions(speed_sigma_m_s=0.0)
