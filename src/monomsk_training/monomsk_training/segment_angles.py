"""From the orientations of a recorded body's segments to the skeleton's coordinates.

Every segment is described by anatomical axes in OpenSim's sense: x forward, y up along the bone,
z right. Hip, lumbar joint and shoulder turn about z, x, y of the moving segment in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.motion_clip import COLUMN, LUMBAR_NAMES, at_rest, unwrapped


@dataclass(frozen=True, eq=False)
class SegmentMotion:
    """Orientations of segments over time, in OpenSim's ground axes.

    Attributes:
        pelvis_m: Places of the pelvis (frames, 3) [m].
        rotations: (frames, 3, 3) of pelvis, torso, femur_r, tibia_r, foot_r, humerus_r, ulna_r and
            the left ones, by name.
    """

    pelvis_m: Array
    rotations: Mapping[str, Array]


def axes_from(forward: Array, up: Array) -> Array:
    """Rotation matrix (3, 3) with y along `up` and x as close to `forward` as can be."""
    y = up / np.linalg.norm(up)
    x = forward - y * (y @ forward)
    x = x / np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)], axis=1)


#: Forward and up of most capture systems: y up, the body faces z in its rest pose.
FORWARD, UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
#: OpenSim's ground in those axes: x forward, y up, z right.
GROUND = axes_from(FORWARD, UP)


def rest_axes(segment: str, direction: Array | None) -> Array:
    """Anatomical axes (3, 3) of a segment in a rest pose that faces z with y up.

    Args:
        segment: Named as in `SegmentMotion`.
        direction: From the joint to the next one along the bone (3,); None for pelvis and torso.
    """
    if direction is None or segment in ("pelvis", "torso"):
        return axes_from(FORWARD, UP)
    if segment.startswith("foot"):
        return axes_from(direction * [1.0, 0.0, 1.0], UP)
    return axes_from(FORWARD, -direction)


def from_world(root_m: Array, world: Mapping[str, Array], rest: Mapping[str, Array]) -> Array:
    """The motion (frames, 37) of segments that turned away from their rest pose.

    Args:
        root_m: Places of the pelvis (frames, 3) [m], y up.
        world: What turns each segment out of its rest pose (frames, 3, 3), y up.
        rest: Anatomical axes of each segment in the rest pose.
    """
    turned = {segment: GROUND.T @ world[segment] @ rest[segment] for segment in rest}
    return to_motion(SegmentMotion(root_m @ GROUND, turned))


def to_motion(segments: SegmentMotion) -> Array:
    """The motion (frames, 37) that has these segment orientations."""
    turned = segments.rotations
    values = at_rest(len(segments.pelvis_m))
    values[:, :3] = Rotation.from_matrix(turned["pelvis"]).as_euler("ZXY", suppress_warnings=True)
    values[:, 3:6] = segments.pelvis_m
    values[:, [COLUMN[name] for name in LUMBAR_NAMES]] = _angles(turned, "pelvis", "torso")
    for side, sign in (("r", 1.0), ("l", -1.0)):
        mirror = np.array([1.0, sign, sign])
        hip = _angles(turned, "pelvis", f"femur_{side}") * mirror
        arm = _angles(turned, "torso", f"humerus_{side}") * mirror
        for number, name in enumerate(("flexion", "adduction", "rotation")):
            values[:, COLUMN[f"hip_{name}_{side}"]] = hip[:, number]
        for number, name in enumerate(("flex", "add", "rot")):
            values[:, COLUMN[f"arm_{name}_{side}"]] = arm[:, number]
        knee = _angles(turned, f"femur_{side}", f"tibia_{side}")
        values[:, COLUMN[f"knee_angle_{side}"]] = -knee[:, 0]
        ankle = _angles(turned, f"tibia_{side}", f"foot_{side}")
        values[:, COLUMN[f"ankle_angle_{side}"]] = ankle[:, 0]
        elbow = _angles(turned, f"humerus_{side}", f"ulna_{side}")
        values[:, COLUMN[f"elbow_flex_{side}"]] = elbow[:, 0]
    return unwrapped(values)


def _angles(rotations: Mapping[str, Array], parent: str, child: str) -> Array:
    relative = rotations[parent].transpose(0, 2, 1) @ rotations[child]
    return np.asarray(
        Rotation.from_matrix(relative).as_euler("ZXY", suppress_warnings=True), dtype=np.float64
    )
