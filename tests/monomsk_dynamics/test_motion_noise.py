"""How noisy a motion is, from the motion itself."""

from __future__ import annotations

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics import rotations
from monomsk_dynamics.motion_noise import estimated_sigma


def moving(skeleton: Skeleton, rate_hz: float, seconds: float = 4.0) -> tuple[np.ndarray, ...]:
    """Somebody who bobs and swings as fast as in walking."""
    times = np.arange(0.0, seconds, 1.0 / rate_hz)
    q = np.tile(skeleton.neutral(), (len(times), 1))
    q[:, 0] += 1.3 * times
    q[:, 2] += 0.02 * np.sin(4.0 * np.pi * times) + 0.003 * np.sin(12.0 * np.pi * times)
    for name, size in (("hip_flexion_r", 0.4), ("knee_angle_r", 0.5), ("arm_flex_l", 0.3)):
        q[:, 7 + skeleton.coordinate_index(name)] += size * (1.0 + np.sin(2.0 * np.pi * times))
    return np.round(1e9 * times).astype(np.int64), q


def shaken(
    skeleton: Skeleton, q: np.ndarray, rate_hz: float, sigma: np.ndarray, seed: int
) -> np.ndarray:
    """With wandering errors that last 0.2 s."""
    rng = np.random.default_rng(seed)
    keep = float(np.exp(-1.0 / (0.2 * rate_hz)))
    state, rows = rng.normal(size=37), []
    for row in q:
        rows.append(skeleton.integrate(row, sigma * state))
        state = keep * state + np.sqrt(1.0 - keep**2) * rng.normal(size=37)
    return np.array(rows)


@pytest.mark.parametrize("rate_hz", [30.0, 60.0, 100.0])
def test_noise_is_found_in_its_size(skeleton: Skeleton, rate_hz: float) -> None:
    stamps, q = moving(skeleton, rate_hz)
    sigma = np.concatenate([np.full(3, 0.01), np.full(34, np.radians(1.5))])
    found = np.mean(
        [
            estimated_sigma(stamps, shaken(skeleton, q, rate_hz, sigma, seed))
            for seed in range(4)
        ],
        axis=0,
    )  # fmt: skip
    np.testing.assert_allclose(found[:3], 0.01, rtol=0.2)
    np.testing.assert_allclose(found[3:6], np.radians(1.5), rtol=0.35)
    np.testing.assert_allclose(np.median(found[6:]), np.radians(1.5), rtol=0.35)


def test_motion_capture_counts_as_clean(skeleton: Skeleton) -> None:
    stamps, q = moving(skeleton, 100.0)
    assert np.isnan(estimated_sigma(stamps, q)).all()
    half_a_millimetre = np.concatenate([np.full(3, 5e-4), np.full(34, np.radians(0.1))])
    captured = shaken(skeleton, q, 100.0, half_a_millimetre, 1)
    assert np.isnan(estimated_sigma(stamps, captured)).all()


def test_single_glitches_are_no_noise(skeleton: Skeleton) -> None:
    stamps, q = moving(skeleton, 100.0)
    q[[80, 200, 300], :3] += 0.05
    assert np.isnan(estimated_sigma(stamps, q)).all()


def test_what_cannot_tell_says_so(skeleton: Skeleton) -> None:
    sigma = np.concatenate([np.full(3, 0.01), np.full(34, np.radians(1.5))])
    stamps, q = moving(skeleton, 15.0)
    assert np.isnan(estimated_sigma(stamps, shaken(skeleton, q, 15.0, sigma, 1))).all()
    stamps, q = moving(skeleton, 60.0, seconds=0.1)
    assert np.isnan(estimated_sigma(stamps, q)).all()


def test_clean_angles_of_a_noisy_place_are_not_certain(skeleton: Skeleton) -> None:
    stamps, q = moving(skeleton, 60.0)
    sigma = np.concatenate([np.full(3, 0.01), np.zeros(34)])
    found = estimated_sigma(stamps, shaken(skeleton, q, 60.0, sigma, 1))
    np.testing.assert_allclose(found[:3], 0.01, rtol=0.5)
    assert (found[3:] > 0.0).all()
    assert np.median(found[3:]) < np.radians(0.8)


def test_noise_does_not_depend_on_the_way_somebody_faces(skeleton: Skeleton) -> None:
    stamps, q = moving(skeleton, 60.0, seconds=1.5)
    sigma = np.concatenate([np.full(3, 0.01), np.full(34, np.radians(1.5))])
    noisy = shaken(skeleton, q, 60.0, sigma, 2)
    yaw = np.array([0.0, 0.0, np.sin(0.4), np.cos(0.4)])
    turned = noisy.copy()
    turned[:, :3] = noisy[:, :3] @ rotations.matrix(yaw).T
    turned[:, 3:7] = rotations.multiply(np.tile(yaw, (len(q), 1)), noisy[:, 3:7])
    found = [estimated_sigma(stamps, rows) for rows in (noisy, turned)]
    np.testing.assert_allclose(found[1], found[0], rtol=0.02)
