"""A corrected motion's derivatives are those of its configurations."""

import numpy as np

from monomsk_dynamics.moved_motion import moved_motion
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

PERIOD_S = 0.002
FRAMES = 60


def turning(skeleton) -> SmoothMotion:
    times_s = np.arange(FRAMES) * PERIOD_S
    rng = np.random.default_rng(4)
    waves = np.sin(np.outer(times_s, rng.uniform(2.0, 9.0, 37)) + rng.uniform(0, 6, 37))
    q = np.array([skeleton.integrate(skeleton.neutral(), 0.6 * wave) for wave in waves])
    (motion,) = smooth_motion(np.round(times_s * 1e9).astype(np.int64), q, 1e6, np.inf)
    return motion


def correction(times_s: np.ndarray) -> list[np.ndarray]:
    rng = np.random.default_rng(6)
    rates, phases = rng.uniform(3.0, 12.0, 37), rng.uniform(0, 6, 37)
    angles = np.outer(times_s, rates) + phases
    return [
        0.3 * np.sin(angles), 0.3 * rates * np.cos(angles), -0.3 * rates**2 * np.sin(angles)
    ]  # fmt: skip


def test_velocity_and_acceleration_are_derivatives(skeleton):
    base = turning(skeleton)
    moved = moved_motion(base, *correction(base.times_s))
    for k in range(5, FRAMES - 5, 7):
        step = skeleton.difference(moved.q[k - 1], moved.q[k + 1]) / (2 * PERIOD_S)
        np.testing.assert_allclose(step, moved.v[k], atol=2e-3)
        change = (moved.v[k + 1] - moved.v[k - 1]) / (2 * PERIOD_S)
        np.testing.assert_allclose(change, moved.a[k], atol=2e-2)


def test_no_correction_is_no_change(skeleton):
    base = turning(skeleton)
    still = np.zeros((FRAMES, 37))
    moved = moved_motion(base, still, still, still)
    np.testing.assert_allclose(moved.q, base.q, atol=1e-12)
    np.testing.assert_allclose(moved.v, base.v, atol=1e-9)
    np.testing.assert_allclose(moved.a, base.a, atol=1e-7)


def test_a_small_correction_is_a_tangent_step(skeleton):
    base = turning(skeleton)
    small = 1e-3 * correction(base.times_s)[0]
    moved = moved_motion(base, small, np.zeros_like(small), np.zeros_like(small))
    for before, after, step in zip(base.q, moved.q, small, strict=True):
        np.testing.assert_allclose(skeleton.difference(before, after), step, atol=1e-6)
