"""Measured walking and running: ground forces from kinematics alone, against force plates.

The constants of gait in `monomsk_dynamics.options` were chosen on the walking trial, so its scores
are no forecast for other people.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.opensim_kinematics import (
    RAJAGOPAL2016_COORDINATES,
    configuration_from_opensim,
)
from monomsk_analysis.storage import coordinate_label, read_storage
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.offline import analyze_motion

DATA = Path(os.environ.get("MONOMSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
RATE_HZ = 100.0
LEGS = [f"{j}_{s}" for s in "rl" for j in ("hip_flexion", "hip_adduction", "knee_angle",
                                           "ankle_angle")]  # fmt: skip
#: Read off the subject's own model.
LENGTHS_M = {
    "thigh": 0.39885, "shank": 0.46517, "foot": 0.1788, "trunk": 0.38515, "pelvis_width": 0.16712,
    "upper_arm": 0.320, "forearm": 0.2491, "shoulder_width": 0.39754,
}  # fmt: skip


def recording(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder} (set MONOMSK_SHARED_DATA)")
    return folder


def coordinates(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times at 100 Hz and configurations of an OpenSim motion."""
    table = read_storage(path)
    named = {coordinate_label(label): label for label in table.labels}
    times_s = np.arange(table.times[0], table.times[-1], 1 / RATE_HZ)
    names = [n for n in RAJAGOPAL2016_COORDINATES if not n.endswith("_beta")]
    columns = np.zeros((len(times_s), len(names)))
    for k, name in enumerate(names):
        if name in named:
            columns[:, k] = np.interp(times_s, table.times, table.column(named[name]))
    in_degrees = np.abs(columns[:, 6:]).max() > 10.0
    if in_degrees:
        columns[:, :3] = np.radians(columns[:, :3])
        columns[:, 6:] = np.radians(columns[:, 6:])
    return times_s, configuration_from_opensim(columns)


def analyze(subject: Subject, times_s: np.ndarray, q: np.ndarray):
    skeleton = build_skeleton(subject)
    results = analyze_motion(skeleton, np.round(times_s * 1e9).astype(np.int64), q)
    forces = np.array([[sole.force for sole in result.soles] for result in results])
    return skeleton, results, forces


def plates(path: Path, times_s: np.ndarray, labels: tuple[str, str]) -> np.ndarray:
    """Forward, left and up force (n, 2, 3) of right and left foot [N]."""
    table = read_storage(path)
    sampled = [
        [np.interp(times_s, table.times, table.column(label.format(axis))) for axis in "xyz"]
        for label in labels
    ]
    x, y, z = np.moveaxis(np.array(sampled), 2, 0).transpose(2, 0, 1)
    return np.stack([x, -z, y], axis=-1)


def rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(values**2, axis=0))


@pytest.fixture(scope="module")
def walk():
    folder = recording("mocap_walking_3d")
    times_s, q = coordinates(folder / "coordinates.sto")
    measured = plates(
        folder / "grf_walk.mot", times_s, ("ground_force_r_v{}", "ground_force_l_v{}")
    )
    table = read_storage(folder / "id_walk.sto")
    moments = np.stack(
        [np.interp(times_s, table.times, table.column(name + "_moment")) for name in LEGS], axis=1
    )
    return times_s, q, measured, moments


@pytest.mark.parametrize(
    ("lengths_m", "moment_limit"), [({}, 0.16), (LENGTHS_M, 0.135)], ids=["height", "lengths"]
)
def test_walking_forces_and_moments(walk, lengths_m, moment_limit, record_property):
    times_s, q, measured, moments = walk
    subject = Subject(1.829, 85.07, segment_lengths_m=lengths_m)
    skeleton, results, forces = analyze(subject, times_s, q)
    error = 100 * (forces - measured) / (85.07 * 9.81)
    joints = [6 + skeleton.coordinate_index(name) for name in LEGS]
    torque = np.array([result.tau[joints] for result in results])
    moment_error = float(rms(torque - moments).mean() / 85.07)
    record_property("vertical_rmse_percent", rms(error[:, :, 2]).round(2).tolist())
    record_property("leg_moment_rmse_n_m_kg", round(moment_error, 4))
    assert np.abs(error[:, :, 2]).mean() < 2.5
    assert rms(error[:, :, 0]).max() < 2.5
    assert rms(error[:, :, 1]).max() < 1.5
    assert moment_error < moment_limit


def test_steps_are_seen_when_the_plates_see_them(walk):
    times_s, q, measured, _ = walk
    _, _, forces = analyze(Subject(1.829, 85.07), times_s, q)
    for foot in (0, 1):
        ours, theirs = forces[:, foot, 2] > 0, measured[:, foot, 2] > 20.0
        changes = np.flatnonzero(ours[1:] != ours[:-1])
        reference = np.flatnonzero(theirs[1:] != theirs[:-1])
        assert len(changes) == len(reference)
        assert np.abs(changes - reference).max() / RATE_HZ < 0.04


def test_forward_simulation_of_walking_returns_within_a_degree(walk):
    times_s, q, _, _ = walk
    _, results, _ = analyze(Subject(1.829, 85.07), times_s, q)
    errors = np.array([result.consistency_error for result in results[1:]])
    residuals = np.array([result.root_residual for result in results])
    assert np.degrees(errors).max() < 1.0
    # What the motion's own derivatives leave: about a hundredth of the body weight.
    assert np.abs(residuals).max() < 0.015 * 85.07 * 9.81


def test_running_flies_without_force():
    folder = recording("mocap_running_bmc")
    times_s, q = coordinates(folder / "IK" / "results" / "ik_output_run.mot")
    _, _, forces = analyze(Subject(1.80, 70.0), times_s, q)
    measured = plates(
        folder / "ExpData" / "grf_run.mot", times_s, ("R_ground_force_v{}", "L_ground_force_v{}")
    )
    weight_n = 70.0 * 9.81
    error = 100 * (forces - measured)[:, :, 2] / weight_n
    assert rms(error).max() < 20.0
    flying = (forces[:, :, 2] == 0.0).all(axis=1)
    flown = (measured[:, :, 2] < 20.0).all(axis=1)
    assert flying.any()
    assert (flying == flown).mean() > 0.8
