"""Reads BVH motion capture: any skeleton whose joints have the usual names, at rest in a T pose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.errors import MotionFileError
from monomsk_training.motion_clip import MotionClip
from monomsk_training.segment_angles import from_world, rest_axes

#: Names of the joint at each segment's upper end, lower case without prefix, underscores, blanks.
_NAMES: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "torso": ("chest3", "spine3", "spine2", "chest2", "upperchest", "chest", "spine1", "spine"),
    "femur": ("upleg", "thigh", "upperleg", "hip"),
    "tibia": ("leg", "shin", "lowerleg", "knee", "calf"),
    "foot": ("foot", "ankle"),
    "humerus": ("arm", "uparm", "upperarm", "shldr"),
    "ulna": ("forearm", "lowerarm", "elbow"),
}
_SIDES = {"r": ("right", "r"), "l": ("left", "l")}


@dataclass
class _Joint:
    name: str
    parent: int
    offset: Array = field(default_factory=lambda: np.zeros(3))
    channels: tuple[str, ...] = ()


def read_bvh(path: Path, subject: str, unit_m: float = 0.01) -> MotionClip:
    """A clip of a BVH file, y up, facing z in its rest pose.

    Args:
        path: The file.
        subject: Whose motion it is.
        unit_m: Its unit of length [m]; only how far people travel depends on it.

    Raises:
        MotionFileError: It is no BVH file, or a segment's joint has none of the known names.
    """
    text = path.read_text("utf-8", errors="replace")
    if "HIERARCHY" not in text or "MOTION" not in text:
        raise MotionFileError(path, "no HIERARCHY or MOTION")
    head, body = text.split("MOTION", 1)
    joints = _hierarchy(iter(head.split()))
    lines = [line for line in body.splitlines() if line.strip()]
    interval_s = float(lines[1].split(":")[1])
    table = np.array([[float(word) for word in line.split()] for line in lines[2:]])
    if len(table) < 8 or table.shape[1] != sum(len(joint.channels) for joint in joints):
        raise MotionFileError(path, f"motion of shape {table.shape} does not fit the hierarchy")
    chosen = _segments(path, joints)
    world, root = _world(joints, table)
    rest = {segment: rest_axes(segment, _direction(joints, k)) for segment, k in chosen.items()}
    turned = {segment: world[k] for segment, k in chosen.items()}
    values = from_world(root * unit_m, turned, rest)
    return MotionClip(path.stem, subject, 1.0 / interval_s, values)


def _hierarchy(words: Iterator[str]) -> list[_Joint]:
    """The joints in file order; end sites are joints without channels."""
    joints: list[_Joint] = []
    open_joints: list[int] = []
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            joints.append(_Joint(next(words), open_joints[-1] if open_joints else -1))
        elif word == "{":
            open_joints.append(len(joints) - 1)
        elif word == "}":
            open_joints.pop()
        elif word == "OFFSET":
            joints[open_joints[-1]].offset = np.array([float(next(words)) for _ in range(3)])
        elif word == "CHANNELS":
            joints[open_joints[-1]].channels = tuple(next(words) for _ in range(int(next(words))))
    return joints


def _plain(name: str) -> str:
    return name.split(":")[-1].lower().replace("_", "").replace(" ", "").replace("-", "")


def _segments(path: Path, joints: list[_Joint]) -> dict[str, int]:
    """The joint of every segment."""
    known = {_plain(joint.name): number for number, joint in reversed(list(enumerate(joints)))}
    found = {}
    for segment, names in _NAMES.items():
        central = segment in ("pelvis", "torso")
        for side in ("",) if central else ("r", "l"):
            spelled = names if central else [
                variant
                for prefix in _SIDES[side]
                for name in names
                for variant in (prefix + name, name + prefix)
            ]  # fmt: skip
            number = next((known[name] for name in spelled if name in known), None)
            label = segment if central else f"{segment}_{side}"
            if number is None:
                raise MotionFileError(path, f"no joint for {label}; known names: {spelled}")
            found[label] = number
    return found


def _direction(joints: list[_Joint], number: int) -> Array | None:
    """Towards the first joint after this one that is not in the same place."""
    for joint in joints:
        if joint.parent == number and np.linalg.norm(joint.offset) > 1e-6:
            return joint.offset
    return None


def _world(joints: list[_Joint], table: Array) -> tuple[list[Array], Array]:
    """Orientations of all joints (frames, 3, 3) and places of the root (frames, 3)."""
    world: list[Array] = []
    root = np.zeros((len(table), 3))
    column = 0
    for joint in joints:
        own = table[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        turns = [k for k, name in enumerate(joint.channels) if name.endswith("rotation")]
        axes = "".join(joint.channels[k][0].upper() for k in turns)
        local = np.tile(np.eye(3), (len(table), 1, 1))
        if turns:
            local = Rotation.from_euler(axes, own[:, turns], degrees=True).as_matrix()
        if joint.parent < 0:
            for k, name in enumerate(joint.channels):
                if name.endswith("position"):
                    root[:, "XYZ".index(name[0].upper())] = own[:, k]
        world.append(local if joint.parent < 0 else world[joint.parent] @ local)
    return world, root
