"""Zero-lag smoothing: its frequency response, its derivatives on the manifold, its limits."""

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from monomsk_dynamics.errors import ShapeError, TooShortError
from monomsk_dynamics.smoothing import smooth_motion, smoothing_spline

CUTOFF_HZ = 6.0


def stamps(times_s: np.ndarray) -> np.ndarray:
    return np.round(times_s * 1e9).astype(np.int64)


def test_response_is_that_of_a_butterworth_filter_run_both_ways():
    times_s = np.arange(0.0, 5.0, 0.01)
    rng = np.random.default_rng(0)
    samples = np.cumsum(rng.normal(size=(len(times_s), 2)), axis=0)
    b, a = butter(3, 2 * CUTOFF_HZ * 0.01)
    expected = filtfilt(b, a, samples, axis=0)
    smooth = smoothing_spline(times_s, samples, CUTOFF_HZ)(times_s)
    inside = slice(100, 400)
    removed = np.abs(samples - expected)[inside].max()
    assert np.abs(smooth - expected)[inside].max() < 0.02 * removed


def test_half_the_amplitude_is_left_at_the_cutoff():
    times_s = np.arange(0.0, 5.0, 0.01)
    wave = np.sin(2 * np.pi * CUTOFF_HZ * times_s)[:, None]
    smooth = smoothing_spline(times_s, wave, CUTOFF_HZ)(times_s)
    assert np.abs(smooth[100:400]).max() == pytest.approx(0.5, abs=0.01)


def test_a_parabola_passes_unchanged_up_to_its_ends():
    times_s = np.arange(0.0, 1.0, 1 / 60)
    parabola = (3.0 - 2.0 * times_s + 4.0 * times_s**2)[:, None]
    spline = smoothing_spline(times_s, parabola, CUTOFF_HZ)
    np.testing.assert_allclose(spline(times_s), parabola, atol=1e-8)
    np.testing.assert_allclose(spline(times_s, 2), 8.0, atol=1e-4)


@pytest.mark.parametrize("jitter", [0.0, 0.4])
def test_derivatives_equal_finite_differences_on_the_manifold(smooth_curve, derivatives, jitter):
    rng = np.random.default_rng(1)
    times_s = np.arange(0.0, 4.0, 1 / 60)
    times_s += jitter / 60 * rng.uniform(-0.5, 0.5, len(times_s))
    q = np.array([smooth_curve(t) for t in times_s])
    q[:, 3:7] *= np.where(rng.random(len(q)) < 0.5, -1.0, 1.0)[:, None]
    (motion,) = smooth_motion(stamps(times_s), q, 12.0, 0.25)
    for k in range(30, 200, 17):
        v, a = derivatives(times_s[k])
        np.testing.assert_allclose(motion.v[k], v, atol=2e-3)
        np.testing.assert_allclose(motion.a[k], a, atol=5e-2)


def test_a_long_gap_splits_and_a_short_one_is_bridged(smooth_curve):
    times_s = np.arange(0.0, 3.0, 1 / 60)
    kept = np.ones(len(times_s), dtype=bool)
    kept[50:56] = False  # 0.1 s
    kept[100:130] = False  # 0.5 s
    q = np.array([smooth_curve(t) for t in times_s])
    runs = smooth_motion(stamps(times_s[kept]), q[kept], 12.0, 0.25)
    assert [len(run.q) for run in runs] == [94, 50]
    np.testing.assert_allclose(runs[0].q[50, 7:], smooth_curve(times_s[56])[7:], atol=2e-3)


def test_noise_is_removed_without_lag(smooth_curve):
    rng = np.random.default_rng(2)
    times_s = np.arange(0.0, 4.0, 1 / 60)
    clean = np.array([smooth_curve(t) for t in times_s])
    noisy = clean.copy()
    noisy[:, 7:] += 0.02 * rng.normal(size=(len(clean), 31))
    (motion,) = smooth_motion(stamps(times_s), noisy, CUTOFF_HZ, 0.25)
    error = motion.q[:, 7:] - clean[:, 7:]
    assert np.sqrt(np.mean(error**2)) < 0.011


def test_bad_recordings_are_refused(smooth_curve):
    times_s = np.arange(0.0, 1.0, 1 / 60)
    q = np.array([smooth_curve(t) for t in times_s])
    with pytest.raises(ShapeError, match="increase"):
        smooth_motion(stamps(times_s[::-1]), q, CUTOFF_HZ, 0.25)
    broken = q.copy()
    broken[17, 9] = np.nan
    with pytest.raises(ShapeError, match="frame 17"):
        smooth_motion(stamps(times_s), broken, CUTOFF_HZ, 0.25)
    with pytest.raises(TooShortError) as caught:
        smooth_motion(stamps(times_s[:5]), q[:5], CUTOFF_HZ, 0.25)
    assert caught.value.frames == 5
