import csv
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.scoring import (
    LEG_COORDINATES,
    frames_with_complete_plates,
    resample,
    rms,
    score_angles,
    score_forces,
    score_moments,
    score_pressure,
)


def test_rms_leaves_out_the_unknown() -> None:
    assert rms(np.array([3.0, np.nan, -3.0])) == 3.0
    assert np.isnan(rms(np.array([np.nan])))


def test_constant_offset_is_removed_and_reported() -> None:
    time = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    reference = np.stack([np.sin(time), np.cos(time)], axis=1)
    estimate = reference + np.array([5.0, -2.0]) + np.stack([0.3 * np.sin(7 * time)] * 2, axis=1)
    score = score_angles(("a", "b"), estimate, reference)
    np.testing.assert_allclose(score.offset, [5.0, -2.0], atol=1e-12)
    np.testing.assert_allclose(score.rmse_without_offset, 0.3 / np.sqrt(2), rtol=1e-9)
    np.testing.assert_allclose(score.rmse**2, score.rmse_without_offset**2 + score.offset**2)
    assert score.mean(("b", "a")) == pytest.approx(np.mean(score.rmse))


def test_lost_frames_are_left_out_and_counted() -> None:
    reference = np.zeros((10, 1))
    estimate = np.ones((10, 1))
    estimate[4:] = np.nan
    score = score_angles(("a",), estimate, reference)
    assert score.rmse[0] == 1.0
    assert score.compared[0] == 4
    assert score.frames == 10


def test_unknown_coordinate_makes_the_mean_unknown() -> None:
    score = score_angles(("a", "b"), np.array([[1.0, np.nan]]), np.zeros((1, 2)))
    assert np.isnan(score.mean(("a", "b")))


def test_resample_interpolates_but_bridges_no_gap() -> None:
    times = np.array([0.0, 0.1, 0.2, 0.9, 1.0])
    values = 10.0 * times[:, None]
    at = np.array([0.05, 0.2, 0.5, 0.95, 1.02, 1.2, -0.02])
    result = resample(times, values, at, max_gap_s=0.1)[:, 0]
    np.testing.assert_allclose(result[[0, 1, 3]], [0.5, 2.0, 9.5])
    assert np.isnan(result[[2, 5]]).all()
    np.testing.assert_allclose(result[[4, 6]], [10.0, 0.0])


def test_resample_skips_unknown_samples_per_column() -> None:
    times = np.arange(5) * 0.1
    values = np.stack([times, times], axis=1)
    values[2, 1] = np.nan
    result = resample(times, values, np.array([0.2]), max_gap_s=0.1)
    assert result[0, 0] == pytest.approx(0.2)
    assert np.isnan(result[0, 1])
    assert resample(times, values, np.array([0.2]), max_gap_s=0.2)[0, 1] == pytest.approx(0.2)


def test_force_errors_in_percent_of_body_weight() -> None:
    reference = np.zeros((4, 3))
    estimate = np.tile([8.0, -40.0, 16.0], (4, 1))
    estimate[3] = 1e6
    valid = np.array([True, True, True, False])
    score = score_forces(estimate, reference, 800.0, valid)
    assert score.fore_aft_rmse == pytest.approx(1.0)
    assert score.vertical_rmse == pytest.approx(5.0)
    assert score.vertical_mae == pytest.approx(5.0)
    assert score.lateral_rmse == pytest.approx(2.0)
    assert score.frames == 3


def test_pressure_only_where_both_sides_carry_load() -> None:
    force = np.array([[0.0, 100.0, 0.0], [0.0, 100.0, 0.0], [0.0, 5.0, 0.0]])
    plate = np.array([[0.0, 100.0, 0.0], [0.0, 0.0, 0.0], [0.0, 100.0, 0.0]])
    estimate = np.array([[0.01, 0.0, -0.02], [9.0, 0.0, 9.0], [9.0, 0.0, 9.0]])
    score = score_pressure((force, estimate), (plate, np.zeros((3, 3))), 50.0, np.ones(3, bool))
    assert score.frames == 1
    assert score.fore_aft_rmse_mm == pytest.approx(10.0)
    assert score.lateral_rmse_mm == pytest.approx(20.0)


def test_moments_per_body_mass() -> None:
    estimate = np.array([[80.0, 0.0], [-80.0, 40.0]])
    error = score_moments(estimate, np.zeros((2, 2)), 80.0, np.array([True, True]))
    np.testing.assert_allclose(error, [1.0, 0.5 / np.sqrt(2)])


def test_frames_beside_the_plates_are_dropped() -> None:
    residual = np.array([[0.0, 100.0, 0.0], [90.0, 90.0, 0.0]])
    assert frames_with_complete_plates(residual, 800.0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("clip", "system", "expected"),
    [
        ("lab_walk_trunk_sway", "opencap_monocular", 5.61),
        ("lab_walk_trunk_sway", "wham", 7.20),
        ("lab_sit_to_stand", "opencap_monocular", 5.58),
        ("lab_sit_to_stand", "wham", 6.58),
    ],
)
def test_published_systems_get_their_known_scores(
    shared_data: Path, clip: str, system: str, expected: float
) -> None:
    def load(name: str) -> np.ndarray:
        with (shared_data / clip / f"{name}.csv").open() as file:
            rows = list(csv.DictReader(file))
        return np.array([[float(row[label]) for label in LEG_COORDINATES] for row in rows])

    score = score_angles(LEG_COORDINATES, load(system), load("reference_mocap"))
    assert score.mean(LEG_COORDINATES) == pytest.approx(expected, abs=0.006)
