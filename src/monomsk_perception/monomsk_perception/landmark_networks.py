"""The two networks that find people and their landmarks: loaded, timed, exchanged while in use."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from monomsk_perception.blazepose_detector import BlazePoseDetector, PersonDetection
from monomsk_perception.blazepose_landmarks import BlazePoseLandmarks, RegionLandmarks
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.model_files import DETECTOR_MODEL, LANDMARK_MODELS, find_model
from monomsk_perception.region import Region
from monomsk_perception.tracking import LandmarkEstimator, PersonDetector

Image = npt.NDArray[np.uint8]

_BLACK_SIDE_PX = 256
#: Below this score a detection of somebody small in what was searched is looked at again, closer:
#: small people are often taken for lying or standing on their heads, with scores up to 0.85. So
#: many more runs of the detector an image may cost.
_SURE, _LOOKS = 0.9, 3
#: A closer look is at a square so much larger than the person's, and what it finds is the same
#: person within this distance (region sizes).
_CLOSE, _SAME_PERSON = 1.6, 0.6
#: Detections larger than this are none, and those with hips farther outside (searched squares).
_LARGEST, _OUTSIDE = 3.0, 0.5


class LandmarkNetworks:
    """A detector and one landmark network of several.

    Args:
        options: Which, and their thresholds.
        detector: Another detector than BlazePose's.
        estimator: Another landmark network than BlazePose's.

    Raises:
        ModelFileError: If a model file is missing or damaged.

    Attributes:
        timings_s: Seconds of each stage since `start_timing`: `detect` and `landmarks`.
    """

    def __init__(
        self,
        options: LandmarkerOptions,
        detector: PersonDetector | None = None,
        estimator: LandmarkEstimator | None = None,
    ) -> None:
        self._options = options
        self._detector = detector or _default_detector(options)
        self._estimators = {options.model: estimator or _default_estimator(options)}
        # A network holds its input while it runs: one thread at a time.
        self._estimating = threading.Lock()
        self.start_timing()

    def start_timing(self) -> None:
        """Set the times to zero: the next image comes."""
        self.timings_s = {"detect": 0.0, "landmarks": 0.0}

    def detect(self, image_bgr: Image, areas: Sequence[Region | None]) -> list[PersonDetection]:
        """All people found in areas of an image; None is the whole image.

        Who is small and doubtful there is looked at again, closer, and may come back at a better
        place; that takes up to three runs of the detector more.
        """
        start_s = time.perf_counter()
        whole = Region.whole_image(image_bgr.shape[1], image_bgr.shape[0])
        seen = [
            (detection, area or whole)
            for area in areas
            for detection in self._detector.detect(image_bgr, area)
            if _may_be_someone(detection.region, area or whole)
        ]
        found, looks = [], _LOOKS
        for detection, area in sorted(seen, key=lambda pair: -pair[0].score):
            best, looks = self._looked_at_again(image_bgr, detection, area, looks)
            found.append(best)
        self.timings_s["detect"] += time.perf_counter() - start_s
        return found

    def _looked_at_again(
        self, image_bgr: Image, found: PersonDetection, area: Region, looks: int
    ) -> tuple[PersonDetection, int]:
        """A detection, or a better one of the same person closer by; looks that are left."""
        while found.score < _SURE and looks > 0:
            place = found.region
            close = Region(place.center_x_px, place.center_y_px, _CLOSE * place.size_px)
            if close.size_px >= area.size_px:
                break
            looks -= 1
            better = [
                detection
                for detection in self._detector.detect(image_bgr, close)
                if detection.score > found.score
                and detection.region.distance_to(place) < _SAME_PERSON
            ]
            if not better:
                break
            found = min(better, key=lambda detection: detection.region.distance_to(place))
        return found, looks

    def estimate(self, image_bgr: Image, region: Region) -> RegionLandmarks | None:
        """Landmarks in a region; None where the network is not sure or its numbers are none."""
        with self._estimating:
            start_s = time.perf_counter()
            found = self._estimators[self._options.model].estimate(image_bgr, region)
            self.timings_s["landmarks"] += time.perf_counter() - start_s
        is_sure = found.score >= self._options.min_tracking_score
        numbers = (found.pixels, found.metric, found.visibility, found.presence)
        finite = all(np.isfinite(part).all() for part in numbers)
        return found if is_sure and finite else None

    def warm_up(self) -> None:
        """Run both networks once on a black image: their first run takes much longer."""
        image, region = _black_image()
        self._detector.detect(image)
        for estimator in self._estimators.values():
            estimator.estimate(image, region)

    def prepare(self, model: str) -> None:
        """Load another landmark network, so that `retune` to it takes no time.

        May be called from another thread than `estimate`.

        Raises:
            ModelFileError: If its file is missing or damaged.
        """
        if model not in self._estimators:
            estimator = _default_estimator(replace(self._options, model=model))
            estimator.estimate(*_black_image())
            self._estimators[model] = estimator

    def measure(self, model: str, runs: int = 5) -> float:
        """How long a landmark network takes on this computer now, the median of some runs [s].

        May be called from another thread than `estimate`.

        Raises:
            ModelFileError: If its file is missing or damaged.
        """
        self.prepare(model)
        image, region = _black_image()
        times_s = []
        for _ in range(runs):
            with self._estimating:
                start_s = time.perf_counter()
                self._estimators[model].estimate(image, region)
                times_s.append(time.perf_counter() - start_s)
        return float(np.median(times_s))

    def retune(self, options: LandmarkerOptions) -> None:
        """Go on with another landmark network and other thresholds.

        The number of threads is that of the start.

        Raises:
            ModelFileError: If the landmark network cannot be loaded.
        """
        self.prepare(options.model)
        self._options = options
        if isinstance(self._detector, BlazePoseDetector):
            self._detector.min_score = options.min_detection_score


def _may_be_someone(region: Region, area: Region) -> bool:
    """Whether a detection lies where somebody in an area can be."""
    outside_px = max(
        abs(region.center_x_px - area.center_x_px), abs(region.center_y_px - area.center_y_px)
    )
    is_near = outside_px <= (0.5 + _OUTSIDE) * area.size_px
    return is_near and region.size_px <= _LARGEST * area.size_px


def _black_image() -> tuple[Image, Region]:
    side_px = _BLACK_SIDE_PX
    return np.zeros((side_px, side_px, 3), np.uint8), Region.whole_image(side_px, side_px)


def _default_detector(options: LandmarkerOptions) -> PersonDetector:
    path = find_model(DETECTOR_MODEL, options.model_directory)
    return BlazePoseDetector(
        path, options.num_threads, options.min_detection_score, options.antialias
    )


def _default_estimator(options: LandmarkerOptions) -> LandmarkEstimator:
    path = find_model(LANDMARK_MODELS[options.model], options.model_directory)
    return BlazePoseLandmarks(path, options.num_threads, options.antialias)
