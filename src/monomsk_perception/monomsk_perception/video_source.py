"""A video file or a USB camera as images in time order, decoded only as far as needed.

Frames are taken in two steps so that a frame nobody will see costs no conversion: `grab` advances
and tells the frame's time, `retrieve` gives its image. Files are decoded from their beginning,
since edit lists make frame counts and seeking lie; a frame's time is its presentation time.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_perception.errors import PerceptionError

# FFmpeg would print its own lines about a broken file beside the one error of ours.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

DEFAULT_RATE_HZ = 30.0
_PLAUSIBLE_RATE_HZ = (1.0, 1000.0)
_CAMERA = re.compile(r"^(?:/dev/video)?(\d+)$")


class VideoSourceError(PerceptionError):
    """A video or a camera that cannot be read.

    Attributes:
        source: The file, or the camera's index.
        reason: What is wrong with it.
    """

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"video source '{source}': {reason}")


@dataclass(frozen=True)
class SourceOptions:
    """What to read and how.

    Attributes:
        source: Path of a video file, or a camera: `0`, `1`, ... or `/dev/video0`, ...
        plays: How often a file is played; 0 for ever. Each play follows the one before by one
            frame period, so that time never goes back.
        max_side_px: Longer side of the images [px]; larger ones are shrunk. 0 keeps them.
        rate_hz: Wish to a camera [Hz]; 0 leaves it to the camera. Files are not affected.
    """

    source: str
    plays: int = 1
    max_side_px: int = 0
    rate_hz: float = 0.0


class VideoSource:
    """Frames of one file or camera."""

    def __init__(self, options: SourceOptions) -> None:
        """Open it and look at the first frame.

        Raises:
            VideoSourceError: Missing, empty, broken, not a video, or no such camera.
        """
        self._options = options
        match = _CAMERA.match(options.source)
        self.is_camera = match is not None
        self._camera_index = int(match.group(1)) if match else -1
        if not self.is_camera:
            _check_file(options.source)
        self._capture = self._open()
        self.native_rate_hz = _nominal_rate_hz(self._capture)
        self._plays_done = 0
        self._offset_s = 0.0
        self._time_s = -1.0 / self.native_rate_hz
        self._first_pts_s: float | None = None
        self._camera_start_s: float | None = None
        self._shrink = 1.0
        self._size = self._probe()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the images, upright and after shrinking [px]."""
        return self._size

    @property
    def shrink(self) -> float:
        """Image size over the source's own, at most 1."""
        return self._shrink

    def grab(self) -> float | None:
        """Advance to the next frame.

        Returns:
            Its time since the first frame [s], strictly increasing; None after the last play.

        Raises:
            VideoSourceError: A camera stopped delivering, or a file broke when it was reopened.
        """
        if not self._capture.grab():
            if self.is_camera:
                raise VideoSourceError(self._options.source, "the camera stopped delivering")
            self._plays_done += 1
            if self._options.plays and self._plays_done >= self._options.plays:
                return None
            self._restart()
            if not self._capture.grab():
                raise VideoSourceError(self._options.source, "cannot be read again")
        self._time_s = self._next_time_s()
        return self._time_s

    def retrieve(self) -> NDArray[np.uint8] | None:
        """Return the grabbed frame, (height, width, 3) BGR, contiguous; None if it is damaged."""
        decoded, image = self._capture.retrieve()
        if not decoded or image is None or image.size == 0:
            return None
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(image)

    def close(self) -> None:
        """Give the file or camera back."""
        self._capture.release()

    def _open(self) -> cv2.VideoCapture:
        if self.is_camera:
            capture = cv2.VideoCapture(self._camera_index)
            # one frame of latency is enough: an older one is worth nothing
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            if self._options.rate_hz > 0.0:
                capture.set(cv2.CAP_PROP_FPS, self._options.rate_hz)
        else:
            capture = cv2.VideoCapture(self._options.source)
            # phones store upright videos lying down, with a note which way is up
            capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        if not capture.isOpened():
            capture.release()
            reason = "no such camera" if self.is_camera else "not a video that can be decoded"
            raise VideoSourceError(self._options.source, reason)
        return capture

    def _probe(self) -> tuple[int, int]:
        """Learn the size from a decoded frame: what the container says ignores rotation."""
        decoded, image = self._capture.read()
        if not decoded or image is None or image.size == 0:
            self._capture.release()
            raise VideoSourceError(self._options.source, "not a single frame can be decoded")
        height_px, width_px = image.shape[:2]
        longer_px = max(height_px, width_px)
        if 0 < self._options.max_side_px < longer_px:
            self._shrink = self._options.max_side_px / longer_px
        if not self.is_camera:
            self._restart()
            self._offset_s = 0.0
        return round(width_px * self._shrink), round(height_px * self._shrink)

    def _restart(self) -> None:
        self._offset_s = self._time_s + 1.0 / self.native_rate_hz
        self._first_pts_s = None
        self._capture.release()
        self._capture = self._open()

    def _next_time_s(self) -> float:
        if self.is_camera:
            now_s = time.perf_counter()
            if self._camera_start_s is None:
                self._camera_start_s = now_s
            return now_s - self._camera_start_s
        pts_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        if self._first_pts_s is None:
            self._first_pts_s = pts_s
        time_s = self._offset_s + pts_s - self._first_pts_s
        if not np.isfinite(time_s) or time_s <= self._time_s:
            time_s = self._time_s + 1.0 / self.native_rate_hz
        return float(time_s)


class RateDivider:
    """Picks frames of a faster source so that what remains has a lower rate, in real time."""

    def __init__(self, rate_hz: float, native_rate_hz: float) -> None:
        """Set up.

        Args:
            rate_hz: Wanted rate [Hz]; 0, or anything from the native rate up, keeps every frame.
            native_rate_hz: Rate of the source [Hz].
        """
        self._period_s = 0.0 if rate_hz <= 0.0 or rate_hz >= native_rate_hz else 1.0 / rate_hz
        self._half_frame_s = 0.5 / native_rate_hz
        self._due_s = 0.0

    def wants(self, time_s: float) -> bool:
        """Tell whether the frame at `time_s` [s] is the nearest to a due time, and move on."""
        if self._period_s == 0.0:
            return True
        if time_s < self._due_s - self._half_frame_s:
            return False
        # skip due times that a gap in the source has passed
        self._due_s += self._period_s * max(1, round((time_s - self._due_s) / self._period_s) + 1)
        return True


def _check_file(source: str) -> None:
    path = Path(source)
    if not source:
        raise VideoSourceError(source, "no source given")
    if not path.exists():
        raise VideoSourceError(source, "no such file")
    if not path.is_file():
        raise VideoSourceError(source, "not a file")
    if path.stat().st_size == 0:
        raise VideoSourceError(source, "the file is empty")


def _nominal_rate_hz(capture: cv2.VideoCapture) -> float:
    rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
    low, high = _PLAUSIBLE_RATE_HZ
    return rate_hz if low <= rate_hz <= high else DEFAULT_RATE_HZ
