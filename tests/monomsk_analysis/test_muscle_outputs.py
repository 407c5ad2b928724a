"""Muscles of `monomsk dynamics`: files, summary, report."""

import dataclasses
import json

import numpy as np
import pytest

from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.exports import kinematics_table
from monomsk_analysis.muscle_groups import muscle_curves
from monomsk_analysis.muscle_step import MuscleRequest, add_muscles
from monomsk_analysis.muscle_summary import muscle_warnings
from monomsk_analysis.muscle_tables import MUSCLE_FILES
from monomsk_analysis.progress import Stages
from monomsk_analysis.report_data import MuscleCurves, ReportDataError
from monomsk_analysis.storage import read_storage, write_storage
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SUBJECT = Subject(1.75, 70.0)
WEIGHT_N = 70.0 * 9.81
FRAMES = 40


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    """Somebody stands with bent knees."""
    skeleton = build_skeleton(SUBJECT)
    q = skeleton.neutral()
    lowest = skeleton.points(q, skeleton.soles)[:, 2].min()
    for side in "rl":
        for name, angle in (("hip_flexion", 0.5), ("knee_angle", 0.9), ("ankle_angle", 0.4)):
            q[7 + skeleton.coordinate_index(f"{name}_{side}")] = angle
    q[2] -= skeleton.points(q, skeleton.soles)[:, 2].min() - lowest
    table = kinematics_table(
        np.arange(FRAMES) / 50.0, np.tile(q, (FRAMES, 1)), skeleton.coordinate_names
    )
    path = tmp_path_factory.mktemp("motion") / "crouch.mot"
    write_storage(path, table)
    return path


@pytest.fixture(scope="module")
def run(motion, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "out"
    return out, run_dynamics(DynamicsRequest(motion, out, SUBJECT)).analysis


def test_the_tables_hold_muscles_that_make_the_torques(run):
    out, analysis = run
    activations = read_storage(out / "activations.sto")
    forces = read_storage(out / "muscle_forces.sto")
    assert activations.values.shape == (FRAMES, 80)
    assert 0.0 <= activations.values.min() <= activations.values.max() <= 1.0
    assert forces.labels[:80] == activations.labels
    assert forces.labels[80:][:2] == ("hip_flexion_r_reserve", "hip_adduction_r_reserve")
    assert (forces.values[:, :80] >= 0.0).all()
    vasti = [f"{name}_{side}" for name in ("vaslat", "vasmed", "vasint") for side in "rl"]
    assert (forces.columns(vasti).sum(axis=1) > 500.0).all()
    assert (np.abs(forces.values[:, 80:]) < 0.5).all()
    named = dict(analysis.results[5].muscle_activations)
    assert named["soleus_l"] == pytest.approx(activations.column("soleus_l")[5], abs=1e-8)


def test_joints_press_with_more_than_the_weight_they_bear(run):
    reactions = read_storage(run[0] / "joint_reactions.sto")
    for joint, segment in (("hip", "femur"), ("knee", "tibia"), ("ankle", "talus")):
        for side in "rl":
            label = f"{joint}_{side}_on_{segment}_{side}_in_{segment}_{side}_f"
            force = reactions.columns([label + axis for axis in "xyz"])
            assert (np.linalg.norm(force, axis=1) > 0.4 * WEIGHT_N).all()
            assert (force[:, 1] < 0.0).all()  # downwards, on the lower bone
    knee = reactions.columns([f"knee_r_on_tibia_r_in_tibia_r_f{axis}" for axis in "xyz"])
    assert (np.linalg.norm(knee, axis=1) > 0.9 * WEIGHT_N).all()


def test_summary_and_report_tell_of_the_muscles(run):
    out, _ = run
    summary = json.loads((out / "summary.json").read_text())
    assert sorted(summary["files"]) == sorted(file.name for file in out.iterdir())
    assert set(MUSCLE_FILES) <= set(summary["files"])
    muscles = summary["muscles"]
    assert muscles["count"] == 80
    assert max(muscles["reserve_largest_n_m"].values()) < 0.5
    assert muscles["frames_with_a_fully_active_muscle"] == 0.0
    assert muscles["joint_contact_peak_body_weights"]["knee_r"] > 0.9
    assert summary["timings"]["muscles"]["median_ms"] > 0.0
    page = (out / "report.html").read_text()
    assert "muscle-soleus" in page
    assert "joint-load-knee" in page


def test_who_wants_no_muscles_gets_none(motion, tmp_path):
    analysis = run_dynamics(
        DynamicsRequest(motion, tmp_path / "out", SUBJECT, muscles=False)
    ).analysis
    assert analysis.muscles is None
    assert analysis.results[0].muscle_activations == ()
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert not names & set(MUSCLE_FILES)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["muscles"] is None
    assert "muscle-soleus" not in (tmp_path / "out" / "report.html").read_text()


def test_torques_beyond_the_muscles_are_a_warning(run):
    _, analysis = run
    assert muscle_warnings(analysis) == ()
    knee = 6 + analysis.skeleton.coordinate_index("knee_angle_r")
    strong = []
    for result in analysis.dynamics:
        tau = np.array(result.tau)
        tau[knee] = -3000.0
        strong.append(dataclasses.replace(result, tau=tau))
    too_strong = add_muscles(
        dataclasses.replace(analysis, dynamics=tuple(strong)), MuscleRequest(), Stages()
    )
    (warning,) = muscle_warnings(too_strong)
    assert "knee_angle_r" in warning
    assert "of 3000 N m" in warning
    assert "ankle_angle_l" not in warning


def test_report_curves_are_means_of_groups_over_all_frames(run):
    _, analysis = run
    curves = muscle_curves(analysis)
    assert curves.joint_names == ("hip", "knee", "ankle")
    vasti = curves.group_names.index("Vasti")
    columns = [analysis.muscles.names.index(f"{n}_l") for n in ("vasint", "vaslat", "vasmed")]
    expected = analysis.muscles.activations[:, columns].mean(axis=1)
    np.testing.assert_allclose(curves.activations[:, vasti, 1], expected)
    with pytest.raises(ReportDataError, match="activations"):
        MuscleCurves(("a",), np.zeros((3, 2, 2)), ("knee",), np.zeros((3, 1, 2)))
