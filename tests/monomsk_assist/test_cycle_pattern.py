"""Even walking goes on as in the strides before; otherwise nothing is claimed."""

import math

import numpy as np
import pytest

from monomsk_assist.cycle_pattern import CyclePattern

STRIDE_S, FRAME_S = 1.14, 1.0 / 30.0


def torque(fraction: float) -> float:
    angle = 2 * np.pi * fraction
    return 40 * np.sin(angle) + 15 * np.cos(3 * angle)


def walked(duration_s: float, noise: float = 0.0) -> CyclePattern:
    rng, pattern = np.random.default_rng(1), CyclePattern()
    for time_s in np.arange(0.0, duration_s, FRAME_S):
        fraction = (time_s / STRIDE_S) % 1.0
        value = torque(fraction) + noise * rng.normal()
        pattern.learn(round(time_s * 1e9), fraction, (value, -2.0 * value))
    return pattern


def change(pattern: CyclePattern, start: float, end: float) -> float:
    found = pattern.change(start, end)
    assert found is not None
    assert found[1] == pytest.approx(-2.0 * found[0])
    return float(found[0])


def test_the_change_ahead_is_that_of_the_strides_before():
    pattern = walked(6.0)
    for start in np.arange(0.0, 1.0, 0.07):
        expected = torque(start + 0.1) - torque(start)
        assert change(pattern, start, (start + 0.1) % 1.0) == pytest.approx(expected, abs=3.0)


def test_noise_is_averaged():
    pattern = walked(6.0, noise=3.0)
    errors = [
        change(pattern, s, (s + 0.1) % 1.0) - torque(s + 0.1) + torque(s)
        for s in np.arange(0.0, 1.0, 0.01)
    ]
    assert np.std(errors) < 3.5


def test_nothing_is_claimed_of_what_was_not_seen_often_enough():
    assert CyclePattern().change(0.1, 0.3) is None
    assert walked(0.9).change(0.1, 0.3) is None
    assert walked(6.0).change(math.nan, 0.3) is None
    assert walked(6.0).change(0.3, math.nan) is None


def test_a_jump_back_in_time_forgets_and_rest_is_not_learnt():
    pattern = walked(6.0)
    pattern.learn(7_000_000_000, math.nan, (1e6, -2e6))
    assert abs(change(pattern, 0.2, 0.3)) < 100.0
    pattern.learn(1_000_000_000, 0.2, (5.0, -10.0))
    assert pattern.change(0.2, 0.3) is None


def test_old_strides_are_forgotten():
    pattern = walked(6.0)
    for time_s in np.arange(6.0, 13.0, FRAME_S):
        pattern.learn(round(time_s * 1e9), (time_s / STRIDE_S) % 1.0, (7.0, -14.0))
    assert change(pattern, 0.2, 0.4) == pytest.approx(0.0, abs=1e-9)
