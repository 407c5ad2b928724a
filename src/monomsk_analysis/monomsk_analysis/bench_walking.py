"""Kinetics of measured walking kinematics against force plates and inverse dynamics.

The reference recording was adjusted with its plates: errors here are a lower bound.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.exports import force_label, ground_reaction_labels
from monomsk_analysis.opensim_kinematics import PELVIS_TRANSLATIONS
from monomsk_analysis.progress import Stages
from monomsk_analysis.scoring import (
    LEG_MOMENTS,
    PRESSURE_LOAD,
    frames_with_complete_plates,
    resample,
    score_forces,
    score_leg_moments,
    score_pressure,
)
from monomsk_analysis.storage import Table, read_storage
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.subject import Subject

RECORDING = "mocap_walking_3d"
SUBJECT = Subject(height_m=1.829, mass_kg=85.07)
_SIDES = {"right": "r", "left": "l"}
_MAX_GAP_S = 0.01


@dataclass(frozen=True)
class WalkingScore:
    """Scores of one walking trial.

    Attributes:
        frames: frames of the trial.
        frames_compared: those in which the plates saw all of the ground reaction.
        forces: per foot, errors in % of body weight.
        pressure: per foot, error of the centre of pressure [mm].
        moment_rmse: per joint moment [N m/kg].
        leg_moment_rmse: mean over hip flexion, hip adduction, knee and ankle of both legs.
    """

    frames: int
    frames_compared: int
    forces: dict[str, dict[str, float]]
    pressure: dict[str, dict[str, float]]
    moment_rmse: dict[str, float]
    leg_moment_rmse: float


def bench_walking(folder: Path, work: Path, stages: Stages) -> WalkingScore:
    """Run `monomsk dynamics` on the measured coordinates and score it.

    Args:
        folder: the recording with its references.
        work: where the analysis may write.
        stages: shows the progress.

    Raises:
        AnalysisError: the recording cannot be read or analysed.
    """
    out = work / RECORDING
    run_dynamics(DynamicsRequest(folder / "coordinates.sto", out, SUBJECT, overwrite=True), stages)
    return score_walking(
        (read_storage(out / "ground_reaction.mot"), read_storage(out / "inverse_dynamics.sto")),
        (read_storage(folder / "grf_walk.mot"), read_storage(folder / "id_walk.sto")),
        SUBJECT.mass_kg,
    )


def score_walking(
    estimate: tuple[Table, Table], reference: tuple[Table, Table], mass_kg: float
) -> WalkingScore:
    """Score ground reactions and generalised forces, both sides in OpenSim's y-up ground.

    Args:
        estimate: ground reaction, inverse dynamics.
        reference: force plates, inverse dynamics with them.
        mass_kg: of the person [kg].
    """
    times = estimate[0].times
    weight_n = mass_kg * GRAVITY_M_S2
    residual = _at(reference[1], tuple(map(force_label, PELVIS_TRANSLATIONS)), times)
    valid = frames_with_complete_plates(residual, weight_n)
    forces, pressure = {}, {}
    for side, suffix in _SIDES.items():
        labels = ground_reaction_labels(suffix)
        own, plate = estimate[0].columns(labels), _at(reference[0], labels, times)
        forces[side] = asdict(score_forces(own[:, :3], plate[:, :3], weight_n, valid))
        pressure[side] = asdict(
            score_pressure(
                (own[:, :3], own[:, 3:6]),
                (plate[:, :3], plate[:, 3:6]),
                PRESSURE_LOAD * weight_n,
                valid,
            )
        )
    labels = tuple(map(force_label, LEG_MOMENTS))
    own_moments, moments = (_at(tables[1], labels, times) for tables in (estimate, reference))
    by_joint, mean = score_leg_moments(own_moments, moments, mass_kg, valid)
    return WalkingScore(
        frames=len(times),
        frames_compared=int(valid.sum()),
        forces=forces,
        pressure=pressure,
        moment_rmse=by_joint,
        leg_moment_rmse=mean,
    )


def _at(table: Table, labels: tuple[str, ...], times: NDArray[np.float64]) -> NDArray[np.float64]:
    return resample(table.times, table.columns(labels), times, _MAX_GAP_S)
