"""Options of the landmarker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monomsk_perception.errors import OptionError
from monomsk_perception.model_files import LANDMARK_MODELS
from monomsk_perception.person_choice import RULES

_NOT_NEGATIVE = ("hold_s", "remember_s", "max_step", "max_speed_per_s", "max_search_interval_s")


@dataclass(frozen=True)
class LandmarkerOptions:
    """How people are found and followed.

    The limits on movement come from recordings of walking, standing up, jumping and dancing at 30
    and 60 Hz: between two images, regions moved by at most 0.08 of their size and grew or shrank
    by at most a factor of 1.19.

    Attributes:
        model: Landmark network: ``lite``, ``full`` or ``heavy``.
        num_threads: Threads of each network.
        min_detection_score: Least confidence of the detector to look closer, 0 to 1; somebody new
            needs more in the first second (`person_choice.Patience`).
        min_tracking_score: Least probability of a person in the region to believe its landmarks.
        hold_s: How long after a loss only the same person, near the last place, is accepted [s].
        max_step: Distance that the region may jump at any rate, in its own sizes [-].
        max_speed_per_s: Distance that it may move besides, in its own sizes per second [1/s].
        max_growth: Factor by which it may grow or shrink at any rate [-].
        remember_s: How long a lost person is known again by looks, with the old number [s].
        person: Whom to follow first, one of `person_choice.RULES`.
        person_box: Left, top, right, bottom of the region where the followed person's hips are, as
            fractions of the image; for the rule ``region``.
        max_search_interval_s: Longest time between two runs of the detector [s]. After a loss it
            runs with every image, then less and less often. 0 for recordings: every image.
        antialias: Whether crops of people near the camera are sampled finely.
        model_directory: Folder of the .tflite files; None looks where ``make setup`` puts them.
    """

    model: str = "full"
    num_threads: int = 2
    min_detection_score: float = 0.5
    min_tracking_score: float = 0.5
    hold_s: float = 1.0
    max_step: float = 0.15
    max_speed_per_s: float = 1.5
    max_growth: float = 1.3
    remember_s: float = 60.0
    person: str = "largest"
    person_box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    max_search_interval_s: float = 0.2
    antialias: bool = True
    model_directory: Path | None = None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            OptionError: If an option is out of its range.
        """
        if self.model not in LANDMARK_MODELS:
            raise OptionError("model", self.model, f"must be one of {', '.join(LANDMARK_MODELS)}")
        if self.num_threads < 1:
            raise OptionError("num_threads", self.num_threads, "must be at least 1")
        for option in ("min_detection_score", "min_tracking_score"):
            if not 0.0 < getattr(self, option) < 1.0:
                raise OptionError(option, getattr(self, option), "must lie between 0 and 1")
        for option in _NOT_NEGATIVE:
            if not getattr(self, option) >= 0.0:
                raise OptionError(option, getattr(self, option), "must not be negative")
        if not self.max_growth > 1.0:
            raise OptionError("max_growth", self.max_growth, "must be greater than 1")
        if self.person not in RULES:
            raise OptionError("person", self.person, f"must be one of {', '.join(RULES)}")
        left, top, right, bottom = self.person_box
        if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0):
            reason = "must be left < right, top < bottom, each 0 to 1"
            raise OptionError("person_box", self.person_box, reason)
