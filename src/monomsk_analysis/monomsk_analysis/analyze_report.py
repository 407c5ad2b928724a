"""What the report and the summary of `monomsk analyze` say about a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.body_choice import Body
from monomsk_analysis.frame_source import SourceFacts
from monomsk_analysis.gait import gait_entries, gait_summary
from monomsk_analysis.heading import face_forward
from monomsk_analysis.image_change import image_change_entries
from monomsk_analysis.muscle_groups import muscle_curves
from monomsk_analysis.muscle_summary import muscle_entries, muscle_warnings
from monomsk_analysis.report_builder import (
    dynamics_series,
    file_rows,
    motion_series,
    subject_facts,
)
from monomsk_analysis.report_data import CameraFacts, KeyFrame, ReportData
from monomsk_analysis.residual_warnings import residual_warnings
from monomsk_analysis.summary import (
    Timing,
    dynamics_timings,
    frame_entries,
    load_warnings,
    provenance,
    quality_entries,
    subject_entries,
    timing_entries,
)
from monomsk_analysis.tracking import Observation, Tracking, believed
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose

Array = NDArray[np.float64]

_VISIBLE = 0.5
_FEW_FRAMES = 0.95
_LOAD_CAUSES = (
    "a seat or a hand, or else images that are not upright (--image-rotation-deg), or a wrong floor"
)


@dataclass(frozen=True)
class RecordingFacts:
    """How a recording was looked at.

    Attributes:
        source: the video or bag.
        intrinsics: the camera.
        pose: the camera's pose as given; None where it was estimated.
        notes: what was odd about the source.
        tracking: what perception made of it.
        body: the person's model.
    """

    source: SourceFacts
    intrinsics: CameraIntrinsics
    pose: CameraPose | None
    notes: tuple[str, ...]
    tracking: Tracking
    body: Body

    def assumed_names(self, subject: Subject) -> tuple[str, ...]:
        """Names of what was assumed rather than given, as in monomsk_msgs/BodyState."""
        camera = ("focal_length",) if self.intrinsics.assumed else ()
        pose = ("camera_pose",) if self.pose is None else ()
        return (*sorted(subject.assumed), *camera, *pose)


def report_data(
    analysis: Analysis,
    facts: RecordingFacts,
    key_frames: tuple[KeyFrame, ...],
    files: tuple[str, ...],
) -> ReportData:
    """Gather what the report shows; forces in the ground of the files beside it."""
    states = [observation.state for observation in facts.tracking.observations]
    return ReportData(
        title=facts.source.path.stem,
        source=facts.source.path.name + facts.source.topic,
        subject=subject_facts(analysis.skeleton.subject),
        camera=_camera_facts(facts),
        assumptions=_assumptions(facts),
        warnings=_warnings(analysis, facts),
        motion=motion_series(analysis, states, reprojection_errors(analysis, facts)),
        dynamics=dynamics_series(face_forward(analysis)[0]),
        gait=gait_summary(analysis.gait),
        key_frames=key_frames,
        timings=tuple(timing.facts() for timing in _timings(analysis, facts)),
        provenance=tuple(provenance().items()),
        files=file_rows(files),
        muscles=muscle_curves(analysis),
    )


def summary_entries(
    analysis: Analysis, facts: RecordingFacts, files: tuple[str, ...], wall_s: float
) -> dict[str, Any]:
    """Gather what `summary.json` says.

    Args:
        analysis: the result.
        facts: how the recording was looked at.
        files: names of the files written.
        wall_s: duration of the whole run [s].
    """
    source, camera = facts.source, _camera_facts(facts)
    analysed = int(analysis.analysed.sum())
    return {
        "command": "analyze",
        "input": {
            "file": source.path.name,
            "kind": source.kind,
            "topic": source.topic,
            "quarter_turns": source.quarter_turns,
        },
        "subject": subject_entries(analysis.skeleton.subject),
        "model": facts.body.entries(),
        "camera": {
            "width_px": camera.width_px,
            "height_px": camera.height_px,
            "focal_x_px": facts.intrinsics.focal_x_px,
            "focal_y_px": facts.intrinsics.focal_y_px,
            "center_x_px": facts.intrinsics.center_x_px,
            "center_y_px": facts.intrinsics.center_y_px,
            "distortion": facts.intrinsics.distortion,
            "focal_assumed": camera.focal_assumed,
            "pose_estimated": camera.pose_estimated,
            "height_above_floor_m": camera.height_above_floor_m,
            "pitch_down_deg": math.degrees(camera.pitch_rad),
        },
        "assumptions": _assumptions(facts),
        "warnings": _warnings(analysis, facts),
        "frames": {"announced": source.frames_announced, **frame_entries(analysis)},
        "rates": {
            "source_hz": facts.tracking.rate_hz,
            "processing_hz": analysed / wall_s if wall_s > 0 else math.nan,
        },
        "quality": {**_fit_entries(analysis, facts), **quality_entries(analysis)},
        "gait": gait_entries(analysis.gait),
        "muscles": muscle_entries(analysis),
        "timings": timing_entries(_timings(analysis, facts)),
        "wall_s": wall_s,
        "versions": provenance(),
        "files": files,
    }


def reprojection_errors(analysis: Analysis, facts: RecordingFacts) -> Array:
    """Root mean square distance (n,) of visible landmarks from the fitted ones [px]."""
    errors = np.full(len(analysis.times), np.nan)
    for k, observation in enumerate(facts.tracking.observations):
        errors[k] = _reprojection_error(analysis, facts.intrinsics, observation)
    return errors


def _reprojection_error(
    analysis: Analysis, camera: CameraIntrinsics, observation: Observation
) -> float:
    landmarks, state, pose = observation.landmarks, observation.state, observation.pose_world_camera
    if landmarks is None or state is None or pose is None:
        return math.nan
    points = analysis.skeleton.points(state.q, analysis.skeleton.landmarks)
    pixels = camera.project((points - pose.translation) @ pose.rotation)
    distances = np.linalg.norm(pixels - landmarks.pixels, axis=1)
    seen = (landmarks.visibility > _VISIBLE) & np.isfinite(distances)
    return float(np.sqrt(np.mean(distances[seen] ** 2))) if seen.any() else math.nan


def _camera_facts(facts: RecordingFacts) -> CameraFacts:
    camera = facts.intrinsics
    height_m, pitch_rad = _last_pose(facts.tracking)
    return CameraFacts(
        width_px=camera.width_px,
        height_px=camera.height_px,
        focal_px=(camera.focal_x_px + camera.focal_y_px) / 2,
        focal_assumed=camera.assumed,
        pose_estimated=facts.pose is None,
        height_above_floor_m=height_m,
        pitch_rad=pitch_rad,
    )


def _last_pose(tracking: Tracking) -> tuple[float, float]:
    """Height [m] and downward pitch [rad] of the camera as believed in the end."""
    poses = [o.pose_world_camera for o in tracking.observations if o.pose_world_camera is not None]
    if not poses:
        return math.nan, math.nan
    viewing = poses[-1].rotation[:, 2]
    return float(poses[-1].translation[2]), -math.asin(float(np.clip(viewing[2], -1.0, 1.0)))


def _assumptions(facts: RecordingFacts) -> tuple[str, ...]:
    camera, sentences = facts.intrinsics, list(facts.body.assumptions())
    if camera.assumed:
        sentences.append(f"The focal length was not given; {camera.focal_x_px:.0f} px was assumed.")
    if facts.pose is None:
        sentences.append(
            "The camera's pose was not given; it was estimated from the person on a level floor."
        )
    return tuple(sentences)


def _warnings(analysis: Analysis, facts: RecordingFacts) -> tuple[str, ...]:
    split, sentences = analysis.split, [*facts.body.warnings, *facts.notes]
    if split.tracked < _FEW_FRAMES * split.frames:
        sentences.append(f"The person was found in {split.tracked} of {split.frames} frames only.")
    sentences += _hidden_legs(facts.tracking)
    if split.dropped:
        sentences.append(
            f"{split.dropped} tracked frames lie in stretches too short to differentiate."
        )
    if len(split.segments) > 1:
        sentences.append(f"The motion falls into {len(split.segments)} segments.")
    states = [observation.state for observation in facts.tracking.observations]
    rows = zip(states, believed(states), analysis.dynamics, strict=True)
    poor = sum(state is not None and not good and not result for state, good, result in rows)
    if poor:
        sentences.append(
            f"In {poor} frames the skeleton does not fit what was seen; they were left out."
        )
    sentences += residual_warnings(analysis)
    sentences += load_warnings(analysis, _LOAD_CAUSES)
    return (*sentences, *muscle_warnings(analysis))


def _hidden_legs(tracking: Tracking) -> list[str]:
    found = [o.landmarks for o in tracking.observations if o.landmarks is not None]
    hidden = sum(landmarks.leg_visibility < _VISIBLE for landmarks in found)
    if hidden <= (1.0 - _FEW_FRAMES) * len(found):
        return []
    return [
        f"In {hidden} of {len(found)} frames both legs are hidden or outside the image: their "
        "angles, and all forces, are guesses there."
    ]


def _fit_entries(analysis: Analysis, facts: RecordingFacts) -> dict[str, Any]:
    states = [o.state for o in facts.tracking.observations if o.state is not None]
    quality = np.array([state.quality for state in states])
    sigma = np.array([state.sigma_q[6:] for state in states])
    errors = reprojection_errors(analysis, facts)
    known = errors[np.isfinite(errors)]
    return {
        "fit_quality_median": float(np.nanmedian(quality)),
        "fit_quality_p10": float(np.nanpercentile(quality, 10)),
        "joint_angle_sigma_median_deg": float(np.rad2deg(np.nanmedian(sigma))),
        "reprojection_error_median_px": float(np.median(known)) if known.size else math.nan,
        **image_change_entries(analysis, facts.tracking, facts.intrinsics),
    }


def _timings(analysis: Analysis, facts: RecordingFacts) -> list[Timing]:
    stages = facts.tracking.stage_seconds
    perception = [Timing(name, seconds) for name, seconds in stages.items()]
    return [*perception, *dynamics_timings(analysis)]
