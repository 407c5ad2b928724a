"""Images in, body states out: landmarker and lifter, without ROS."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_perception.appearance import look
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_factory import LifterChoice, make_lifter, skeleton_fit
from monomsk_perception.motion_history import MotionHistory
from monomsk_perception.steady_sides import SteadySides
from monomsk_perception.tracking import TrackingStatus
from monomsk_perception.transformer_lifter import TransformerLifter


@dataclass(frozen=True)
class PerceptionOptions:
    """Options of both stages."""

    landmarker: LandmarkerOptions = field(default_factory=LandmarkerOptions)
    lifter: LifterChoice = field(default_factory=LifterChoice)


@dataclass(frozen=True)
class PerceptionResult:
    """What one image gave.

    Attributes:
        landmarks: The followed person's landmarks; None when nobody was found.
        state: The body state; None when nobody was found, or while a look-ahead still waits.
        status: Of the tracking.
        camera: The camera's pose as it is believed with this image.
        timings_s: Seconds of each stage by name.
    """

    landmarks: Landmarks | None
    state: BodyState | None
    status: TrackingStatus
    camera: CameraPose
    timings_s: dict[str, float]


class Perception:
    """The whole way from an image to a body state.

    Args:
        skeleton: The subject's.
        intrinsics: The camera's.
        camera: Its pose; None estimates it from the person and a level floor.
        options: Options of landmarker and lifter.
        keep_history: Whether `smoothed` will be asked for (recordings).
        landmarker: One to go on using, e.g. when only the subject changes.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        intrinsics: CameraIntrinsics,
        camera: CameraPose | None = None,
        options: PerceptionOptions | None = None,
        keep_history: bool = False,
        landmarker: Landmarker | None = None,
    ) -> None:
        options = options or PerceptionOptions()
        self.landmarker = landmarker or Landmarker(options.landmarker)
        self.lifter = make_lifter(options.lifter, skeleton, intrinsics, camera)
        self._person_number = self.landmarker.person_number
        self._sides = SteadySides()
        self._history: MotionHistory | None = None
        # The transformer looks at a recording as a whole: each person's landmarks are kept.
        self._clips: list[list[Landmarks]] = [[]]
        self._keep_clips = keep_history and isinstance(self.lifter, TransformerLifter)
        if keep_history and not isinstance(self.lifter, TransformerLifter):
            self._history = MotionHistory(self.lifter)

    @property
    def camera(self) -> CameraPose:
        """The camera's pose as it is believed now."""
        return self.lifter.camera

    def process(self, image_bgr: npt.NDArray[np.uint8], stamp_ns: int) -> PerceptionResult:
        """Find the person in an image and lift the landmarks to a body state.

        Args:
            image_bgr: (height, width, 3) image.
            stamp_ns: The image's stamp [ns].

        Raises:
            ImageError: The image has a wrong shape or type.
        """
        landmarks = self.find(image_bgr, stamp_ns)
        found = time.perf_counter()
        state = None if landmarks is None else self.lift(landmarks)
        timings = self.landmarker.networks.timings_s | {"lift": time.perf_counter() - found}
        return PerceptionResult(
            landmarks, state, self.landmarker.status, self.lifter.camera, timings
        )

    def find(self, image_bgr: npt.NDArray[np.uint8], stamp_ns: int) -> Landmarks | None:
        """Find the followed person's landmarks; another person's motion starts anew.

        Sides that the detector exchanges for a while are kept apart.

        Raises:
            ImageError: The image has a wrong shape or type.
        """
        landmarks = self.landmarker.detect(image_bgr, stamp_ns)
        if self.landmarker.person_number != self._person_number:
            # Another person's motion must not start from this one's.
            self._person_number = self.landmarker.person_number
            self.forget()
        return None if landmarks is None else self._sides.kept(landmarks)

    def lift(self, landmarks: Landmarks, camera: CameraPose | None = None) -> BodyState | None:
        """The body state of landmarks; None while a look-ahead waits.

        Args:
            landmarks: Of this pipeline's person, also from elsewhere.
            camera: The camera's measured pose in this image; None: as before.
        """
        if camera is not None:
            skeleton_fit(self.lifter).expect_camera(landmarks.stamp_ns, camera)
        state = self.lifter.lift(landmarks)
        if self._keep_clips:
            self._clips[-1].append(landmarks)
        if self._history is not None:
            self._history.add()
        return state

    def warm_up(self) -> None:
        """Lift somebody who stands there, once: what is done first takes much longer."""
        lens, skeleton = self.lifter.intrinsics, self.lifter.skeleton
        camera = CameraPose.level(1.2, CameraPoseSource.ESTIMATED)
        points = skeleton.points(skeleton.neutral(), skeleton.landmarks) + np.array([4.0, 0.0, 0.0])
        in_camera = camera.to_camera(points)[0]
        pixels, seen = lens.project(in_camera), np.ones(len(points))
        metric = in_camera - in_camera[23:25].mean(axis=0)
        size = (lens.width_px, lens.height_px)
        for stamp_ns in (1, 33_000_000, 66_000_000):
            self.lifter.lift(Landmarks(stamp_ns, pixels, seen, seen, metric, 1.0, size))
        look(np.zeros((*size[::-1], 3), np.uint8), pixels, seen)
        self.lifter.reset()

    def smoothed(self) -> list[BodyState]:
        """The states of all images so far, each given the whole recording around it.

        Raises:
            RuntimeError: The history was not kept.
        """
        if isinstance(self.lifter, TransformerLifter) and self._keep_clips:
            clips = [clip for clip in self._clips if clip]
            return [state for clip in clips for state in self.lifter.lift_clip(clip)]
        if self._history is None:
            raise RuntimeError("smoothed() needs Perception(keep_history=True)")
        return self._history.smoothed()

    def reset(self) -> None:
        """Forget the person: the next image starts anew."""
        self.landmarker.reset()
        self.forget()

    def forget(self) -> None:
        """Forget the motion, but not who is followed: the next landmarks start anew."""
        self.lifter.reset()
        self._sides.reset()
        if self._keep_clips:
            self._clips.append([])
