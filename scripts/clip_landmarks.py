"""Detects the landmarks of the real clips that score the lifter.

    python scripts/clip_landmarks.py --videos FOLDER [FOLDER ...] --out FOLDER [--all]

One npz file a clip of config/real_clips.yaml, as that file says. The laboratory clips are the test:
they are left out unless --all asks for them. What is there already is kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import yaml

from monomsk_description.threads import use_one_thread
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.video_source import SourceOptions, VideoSource


def landmarks_of(video: Path, options: LandmarkerOptions) -> dict[str, np.ndarray]:
    """Pixels (frames, 33, 2), visibility (frames, 33), NaN where nobody is found, image size."""
    landmarker, source = Landmarker(options), VideoSource(SourceOptions(str(video)))
    pixels, visibility, metric = [], [], []
    while (time_s := source.grab()) is not None:
        image = source.retrieve()
        found = None if image is None else landmarker.detect(image, round(time_s * 1e9))
        pixels.append(np.full((33, 2), np.nan) if found is None else found.pixels)
        visibility.append(np.zeros(33) if found is None else found.visibility)
        metric.append(np.full((33, 3), np.nan) if found is None else found.metric)
    source.close()
    return {
        "px": np.array(pixels), "vis": np.array(visibility), "W": np.array(metric),
        "size": np.array(source.size),
    }  # fmt: skip


def _find(video: str, folders: list[Path]) -> Path:
    for folder in folders:
        if (folder / video).exists():
            return folder / video
    searched = ", ".join(map(str, folders))
    sys.exit(f"clip_landmarks: no {video} in {searched}")


def main() -> None:
    """Detects."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=Path("config/real_clips.yaml"))
    parser.add_argument("--videos", type=Path, nargs="+", required=True, help="where videos lie")
    parser.add_argument("--out", type=Path, required=True, help="folder of the landmarks")
    parser.add_argument("--all", action="store_true", help="the test clips too")
    arguments = parser.parse_args()
    use_one_thread()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for clip in yaml.safe_load(arguments.clips.read_text("utf-8"))["clips"]:
        path = arguments.out / clip["landmarks"]
        if path.exists() or not (clip["selects"] or arguments.all):
            continue
        found = landmarks_of(_find(clip["video"], arguments.videos), LandmarkerOptions())
        np.savez_compressed(path, allow_pickle=False, **found)
        sys.stdout.write(f"{path}: {len(found['px'])} frames\n")


if __name__ == "__main__":
    main()
