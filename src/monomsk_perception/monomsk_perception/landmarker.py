"""Images to the landmarks of one person: detector, tracked crop, one person followed."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monomsk_perception.blazepose_detector import BlazePoseDetector, PersonDetection
from monomsk_perception.blazepose_landmarks import BlazePoseLandmarks, RegionLandmarks
from monomsk_perception.errors import ImageError
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.model_files import DETECTOR_MODEL, LANDMARK_MODELS, find_model
from monomsk_perception.person_follower import PersonFollower
from monomsk_perception.region import Region

__all__ = ["Landmarker", "LandmarkerOptions", "TrackingStatus"]

Image = npt.NDArray[np.uint8]

_MOST_CANDIDATES = 2  # bounds the time that one image can take
_MIN_SIDE_PX = 32  # smaller ones are noise to the networks, yet some noise is a person


class TrackingStatus(Enum):
    """What became of the last image."""

    TRACKING = "tracking"
    """Landmarks, of the person followed since the image before."""
    ACQUIRED = "acquired"
    """Landmarks, of a person whom the detector just found: for the first time or again."""
    LOST = "lost"
    """None: the followed person is out of sight and waited for."""
    NO_PERSON = "no_person"
    """None: nobody is followed and nobody was found."""


class PersonDetector(Protocol):
    """Finds people."""

    def detect(self, image_bgr: Image, area: Region | None = None) -> list[PersonDetection]:
        """All people found in an area, or in the whole image."""


class LandmarkEstimator(Protocol):
    """Finds the landmarks of the person in a region."""

    def estimate(self, image_bgr: Image, region: Region) -> RegionLandmarks:
        """Landmarks and the probability that there is a person at all."""


class Landmarker:
    """Follows one person from image to image.

    The largest person is taken first. From then on the crop follows that person; landmarks that
    would make the person jump or change size abruptly are somebody else's and are refused. On a
    loss the detector runs at once, in the same image. For ``hold_s`` only a person near the last
    place is accepted (`TrackingStatus.LOST`, and ACQUIRED on return); after that the largest
    person is taken and `person_number` counts up. The detector then runs ever less often.

    Landmarks come out unfiltered. A stamp older than the one before is a new recording: the
    landmarker resets itself.

    Args:
        models: Networks, thresholds and times.
        detector: Another detector than BlazePose's.
        estimator: Another landmark network than BlazePose's.

    Raises:
        ModelFileError: If a model file is missing or damaged.
    """

    def __init__(
        self,
        models: LandmarkerOptions | None = None,
        detector: PersonDetector | None = None,
        estimator: LandmarkEstimator | None = None,
    ) -> None:
        self.options = models or LandmarkerOptions()
        self._detector = detector or _default_detector(self.options)
        self._estimator = estimator or _default_estimator(self.options)
        self._follower = PersonFollower(self.options)
        self._status = TrackingStatus.NO_PERSON
        self._person_number = 0
        self._last_stamp_ns: int | None = None

    @property
    def status(self) -> TrackingStatus:
        """What became of the last image."""
        return self._status

    @property
    def person_number(self) -> int:
        """Counts the people followed so far: the same number, the same person; 0 before any."""
        return self._person_number

    def warm_up(self) -> None:
        """Run both networks once on a black image: their first run takes much longer."""
        image = np.zeros((256, 256, 3), np.uint8)
        self._detector.detect(image)
        self._estimator.estimate(image, Region.whole_image(256, 256))

    def reset(self) -> None:
        """Forget the person: the next image is searched for the largest one."""
        self._follower.forget()
        self._status = TrackingStatus.NO_PERSON
        self._last_stamp_ns = None

    def detect(self, image_bgr: Image, stamp_ns: int) -> Landmarks | None:
        """Find the followed person's landmarks.

        Args:
            image_bgr: (height, width, 3) image; neither copied nor changed.
            stamp_ns: The image's stamp [ns].

        Returns:
            The landmarks, or None: see `status`.

        Raises:
            ImageError: If the image has a wrong shape or type.
        """
        _check_image(image_bgr)
        if self._last_stamp_ns is not None and stamp_ns < self._last_stamp_ns:
            self.reset()
        self._last_stamp_ns = stamp_ns
        found = self._track(image_bgr, stamp_ns)
        self._status = TrackingStatus.TRACKING
        if found is None:
            found = self._search(image_bgr, stamp_ns)
            self._status = TrackingStatus.ACQUIRED
        if found is None:
            waiting = self._follower.is_waiting(stamp_ns)
            self._status = TrackingStatus.LOST if waiting else TrackingStatus.NO_PERSON
            return None
        height_px, width_px = image_bgr.shape[:2]
        return Landmarks(
            stamp_ns=stamp_ns,
            pixels=found.pixels,
            visibility=found.visibility,
            presence=found.presence,
            metric=found.metric,
            score=found.score,
            image_size=(width_px, height_px),
        )

    def _track(self, image_bgr: Image, stamp_ns: int) -> RegionLandmarks | None:
        """Look where the person was in the image before."""
        region = self._follower.region_to_track(stamp_ns)
        if region is None:
            return None
        found = self._estimator.estimate(image_bgr, region)
        if not self._is_person(found):
            return None
        if not self._follower.is_same_person(Region.around_body(*found.alignment), stamp_ns):
            return None
        self._follower.update(found.alignment, stamp_ns, restart=False)
        return found

    def _search(self, image_bgr: Image, stamp_ns: int) -> RegionLandmarks | None:
        """Look for the person around the last place, or for anybody in the whole image."""
        if not self._follower.search_is_due(stamp_ns):
            return None
        waiting = self._follower.is_waiting(stamp_ns)
        area = self._follower.area_to_search(stamp_ns)
        regions = [detection.region for detection in self._detector.detect(image_bgr, area)]
        for region in self._follower.candidates(regions, stamp_ns)[:_MOST_CANDIDATES]:
            found = self._estimator.estimate(image_bgr, region)
            if not self._is_person(found):
                continue
            place = Region.around_body(*found.alignment)
            if waiting and not self._follower.is_same_person(place, stamp_ns):
                continue
            self._follower.update(found.alignment, stamp_ns, restart=True)
            self._person_number += 0 if waiting else 1
            return found
        return None

    def _is_person(self, found: RegionLandmarks) -> bool:
        """Whether the network is sure enough, and its numbers are numbers."""
        place = Region.around_body(*found.alignment)
        finite = np.isfinite(found.pixels).all() and np.isfinite(found.metric).all()
        return found.score >= self.options.min_tracking_score and place.is_valid and bool(finite)


def _default_detector(options: LandmarkerOptions) -> PersonDetector:
    path = find_model(DETECTOR_MODEL, options.model_directory)
    return BlazePoseDetector(
        path, options.num_threads, options.min_detection_score, options.antialias
    )


def _default_estimator(options: LandmarkerOptions) -> LandmarkEstimator:
    path = find_model(LANDMARK_MODELS[options.model], options.model_directory)
    return BlazePoseLandmarks(path, options.num_threads, options.antialias)


def _check_image(image_bgr: Image) -> None:
    """Raise ImageError unless this is an 8-bit colour image of a useful size."""
    if not isinstance(image_bgr, np.ndarray):
        raise ImageError("bgr8", f"{type(image_bgr).__name__} is no array")
    if image_bgr.dtype != np.uint8 or image_bgr.ndim != 3 or image_bgr.shape[2] != 3:
        shape, kind = image_bgr.shape, image_bgr.dtype
        raise ImageError("bgr8", f"array of shape {shape} and type {kind}, not (h, w, 3) uint8")
    if min(image_bgr.shape[:2]) < _MIN_SIDE_PX:
        raise ImageError("bgr8", f"{image_bgr.shape[1]} x {image_bgr.shape[0]} px is too small")
