"""Images in, body states out: landmarker and lifter, without ROS."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.landmarker import Landmarker, LandmarkerOptions, TrackingStatus
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.motion_history import MotionHistory


@dataclass(frozen=True)
class PerceptionOptions:
    """Options of both stages."""

    landmarker: LandmarkerOptions = field(default_factory=LandmarkerOptions)
    lifter: LifterOptions = field(default_factory=LifterOptions)


@dataclass(frozen=True)
class PerceptionResult:
    """What one image gave.

    Attributes:
        landmarks: The followed person's landmarks; None when nobody was found.
        state: The body state; None when nobody was found.
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
        self.lifter = GeometricLifter(skeleton, intrinsics, camera, options.lifter)
        self._person_number = self.landmarker.person_number
        self._history = MotionHistory(self.lifter) if keep_history else None

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
        start = time.perf_counter()
        landmarks = self.landmarker.detect(image_bgr, stamp_ns)
        found = time.perf_counter()
        if self.landmarker.person_number != self._person_number:
            # Another person's motion must not start from this one's.
            self._person_number = self.landmarker.person_number
            self.lifter.reset()
        state = None if landmarks is None else self.lift(landmarks)
        timings = {"landmarks": found - start, "lift": time.perf_counter() - found}
        return PerceptionResult(
            landmarks, state, self.landmarker.status, self.lifter.camera, timings
        )

    def lift(self, landmarks: Landmarks) -> BodyState:
        """The body state of landmarks that came from elsewhere."""
        state = self.lifter.lift(landmarks)
        if self._history is not None:
            self._history.add()
        return state

    def smoothed(self) -> list[BodyState]:
        """The states of all images so far, each given the whole recording around it.

        Raises:
            RuntimeError: The history was not kept.
        """
        if self._history is None:
            raise RuntimeError("smoothed() needs Perception(keep_history=True)")
        return self._history.smoothed()

    def reset(self) -> None:
        """Forget the person: the next image starts anew."""
        self.landmarker.reset()
        self.lifter.reset()
