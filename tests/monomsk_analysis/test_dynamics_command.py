import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.errors import FileFormatError, MissingColumnsError, OutputError
from monomsk_analysis.exports import kinematics_table
from monomsk_analysis.motion_file import read_motion
from monomsk_analysis.opensim_kinematics import opensim_from_configuration
from monomsk_analysis.storage import Table, read_storage, write_storage
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.floor import Floor

SUBJECT = Subject(1.75, 70.0)
WEIGHT_N = 70.0 * 9.81


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(SUBJECT)


def standing(skeleton: Skeleton, frames: int = 40) -> Table:
    q = np.repeat(skeleton.neutral()[None], frames, axis=0)
    return kinematics_table(np.arange(frames) / 50.0, q, skeleton.coordinate_names)


@pytest.fixture(scope="module")
def motion(skeleton: Skeleton, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("motion") / "standing.mot"
    write_storage(path, standing(skeleton))
    return path


@pytest.fixture(scope="module")
def results(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    run_dynamics(DynamicsRequest(motion, out, SUBJECT))
    return out


def drop(table: Table, names: set[str]) -> Table:
    kept = tuple(label for label in table.labels if label not in names)
    return Table(table.times, kept, table.columns(kept), table.in_degrees, table.name)


def test_a_standing_body_weighs_on_its_soles_what_it_weighs(results: Path) -> None:
    forces = read_storage(results / "ground_reaction.mot")
    vertical = forces.column("ground_force_r_vy") + forces.column("ground_force_l_vy")
    np.testing.assert_allclose(vertical, WEIGHT_N, rtol=0.01)
    residual = read_storage(results / "inverse_dynamics.sto")
    assert np.abs(residual.column("pelvis_ty_force")).max() < 0.01 * WEIGHT_N


def test_the_folder_holds_what_the_summary_lists(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text())
    assert sorted(summary["files"]) == sorted(file.name for file in results.iterdir())
    assert summary["frames"]["analysed"] == 40
    assert summary["subject"]["assumed"] == []
    assert summary["warnings"] == []


def test_a_level_floor_is_said(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text())
    assert summary["floor"]["source"] == "level"
    assert any("level" in sentence for sentence in summary["assumptions"])


def test_a_given_floor_is_used_and_said(motion: Path, tmp_path: Path) -> None:
    floor = Floor.given(0.0, 3.0)
    run = run_dynamics(DynamicsRequest(motion, tmp_path / "out", SUBJECT, floor=floor))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert run.analysis.floor == floor
    assert summary["floor"]["source"] == "given"
    assert summary["floor"]["rise_along_x_deg"] == pytest.approx(3.0)


def test_columns_in_any_order_give_the_same_motion(
    skeleton: Skeleton, motion: Path, tmp_path: Path
) -> None:
    table = read_storage(motion)
    values = table.values + np.random.default_rng(2).uniform(-5, 5, table.values.shape)
    order = np.random.default_rng(3).permutation(len(table.labels))
    labels = tuple(table.labels[k] for k in order)
    write_storage(tmp_path / "a.mot", Table(table.times, table.labels, values, True))
    write_storage(tmp_path / "b.mot", Table(table.times, labels, values[:, order], True))
    names = skeleton.coordinate_names
    first, second = (read_motion(tmp_path / f"{name}.mot", names) for name in "ab")
    np.testing.assert_array_equal(first.q, second.q)


def test_radians_and_degrees_are_told_apart(
    skeleton: Skeleton, motion: Path, tmp_path: Path
) -> None:
    table = read_storage(motion)
    degrees = table.values.copy()
    degrees[:, table.labels.index("knee_angle_r")] = 30.0
    write_storage(tmp_path / "deg.mot", Table(table.times, table.labels, degrees, True))
    radians = np.deg2rad(degrees)
    for name in ("pelvis_tx", "pelvis_ty", "pelvis_tz"):
        k = table.labels.index(name)
        radians[:, k] = degrees[:, k]
    write_storage(tmp_path / "rad.mot", Table(table.times, table.labels, radians, False))
    names = skeleton.coordinate_names
    first, second = (read_motion(tmp_path / f"{unit}.mot", names) for unit in ("deg", "rad"))
    np.testing.assert_allclose(first.q, second.q, atol=1e-8)
    knee = opensim_from_configuration(first.q)[0, 6 + names.index("knee_angle_r")]
    assert knee == pytest.approx(np.deg2rad(30.0))


def test_degrees_without_a_header_are_refused(
    skeleton: Skeleton, motion: Path, tmp_path: Path
) -> None:
    table = read_storage(motion)
    values = table.values.copy()
    values[:, table.labels.index("knee_angle_l")] = 45.0
    write_storage(tmp_path / "m.mot", Table(table.times, table.labels, values, False))
    with pytest.raises(FileFormatError, match="knee_angle_l reaches 45 rad.*inDegrees"):
        read_motion(tmp_path / "m.mot", skeleton.coordinate_names)


def test_missing_joints_are_named(skeleton: Skeleton, motion: Path, tmp_path: Path) -> None:
    write_storage(
        tmp_path / "m.mot", drop(read_storage(motion), {"knee_angle_l", "pelvis_ty", "mtp_angle_r"})
    )
    with pytest.raises(MissingColumnsError) as caught:
        read_motion(tmp_path / "m.mot", skeleton.coordinate_names)
    assert caught.value.missing == ("pelvis_ty", "knee_angle_l")


def test_locked_joints_may_be_absent_and_are_reported(
    skeleton: Skeleton, motion: Path, tmp_path: Path
) -> None:
    absent = {"subtalar_angle_r", "mtp_angle_l", "wrist_dev_r"}
    table = drop(read_storage(motion), absent)
    beside = np.column_stack([table.values, np.zeros(len(table.times))])
    labels = (*table.labels, "subtalar_angel_r")
    write_storage(tmp_path / "m.mot", replace(table, labels=labels, values=beside))
    assert set(read_motion(tmp_path / "m.mot", skeleton.coordinate_names).defaulted) == absent
    run_dynamics(DynamicsRequest(tmp_path / "m.mot", tmp_path / "out", SUBJECT))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert any("subtalar_angle_r" in sentence for sentence in summary["assumptions"])
    assert "Columns that are not used: subtalar_angel_r." in summary["assumptions"]


def test_unknown_values_are_refused(skeleton: Skeleton, motion: Path, tmp_path: Path) -> None:
    table = read_storage(motion)
    values = table.values.copy()
    values[7, table.labels.index("hip_flexion_r")] = np.nan
    write_storage(tmp_path / "m.mot", Table(table.times, table.labels, values, True))
    with pytest.raises(FileFormatError, match="hip_flexion_r is unknown at 0.14 s"):
        read_motion(tmp_path / "m.mot", skeleton.coordinate_names)


def test_too_few_frames_are_refused(skeleton: Skeleton, tmp_path: Path) -> None:
    write_storage(tmp_path / "m.mot", standing(skeleton, frames=5))
    with pytest.raises(FileFormatError, match="5 frames"):
        run_dynamics(DynamicsRequest(tmp_path / "m.mot", tmp_path / "out", SUBJECT))
    assert not (tmp_path / "out").exists()


def test_a_floating_person_is_warned_about(skeleton: Skeleton, tmp_path: Path) -> None:
    table = standing(skeleton)
    table.values[:, table.labels.index("pelvis_ty")] += 0.5
    write_storage(tmp_path / "m.mot", table)
    run_dynamics(DynamicsRequest(tmp_path / "m.mot", tmp_path / "out", SUBJECT))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert any("+50 cm from the floor" in sentence for sentence in summary["warnings"])


def test_a_given_floor_far_from_the_soles_is_warned_about(
    skeleton: Skeleton, motion: Path, tmp_path: Path
) -> None:
    floor = Floor.given(-0.2)
    run_dynamics(DynamicsRequest(motion, tmp_path / "out", SUBJECT, floor=floor, muscles=False))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert any("+20 cm from the floor" in sentence for sentence in summary["warnings"])
    table = standing(skeleton)
    table.values[:, table.labels.index("pelvis_ty")] += 0.5
    write_storage(tmp_path / "m.mot", table)
    floor = Floor.given(0.5)
    run_dynamics(
        DynamicsRequest(tmp_path / "m.mot", tmp_path / "high", SUBJECT, floor=floor, muscles=False)
    )
    summary = json.loads((tmp_path / "high" / "summary.json").read_text())
    assert not any("from the floor" in sentence for sentence in summary["warnings"])


def test_a_full_disk_leaves_no_results(
    motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, table: Table) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monomsk_analysis.result_tables.write_storage", full)
    with pytest.raises(OutputError, match="no space left"):
        run_dynamics(DynamicsRequest(motion, tmp_path / "out", SUBJECT))
    assert not (tmp_path / "out").exists()
