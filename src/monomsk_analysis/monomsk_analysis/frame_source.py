"""What a video and a bag have in common: images in order, each with its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import InputError, TimeWindowError
from monomsk_perception.camera import CameraIntrinsics


@dataclass(frozen=True, eq=False)
class Frame:
    """One image.

    Attributes:
        index: number of the image in its source, counted from 0.
        time_s: time since the source's first image [s].
        stamp_ns: the image's own stamp [ns]: since the first image for a video, from the header
            for a bag.
        image_bgr: (h, w, 3) uint8, upright.
    """

    index: int
    time_s: float
    stamp_ns: int
    image_bgr: NDArray[np.uint8]


@dataclass(frozen=True)
class TimeWindow:
    """The part of a source to look at.

    Attributes:
        start_s: first time since the source's first image [s].
        end_s: last time [s].

    Raises:
        TimeWindowError: nothing lies between the two.
    """

    start_s: float = 0.0
    end_s: float = float("inf")

    def __post_init__(self) -> None:
        if not self.start_s >= 0.0 or not self.end_s > self.start_s:
            raise TimeWindowError(self.start_s, self.end_s)


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source before it is read.

    Attributes:
        path: the file or folder.
        kind: `video` or `bag`.
        width_px: width of the upright image [px].
        height_px: height of the upright image [px].
        quarter_turns: clockwise turns of 90 degrees that made the stored image upright.
        frames_announced: number of images that the container claims; it may lie.
        intrinsics: the camera of a bag's camera_info, of the stored images; None if there is none.
        topic: the image topic of a bag; empty for a video.
    """

    path: Path
    kind: str
    width_px: int
    height_px: int
    frames_announced: int
    quarter_turns: int = 0
    intrinsics: CameraIntrinsics | None = None
    topic: str = ""


class FrameSource(Protocol):
    """Images in order, to be read once or more, always from the beginning."""

    @property
    def facts(self) -> SourceFacts:
        """What is known before reading."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences about what was odd, complete after `frames` is exhausted."""

    def frames(self, window: TimeWindow) -> Iterator[Frame]:
        """Yield the images within the window, in order of time."""


_BAG_SUFFIXES = (".mcap", ".db3", ".bag")


def open_source(path: Path, image_topic: str | None = None) -> FrameSource:
    """Open a video file or a bag.

    Args:
        path: a video file, a rosbag2 folder, or a bag file.
        image_topic: which image topic of a bag to read; None takes the only one.

    Raises:
        InputError: the input is missing, empty, broken, or neither.
    """
    # Either reader pulls in a large library that the other does not need.
    if path.is_dir() or path.suffix.lower() in _BAG_SUFFIXES:
        from monomsk_analysis.bags import BagSource

        return BagSource(path, image_topic)
    if image_topic is not None:
        raise InputError(path, "has no image topics: it is not a bag")
    from monomsk_analysis.video import VideoSource

    return VideoSource(path)
