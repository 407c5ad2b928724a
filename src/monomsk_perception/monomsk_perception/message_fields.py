"""Landmarks as plain fields of their message."""

from __future__ import annotations

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.message_fields import Fields, header, vector
from monomsk_perception.landmarks import Landmarks

#: monomsk_msgs/Landmarks' STATUS_*.
STATUS_TRACKED, STATUS_SEARCHING, STATUS_LOST = 1, 2, 3


def landmarks(result: Landmarks, camera_frame: str, track_id: int = 0) -> Fields:
    """Fields of monomsk_msgs/Landmarks; `track_id` 0: unknown who."""
    return {
        "header": header(result.stamp_ns, camera_frame),
        "image_width": result.image_size[0],
        "image_height": result.image_size[1],
        "status": STATUS_TRACKED,
        "names": LANDMARK_NAMES,
        "pixel_u": result.pixels[:, 0],
        "pixel_v": result.pixels[:, 1],
        "visibility": result.visibility,
        "presence": result.presence,
        "metric": [vector(point) for point in result.metric],
        "score": float(result.score),
        "track_id": track_id,
    }


def no_landmarks(
    stamp_ns: int, camera_frame: str, image_size: tuple[int, int], lost: bool, track_id: int = 0
) -> Fields:
    """Fields of monomsk_msgs/Landmarks for an image in which nobody was measured.

    Args:
        stamp_ns: The image's stamp [ns].
        camera_frame: Name of the optical frame.
        image_size: Width and height [px].
        lost: Whether somebody was followed before.
        track_id: Who that was; 0: unknown.
    """
    return {
        "header": header(stamp_ns, camera_frame),
        "image_width": image_size[0],
        "image_height": image_size[1],
        "status": STATUS_LOST if lost else STATUS_SEARCHING,
        "score": float("nan"),
        "track_id": track_id,
    }
