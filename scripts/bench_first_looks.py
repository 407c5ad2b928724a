"""How often a person somewhere in a wide image is found as they stand, by their size in it.

    python scripts/bench_first_looks.py --videos SAMPLES

Pictures of the four views of Pose2Sim's demo (`make samples`) are shrunk and put anywhere into
blurred 1280x720 images. Right: within 30 images shoulders and hips are, on average, within 6 % of
the person's height of where the large picture has them. Exchanged sides in one of them count as
wrong; nobody: in one of the two nobody was found.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_perception.landmarker import Landmarker

_VIDEOS = [f"cam0{number}.mp4" for number in range(1, 5)]
_SHARES = (0.4, 0.55, 0.7, 0.85, 1.0)
_SIZE = (1280, 720)
_EVERY, _IMAGES, _PERIOD_NS = 9, 30, 33_333_333
_RIGHT = 0.06
_TRUNK = [
    LANDMARK_NAMES.index(f"{side}_{name}")
    for side in ("left", "right")
    for name in ("shoulder", "hip")
]


def pictures(video: Path) -> Iterator[np.ndarray]:
    """Every ninth image of a video."""
    capture, number = cv2.VideoCapture(str(video)), 0
    while (answer := capture.read())[0]:
        if number % _EVERY == 0:
            yield answer[1]
        number += 1
    capture.release()


def put_into_wide(
    picture: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, float, np.ndarray]:
    """A wide image, the picture's scale in it, and where its corner lies [px]."""
    scale = share * _SIZE[1] / picture.shape[0]
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    wide = cv2.GaussianBlur(cv2.resize(picture[600:1400], _SIZE), (0, 0), 25)
    height, width = small.shape[:2]
    left, top = (int(rng.integers(0, room + 1)) for room in (_SIZE[0] - width, _SIZE[1] - height))
    wide[top : top + height, left : left + width] = small
    return wide, scale, np.array([left, top])


def first_look(landmarker: Landmarker, image: np.ndarray) -> np.ndarray | None:
    """Landmarks (33, 2) [px] of whoever is found first when an image is shown again and again."""
    landmarker.forget_people()
    for number in range(_IMAGES):
        found = landmarker.detect(image, number * _PERIOD_NS)
        if found is not None:
            return np.asarray(found.pixels)
    return None


def judged(found: np.ndarray | None, expected: np.ndarray | None) -> str:
    """One of right, wrong, nobody."""
    if found is None or expected is None:
        return "nobody"
    error_px = np.linalg.norm(found - expected, axis=1)[_TRUNK].mean()
    return "right" if error_px < _RIGHT * np.ptp(expected[:, 1]) else "wrong"


def main() -> None:
    """Counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="folder of the sample videos")
    folder = parser.parse_args().videos
    landmarker, rng = Landmarker(), np.random.default_rng(0)
    sys.stdout.write(
        "| picture's share of the height | right | wrong | nobody |\n|---:|---:|---:|---:|\n"
    )
    counts = {share: Counter[str]() for share in _SHARES}
    for picture in (one for video in _VIDEOS for one in pictures(folder / video)):
        large = first_look(landmarker, picture)
        for share, count in counts.items():
            wide, scale, corner = put_into_wide(picture, share, rng)
            expected = None if large is None else large * scale + corner
            count[judged(first_look(landmarker, wide), expected)] += 1
    for share, count in counts.items():
        row = " | ".join(str(count[name]) for name in ("right", "wrong", "nobody"))
        sys.stdout.write(f"| {share:.2f} | {row} |\n")


if __name__ == "__main__":
    main()
