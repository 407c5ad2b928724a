"""A recording as the running graph would have answered it: every image once, nothing revised.

What `monomsk analyze` computes otherwise knows each motion from its beginning to its end. Here the
filters of the nodes run, in the same order, so that the results equal those of the nodes in
deterministic mode.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.frame_source import Frame
from monomsk_analysis.motion import SplitMotion
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
from monomsk_perception.frozen_images import FrozenImages
from monomsk_perception.landmarker import LandmarkerOptions
from monomsk_perception.lifter_factory import LifterChoice, usable_choice
from monomsk_perception.pipeline import Perception, PerceptionOptions

Array = NDArray[np.float64]


class CausalTracker:
    """Perception as its node runs it: what was said stays said."""

    def __init__(self, perception: Perception) -> None:
        self._perception = perception
        self._frozen = FrozenImages()

    def observe(self, frame: Frame) -> Observation:
        """Look at the next image."""
        if self._frozen.check(frame.image_bgr, frame.stamp_ns):
            return Observation(None, None)
        result = self._perception.process(frame.image_bgr, frame.stamp_ns)
        pose = None if result.state is None else result.camera.pose_world_camera
        return Observation(result.landmarks, result.state, pose, result.timings_s)

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
    choice, _ = usable_choice(LifterChoice(lifter), skeleton)
    landmarker = LandmarkerOptions(model=model_complexity)
    options = PerceptionOptions(landmarker=landmarker, lifter=choice)
    return CausalTracker(Perception(skeleton, intrinsics, pose, options))


def analyse_causal(
    skeleton: Skeleton,
    times: Array,
    split: SplitMotion,
    states: Sequence[BodyState | None],
    advance: Advance = lambda: None,
) -> Analysis:
    """Compute the dynamics of every state as it comes, as the dynamics node does.

    Args:
        skeleton: the person's.
        times: (n,) time of each frame [s].
        split: the segments, for what is exported.
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
    return Analysis(skeleton, times, split, tuple(results), seconds, VIDEO_EVENT_SIGMA_S)
