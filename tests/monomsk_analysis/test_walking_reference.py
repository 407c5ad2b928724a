"""The whole offline way from measured walking to forces, against force plates."""

from pathlib import Path

import pytest

from monomsk_analysis.bench_walking import RECORDING, WalkingScore, bench_walking
from monomsk_analysis.progress import Stages


@pytest.fixture(scope="module")
def score(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> WalkingScore:
    folder = shared_data / RECORDING
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder}")
    return bench_walking(folder, tmp_path_factory.mktemp("walking"), Stages())


def test_most_frames_are_compared(score: WalkingScore) -> None:
    assert score.frames == 1350
    assert score.frames_compared > 1200


def test_ground_forces_are_those_of_the_plates(score: WalkingScore) -> None:
    for errors in score.forces.values():
        assert errors["vertical_mae"] < 6.0
        assert errors["fore_aft_rmse"] < 5.0
        assert errors["lateral_rmse"] < 3.0
    for errors in score.pressure.values():
        assert errors["fore_aft_rmse_mm"] < 50.0
        assert errors["lateral_rmse_mm"] < 30.0


def test_joint_moments_are_those_of_inverse_dynamics_with_plates(score: WalkingScore) -> None:
    assert score.leg_moment_rmse < 0.22
    assert max(score.moment_rmse.values()) < 0.35
