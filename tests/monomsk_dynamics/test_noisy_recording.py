"""Recordings of unknown quality: motion capture passes unchanged, noisy gait comes to rest."""

from __future__ import annotations

import numpy as np

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.frame import FootGeometry, evaluate_frame
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.noisy_recording import denoised, options_for
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.smoothing import smooth_motion

RATE_HZ = 100.0
SIGMA = np.concatenate([np.full(3, 0.01), np.full(34, np.radians(1.5))])


def stepping(skeleton: Skeleton, seconds: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Somebody whose feet stand in turn while the pelvis goes on over them."""
    times = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    q = np.tile(skeleton.neutral(), (len(times), 1))
    speed, leg_m, period_s = 0.8, 0.85, 1.2
    for name, shift in (("r", 0.0), ("l", 0.5)):
        phase = (times / period_s + shift) % 1.0
        # A leg swings back while its foot stands and, with the knee bent, forward in the air.
        stands = phase < 0.6
        reach = np.where(stands, 0.3 - phase, -0.3 + 0.6 * _smooth((phase - 0.6) / 0.4))
        hip = np.arcsin(speed * period_s * reach / leg_m)
        bend = np.where(stands, 0.0, np.sin(np.pi * (phase - 0.6) / 0.4))
        q[:, 7 + skeleton.coordinate_index(f"hip_flexion_{name}")] = hip + 0.5 * bend
        q[:, 7 + skeleton.coordinate_index(f"knee_angle_{name}")] = bend
        q[:, 7 + skeleton.coordinate_index(f"ankle_angle_{name}")] = -np.where(stands, hip, 0.0)
    q[:, 0] += speed * times
    return np.round(1e9 * times).astype(np.int64), q


def _smooth(x: np.ndarray) -> np.ndarray:
    return x * x * (3.0 - 2.0 * x)


def shaken(skeleton: Skeleton, q: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    keep = float(np.exp(-1.0 / (0.2 * RATE_HZ)))
    state, rows = rng.normal(size=37), []
    for row in q:
        rows.append(skeleton.integrate(row, SIGMA * state))
        state = keep * state + np.sqrt(1.0 - keep**2) * rng.normal(size=37)
    return np.array(rows)


def slip(skeleton: Skeleton, stamps: np.ndarray, q: np.ndarray, loaded: np.ndarray) -> float:
    """Root mean square speed of the standing soles' middles [m/s], smoothed as for dynamics."""
    (motion,) = smooth_motion(stamps, q, 3.0, 1.0)
    feet = FootGeometry.of(skeleton)
    speeds = [
        np.linalg.norm(
            evaluate_frame(skeleton, row, v).point_velocities[feet.points].mean(axis=1), axis=1
        )
        for row, v in zip(motion.q, motion.v, strict=True)
    ]
    return float(np.sqrt((np.array(speeds)[loaded] ** 2).mean()))


def test_motion_capture_passes_unchanged(skeleton: Skeleton) -> None:
    stamps, q = stepping(skeleton)
    found = denoised(skeleton, stamps, q, DynamicsOptions())
    assert found.q is q
    assert np.isnan([*found.sigma, found.pelvis_sigma_m]).all()


def test_soles_of_noisy_gait_slip_less(skeleton: Skeleton) -> None:
    stamps, q = stepping(skeleton)
    phase = (stamps * 1e-9 / 1.2)[:, None] % 1.0 + np.array([0.0, 0.5])
    loaded = np.abs((phase % 1.0) - 0.3) < 0.15
    before, after = [], []
    for seed in range(2):
        noisy = shaken(skeleton, q, seed)
        found = denoised(skeleton, stamps, noisy, DynamicsOptions())
        assert np.isfinite(found.sigma).all()
        # Resting soles tell how high the pelvis is: smoothing may leave more of the movement.
        assert found.pelvis_sigma_m < 0.8 * found.sigma[0]
        before.append(slip(skeleton, stamps, noisy, loaded))
        after.append(slip(skeleton, stamps, found.q, loaded))
    assert np.mean(after) < 0.85 * np.mean(before)


def test_somebody_who_stands_is_left_alone(skeleton: Skeleton) -> None:
    stamps = np.round(1e9 * np.arange(200) / RATE_HZ).astype(np.int64)
    noisy = shaken(skeleton, np.tile(skeleton.neutral(), (200, 1)), 3)
    weight_n = 70.0 * 9.81
    assert LoadSharing(FootGeometry.of(skeleton), weight_n).walking_weight(0.1) == 0.0
    found = denoised(skeleton, stamps, noisy, DynamicsOptions())
    np.testing.assert_allclose(found.sigma[:3], 0.01, rtol=0.4)
    assert found.pelvis_sigma_m == found.sigma[0]
    # Without steps there are no phases of stance to hold the soles in.
    np.testing.assert_array_equal(found.q, noisy)


def test_under_noise_the_momentum_counts_less_and_expectations_more() -> None:
    usual = DynamicsOptions()
    assert options_for(np.full(37, np.nan), usual) is usual
    noisy = options_for(SIGMA, usual)
    assert noisy.load_sharing.learned_sigma_scale < usual.load_sharing.learned_sigma_scale
    assert noisy.load_sharing.walking_cop_sigma_m < usual.load_sharing.walking_cop_sigma_m
    assert noisy.consistent_motion.force_sigma > usual.consistent_motion.force_sigma
    assert noisy.pressure_calibration.gains == (0.0, 0.0)
    assert noisy.contact == usual.contact
