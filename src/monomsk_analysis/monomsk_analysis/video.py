"""Reading a video file, frame after frame.

Edit lists make a container's frame count, mean frame rate and seeking lie (a real 60 Hz phone
video announces 179 frames at 59.3 Hz and holds 89), so a frame's time is its own presentation
time and the video is always decoded from its beginning.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from monomsk_analysis.errors import VideoError
from monomsk_analysis.frame_source import Frame, SourceFacts, TimeWindow

# FFmpeg would print its own lines about a broken file beside the one error of ours.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

_DEFAULT_RATE_HZ = 30.0
_PLAUSIBLE_RATE_HZ = (1.0, 1000.0)


class VideoSource:
    """A video file as a source of frames."""

    def __init__(self, path: Path) -> None:
        """Open the file and look at its first frame.

        Raises:
            VideoError: the file is missing, empty, broken, or not a video.
        """
        self._path = path
        self._notes: list[str] = []
        _check_file(path)
        capture = self._open()
        try:
            decoded, first = _read(capture)
            if not decoded:
                raise VideoError(path, "not a single frame can be decoded: a broken video?")
            self._nominal_period_ms = 1e3 / _nominal_rate_hz(capture)
            height_px, width_px = first.shape[:2]
            self._facts = SourceFacts(
                path=path,
                kind="video",
                width_px=width_px,
                height_px=height_px,
                frames_announced=max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))),
                quarter_turns=round(capture.get(cv2.CAP_PROP_ORIENTATION_META) / 90.0) % 4,
            )
        finally:
            capture.release()

    @property
    def facts(self) -> SourceFacts:
        """Size and orientation."""
        return self._facts

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about the file, known after reading it to the end."""
        return tuple(self._notes)

    def frames(self, window: TimeWindow) -> Iterator[Frame]:
        """Yield the frames of the window in order.

        Raises:
            VideoError: the window holds no frame.
        """
        self._notes.clear()
        capture = self._open()
        clock = _FrameClock(self._nominal_period_ms)
        index, yielded = -1, 0
        try:
            while capture.grab():
                index += 1
                time_ms = clock.tick(capture.get(cv2.CAP_PROP_POS_MSEC))
                if time_ms < 1e3 * window.start_s:
                    continue
                if time_ms > 1e3 * window.end_s:
                    break
                decoded, image = capture.retrieve()
                if not decoded:
                    self._notes.append(f"Frame {index} could not be decoded.")
                    continue
                yielded += 1
                yield Frame(index, time_ms / 1e3, round(time_ms * 1e6), _as_bgr(image))
            else:
                self._note_lost_end(index + 1)
        finally:
            capture.release()
        if clock.repaired:
            self._notes.append(
                f"{clock.repaired} frames had no usable presentation time; the nominal rate "
                "was used for them."
            )
        if not yielded:
            raise VideoError(
                self._path,
                f"no frame between {window.start_s:g} s and {window.end_s:g} s "
                f"(it ends at {clock.last_ms / 1e3:.2f} s)",
            )

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            capture.release()
            raise VideoError(self._path, "not a video that can be decoded, or a broken one")
        # Phones store upright videos lying down, with a note which way is up.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        return capture

    def _note_lost_end(self, decoded: int) -> None:
        announced = self._facts.frames_announced
        if announced and decoded < announced:
            self._notes.append(
                f"The container announces {announced} frames and {decoded} could be decoded: "
                "an edit list, or a truncated file."
            )


class _FrameClock:
    """Presentation times that start at zero and always increase."""

    def __init__(self, nominal_period_ms: float) -> None:
        self._nominal_period_ms = nominal_period_ms
        self._first_ms: float | None = None
        self.last_ms = -nominal_period_ms
        self.repaired = 0

    def tick(self, presentation_ms: float) -> float:
        """Return the time of the next frame [ms]."""
        if self._first_ms is None:
            self._first_ms = presentation_ms
        time_ms = presentation_ms - self._first_ms
        if not np.isfinite(time_ms) or time_ms <= self.last_ms:
            time_ms = self.last_ms + self._nominal_period_ms
            self.repaired += 1
        self.last_ms = time_ms
        return time_ms


def _check_file(path: Path) -> None:
    if not path.exists():
        raise VideoError(path, "no such file")
    if not path.is_file():
        raise VideoError(path, "not a file")
    if path.stat().st_size == 0:
        raise VideoError(path, "the file is empty")
    if not os.access(path, os.R_OK):
        raise VideoError(path, "no permission to read it")


def _read(capture: cv2.VideoCapture) -> tuple[bool, np.ndarray]:
    decoded, image = capture.read()
    return bool(decoded) and image is not None and image.size > 0, image


def _nominal_rate_hz(capture: cv2.VideoCapture) -> float:
    rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
    low, high = _PLAUSIBLE_RATE_HZ
    return rate_hz if low <= rate_hz <= high else _DEFAULT_RATE_HZ


def _as_bgr(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
