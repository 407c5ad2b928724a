"""The followed person in the terms of REP-155 (ROS4HRI): names of topics and order of landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_description.landmarks import LANDMARK_NAMES

#: Order of hri_msgs/Skeleton2D where it has 18 points; the neck is between the shoulders.
COCO_ORDER = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "left_eye", "right_eye", "left_ear", "right_ear",
)  # fmt: skip
_BODIES = "/humans/bodies"


def body_id(track_id: int) -> str:
    """Name of a body: a letter first, as REP-155 asks; another person, another name."""
    return f"b{track_id:05d}"


def body_topic(track_id: int, name: str) -> str:
    """Topic of a body, such as `/humans/bodies/b00001/joint_states`."""
    return f"{_BODIES}/{body_id(track_id)}/{name}"


def description_name(track_id: int) -> str:
    """Parameter and topic of a body's URDF."""
    return f"human_description_{body_id(track_id)}"


def skeleton_points(
    names: Sequence[str],
    pixels: NDArray[np.float64],
    visibility: NDArray[np.float64],
    image_size: tuple[int, int],
    order: Sequence[str] = COCO_ORDER,
) -> NDArray[np.float64]:
    """Landmarks as the points of hri_msgs/Skeleton2D.

    Args:
        names: (n,) of the landmarks; empty where nobody was measured.
        pixels: (n, 2) [px].
        visibility: (n,) 0 to 1; NaN unknown.
        image_size: width and height [px].
        order: of the points.

    Returns:
        (m, 3): x and y as shares of the image, 0 to 1, and the confidence 0 to 1; a landmark that
        is not there has confidence 0.
    """
    known = {
        name: np.array([x / image_size[0], y / image_size[1], np.nan_to_num(c)])
        for name, (x, y), c in zip(names, pixels, visibility, strict=True)
    }
    sides = [known.get(f"{side}_shoulder") for side in ("left", "right")]
    if sides[0] is not None and sides[1] is not None:
        known["neck"] = 0.5 * (sides[0] + sides[1])
        known["neck"][2] = min(sides[0][2], sides[1][2])
    return np.array([known.get(name, np.zeros(3)) for name in order])


def skeleton_order(message_fields: Sequence[str]) -> tuple[str, ...]:
    """The order that an installed hri_msgs/Skeleton2D has, by its constants' names."""
    return LANDMARK_NAMES if "LEFT_EYE_INNER" in message_fields else COCO_ORDER
