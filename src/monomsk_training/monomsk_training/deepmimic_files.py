"""Reads DeepMimic's humanoid clips: JSON with joint quaternions, root first."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.errors import MotionFileError
from monomsk_training.motion_clip import COLUMN, LUMBAR_NAMES, MotionClip, at_rest, unwrapped

_COLUMNS = 44
_CHEST, _ROOT = 8, 4
#: First column of hip, knee, ankle, shoulder and elbow; hinges take one column, others four.
_LIMBS = {"r": (16, 20, 21, 25, 29), "l": (30, 34, 35, 39, 43)}


def read_deepmimic(path: Path, subject: str) -> MotionClip:
    """A clip from a DeepMimic file; its axes are OpenSim's: x forward, y up, z right.

    Raises:
        MotionFileError: The frames have another layout.
    """
    frames = np.array(json.loads(path.read_text("utf-8"))["Frames"], dtype=float)
    if frames.ndim != 2 or frames.shape[1] != _COLUMNS or len(frames) < 8:
        raise MotionFileError(path, f"frames of shape {frames.shape}, expected (8 or more, 44)")
    values = at_rest(len(frames))
    values[:, :3] = _angles(frames, _ROOT)
    values[:, 3:6] = frames[:, 1:4]
    values[:, [COLUMN[name] for name in LUMBAR_NAMES]] = _angles(frames, _CHEST)
    for side, (hip, knee, ankle, shoulder, elbow) in _LIMBS.items():
        sign = np.array([1.0, 1.0, 1.0] if side == "r" else [1.0, -1.0, -1.0])
        for names, column in (("hip_flexion hip_adduction hip_rotation", hip),
                              ("arm_flex arm_add arm_rot", shoulder)):  # fmt: skip
            angles = _angles(frames, column) * sign
            for number, name in enumerate(names.split()):
                values[:, COLUMN[f"{name}_{side}"]] = angles[:, number]
        values[:, COLUMN[f"knee_angle_{side}"]] = -frames[:, knee]
        values[:, COLUMN[f"ankle_angle_{side}"]] = _angles(frames, ankle)[:, 0]
        values[:, COLUMN[f"elbow_flex_{side}"]] = frames[:, elbow]
    return MotionClip(path.stem, subject, 1.0 / float(frames[0, 0]), unwrapped(values))


def _angles(frames: Array, column: int) -> Array:
    """Angles (frames, 3) about z, x, y of a quaternion w x y z."""
    quaternions = frames[:, [column + 1, column + 2, column + 3, column]]
    return np.asarray(Rotation.from_quat(quaternions).as_euler("ZXY"), dtype=np.float64)
