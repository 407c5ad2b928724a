"""Writes frames as a video that browsers play: H.264 by ffmpeg through a pipe, else OpenCV."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import OutputError

ImageArray = NDArray[np.uint8]

H264 = "h264"
MPEG4 = "mp4v"

_QUALITY_CRF = "23"
_LOGGER = logging.getLogger(__name__)


class VideoWriteError(OutputError):
    """A video that could not be written.

    Attributes:
        frames: frames handed over before the failure.
        free_bytes: free space of the target's disk at that moment [bytes], -1 unknown.
    """

    def __init__(self, path: Path, reason: str, frames: int) -> None:
        self.frames = frames
        self.free_bytes = _free_bytes(path)
        room = "" if self.free_bytes < 0 else f", {self.free_bytes / 1e6:.0f} MB free on the disk"
        super().__init__(path, f"{reason} (after {frames} frames{room})")


def find_ffmpeg() -> str | None:
    """Return the path of an ffmpeg: the one of imageio-ffmpeg, else the system's, else None."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return shutil.which("ffmpeg")


class _Encoder(Protocol):
    codec: str

    def write(self, image: ImageArray) -> None:
        """Encode one BGR image of even size."""

    def finish(self) -> None:
        """Complete the file."""

    def abort(self) -> None:
        """Stop without completing."""


class VideoWriter:
    """One video file; a context manager that leaves either a complete file or none.

    Images of odd size are padded by one row or column, because H.264's colour is subsampled.

    Attributes:
        codec: 'h264', or 'mp4v' where no ffmpeg with H.264 was found.
        width_px: width of the video [px].
        height_px: height of the video [px].
        frames: frames written so far.
    """

    def __init__(self, path: Path, width_px: int, height_px: int, frame_rate_hz: float) -> None:
        """Start the encoder.

        Args:
            path: the file, replaced on success.
            width_px: width of the images [px].
            height_px: height of the images [px].
            frame_rate_hz: frames per second [Hz].

        Raises:
            VideoWriteError: no encoder could be started, or the folder cannot be written.
        """
        if not (np.isfinite(frame_rate_hz) and frame_rate_hz > 0.0):
            raise VideoWriteError(path, f"impossible frame rate {frame_rate_hz} Hz", 0)
        self._path = path
        self._image_size = (width_px, height_px)
        self.width_px, self.height_px = width_px + width_px % 2, height_px + height_px % 2
        self.frames = 0
        # A name of its own: two runs into one folder must not write into one half file.
        self._part = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
        self._encoder = self._start(frame_rate_hz)
        self.codec = self._encoder.codec

    def write(self, image: ImageArray) -> None:
        """Append one image, uint8 (height_px, width_px, 3) BGR.

        Raises:
            VideoWriteError: the image has another size, or the encoder failed (a full disk).
        """
        if (image.shape[1], image.shape[0]) != self._image_size:
            size = f"{image.shape[1]}x{image.shape[0]}"
            expected = "{}x{}".format(*self._image_size)
            raise VideoWriteError(self._path, f"a frame of {size} px, not {expected}", self.frames)
        bottom, right = self.height_px - image.shape[0], self.width_px - image.shape[1]
        if bottom or right:
            image = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        try:
            self._encoder.write(image)
        except OSError as error:
            raise VideoWriteError(self._path, str(error), self.frames) from error
        self.frames += 1

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the file, or remove it when something failed.

        Raises:
            VideoWriteError: the file could not be completed.
        """
        if kind is None:
            try:
                self._encoder.finish()
                os.replace(self._part, self._path)
                return
            except OSError as failure:
                raise VideoWriteError(self._path, str(failure), self.frames) from failure
            finally:
                self._part.unlink(missing_ok=True)
        self._encoder.abort()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _start(self, frame_rate_hz: float) -> _Encoder:
        size = (self.width_px, self.height_px)
        ffmpeg = find_ffmpeg()
        try:
            if ffmpeg is not None:
                return _FfmpegEncoder(ffmpeg, self._part, size, frame_rate_hz)
            _LOGGER.warning(
                "no ffmpeg found: %s is written as MPEG-4 part 2, which browsers do not play; "
                "install imageio-ffmpeg or ffmpeg",
                self._path,
            )
            return _OpencvEncoder(self._part, size, frame_rate_hz)
        except OSError as error:
            raise VideoWriteError(self._path, str(error), 0) from error


class _FfmpegEncoder:
    """An ffmpeg process fed with raw frames."""

    def __init__(
        self, ffmpeg: str, path: Path, size: tuple[int, int], frame_rate_hz: float
    ) -> None:
        self.codec = H264
        path.touch()  # ffmpeg's own words for a folder that cannot be written are worse
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in finish/abort
        # The frames come as BT.601 limited range; players guess BT.709 for large videos if untold.
        colors = ["-colorspace", "smpte170m", "-color_primaries", "smpte170m"]
        colors += ["-color_trc", "smpte170m", "-color_range", "tv"]
        command = [ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*size), *colors]
        command += ["-r", f"{frame_rate_hz:.6f}", "-i", "pipe:0", "-an"]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", _QUALITY_CRF]
        command += ["-pix_fmt", "yuv420p", *colors, "-movflags", "+faststart", "-f", "mp4"]
        self._process = subprocess.Popen(
            [*command, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )

    def write(self, image: ImageArray) -> None:
        """Convert to planar YUV here: half the bytes through the pipe, and faster than ffmpeg."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(memoryview(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)))
        except OSError as error:
            self._process.wait()
            raise OSError(f"the encoder stopped: {self._last_words() or error}") from error

    def finish(self) -> None:
        """Complete the file."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # its exit status says more
            self._process.stdin.close()
        status = self._process.wait()
        words = self._last_words()
        self._log.close()
        if status != 0:
            raise OSError(f"the encoder ended with status {status}: {words}")

    def abort(self) -> None:
        """Stop the process."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._log.close()

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return "; ".join(line.strip() for line in lines[-3:])


class _OpencvEncoder:
    """OpenCV's own writer, where there is no ffmpeg."""

    def __init__(self, path: Path, size: tuple[int, int], frame_rate_hz: float) -> None:
        self.codec = MPEG4
        path.touch()
        self._path = path
        self._writer = cv2.VideoWriter(
            str(path), cv2.VideoWriter.fourcc(*MPEG4), frame_rate_hz, size
        )
        if not self._writer.isOpened():
            raise OSError("OpenCV cannot write MPEG-4 video here")

    def write(self, image: ImageArray) -> None:
        """Encode one image."""
        self._writer.write(image)

    def finish(self) -> None:
        """Complete the file; OpenCV tells no errors, so look whether it opens again."""
        self._writer.release()
        capture = cv2.VideoCapture(str(self._path))
        readable = capture.isOpened() and capture.read()[0]
        capture.release()
        if not readable:
            raise OSError("OpenCV wrote a video that does not open again")

    def abort(self) -> None:
        """Stop writing."""
        self._writer.release()


def _free_bytes(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return -1
