"""The model of one coordinate: its six-entry covariance against the whole matrix."""

import numpy as np
import pytest

from monomsk_dynamics import white_jerk

PERIOD_S = 0.04


def whole(entries: np.ndarray) -> np.ndarray:
    """The symmetric matrix (3, 3) of six entries."""
    matrix = np.zeros((3, 3))
    matrix[white_jerk.PAIRS] = matrix.T[white_jerk.PAIRS] = entries
    return matrix


def test_six_entries_step_as_the_whole_covariance_does():
    root = np.random.default_rng(0).normal(size=(3, 3))
    covariance = root @ root.T
    step = white_jerk.transition(PERIOD_S)
    found = white_jerk.covariance_transition(PERIOD_S) @ covariance[white_jerk.PAIRS]
    np.testing.assert_allclose(whole(found), step @ covariance @ step.T, rtol=1e-12)


def test_variances_are_where_they_are_said_to_be():
    entries = np.diag([1.0, 2.0, 3.0])[white_jerk.PAIRS]
    assert entries[0] == 1.0
    assert entries[white_jerk.VELOCITY] == 2.0
    assert entries[white_jerk.ACCELERATION] == 3.0


def test_noise_of_a_period_is_that_of_its_parts():
    halves = white_jerk.covariance_transition(PERIOD_S / 2) @ white_jerk.unit_noise(PERIOD_S / 2)
    together = halves + white_jerk.unit_noise(PERIOD_S / 2)
    np.testing.assert_allclose(together, white_jerk.unit_noise(PERIOD_S), rtol=1e-12)
    # white noise of density one, integrated once
    assert white_jerk.unit_noise(PERIOD_S)[white_jerk.ACCELERATION] == pytest.approx(PERIOD_S)


def test_a_wider_band_lags_less():
    lags_s = [white_jerk.acceleration_lag_s(hz, PERIOD_S) for hz in (2.0, 4.0, 8.0)]
    assert lags_s == sorted(lags_s, reverse=True)
