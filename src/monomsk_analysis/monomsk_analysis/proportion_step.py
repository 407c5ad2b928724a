"""A person's proportions from the recording itself: fit lengths, then lift the landmarks again."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from monomsk_analysis.body_choice import Body
from monomsk_analysis.errors import InputError
from monomsk_analysis.tracking import RepeatingTracker, Tracker, Tracking
from monomsk_description.proportions import LengthBelief
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.proportion_fit import LiftedFrame, fit_lengths

NOT_FITTED = "The recording tells no segment lengths; they follow the height."


def personalise(
    body: Body, tracking: Tracking, tracker: RepeatingTracker, intrinsics: CameraIntrinsics
) -> tuple[Body, Tracking]:
    """Fit the segment lengths to a recording and lift its landmarks again with them.

    Lengths that the subject came with stay.

    Args:
        body: the person as known so far.
        tracking: what perception made of the recording.
        tracker: the perception that did.
        intrinsics: the camera.

    Raises:
        InputError: the body is an OpenSim model, which is taken as it is.
    """
    refuse_model(body)
    start_s = time.perf_counter()
    subject = body.skeleton.subject
    frames = [
        LiftedFrame(seen.landmarks, seen.state.q, seen.pose_world_camera)
        for seen in tracking.observations
        if seen.landmarks is not None
        and seen.state is not None
        and seen.pose_world_camera is not None
    ]
    belief = fit_lengths(subject, body.skeleton, intrinsics, frames)
    if belief is None:
        return replace(body, warnings=(*body.warnings, NOT_FITTED)), tracking
    skeleton = build_skeleton(_with_lengths(subject, belief))
    observations = tuple(tracker.again(skeleton, tracking.observations))
    count = len(observations)
    share_s = (time.perf_counter() - start_s) / max(count, 1)
    stages = {**tracking.stage_seconds, "proportions": np.full(count, share_s)}
    return (
        replace(body, skeleton=skeleton, fitted=belief),
        replace(tracking, observations=observations, stage_seconds=stages),
    )


def wants_fit(asked: bool | None, body: Body, lifter: str, tracker: Tracker | None) -> bool:
    """Whether to fit lengths to a recording.

    Unless somebody asks, they are fitted with the geometric lifter, where it was seen to help, and
    not to an OpenSim model.

    Args:
        asked: for it or against it; None: neither.
        body: the person as known so far.
        lifter: how landmarks become joint angles.
        tracker: perception, if it is not the project's own.

    Raises:
        InputError: it is asked for, and the body is an OpenSim model.
    """
    if asked:
        refuse_model(body)
    can = tracker is None or isinstance(tracker, RepeatingTracker)
    usual = not body.file and lifter == "geometric"
    return can and (usual if asked is None else asked)


def refuse_model(body: Body) -> None:
    """Make sure that the body may be given other lengths.

    Raises:
        InputError: it is an OpenSim model, which is taken as it is.
    """
    if body.file:
        reason = "an OpenSim model is taken as it is; --fit-proportions would change it"
        raise InputError(Path(body.file), reason)


def _with_lengths(subject: Subject, belief: LengthBelief) -> Subject:
    """The subject with the fitted lengths, and those that somebody measured."""
    return replace(subject, segment_lengths_m={**belief.lengths_m, **subject.segment_lengths_m})
