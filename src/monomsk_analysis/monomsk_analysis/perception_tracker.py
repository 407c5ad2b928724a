"""The project's perception as a tracker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pinocchio as pin

from monomsk_analysis.frame_source import Frame
from monomsk_analysis.tracking import Observation
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.lifter_factory import DEFAULT_LIFTER, LifterChoice, usable_choice
from monomsk_perception.pipeline import Perception, PerceptionOptions
from monomsk_perception.transformer_lifter import TransformerLifter

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrackerOptions:
    """How to look.

    Attributes:
        model_complexity: size of the landmark network: lite, full or heavy.
        lifter: how landmarks become joint angles: geometric or transformer.
    """

    model_complexity: str = "full"
    lifter: str = DEFAULT_LIFTER


class PerceptionTracker:
    """Perception over a recording, smoothed once all of it was seen."""

    def __init__(
        self,
        perception: Perception,
        rebuild: Callable[[Skeleton], Perception] | None = None,
    ) -> None:
        """Take over a perception that keeps its history.

        Args:
            perception: to look with.
            rebuild: makes another one for another skeleton, for `again`.
        """
        self._perception = perception
        self._rebuild = rebuild
        self._cameras: list[CameraPose] = []
        self._restarted: list[bool] = []

    def observe(self, frame: Frame) -> Observation:
        """Look at the next image."""
        result = self._perception.process(frame.image_bgr, frame.stamp_ns)
        pose = self._note(result.state, result.camera)
        return Observation(result.landmarks, result.state, pose, result.timings_s)

    def again(
        self, skeleton: Skeleton, observations: Sequence[Observation]
    ) -> Sequence[Observation]:
        """Return the observations as they look with another skeleton, with hindsight.

        Args:
            skeleton: the person's, changed.
            observations: all that were made, in order.

        Raises:
            ValueError: the tracker was not told how to make another perception.
        """
        if self._rebuild is None:
            raise ValueError("looking again needs PerceptionTracker(perception, rebuild)")
        perception = self._rebuild(skeleton)
        second = PerceptionTracker(perception)
        lifted = []
        for observation, restarted in zip(observations, self._restarted, strict=True):
            if restarted:
                # A new person, or a new motion: as the first time.
                perception.forget()
            lifted.append(second._lift(observation))
        return second.revise(lifted)

    def _lift(self, observation: Observation) -> Observation:
        """What has been seen before, lifted anew."""
        state = None
        if observation.landmarks is not None:
            state = self._perception.lift(observation.landmarks)
        pose = self._note(state, self._perception.camera)
        return replace(observation, state=state, pose_world_camera=pose)

    def _note(self, state: BodyState | None, camera: CameraPose) -> pin.SE3 | None:
        """Remember how an image was looked at; the camera's pose if there is a state."""
        last = self._perception.lifter.last
        self._cameras.append(camera)
        self._restarted.append(state is not None and last is not None and last.restarted)
        return None if state is None else camera.pose_world_camera

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return the observations with smoothed states.

        A camera that stands still is known best at the end, and smoothing tells the frames
        before: all of a stretch without restart rests on the camera as believed at its end.
        """
        states = {state.stamp_ns: state for state in self._perception.smoothed()}
        if isinstance(self._perception.lifter, TransformerLifter):
            # The whole recording was lifted again just now, with what was known in the end.
            self._cameras = [self._perception.camera] * len(self._cameras)
        revised: list[Observation] = []
        camera: CameraPose | None = None
        rows = zip(observations, self._cameras, self._restarted, strict=True)
        for observation, believed, restarted in reversed(list(rows)):
            camera = camera or believed
            if observation.state is not None:
                state = states.get(observation.state.stamp_ns, observation.state)
                observation = replace(
                    observation, state=state, pose_world_camera=camera.pose_world_camera
                )
            revised.append(observation)
            if restarted:
                camera = None
        return revised[::-1]


def make_tracker(
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    pose: CameraPose | None,
    options: TrackerOptions,
) -> PerceptionTracker:
    """Load the networks and build the tracker.

    Args:
        skeleton: the person's.
        intrinsics: the camera.
        pose: the camera's pose in the world; None to have it estimated.
        options: how to look.

    Raises:
        PerceptionError: a model file is missing or damaged.
    """
    landmarker = LandmarkerOptions(model=options.model_complexity, max_search_interval_s=0.0)
    lifter, trouble = usable_choice(LifterChoice(options.lifter), skeleton)
    if trouble:
        _LOG.warning("geometric lifter instead of the transformer: %s", trouble)
    choice = PerceptionOptions(landmarker=landmarker, lifter=lifter)
    first = Perception(skeleton, intrinsics, pose, choice, keep_history=True)

    def rebuild(other: Skeleton) -> Perception:
        return Perception(
            other, intrinsics, pose, choice, keep_history=True, landmarker=first.landmarker
        )

    return PerceptionTracker(first, rebuild)
