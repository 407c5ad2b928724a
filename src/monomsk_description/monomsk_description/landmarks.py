"""Where the detector's landmarks sit on the skeleton."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import yaml

from monomsk_description.anatomy import Anatomy, Site
from monomsk_description.errors import AnatomyFileError
from monomsk_description.frames import Array

#: BlazePose's 33 landmarks in the order of its output.
LANDMARK_NAMES: tuple[str, ...] = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky",
    "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip",
    "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip


@dataclass(frozen=True)
class LandmarkSite:
    """A landmark's place on a segment.

    Attributes:
        name: One of `LANDMARK_NAMES`.
        segment: The segment it moves with.
        location_m: Place in the segment's OpenSim axes, unscaled [m], shape (3,).
        sigma_m: How far the detector's idea of the landmark strays from this place [m].
    """

    name: str
    segment: str
    location_m: Array
    sigma_m: float


@cache
def load_landmark_sites() -> tuple[LandmarkSite, ...]:
    """The 33 landmark sites, in the order of `LANDMARK_NAMES`.

    Raises:
        AnatomyFileError: The data file misses a landmark.
    """
    file = resources.files("monomsk_description") / "data" / "blazepose_landmarks.yaml"
    entries = yaml.safe_load(file.read_text())["landmarks"]
    return tuple(_site(name, entries) for name in LANDMARK_NAMES)


def place_landmarks(anatomy: Anatomy) -> tuple[Site, ...]:
    """The landmarks on the anatomy's segments, at its scale; those of missing segments left out."""
    return tuple(
        Site(s.name, s.segment, s.location_m * anatomy.scale_factors.get(s.segment, np.ones(3)))
        for s in load_landmark_sites()
        if s.segment in anatomy.segments
    )


def _site(name: str, entries: dict[str, dict]) -> LandmarkSite:
    """A site by its full name; the file writes each pair once, as its right one."""
    is_left = "left" in name
    key = name.replace("left", "right")
    if key not in entries:
        raise AnatomyFileError("blazepose_landmarks.yaml", f"no landmark {key!r}")
    entry = entries[key]
    segment, location = entry["segment"], np.array(entry["location_m"], dtype=float)
    if is_left:
        segment = f"{segment[:-2]}_l" if segment.endswith("_r") else segment
        location[2] *= -1.0
    location.flags.writeable = False
    return LandmarkSite(name, segment, location, float(entry["sigma_m"]))
