"""Measures how far landmarks stray while a picture stands still.

    python scripts/still_noise.py --videos SAMPLES

Single images of Pose2Sim's four cameras are shown to the detector for two seconds each, as a camera
would show somebody who keeps still: with noise of three grey levels, compressed, and swaying by a
pixel. Prints the standard deviation of the landmarks at the person's distance, one row an image.
What a detector gets wrong belongs to the picture: it hardly changes while the picture does not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from monomsk_description.frames import Array
from monomsk_description.threads import use_one_thread
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.lifter_answer import USED_LANDMARKS
from monomsk_perception.video_source import SourceOptions, VideoSource

_CAMERAS, _FRAMES = (1, 2, 3, 4), (20, 70)
_RATE_HZ, _SHOWN, _SETTLING = 30.0, 60, 15
_GREY_LEVELS, _JPEG_QUALITY, _SWAY_PX, _SWAY_HZ = 3.0, 80, 1.0, 0.4
#: From the lowest to the highest landmark, of a person of 1.72 m.
_EXTENT_M = 0.93 * 1.72


def image_of(video: Path, frame: int) -> np.ndarray:
    """One image, by number; read in order, because seeking lies."""
    source = VideoSource(SourceOptions(str(video)))
    for _ in range(frame + 1):
        if source.grab() is None:
            sys.exit(f"still_noise: {video} has no image {frame}")
    image = source.retrieve()
    source.close()
    if image is None:
        sys.exit(f"still_noise: image {frame} of {video} cannot be decoded")
    return image


def still_landmarks(image: np.ndarray, rng: np.random.Generator) -> Array:
    """Pixels (images, 19, 2) found in noisy copies of an image, their sway taken out."""
    landmarker, found = Landmarker(LandmarkerOptions()), []
    height, width = image.shape[:2]
    for number in range(_SHOWN):
        time_s = number / _RATE_HZ
        sway = _SWAY_PX * np.sin(2.0 * np.pi * _SWAY_HZ * time_s)
        shift = np.array([[1.0, 0.0, sway], [0.0, 1.0, 0.0]])
        moved = cv2.warpAffine(image, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
        noisy = np.clip(moved + rng.normal(0.0, _GREY_LEVELS, moved.shape), 0.0, 255.0)
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        packed = cv2.imencode(".jpg", noisy.astype(np.uint8), quality)[1]
        shown = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
        seen = landmarker.detect(shown, round(time_s * 1e9))
        if seen is not None and number >= _SETTLING:
            found.append(seen.pixels[list(USED_LANDMARKS)] - [sway, 0.0])
    return np.array(found)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="folder of cam01.mp4 and so on")
    folder = parser.parse_args().videos
    use_one_thread()
    rng = np.random.default_rng(0)
    sys.stdout.write("camera  image  median [mm]  largest [mm]\n")
    for camera in _CAMERAS:
        for frame in _FRAMES:
            pixels = still_landmarks(image_of(folder / f"cam0{camera}.mp4", frame), rng)
            if len(pixels) < _SHOWN // 2:
                sys.stdout.write(f"{camera:6d}  {frame:5d}  nobody found\n")
                continue
            extent_px = np.ptp(pixels[..., 1].mean(0))
            spread_mm = pixels.std(0).mean(-1) * _EXTENT_M / extent_px * 1e3
            row = f"{np.median(spread_mm):11.1f}  {spread_mm.max():12.1f}"
            sys.stdout.write(f"{camera:6d}  {frame:5d}  {row}\n")


if __name__ == "__main__":
    main()
