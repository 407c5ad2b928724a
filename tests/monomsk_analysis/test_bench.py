import json
import math
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.bench import BenchResults, main, write_results
from monomsk_analysis.bench_angles import ClipScore, score_table
from monomsk_analysis.bench_layers_report import LayerSpeed
from monomsk_analysis.bench_memory import MemoryScore
from monomsk_analysis.bench_speed import StageSpeed, lifter_speeds, recorded_speeds
from monomsk_analysis.bench_walking import score_walking
from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.exports import force_label, ground_reaction_labels
from monomsk_analysis.opensim_kinematics import PELVIS_COORDINATES, PELVIS_TRANSLATIONS
from monomsk_analysis.reference_data import read_angles_csv, read_clip
from monomsk_analysis.scoring import LEG_COORDINATES, LEG_MOMENTS
from monomsk_analysis.storage import Table
from monomsk_description.skeleton import Skeleton

MASS_KG = 80.0
WEIGHT_N = MASS_KG * 9.81


def angles(times: np.ndarray, offset_deg: float = 0.0) -> Table:
    labels = (*LEG_COORDINATES, "pelvis_tx")
    waves = np.sin(2 * np.pi * times)[:, None] * np.arange(10.0, 19.0)
    return Table(times, labels, waves + offset_deg, True)


def test_a_constant_error_shows_raw_and_vanishes_with_the_offset() -> None:
    reference = angles(np.round(np.arange(60) / 60.0, 4))
    score = score_table("own", angles(np.arange(60) / 60.0, 3.0), reference)
    assert score.leg_rmse_deg == pytest.approx(3.0, abs=0.01)
    assert score.leg_rmse_without_offset_deg < 0.01
    assert score.compared_fraction == 1.0
    assert "pelvis_tx" not in score.rmse_deg
    assert score.offset_deg["knee_angle_l"] == pytest.approx(3.0, abs=0.01)


def test_lost_stretches_are_not_compared_but_counted() -> None:
    times = np.arange(60) / 60.0
    kept = np.r_[0:20, 40:60]
    estimate = angles(times)
    partial = Table(times[kept], estimate.labels, estimate.values[kept], True)
    score = score_table("own", partial, angles(times))
    assert score.compared_fraction == pytest.approx(40 / 60)
    assert score.leg_rmse_deg == pytest.approx(0.0, abs=1e-9)


def test_exchanged_legs_are_counted() -> None:
    times = np.arange(60) / 60.0
    estimate, reference = angles(times), angles(times)
    reference.values[:, :4] += 20.0
    estimate.values[:, :4] += 20.0
    crossed = estimate.values[10:25, [4, 5, 6, 7, 0, 1, 2, 3]]
    estimate.values[10:25, :8] = crossed
    assert score_table("own", estimate, reference).exchanged_frames == 15
    assert score_table("own", reference, reference).exchanged_frames == 0


def test_travel_is_compared_in_the_same_ground() -> None:
    times = np.arange(120) / 60.0
    names = (*LEG_COORDINATES, *PELVIS_COORDINATES)
    values = np.zeros((120, len(names)))
    place = names.index("pelvis_tx")
    values[:, place] = 1.2 * times
    values[:, place + 1] = 0.95 + 0.02 * np.sin(8.0 * times)
    reference = Table(times, names, values, True)
    # The same walk towards the left of another ground, which errs by 3 cm to and fro.
    other = values.copy()
    other[:, names.index("pelvis_rotation")] = 90.0
    other[:, place : place + 3] = values[:, [place + 2, place + 1, place]] * [1.0, 1.0, -1.0]
    other[:, place + 1] += 0.03 * np.sign(np.sin(2.0 * np.pi * times) + 1e-9)
    other[:, place] += 5.0
    level_cm, upright_cm = score_table(
        "own", Table(times, names, other, True), reference
    ).travel_rmse_cm
    assert level_cm == pytest.approx(0.0, abs=1e-6)
    assert upright_cm == pytest.approx(3.0, abs=0.01)
    assert math.isnan(score_table("own", angles(times), angles(times)).travel_rmse_cm[0])


def walking_tables() -> tuple[Table, Table]:
    times = np.arange(100) / 100.0
    force_labels = (*ground_reaction_labels("r"), *ground_reaction_labels("l"))
    forces = np.zeros((100, 18))
    forces[:, [1, 10]] = WEIGHT_N / 2
    moment_labels = (*map(force_label, PELVIS_TRANSLATIONS), *map(force_label, LEG_MOMENTS))
    moments = np.zeros((100, len(moment_labels)))
    return Table(times, force_labels, forces), Table(times, moment_labels, moments)


def test_walking_errors_go_to_their_own_rows_in_their_own_units() -> None:
    reference, estimate = walking_tables(), walking_tables()
    labels = estimate[0].labels
    estimate[0].values[:, labels.index("ground_force_r_vy")] += 0.05 * WEIGHT_N
    estimate[0].values[:, labels.index("ground_force_l_vx")] -= 0.02 * WEIGHT_N
    estimate[0].values[:, labels.index("ground_force_l_pz")] += 0.012
    estimate[1].values[:, estimate[1].labels.index("knee_angle_r_moment")] += 0.4 * MASS_KG
    estimate[1].values[:, estimate[1].labels.index("hip_rotation_l_moment")] += 9.0 * MASS_KG
    score = score_walking(estimate, reference, MASS_KG)
    assert score.forces["right"]["vertical_rmse"] == pytest.approx(5.0)
    assert score.forces["right"]["vertical_mae"] == pytest.approx(5.0)
    assert score.forces["left"]["vertical_rmse"] == pytest.approx(0.0)
    assert score.forces["left"]["fore_aft_rmse"] == pytest.approx(2.0)
    assert score.pressure["left"]["lateral_rmse_mm"] == pytest.approx(12.0)
    assert score.moment_rmse["knee_angle_r"] == pytest.approx(0.4)
    # The mean is over eight joints; hip rotation is listed and not part of it.
    assert score.moment_rmse["hip_rotation_l"] == pytest.approx(9.0)
    assert score.leg_moment_rmse == pytest.approx(0.4 / 8)


def test_frames_beside_the_plates_do_not_count() -> None:
    reference, estimate = walking_tables(), walking_tables()
    reference[1].values[:30, 1] = 0.5 * WEIGHT_N
    estimate[0].values[:30, 1] += WEIGHT_N
    score = score_walking(estimate, reference, MASS_KG)
    assert score.frames_compared == 70
    assert score.forces["right"]["vertical_rmse"] == pytest.approx(0.0)


def results() -> BenchResults:
    times = np.arange(60) / 60.0
    systems = (
        score_table("monomsk", angles(times, 4.0), angles(times)),
        score_table("other", angles(times, 6.0), angles(times)),
    )
    walking = score_walking(walking_tables(), walking_tables(), MASS_KG)
    return BenchResults(
        date="2026-01-02",
        command="make bench",
        provenance={"monomsk": "0.0.0", "machine": "two cores"},
        clips=(ClipScore("walk", 60, 0.975, systems),),
        walking=walking,
        model=None,
        speed=(StageSpeed("lift", 3.25, math.nan, 60),),
        skipped=("somewhere: not there",),
        layers=(LayerSpeed("rollout", "pinocchio", "cpu", 1, 250_000.0, 900_000.0),),
        memory=MemoryScore(9000, 8900, 3, (5.0,), (160.25,)),
    )


def test_tables_say_numbers_date_machine_and_command(tmp_path: Path) -> None:
    write_results(tmp_path, results())
    text = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert "| walk | monomsk | 4.00 | 0.00 | 100.0 % |" in text
    assert "| walk | other | 6.00 | 0.00 | 100.0 % |" in text
    assert "| lift | 3.25 | n/a | 60 |" in text
    assert "| rollout | pinocchio | cpu | 1 | 250000 | 900000 |" in text
    assert "| 5 | 160.25 |" in text
    for part in ("2026-01-02", "make bench", "two cores", "97.5 %", "somewhere: not there"):
        assert part in text
    rows = [line.count("|") for line in text.splitlines() if line.startswith("| knee_angle_r")]
    assert rows == [6, 3]
    numbers = json.loads((tmp_path / "bench" / "results.json").read_text())
    assert numbers["clips"][0]["systems"][1]["leg_rmse_deg"] == pytest.approx(6.0)
    assert numbers["speed"][0]["p99_ms"] is None


def test_without_recordings_it_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONOMSK_SHARED_DATA", str(tmp_path / "none"))
    main(["--root", str(tmp_path)])
    assert "skipped" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_speeds_come_from_the_summary(tmp_path: Path) -> None:
    summary = {
        "frames": {"read": 7},
        "timings": {"lift": {"median_ms": 1.5, "p99_ms": 2.5, "total_s": 1.0}},
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert recorded_speeds(tmp_path) == (StageSpeed("lift", 1.5, 2.5, 7),)


def test_live_answers_of_the_lifter_are_timed_with_and_without_look_ahead(
    skeleton: Skeleton,
) -> None:
    speeds = lifter_speeds(skeleton, rounds=1)
    assert [row.stage.removeprefix("lifter network, ") for row in speeds] == [
        "0 frames ahead",
        "0 frames ahead, between other work",
        "8 frames ahead",
        "8 frames ahead, between other work",
    ]
    assert all(0.0 < row.median_ms <= row.p99_ms and row.frames == 30 for row in speeds)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "time,a\n1,x\n", "time,a\n1,2,3\n"])
def test_bad_reference_tables_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(FileFormatError):
        read_angles_csv(tmp_path / "r.csv")


def test_bad_clip_descriptions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError):
        read_clip(tmp_path)
    (tmp_path / "subject.json").write_text('{"height_m": 1.8}')
    with pytest.raises(FileFormatError, match="mass_kg"):
        read_clip(tmp_path)


def test_real_clips_are_described(shared_data: Path) -> None:
    clip = read_clip(shared_data / "lab_walk_trunk_sway")
    assert clip.video.is_file()
    assert 1.0 < clip.height_m < 2.2
    table = read_angles_csv(shared_data / "lab_walk_trunk_sway" / "reference_mocap.csv")
    assert set(LEG_COORDINATES) <= set(table.labels)
