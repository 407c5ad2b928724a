"""Inverse dynamics of measured walking with its force plates, against OpenSim's own result."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.body_choice import make_body, read_person
from monomsk_analysis.exports import force_label
from monomsk_analysis.measured_dynamics import (
    MeasuredLoads,
    filtered_motion,
    measured_inverse_dynamics,
)
from monomsk_analysis.motion_file import read_motion
from monomsk_analysis.storage import read_storage
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.smoothing import SmoothMotion

Array = NDArray[np.float64]

MODEL_FILE = "subject_walk_scaled.osim"
HEIGHT_M = 1.829
CUTOFF_HZ = 6.0
JOINTS = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle")
LEG_COORDINATES = tuple(f"{joint}_{side}" for side in "rl" for joint in JOINTS)
#: The recording has a frame every millisecond; filtered at 6 Hz, every fifth says everything.
_EVERY = 5
_PATELLA = re.compile(r'(<Body name="patella_[rl]">.*?</Body>)', re.DOTALL)
_INERTIA = re.compile(r"<(mass|inertia)>[^<]*<")


@dataclass(frozen=True)
class MeasuredScore:
    """Difference from OpenSim's moments, root mean square [N m].

    Attributes:
        massless: by coordinate, patellae massless.
        lumped: by coordinate, patellae lumped into the femurs.
        frames: frames compared.
    """

    massless: dict[str, float]
    lumped: dict[str, float]
    frames: int


def bench_measured(folder: Path, work: Path) -> MeasuredScore:
    """Compute the moments of the walking trial and compare them with `id_walk.sto`.

    Args:
        folder: the recording, `mocap_walking_3d`.
        work: where a model without patella masses may be written.

    Raises:
        AnalysisError: a file cannot be used.
        DescriptionError: the model cannot be used.
    """
    model = folder / MODEL_FILE
    light = work / "massless_patellae.osim"
    light.write_text(without_patella_masses(model.read_text(encoding="utf-8")), encoding="utf-8")
    massless, frames = _differences(folder, light)
    lumped, _ = _differences(folder, model)
    return MeasuredScore(massless, lumped, frames)


def without_patella_masses(model: str) -> str:
    """The text of an OpenSim model whose patellae weigh nothing."""
    zeros = {"mass": "0", "inertia": "0 0 0 0 0 0"}
    return _PATELLA.sub(
        lambda body: _INERTIA.sub(lambda tag: f"<{tag[1]}>{zeros[tag[1]]}<", body[1]), model
    )


def _differences(folder: Path, model: Path) -> tuple[dict[str, float], int]:
    skeleton = make_body(*read_person(model, height_m=HEIGHT_M)).skeleton
    times, moments = measured_moments(folder, skeleton)
    expected = read_storage(folder / "id_walk.sto")
    differences = {}
    for name in LEG_COORDINATES:
        reference = np.interp(times, expected.times, expected.column(force_label(name)))
        error = moments[:, 6 + skeleton.coordinate_index(name)] - reference
        differences[name] = float(np.sqrt(np.mean(error**2)))
    return differences, len(times)


def measured_moments(folder: Path, skeleton: Skeleton) -> tuple[Array, Array]:
    """Times (n,) [s] and generalised forces (n, 37) of the walking trial in a folder."""
    recorded = read_motion(folder / "coordinates.sto", skeleton.coordinate_names)
    motion = _thinned(filtered_motion(recorded, CUTOFF_HZ))
    times = recorded.times[::_EVERY]
    loads = MeasuredLoads.read(read_storage(folder / "grf_walk.mot"), times)
    return times, measured_inverse_dynamics(skeleton, motion, loads)


def _thinned(motion: SmoothMotion) -> SmoothMotion:
    fields = {name: getattr(motion, name)[::_EVERY] for name in ("stamps_ns", "q", "v", "a")}
    return replace(motion, **fields)
