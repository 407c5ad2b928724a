"""A recording as the running graph would have answered it: every image once, nothing revised.

What `monomsk analyze` computes otherwise knows each motion from its beginning to its end. Here the
filters of the nodes run, in the same order, so that the results equal those of the nodes in
deterministic mode.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.frame_source import Frame
from monomsk_analysis.motion import unbridged_motion
from monomsk_analysis.progress import Advance
from monomsk_analysis.tracking import Observation
from monomsk_description.body_state import BodyState
from monomsk_description.errors import DescriptionError
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import DynamicsError
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.results import BodyDynamics
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.lifter_factory import usable_choice
from monomsk_perception.live_perception import LivePerception
from monomsk_perception.perception_parameters import PARAMETERS, live_options

_CAMERA_FRAME = "camera_optical_frame"

Array = NDArray[np.float64]


class CausalTracker:
    """Perception as its node runs it: what was said stays said."""

    def __init__(self, live: LivePerception) -> None:
        self._live = live

    def observe(self, frame: Frame) -> Observation:
        """Look at the next image."""
        result = self._live.process(lambda: frame.image_bgr, frame.stamp_ns, _CAMERA_FRAME)
        if result is None:
            return Observation(None, None)
        pose = None if result.state is None else result.pose_world_camera
        return Observation(result.landmarks, result.state, pose, result.stages_s)

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return the observations as they were made."""
        return observations


def make_causal_tracker(
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    pose: CameraPose | None,
    model_complexity: str,
    lifter: str,
) -> CausalTracker:
    """Load the networks and build perception with the defaults of its node.

    Args:
        skeleton: the person's.
        intrinsics: the camera.
        pose: the camera's pose in the world; None to have it estimated.
        model_complexity: size of the landmark network: lite, full or heavy.
        lifter: how landmarks become joint angles: geometric or transformer.

    Raises:
        PerceptionError: a model file is missing or damaged.
    """
    values = {name: parameter.default for name, parameter in PARAMETERS.items()}
    values |= {"lifter": lifter, "camera_info_wait_s": 0.0}
    if pose is not None:
        values |= {"camera_height_m": pose.height_m, "camera_pitch_rad": pose.pitch_rad}
    options = live_options(values, model_complexity)
    choice, _ = usable_choice(options.lifter, skeleton)
    live = LivePerception(skeleton, replace(options, lifter=choice))
    if not intrinsics.assumed:
        live.geometry.calibrate(intrinsics)
    return CausalTracker(live)


def analyse_causal(
    skeleton: Skeleton,
    times: Array,
    stamps_ns: NDArray[np.int64],
    states: Sequence[BodyState | None],
    advance: Advance = lambda: None,
) -> Analysis:
    """Compute the dynamics of every state as it comes, as the dynamics node does.

    Args:
        skeleton: the person's.
        times: (n,) time of each frame [s].
        stamps_ns: (n,) of the images [ns].
        states: per frame, the body state; None where nobody was seen.
        advance: called at the end.
    """
    live = LiveDynamics(skeleton)
    results: list[BodyDynamics | None] = []
    durations: list[float] = []
    for state in states:
        result = None
        if state is not None:
            start_s = time.perf_counter()
            try:
                result = live.update(state)
            except (DynamicsError, DescriptionError):
                # The node says it in its diagnostics and publishes nothing: no result here either.
                result = None
            durations.append(time.perf_counter() - start_s)
        results.append(result)
    advance()
    seconds = np.array(durations)
    answered = [
        None if state is None or result is None else state.q
        for state, result in zip(states, results, strict=True)
    ]
    split = replace(
        unbridged_motion(stamps_ns, answered), tracked=sum(state is not None for state in states)
    )
    return Analysis(skeleton, times, split, tuple(results), seconds, VIDEO_EVENT_SIGMA_S)
