"""The overlay video: skeleton, contact forces and joint torques drawn over the recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.overlay_body import body_extent, draw_body
from monomsk_analysis.overlay_hud import draw_hud
from monomsk_analysis.overlay_scene import OverlayScene
from monomsk_analysis.overlay_video import VideoWriteError, VideoWriter
from monomsk_analysis.report_data import KeyFrame

ImageArray = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

_KEY_FRAME_HEIGHT_PX = 640
_KEY_FRAME_ASPECT = 0.62  # width over height


@dataclasses.dataclass(frozen=True)
class OverlayFrame:
    """One frame of the recording and what to draw over it.

    Attributes:
        image_bgr: uint8 (h, w, 3), BGR; it is not changed.
        scene: what to draw.
    """

    image_bgr: ImageArray
    scene: OverlayScene


@dataclasses.dataclass(frozen=True)
class OverlayResult:
    """The video that was written.

    Attributes:
        path: the file.
        codec: 'h264', or 'mp4v' where no H.264 encoder was found (browsers do not play it).
        width_px: width [px].
        height_px: height [px].
        frames: number of frames.
        key_frames: the pictures asked for, cut out and reduced for the report.
    """

    path: Path
    codec: str
    width_px: int
    height_px: int
    frames: int
    key_frames: tuple[KeyFrame, ...]


def draw_frame(image_bgr: ImageArray, scene: OverlayScene) -> None:
    """Draw a scene over a frame.

    Args:
        image_bgr: uint8 (h, w, 3), BGR, contiguous, changed in place.
        scene: what to draw.
    """
    if scene.tracked:
        draw_body(image_bgr, scene)
    draw_hud(image_bgr, scene)


def write_overlay(
    path: Path,
    frames: Iterable[OverlayFrame],
    frame_rate_hz: float,
    key_frame_indices: Collection[int] = (),
) -> OverlayResult:
    """Draw and encode a recording, one frame at a time.

    Args:
        path: the .mp4 file; it appears only when it is complete.
        frames: frames in order, all of one size.
        frame_rate_hz: frames per second [Hz].
        key_frame_indices: frames, counted from 0, whose pictures are returned for the
            report: the body cut out, without the display.

    Raises:
        VideoWriteError: no frames, frames of different sizes, or the file cannot be written.
    """
    remaining = iter(frames)
    first = next(remaining, None)
    if first is None:
        raise VideoWriteError(path, "no frames", 0)
    height_px, width_px = first.image_bgr.shape[:2]
    key_frames = []
    with VideoWriter(path, width_px, height_px, frame_rate_hz) as writer:
        frame: OverlayFrame | None = first
        while frame is not None:
            picture = np.array(frame.image_bgr, dtype=np.uint8, order="C")
            draw_frame(picture, frame.scene)
            if writer.frames in key_frame_indices:
                key_frames.append(_key_frame(frame))
            writer.write(picture)
            frame = next(remaining, None)
    return OverlayResult(
        path=path,
        codec=writer.codec,
        width_px=writer.width_px,
        height_px=writer.height_px,
        frames=writer.frames,
        key_frames=tuple(key_frames),
    )


def choose_key_frames(tracked: NDArray[np.bool_], count: int = 6) -> tuple[int, ...]:
    """Return up to `count` tracked frames spread evenly over a recording.

    Args:
        tracked: the person was found in this frame, (n,).
        count: most pictures wanted.
    """
    candidates = np.flatnonzero(tracked)
    if len(candidates) == 0:
        return ()
    places = (np.arange(count) + 0.5) / count * len(candidates)
    return tuple(int(index) for index in np.unique(candidates[places.astype(int)]))


def _key_frame(frame: OverlayFrame) -> KeyFrame:
    """The body without the display, cut out of the frame."""
    picture = np.array(frame.image_bgr, dtype=np.uint8, order="C")
    scene = frame.scene
    extent = body_extent(scene) if scene.tracked else None
    if extent is not None:
        draw_body(picture, scene)
        picture = _cut_out(picture, extent)
    scale = min(1.0, _KEY_FRAME_HEIGHT_PX / picture.shape[0])
    reduced = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return KeyFrame(scene.time_s, np.asarray(reduced, dtype=np.uint8))


def _cut_out(image: ImageArray, extent: FloatArray) -> ImageArray:
    """The part of an image around corners (2, 2), in the key frames' shape where it fits."""
    size_px = np.array([image.shape[1], image.shape[0]], float)
    wanted = np.ptp(extent, axis=0)
    height_px = max(wanted[1], wanted[0] / _KEY_FRAME_ASPECT, 0.25 * size_px[1])
    cut_px = np.minimum([_KEY_FRAME_ASPECT * height_px, height_px], size_px)
    corner = np.clip(np.mean(extent, axis=0) - 0.5 * cut_px, 0.0, size_px - cut_px)
    left, top = corner.astype(int)
    width, height = cut_px.astype(int)
    return image[top : top + height, left : left + width]
