"""`monomsk dynamics`: the forces behind a given motion, without force plates."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis, analyse
from monomsk_analysis.dynamics_input import DynamicsInput, read_input
from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.floor_choice import floor_entries, floor_sentence
from monomsk_analysis.gait import GAIT_FILE, gait_entries, gait_summary, write_gait
from monomsk_analysis.marker_motion import MarkerRequest
from monomsk_analysis.marker_recording import MARKER_SUFFIXES
from monomsk_analysis.motion import MIN_SEGMENT_FRAMES, split_motion
from monomsk_analysis.muscle_groups import muscle_curves
from monomsk_analysis.muscle_step import MuscleRequest, add_muscles
from monomsk_analysis.muscle_summary import muscle_entries, muscle_warnings
from monomsk_analysis.muscle_tables import MUSCLE_FILES, write_muscles
from monomsk_analysis.progress import Stages
from monomsk_analysis.reference_score import ReferenceScore, score_reference
from monomsk_analysis.report import write_report
from monomsk_analysis.report_builder import (
    dynamics_series,
    file_rows,
    motion_series,
    subject_facts,
)
from monomsk_analysis.report_data import ReportData
from monomsk_analysis.residual_warnings import residual_warnings
from monomsk_analysis.result_folder import SUMMARY_FILE, result_folder
from monomsk_analysis.result_tables import write_kinematics, write_kinetics, write_model
from monomsk_analysis.summary import (
    dynamics_timings,
    frame_entries,
    load_warnings,
    provenance,
    quality_entries,
    subject_entries,
    timing_entries,
    write_summary,
)
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.floor import Floor
from monomsk_dynamics.floor_frame import FloorFrame
from monomsk_dynamics.options import DynamicsOptions, GroundOptions, OfflineSolver

_FILES = (
    "model.osim",
    "kinematics.mot",
    "inverse_dynamics.sto",
    "ground_reaction.mot",
    "ground_reaction.xml",
    SUMMARY_FILE,
)
_FLOOR_TOLERANCE_M = 0.05


@dataclass(frozen=True)
class DynamicsRequest:
    """What to compute.

    Attributes:
        motion: the .mot or .sto file of coordinates, or .c3d or .trc of markers.
        out: folder for the results.
        subject: whose motion it is.
        overwrite: whether results of an earlier run there are replaced.
        model: OpenSim model of the person; see `body_choice.make_body`.
        markers: how a marker recording is to be read.
        muscles: whether the muscles behind the torques are computed.
        solver: how motion and forces are made to belong together, see `DynamicsOptions`.
        floor: that the person stands on, in the motion's world; None: found from resting soles.
    """

    motion: Path
    out: Path
    subject: Subject
    overwrite: bool = False
    model: Path | None = None
    markers: MarkerRequest = MarkerRequest()
    muscles: bool = True
    solver: OfflineSolver = "balance"
    floor: Floor | None = None


@dataclass(frozen=True)
class DynamicsRun:
    """What a run found.

    Attributes:
        analysis: kinematics and kinetics.
        motion: what it started from.
        score: against the recording's force plates; None without.
    """

    analysis: Analysis
    motion: DynamicsInput
    score: ReferenceScore | None


def run_dynamics(request: DynamicsRequest, stages: Stages | None = None) -> DynamicsRun:
    """Compute and write the kinetics of a motion.

    Raises:
        AnalysisError: the motion cannot be used, or the results cannot be written.
        DescriptionError: the subject does not fit the skeleton, or the model is unusable.
        DynamicsError: the dynamics failed.
    """
    stages = stages or Stages()
    start_s = time.perf_counter()
    motion = read_input(request.motion, request.subject, request.model, request.markers, stages)
    body, skeleton = motion.body, motion.body.skeleton
    if len(motion.times) < MIN_SEGMENT_FRAMES:
        reason = f"{len(motion.times)} frames, {MIN_SEGMENT_FRAMES} are needed for accelerations"
        raise FileFormatError(request.motion, reason)
    with result_folder(request.out, overwrite=request.overwrite) as folder:
        analysis = _solve(request, motion, stages)
        analysis = add_muscles(analysis, MuscleRequest(request.muscles, body.muscles), stages)
        score = _score(analysis, motion)
        notes = _notes(analysis, motion, score)
        write_model(folder, skeleton)
        write_kinematics(folder, analysis)
        write_kinetics(folder, analysis)
        write_gait(folder, analysis)
        write_muscles(folder, analysis)
        write_report(folder / "report.html", _report(request, analysis, notes))
        entries = _summary(request, analysis, notes)
        entries |= {"model": body.entries(), **motion.entries()}
        entries |= {"reference": score.entries()} if score else {}
        entries |= {"wall_s": time.perf_counter() - start_s}
        write_summary(folder / SUMMARY_FILE, entries)
    return DynamicsRun(analysis, motion, score)


def _solve(request: DynamicsRequest, motion: DynamicsInput, stages: Stages) -> Analysis:
    skeleton = motion.body.skeleton
    split = split_motion(motion.stamps_ns, list(motion.configurations), skeleton)
    if not split.segments:
        raise FileFormatError(request.motion, "no stretch of motion without long gaps in time")
    with stages.stage("Dynamics", len(split.segments)) as advance:
        analysis = analyse(
            skeleton,
            motion.times,
            split,
            advance=advance,
            options=DynamicsOptions(
                offline_solver=request.solver, ground=GroundOptions(floor=request.floor)
            ),
        )
    if not analysis.results:
        raise FileFormatError(request.motion, "no stretch long enough for the dynamics")
    return analysis


def _score(analysis: Analysis, motion: DynamicsInput) -> ReferenceScore | None:
    """How far the forces are from the force plates of the recording, if it has any."""
    loads = motion.markers.loads if motion.markers else None
    return score_reference(analysis, loads) if loads is not None else None


def _notes(
    analysis: Analysis, motion: DynamicsInput, score: ReferenceScore | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences about what was assumed, and about what looks wrong."""
    body = motion.body
    assumptions = [*body.assumptions(), *motion.assumptions]
    assumptions.append(floor_sentence(analysis.floor))
    if score:
        assumptions.append(f"For comparison only, {score.sentence()}.")
    warnings = [*body.warnings, *motion.warnings]
    floor_m = _floor_height_m(
        body.skeleton, FloorFrame(analysis.floor).configurations(motion.known)
    )
    if abs(floor_m) > _FLOOR_TOLERANCE_M:
        warnings.append(
            f"The soles' lowest places lie {100 * floor_m:+.0f} cm from the floor; "
            "contacts may be missed."
        )
    warnings += [*load_warnings(analysis), *residual_warnings(analysis)]
    return tuple(assumptions), (*warnings, *muscle_warnings(analysis))


def _floor_height_m(skeleton: Skeleton, q: NDArray[np.float64]) -> float:
    """Typical height of the lower sole's lowest point in the floor's world [m]."""
    sample = q[:: max(1, len(q) // 200)]
    lowest = [skeleton.points(row, skeleton.soles)[:, 2].min() for row in sample]
    return float(np.median(lowest))


def _kind(path: Path) -> str:
    return "markers" if path.suffix.lower() in MARKER_SUFFIXES else "motion"


def _report(
    request: DynamicsRequest,
    analysis: Analysis,
    notes: tuple[tuple[str, ...], tuple[str, ...]],
) -> ReportData:
    return ReportData(
        title=request.motion.stem,
        source=request.motion.name,
        subject=subject_facts(analysis.skeleton.subject),
        camera=None,
        assumptions=notes[0],
        warnings=notes[1],
        motion=motion_series(analysis),
        dynamics=dynamics_series(analysis),
        gait=gait_summary(analysis.gait),
        timings=tuple(timing.facts() for timing in dynamics_timings(analysis)),
        provenance=tuple(provenance().items()),
        files=file_rows(_files(analysis)),
        muscles=muscle_curves(analysis),
    )


def _summary(
    request: DynamicsRequest,
    analysis: Analysis,
    notes: tuple[tuple[str, ...], tuple[str, ...]],
) -> dict[str, Any]:
    return {
        "command": "dynamics",
        "input": {"file": request.motion.name, "kind": _kind(request.motion)},
        "subject": subject_entries(analysis.skeleton.subject),
        "assumptions": notes[0],
        "warnings": notes[1],
        "floor": floor_entries(analysis.floor),
        "frames": frame_entries(analysis),
        "quality": quality_entries(analysis),
        "gait": gait_entries(analysis.gait),
        "muscles": muscle_entries(analysis),
        "timings": timing_entries(dynamics_timings(analysis)),
        "versions": provenance(),
        "files": [*_files(analysis), "report.html"],
    }


def _files(analysis: Analysis) -> tuple[str, ...]:
    """Names of the files beside the report."""
    gait = (GAIT_FILE,) if analysis.gait.steps else ()
    muscles = MUSCLE_FILES if analysis.muscles is not None else ()
    return (*_FILES, *muscles, *gait)
