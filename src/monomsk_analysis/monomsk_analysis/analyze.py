"""`monomsk analyze`: a video or a bag through perception and dynamics, to files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monomsk_analysis.analysis import Analysis, analyse
from monomsk_analysis.analyze_report import RecordingFacts, report_data, summary_entries
from monomsk_analysis.body_choice import make_body
from monomsk_analysis.camera_choice import CameraRequest, choose_intrinsics, choose_pose
from monomsk_analysis.errors import NoPersonError
from monomsk_analysis.frame_source import FrameSource, TimeWindow, open_source
from monomsk_analysis.gait import write_gait
from monomsk_analysis.mcap_export import MessageSet, SeenFrame, write_mcap
from monomsk_analysis.motion import SHORTEST, split_motion
from monomsk_analysis.muscle_step import MuscleRequest, add_muscles
from monomsk_analysis.muscle_tables import write_muscles
from monomsk_analysis.overlay_run import OverlayRequest, draw_overlay
from monomsk_analysis.progress import Stages
from monomsk_analysis.proportion_step import personalise, wants_fit
from monomsk_analysis.report import write_report
from monomsk_analysis.report_data import KeyFrame
from monomsk_analysis.result_folder import SUMMARY_FILE, result_folder
from monomsk_analysis.result_tables import write_facing_forward, write_model
from monomsk_analysis.summary import write_summary
from monomsk_analysis.tracking import (
    RepeatingTracker,
    Tracker,
    Tracking,
    believed,
    sightings,
    track,
)
from monomsk_analysis.turned_source import turned
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.lifter_factory import DEFAULT_LIFTER


@dataclass(frozen=True)
class AnalyzeRequest:
    """What to analyse.

    Attributes:
        source: video file or bag.
        out: folder for the results.
        subject: the person.
        camera: what is known of the camera.
        window: which part of the source.
        model_complexity: size of the landmark network: lite, full or heavy.
        lifter: how landmarks become joint angles: geometric or transformer.
        image_topic: of a bag; None for its only one.
        image_rotation_deg: clockwise turn that puts the images upright, 0 to 270 [degrees].
        overlay: whether to draw the result over the video.
        overwrite: whether results of an earlier run in the folder are replaced.
        model: OpenSim model of the person; see `body_choice.make_body`.
        fit_proportions: whether segment lengths are fitted to the recording; see
            `proportion_step.wants_fit` for None.
        causal: whether to answer each image as the running graph would, without hindsight.
        muscles: whether the muscles behind the torques are computed.
    """

    source: Path
    out: Path
    subject: Subject
    camera: CameraRequest = field(default_factory=CameraRequest)
    window: TimeWindow = field(default_factory=TimeWindow)
    model_complexity: str = "full"
    lifter: str = DEFAULT_LIFTER
    image_topic: str | None = None
    image_rotation_deg: int = 0
    overlay: bool = True
    overwrite: bool = False
    model: Path | None = None
    fit_proportions: bool | None = None
    causal: bool = False
    muscles: bool = True


def _open(request: AnalyzeRequest) -> FrameSource:
    source = open_source(request.source, request.image_topic)
    return turned(source, request.image_rotation_deg)


def run_analyze(
    request: AnalyzeRequest, stages: Stages | None = None, tracker: Tracker | None = None
) -> Analysis:
    """Analyse a recording and write the results.

    Args:
        request: what to do.
        stages: shows the progress; None shows nothing.
        tracker: perception; None takes the project's own.

    Raises:
        AnalysisError: the source cannot be read or turned, shows nobody, or the results cannot be
            written.
        DescriptionError: the subject does not fit the skeleton, or the model is unusable.
        PerceptionError: the camera or a model file is unusable.
        DynamicsError: the dynamics failed.
    """
    stages = stages or Stages()
    start_s = time.perf_counter()
    source = _open(request)
    intrinsics = choose_intrinsics(request.camera, source.facts)
    pose = choose_pose(request.camera)
    body = make_body(request.subject, request.model)
    fits = wants_fit(request.fit_proportions, body, request.lifter, tracker)
    with result_folder(request.out, overwrite=request.overwrite) as folder:
        tracker = tracker or _own_tracker(request, body.skeleton, intrinsics, pose)
        tracking = _track(request, source, tracker, stages)
        if fits and isinstance(tracker, RepeatingTracker):
            with stages.stage("Proportions", 1) as advance:
                body, tracking = personalise(body, tracking, tracker, intrinsics)
                advance()
        analysis = _analyse(request, body.skeleton, tracking, stages)
        analysis = add_muscles(analysis, MuscleRequest(request.muscles, body.muscles), stages)
        facts = RecordingFacts(source.facts, intrinsics, pose, source.notes, tracking, body)
        _write(folder, request, analysis, facts, stages)
        wall_s = time.perf_counter() - start_s
        files = tuple(sorted(file.name for file in folder.iterdir()))
        entries = summary_entries(analysis, facts, (*files, SUMMARY_FILE), wall_s)
        write_summary(folder / SUMMARY_FILE, entries)
    return analysis


def _own_tracker(
    request: AnalyzeRequest,
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    pose: CameraPose | None,
) -> Tracker:
    # The networks' runtime takes long to load, and a bad input shall fail before that.
    if request.causal:
        from monomsk_analysis.causal import make_causal_tracker

        return make_causal_tracker(
            skeleton, intrinsics, pose, request.model_complexity, request.lifter
        )
    from monomsk_analysis.perception_tracker import TrackerOptions, make_tracker

    options = TrackerOptions(request.model_complexity, request.lifter)
    return make_tracker(skeleton, intrinsics, pose, options)


def _track(
    request: AnalyzeRequest, source: FrameSource, tracker: Tracker, stages: Stages
) -> Tracking:
    announced = source.facts.frames_announced or None
    with stages.stage("Landmarks and angles", announced) as advance:
        return track(source, request.window, tracker, advance)


def _analyse(
    request: AnalyzeRequest, skeleton: Skeleton, tracking: Tracking, stages: Stages
) -> Analysis:
    states = [observation.state for observation in tracking.observations]
    if request.causal:
        return _analyse_causal(request, skeleton, tracking, states, stages)
    configurations = [
        state.q if state is not None and good else None
        for state, good in zip(states, believed(states), strict=True)
    ]
    sigmas = [None if state is None else state.sigma_q for state in states]
    split = split_motion(tracking.stamps_ns, configurations, skeleton)
    with stages.stage("Dynamics", len(split.segments)) as advance:
        analysis = analyse(
            skeleton, tracking.times, split, sigmas, advance, sightings=sightings(tracking)
        )
    if not analysis.results:
        raise NoPersonError(request.source, split.frames, split.tracked, SHORTEST)
    return analysis


def _analyse_causal(
    request: AnalyzeRequest,
    skeleton: Skeleton,
    tracking: Tracking,
    states: Sequence[BodyState | None],
    stages: Stages,
) -> Analysis:
    from monomsk_analysis.causal import analyse_causal

    with stages.stage("Dynamics", 1) as advance:
        analysis = analyse_causal(skeleton, tracking.times, tracking.stamps_ns, states, advance)
    if not analysis.results:
        split = analysis.split
        raise NoPersonError(request.source, split.frames, split.tracked, "a few frames")
    return analysis


def _write(
    folder: Path,
    request: AnalyzeRequest,
    analysis: Analysis,
    facts: RecordingFacts,
    stages: Stages,
) -> None:
    """Write every file but the summary."""
    write_model(folder, analysis.skeleton)
    write_facing_forward(folder, analysis, facts.tracking.rate_hz)
    write_gait(folder, analysis)
    write_muscles(folder, analysis)
    write_mcap(folder / "result.mcap", _messages(analysis, facts))
    key_frames: tuple[KeyFrame, ...] = ()
    if request.overlay:
        overlay = OverlayRequest(request.window, facts.intrinsics, facts.tracking)
        with stages.stage("Overlay", len(facts.tracking.times)) as advance:
            source = _open(request)
            key_frames = draw_overlay(folder / "overlay.mp4", source, analysis, overlay, advance)
    files = tuple(sorted(file.name for file in folder.iterdir()))
    data = report_data(analysis, facts, key_frames, (*files, SUMMARY_FILE))
    write_report(folder / "report.html", data)


def _messages(analysis: Analysis, facts: RecordingFacts) -> MessageSet:
    tracking = facts.tracking
    frames = [
        SeenFrame(stamp, seen.landmarks, seen.state, seen.pose_world_camera)
        for stamp, seen in zip(tracking.stamps_ns.tolist(), tracking.observations, strict=True)
    ]
    return MessageSet(
        skeleton=analysis.skeleton,
        image_size=(facts.source.width_px, facts.source.height_px),
        frames=frames,
        dynamics=analysis.results,
        camera_pose_given=facts.pose is not None,
        assumptions=facts.assumed_names(analysis.skeleton.subject),
    )


__all__ = ["AnalyzeRequest", "run_analyze"]
