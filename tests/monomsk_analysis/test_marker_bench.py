"""The table of kinetics from markers."""

from pathlib import Path

import pytest

from monomsk_analysis.bench_markers import (
    MarkerRow,
    bench_markers,
    marker_sections,
    render,
)
from monomsk_analysis.marker_trials import GROUPS, trials
from monomsk_analysis.reference_score import ReferenceScore
from monomsk_training.train_kinetics import HELD_OUT


def row(name: str, vertical: float, tuned: bool = False) -> MarkerRow:
    force = {
        "vertical_rmse": vertical, "vertical_mae": 2.0, "fore_aft_rmse": 1.0, "lateral_rmse": 0.5,
    }  # fmt: skip
    place = {"fore_aft_rmse_mm": 20.0, "lateral_rmse_mm": 6.0}
    score = ReferenceScore(
        frames=200,
        frames_compared=150,
        forces={"right": force, "left": {**force, "vertical_rmse": vertical + 2.0}},
        pressure={"right": place, "left": place},
        moment_rmse={"hip_flexion_r": 0.1},
        leg_moment_rmse=0.111,
        event_error_ms=(-10.0, 20.0, 4.0),
    )
    return MarkerRow(name, "walk", tuned, 8.0, score)


def test_the_table_gives_means_of_feet_and_of_groups() -> None:
    lines = render([row("a", 3.0, True), row("b", 5.0), row("c", 7.0)]).splitlines()
    assert lines[2].startswith("| a * | 8.0 | 150/200 | 4.0 | 2.0 | 1.0 | 0.5 | 20 | 6 | 0.111 |")
    assert lines[2].endswith("| 10 |")
    assert "mean of 3, walk" in lines[-1]
    assert "| 6.0 |" in lines[-1]
    assert "20 N" in "".join(marker_sections([row("a", 3.0)]))


def test_trials_have_names_of_their_own_and_known_groups() -> None:
    names = [trial.name for trial in trials()]
    assert len(set(names)) == len(names) == 24
    assert {trial.group for trial in trials()} == set(GROUPS)
    # The marks agree with the people whom the inverse-dynamics transformer never saw.
    young = [trial for trial in trials() if trial.group.startswith("young")]
    assert all(trial.name.startswith(HELD_OUT) != trial.tuned for trial in young)
    assert sum(trial.tuned for trial in young) == 10


def test_missing_recordings_are_named(tmp_path: Path) -> None:
    rows, skipped = bench_markers(tmp_path, tmp_path, names=("Gait2392",))
    assert rows == ()
    assert len(skipped) == 1
    assert "subject01_walk1.trc is not there" in skipped[0]


def test_an_adult_walk_meets_its_goals(shared_data: Path, tmp_path: Path) -> None:
    if not (shared_data / "mocap_walking_3d").is_dir():
        pytest.skip("no recording mocap_walking_3d")
    (score,), _ = bench_markers(shared_data, tmp_path, names=("adult walk, scaled",))
    vertical_rmse, vertical_mae, fore_aft, lateral, ahead_mm, _, moments = score.numbers()
    assert score.score.frames_compared > 120
    assert vertical_rmse < 4.0
    assert vertical_mae < 2.5
    assert fore_aft < 2.5
    assert lateral < 1.5
    assert ahead_mm < 25.0
    assert moments < 0.14
