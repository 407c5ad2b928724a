"""The expected centre of pressure follows what single support shows of a person."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.pressure_calibration import calibrate_pressure
from monomsk_dynamics.pressure_calibration_options import PressureCalibrationOptions

TIMES_S = np.arange(60) / 60.0
OPTIONS = PressureCalibrationOptions()


@pytest.fixture(scope="module")
def frames(skeleton, feet):
    """Still one-legged balance over points around the expected ones, by turns on each foot."""
    sharing = LoadSharing(feet, skeleton.mass_kg * 9.81)
    rng = np.random.default_rng(4)
    made = []
    for k in range(60):
        foot = k % 2
        stance = np.full(2, np.nan)
        stance[foot] = 0.2 + 0.6 * k / 60
        phase = GaitPhase(stance, None, np.nan)
        contact = np.arange(2) == foot
        terms = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))
        prior = sharing.prior(terms, contact, phase, np.array([1.3, 0.0]))
        # Two centimetres ahead of and one outside the expected place balances, with noise.
        shift = np.array([0.02, 0.01 * (-1.0, 1.0)[foot], 0.0]) + rng.normal(size=3) * 0.01
        wanted = terms.center_of_mass * [1.0, 1.0, 0.0] - shift
        pressure = np.tile(wanted, (2, 1))
        made.append((terms, np.zeros(37), replace(prior, center_of_pressure=pressure), phase))
    return made


def test_most_of_the_mean_difference_is_believed(skeleton, frames):
    found = calibrate_pressure(frames, TIMES_S, skeleton.mass_kg * 9.81, OPTIONS)
    assert found.shift_m[0] == pytest.approx(0.83 * 0.02, abs=0.004)
    assert found.shift_m[1] == pytest.approx(0.5 * 0.01, abs=0.003)
    np.testing.assert_array_equal(found.turn_m, 0.0)
    _, _, prior, phase = frames[1]
    moved = found.of(prior, phase, 1.0).center_of_pressure - prior.center_of_pressure
    assert moved[1, 0] == pytest.approx(found.shift_m[0], abs=1e-3)
    assert moved[1, 1] == pytest.approx(found.shift_m[1], abs=1e-3)
    assert moved[0, 1] == pytest.approx(-found.shift_m[1], abs=1e-3)
    np.testing.assert_array_equal(
        found.of(prior, phase, 0.0).center_of_pressure, prior.center_of_pressure
    )


def test_in_running_the_path_turns_over_the_phase(skeleton, frames):
    tilted = []
    for terms, a, prior, phase in frames:
        at = np.nanmax(phase.stance) - 0.5
        pressure = prior.center_of_pressure - np.array([0.05 * at, 0.0, 0.0])
        tilted.append((terms, a, replace(prior, center_of_pressure=pressure), phase))
    found = calibrate_pressure(tilted, TIMES_S, skeleton.mass_kg * 9.81, OPTIONS, running=True)
    assert found.turn_m[0] == pytest.approx(0.83 * 0.05, abs=0.02)
    assert found.shift_m[1] == 0.0


def test_too_little_single_support_changes_nothing(skeleton, frames):
    weight_n = skeleton.mass_kg * 9.81
    for some in (frames[:10], [], [(*frames[0][:3], GaitPhase(np.full(2, 0.5), 0, 0.5))]):
        found = calibrate_pressure(some, TIMES_S, weight_n, OPTIONS)
        np.testing.assert_array_equal(found.shift_m, 0.0)
    double = [
        (terms, a, replace(prior, in_contact=np.array([True, True])), phase)
        for terms, a, prior, phase in frames
    ]
    assert not calibrate_pressure(double, TIMES_S, weight_n, OPTIONS).shift_m.any()
