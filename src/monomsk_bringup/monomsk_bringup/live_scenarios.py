"""What the live benchmark plays: image sizes, rates, landmark networks, and the clip of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_bringup.errors import BringupError

#: Focal length of the sample video's camera at its own height, as published with it [px].
_SAMPLE_FOCAL_PX, _SAMPLE_HEIGHT_PX = 1673.8, 1920


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        name: what it is called in files and tables.
        width_px: of the images.
        height_px: of the images.
        rate_hz: images a second.
        model: landmark network: lite, full or heavy.
        num_threads: of the landmark network.
    """

    name: str
    width_px: int
    height_px: int
    rate_hz: float
    model: str
    num_threads: int = 2

    @property
    def focal_px(self) -> float:
        """Of the clip made from the sample video [px]."""
        return _SAMPLE_FOCAL_PX * self.height_px / _SAMPLE_HEIGHT_PX


SCENARIOS = (
    Scenario("vga-30-full", 640, 480, 30.0, "full"),
    Scenario("720p-30-full", 1280, 720, 30.0, "full"),
    Scenario("vga-60-lite", 640, 480, 60.0, "lite"),
    Scenario("vga-60-full", 640, 480, 60.0, "full"),
)


def write_clip(source: Path, scenario: Scenario, path: Path) -> None:
    """Write the scenario's clip: the source there and back again, so that nobody jumps in a loop.

    Args:
        source: a video of one person, at 60 Hz.
        scenario: gives size and rate.
        path: the .mp4 file to write.

    Raises:
        BringupError: the source cannot be read, or the clip not be written.
    """
    capture = cv2.VideoCapture(str(source))
    frames = []
    while True:
        read, picture = capture.read()
        if not read:
            break
        frames.append(_fitted(picture, scenario.width_px, scenario.height_px))
    capture.release()
    if len(frames) < 10:
        raise BringupError(f"{source}: no video of a person")
    frames = frames[:: max(1, round(60.0 / scenario.rate_hz))]
    size = (scenario.width_px, scenario.height_px)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), scenario.rate_hz, size)
    if not writer.isOpened():
        raise BringupError(f"{path}: cannot be written")
    # long enough that reopening the file at its end is rare
    for picture in (frames + frames[-2:0:-1]) * 6:
        writer.write(picture)
    writer.release()


def _fitted(picture: NDArray[np.uint8], width_px: int, height_px: int) -> NDArray[np.uint8]:
    """The picture at its own shape, amid grey."""
    scale = min(width_px / picture.shape[1], height_px / picture.shape[0])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    whole = np.full((height_px, width_px, 3), 110, np.uint8)
    left, top = (width_px - size[0]) // 2, (height_px - size[1]) // 2
    whole[top : top + size[1], left : left + size[0]] = small
    return whole
