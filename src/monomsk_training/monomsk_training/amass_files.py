"""Reads AMASS-style npz files (SMPL's joints as rotation vectors); a user may have some."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.errors import MotionFileError
from monomsk_training.motion_clip import MotionClip
from monomsk_training.segment_angles import from_world, rest_axes

#: Parents of SMPL's 22 body joints (Loper et al. 2015).
_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
#: The joint at each segment's upper end, and the segment's direction in the rest pose: y up,
#: facing z, the left hand along x.
_SEGMENTS: dict[str, tuple[int, tuple[float, float, float] | None]] = {
    "pelvis": (0, None), "torso": (9, None),
    "femur_l": (1, (0.0, -1.0, 0.0)), "femur_r": (2, (0.0, -1.0, 0.0)),
    "tibia_l": (4, (0.0, -1.0, 0.0)), "tibia_r": (5, (0.0, -1.0, 0.0)),
    "foot_l": (7, (0.2, -0.3, 1.0)), "foot_r": (8, (-0.2, -0.3, 1.0)),
    "humerus_l": (16, (1.0, 0.0, 0.0)), "humerus_r": (17, (-1.0, 0.0, 0.0)),
    "ulna_l": (18, (1.0, 0.0, 0.0)), "ulna_r": (19, (-1.0, 0.0, 0.0)),
}  # fmt: skip
#: AMASS has z up: its axes in those of the rest pose.
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def read_amass(path: Path, subject: str) -> MotionClip:
    """A clip of a file with poses (frames, 66 or more), trans (frames, 3) and a frame rate.

    Raises:
        MotionFileError: An array is missing or has another shape.
    """
    with np.load(path, allow_pickle=False) as file:
        rates = [name for name in ("mocap_framerate", "mocap_frame_rate") if name in file.files]
        if "poses" not in file.files or "trans" not in file.files or not rates:
            raise MotionFileError(path, "needs poses, trans and mocap_framerate")
        poses, places = file["poses"].astype(float), file["trans"].astype(float)
        rate_hz = float(file[rates[0]])
    if poses.ndim != 2 or poses.shape[1] < 66 or places.shape != (len(poses), 3):
        raise MotionFileError(path, f"poses {poses.shape} and trans {places.shape} do not fit")
    world: list[Array] = []
    for joint, parent in enumerate(_PARENTS):
        local = Rotation.from_rotvec(poses[:, 3 * joint : 3 * joint + 3]).as_matrix()
        world.append(_Y_UP @ local if parent < 0 else world[parent] @ local)
    turned = {segment: world[joint] for segment, (joint, _) in _SEGMENTS.items()}
    rest = {
        segment: rest_axes(segment, None if along is None else np.array(along))
        for segment, (_, along) in _SEGMENTS.items()
    }
    return MotionClip(path.stem, subject, rate_hz, from_world(places @ _Y_UP.T, turned, rest))
