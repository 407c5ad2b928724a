"""Joint angles from video against marker-based motion capture, beside two published systems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.camera_choice import CameraRequest
from monomsk_analysis.opensim_kinematics import (
    PELVIS_ROTATIONS,
    PELVIS_TRANSLATIONS,
    align_heading,
    heading_between,
)
from monomsk_analysis.progress import Stages
from monomsk_analysis.reference_data import read_angles_csv, read_clip
from monomsk_analysis.scoring import (
    LEG_COORDINATES,
    AngleScore,
    exchanged_frames,
    resample,
    rms,
    score_angles,
)
from monomsk_analysis.storage import Table, read_storage
from monomsk_description.subject import Subject

CLIPS = ("lab_walk_trunk_sway", "lab_sit_to_stand")
OTHER_SYSTEMS = ("opencap_monocular", "wham")
OWN_SYSTEM = "monomsk"
_REFERENCE = "reference_mocap"
_MAX_GAP_S = 0.04


@dataclass(frozen=True)
class SystemScore:
    """One system on one clip; angles in degrees.

    Attributes:
        system: its name.
        leg_rmse_deg: mean over hip flexion, hip adduction, knee and ankle of both legs.
        leg_rmse_without_offset_deg: the same after removing each coordinate's constant error.
        compared_fraction: share of the reference's frames with an estimate.
        rmse_deg: by coordinate.
        rmse_without_offset_deg: by coordinate.
        offset_deg: by coordinate, estimate minus reference.
        exchanged_frames: frames in which the legs would fit better with their sides exchanged.
        travel_rmse_cm: of the pelvis' place, level and upright, after turning the ground and
            removing the mean [cm]; NaN where either side has no place.
    """

    system: str
    leg_rmse_deg: float
    leg_rmse_without_offset_deg: float
    compared_fraction: float
    rmse_deg: dict[str, float]
    rmse_without_offset_deg: dict[str, float]
    offset_deg: dict[str, float]
    exchanged_frames: int
    travel_rmse_cm: tuple[float, float]


@dataclass(frozen=True)
class ClipScore:
    """All systems on one clip.

    Attributes:
        clip: its name.
        frames: frames of the reference.
        tracked_fraction: share of the video's frames in which monomsk found the person.
        systems: monomsk first.
    """

    clip: str
    frames: int
    tracked_fraction: float
    systems: tuple[SystemScore, ...]


def score_table(system: str, estimate: Table, reference: Table) -> SystemScore:
    """Score the coordinates that both tables have, both in degrees, on the reference's times.

    The pelvis is compared in grounds of equal heading; no other coordinate depends on it.
    """
    labels = tuple(
        label
        for label in reference.labels
        if label in estimate.labels and label not in PELVIS_TRANSLATIONS
    )
    at_reference = resample(estimate.times, estimate.columns(labels), reference.times, _MAX_GAP_S)
    expected = reference.columns(labels)
    if set(PELVIS_ROTATIONS) <= set(labels):
        pelvis = [labels.index(name) for name in PELVIS_ROTATIONS]
        at_reference[:, pelvis] = np.rad2deg(
            align_heading(np.deg2rad(at_reference[:, pelvis]), np.deg2rad(expected[:, pelvis]))
        )
    score = score_angles(labels, at_reference, expected)
    return SystemScore(
        system=system,
        leg_rmse_deg=score.mean(LEG_COORDINATES),
        leg_rmse_without_offset_deg=score.mean(LEG_COORDINATES, without_offset=True),
        compared_fraction=_compared(score),
        rmse_deg=_by_label(labels, score.rmse),
        rmse_without_offset_deg=_by_label(labels, score.rmse_without_offset),
        offset_deg=_by_label(labels, score.offset),
        exchanged_frames=exchanged_frames(labels, at_reference, expected),
        travel_rmse_cm=_travel_rmse_cm(estimate, reference),
    )


def bench_clip(folder: Path, work: Path, stages: Stages) -> tuple[ClipScore, Analysis]:
    """Analyse a clip's video and score it.

    Args:
        folder: the clip with its reference.
        work: where the analysis may write.
        stages: shows the progress.

    Raises:
        AnalysisError: the clip cannot be read or analysed.
    """
    clip = read_clip(folder)
    request = AnalyzeRequest(
        source=clip.video,
        out=work / clip.name,
        subject=Subject(clip.height_m, clip.mass_kg),
        camera=CameraRequest(focal_px=clip.focal_px),
        overlay=False,
        overwrite=True,
    )
    analysis = run_analyze(request, stages)
    reference = read_angles_csv(folder / f"{_REFERENCE}.csv")
    own = read_storage(request.out / "kinematics.mot")
    others = [(name, read_angles_csv(folder / f"{name}.csv")) for name in OTHER_SYSTEMS]
    systems = tuple(
        score_table(name, table, reference) for name, table in [(OWN_SYSTEM, own), *others]
    )
    split = analysis.split
    score = ClipScore(clip.name, len(reference.times), split.tracked / split.frames, systems)
    return score, analysis


def _travel_rmse_cm(estimate: Table, reference: Table) -> tuple[float, float]:
    names = PELVIS_ROTATIONS + PELVIS_TRANSLATIONS
    if not set(names) <= set(estimate.labels) & set(reference.labels):
        return math.nan, math.nan
    own = resample(estimate.times, estimate.columns(names), reference.times, _MAX_GAP_S)
    expected = reference.columns(names)
    yaw = heading_between(np.deg2rad(own[:, :3]), np.deg2rad(expected[:, :3]))
    turned = own[:, 3:] @ Rotation.from_euler("y", yaw).as_matrix().T
    error = 100.0 * (turned - expected[:, 3:])
    error -= np.nanmean(error, axis=0)
    return rms(np.hypot(error[:, 0], error[:, 2])), rms(error[:, 1])


def _compared(score: AngleScore) -> float:
    return float(score.compared.min()) / score.frames if score.frames else math.nan


def _by_label(labels: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    return {label: float(value) for label, value in zip(labels, values, strict=True)}
