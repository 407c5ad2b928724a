"""The causal filter: converges, lags as it says, stands uneven and broken time."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_dynamics.errors import ShapeError, StampError
from monomsk_dynamics.filter_options import FilterOptions
from monomsk_dynamics.state_filter import ManifoldFilter, ResetReason
from monomsk_dynamics.white_jerk import acceleration_lag_s, density_per_variance

PERIOD_S = 1 / 60
BANDWIDTH_HZ = 6.0
#: Always the same bandwidth, as the stated lag assumes, and all of sigma is noise.
ACTIVE = FilterOptions(
    clean_bandwidth_hz=BANDWIDTH_HZ,
    noisy_bandwidth_hz=BANDWIDTH_HZ,
    quiet_bandwidth_hz=BANDWIDTH_HZ,
    noise_share=1.0,
)


def ns(time_s: float) -> int:
    return round(time_s * 1e9)


def run(state_filter, curve, times_s, sigma=None):
    return [state_filter.update(ns(t), curve(t), sigma) for t in times_s]


def test_converges_to_a_smooth_motion_and_its_derivatives(smooth_curve, derivatives):
    fast = replace(ACTIVE, clean_bandwidth_hz=25.0)
    times_s = np.arange(0.0, 3.0, 1 / 200)
    states = run(ManifoldFilter(fast), smooth_curve, times_s, np.full(37, 1e-3))
    v, a = derivatives(times_s[-1])
    np.testing.assert_allclose(states[-1].q[7:], smooth_curve(times_s[-1])[7:], atol=1e-3)
    np.testing.assert_allclose(states[-1].v, v, atol=0.03)
    np.testing.assert_allclose(states[-1].a, a, atol=0.5)


def test_uneven_times_change_nothing_essential(smooth_curve, derivatives):
    rng = np.random.default_rng(0)
    times_s = np.cumsum(rng.uniform(0.3, 1.7, 180) / 60)
    states = run(ManifoldFilter(ACTIVE), smooth_curve, times_s, np.full(37, 0.005))
    v, _ = derivatives(times_s[-1])
    np.testing.assert_allclose(states[-1].v[:6], v[:6], atol=0.1)
    np.testing.assert_allclose(states[-1].v[6:], v[6:], atol=0.15)


def test_acceleration_of_constant_jerk_lags_as_stated(skeleton):
    jerk, sigma = 3.0, 0.01
    q0 = skeleton.neutral()

    def curve(t: float) -> np.ndarray:
        q = q0.copy()
        q[7 + 3] += jerk * t**3 / 6
        return q

    states = run(ManifoldFilter(ACTIVE), curve, np.arange(0.0, 2.0, PERIOD_S), np.full(37, sigma))
    late_s = [t.stamp_ns * 1e-9 - t.a[6 + 3] / jerk for t in states[-5:]]
    stated_s = acceleration_lag_s(BANDWIDTH_HZ, PERIOD_S)
    np.testing.assert_allclose(late_s, stated_s, rtol=0.02)
    assert 0.02 < stated_s < 0.2


def test_standard_deviations_match_the_errors_of_the_motion_the_filter_assumes(skeleton):
    rng = np.random.default_rng(1)
    count, sigma = 400, 0.02
    density = sigma**2 * density_per_variance(BANDWIDTH_HZ, PERIOD_S)
    dt = PERIOD_S / 20
    jerk = rng.normal(size=(count * 20, 31)) * np.sqrt(density / dt)
    a = np.cumsum(jerk, axis=0) * dt
    v = np.cumsum(a, axis=0) * dt
    x = np.cumsum(v, axis=0) * dt
    q0 = skeleton.neutral()
    state_filter, scores = ManifoldFilter(ACTIVE), []
    for k in range(count):
        q = q0.copy()
        q[7:] += x[20 * k] + sigma * rng.normal(size=31)
        state = state_filter.update(ns(k * PERIOD_S), q, np.full(37, sigma))
        if k > 100:
            scores.append(
                [
                    (state.q[7:] - q0[7:] - x[20 * k]) / state.sigma_q[6:],
                    (state.v[6:] - v[20 * k]) / state.sigma_v[6:],
                    (state.a[6:] - a[20 * k]) / state.sigma_a[6:],
                ]
            )
    np.testing.assert_allclose(np.std(scores, axis=(0, 2)), 1.0, atol=0.12)


def test_a_body_at_rest_is_smoothed_more_than_a_moving_one(skeleton):
    rng = np.random.default_rng(2)
    noise = 0.01 * rng.normal(size=(240, 37))
    noise[:, :6] = 0.0

    def scatter(options: FilterOptions) -> float:
        state_filter = ManifoldFilter(options)
        states = [
            state_filter.update(ns(k * PERIOD_S), skeleton.integrate(skeleton.neutral(), noise[k]))
            for k in range(240)
        ]
        return float(np.std([state.a[6:] for state in states[120:]]))

    assert scatter(FilterOptions()) < 0.4 * scatter(ACTIVE)


def test_all_coordinates_lag_alike_whatever_their_noise(skeleton):
    """A foot that rests while hip and knee turn against each other must rest in the filter."""
    sigma = np.full(37, 0.01)
    sigma[6 + 3] = 0.08  # the knee is seen badly
    q0, state_filter = skeleton.neutral(), ManifoldFilter(ACTIVE)
    for k in range(200):
        q = q0.copy()
        angle = 0.5 * np.sin(2 * np.pi * 1.0 * k * PERIOD_S)
        q[7], q[7 + 3] = angle, angle
        state = state_filter.update(ns(k * PERIOD_S), q, sigma)
        if k > 100:
            assert state.v[6] == pytest.approx(state.v[6 + 3], abs=1e-6)
    assert abs(state.v[6]) > 0.1


def test_a_measurement_worse_than_usual_counts_less(skeleton):
    q, sigma = skeleton.neutral(), np.full(37, 0.01)
    moved = []
    for last in (0.01, 0.1):
        state_filter = ManifoldFilter(ACTIVE)
        for k in range(60):
            state_filter.update(ns(k * PERIOD_S), q, sigma)
        off = q.copy()
        off[7 + 3] += 0.03
        moved.append(state_filter.update(ns(60 * PERIOD_S), off, np.full(37, last)).q[7 + 3])
    assert moved[1] < 0.3 * moved[0]


def test_one_ignorant_state_does_not_make_the_filter_nervous(skeleton):
    """Nothing was seen of it once; before and after, the noise is smoothed alike."""

    def speed_after(ignorance: float) -> float:
        rng, state_filter = np.random.default_rng(3), ManifoldFilter()
        speeds = []
        for k in range(240):
            sigma = np.full(37, ignorance if k == 120 else 0.01)
            q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.007)
            speeds.append(np.abs(state_filter.update(ns(k * PERIOD_S), q, sigma).v).mean())
        return float(np.mean(speeds[121:]))

    usual = speed_after(0.01)
    assert speed_after(10.0) < 1.15 * usual
    assert speed_after(1e100) < 1.15 * usual


def test_cleaner_states_are_followed_faster():
    options = FilterOptions()
    bandwidths = [options.bandwidth_hz(sigma) for sigma in (0.0005, 0.0015, 0.003, 0.005, 0.05)]
    assert bandwidths == sorted(bandwidths, reverse=True)
    assert bandwidths[0] == options.clean_bandwidth_hz
    assert bandwidths[-1] == options.noisy_bandwidth_hz
    lags_s = [acceleration_lag_s(bandwidth, PERIOD_S) for bandwidth in bandwidths]
    assert lags_s == sorted(lags_s)


def test_turning_pelvis_keeps_a_unit_quaternion_and_its_rate(skeleton):
    spin = np.zeros(37)
    spin[3:6] = [0.4, -0.2, 2.0]
    q = skeleton.neutral()
    state_filter = ManifoldFilter(ACTIVE)
    for k in range(300):
        state = state_filter.update(ns(k * PERIOD_S), q if k % 2 else flipped(q))
        q = skeleton.integrate(q, spin * PERIOD_S)
    assert np.linalg.norm(state.q[3:7]) == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(state.v[3:6], spin[3:6], atol=1e-3)
    np.testing.assert_allclose(state.a[3:6], 0.0, atol=0.02)


def flipped(q: np.ndarray) -> np.ndarray:
    copy = q.copy()
    copy[3:7] *= -1.0
    return copy


def test_pelvis_velocity_is_given_in_the_pelvis_frame(skeleton):
    q = skeleton.neutral()
    q[3:7] = [0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)]  # facing left
    state_filter = ManifoldFilter(ACTIVE)
    for k in range(120):
        q[:3] = [0.0, 1.2 * k * PERIOD_S, 1.0]  # moves left, so forward for the person
        state = state_filter.update(ns(k * PERIOD_S), q.copy())
    np.testing.assert_allclose(state.v[:3], [1.2, 0.0, 0.0], atol=1e-2)


def test_an_outlier_is_damped_and_a_lasting_change_believed(skeleton):
    q, state_filter = skeleton.neutral(), ManifoldFilter()
    sigma = np.full(37, 0.01)
    for k in range(60):
        state_filter.update(ns(k * PERIOD_S), q, sigma)
    wrong = q.copy()
    wrong[7 + 3] += 1.0
    state = state_filter.update(ns(60 * PERIOD_S), wrong, sigma)
    assert state.outliers == 1
    assert abs(state.q[7 + 3]) < 0.05
    for k in range(61, 75):
        state = state_filter.update(ns(k * PERIOD_S), wrong, sigma)
    assert state.q[7 + 3] == pytest.approx(1.0, abs=0.05)


def test_time_that_jumps_back_resets(smooth_curve):
    state_filter = ManifoldFilter()
    run(state_filter, smooth_curve, np.arange(1.0, 2.0, PERIOD_S))
    state = state_filter.update(ns(0.2), smooth_curve(0.2))
    assert state.reset is ResetReason.TIME_JUMPED_BACK
    np.testing.assert_allclose(state.q[7:], smooth_curve(0.2)[7:])
    np.testing.assert_array_equal(state.v[6:], 0.0)
    assert state_filter.update(ns(0.2 + PERIOD_S), smooth_curve(0.2 + PERIOD_S)).reset is None


def test_a_long_gap_resets_and_a_short_one_does_not(smooth_curve):
    state_filter = ManifoldFilter()
    assert state_filter.update(0, smooth_curve(0.0)).reset is ResetReason.FIRST_STATE
    assert state_filter.update(ns(0.2), smooth_curve(0.2)).reset is None
    assert state_filter.update(ns(0.6), smooth_curve(0.6)).reset is ResetReason.LONG_GAP


def test_repeated_and_late_states_are_refused_and_leave_the_filter_as_it_was(smooth_curve):
    state_filter = ManifoldFilter()
    run(state_filter, smooth_curve, np.arange(0.0, 1.0, PERIOD_S))
    last = 59 * PERIOD_S
    for stamp_ns in (ns(last), ns(last - 0.1)):
        with pytest.raises(StampError) as caught:
            state_filter.update(stamp_ns, smooth_curve(0.0))
        assert caught.value.stamp_ns == stamp_ns
    assert state_filter.update(ns(last + PERIOD_S), smooth_curve(last + PERIOD_S)).reset is None


def test_nan_is_refused_and_unknown_sigma_takes_the_default(skeleton):
    q = skeleton.neutral()
    q[9] = np.nan
    with pytest.raises(ShapeError):
        ManifoldFilter().update(0, q)
    state = ManifoldFilter().update(0, skeleton.neutral(), np.full(37, np.nan))
    np.testing.assert_allclose(state.sigma_q, FilterOptions().measurement_sigmas())
