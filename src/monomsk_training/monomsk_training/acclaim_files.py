"""Reads CMU's motion capture: Acclaim ASF/AMC files, and the same skeleton as exponential maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.errors import MotionFileError
from monomsk_training.motion_clip import MotionClip
from monomsk_training.segment_angles import from_world, rest_axes

_RATE_HZ = 120.0
#: CMU's length unit: 0.45 inch.
_UNIT_M = 0.0254 / 0.45
#: Our segment for each bone whose orientation is used.
_BONES = {
    "pelvis": "root", "torso": "thorax", "femur_r": "rfemur", "tibia_r": "rtibia",
    "foot_r": "rfoot", "humerus_r": "rhumerus", "ulna_r": "rradius", "femur_l": "lfemur",
    "tibia_l": "ltibia", "foot_l": "lfoot", "humerus_l": "lhumerus", "ulna_l": "lradius",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Bone:
    """A bone of an ASF file.

    Attributes:
        parent: Name of the bone before it.
        direction: In the rest pose, global axes (3,).
        axis: Rotation (3, 3) of its own axes in the rest pose.
        degrees: Which of rx, ry, rz it has.
    """

    parent: str
    direction: Array
    axis: Array
    degrees: tuple[str, ...]


def read_asf(path: Path) -> dict[str, Bone]:
    """The bones of a skeleton file, parents before children."""
    text = path.read_text("utf-8", errors="replace").replace("\r", "")
    body, hierarchy = text.split(":bonedata")[1].split(":hierarchy")
    parents = {}
    for line in hierarchy.splitlines():
        words = line.split()
        if len(words) > 1:
            parents.update(dict.fromkeys(words[1:], words[0]))
    bones = {}
    for block in body.split("begin")[1:]:
        fields = {
            words[0]: words[1:] for words in (line.split() for line in block.splitlines()) if words
        }
        name = fields["name"][0]
        angles = [float(value) for value in fields["axis"][:3]]
        bones[name] = Bone(
            parents[name],
            np.array([float(value) for value in fields["direction"]]),
            Rotation.from_euler("xyz", angles, degrees=True).as_matrix(),
            tuple(fields.get("dof", ())),
        )
    return bones


def read_amc(path: Path, bones: Mapping[str, Bone], subject: str) -> MotionClip:
    """A clip of an AMC file.

    Raises:
        MotionFileError: There are no frames.
    """
    frames: list[dict[str, list[float]]] = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        words = line.split()
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
        elif len(words) > 1 and frames:
            frames[-1][words[0]] = [float(value) for value in words[1:]]
    if len(frames) < 8:
        raise MotionFileError(path, "fewer than 8 frames")
    root = np.array([frame["root"] for frame in frames])
    world = {"root": Rotation.from_euler("xyz", root[:, 3:6], degrees=True).as_matrix()}
    for name, bone in bones.items():
        angles = np.zeros((len(frames), 3))
        for number, degree in enumerate(bone.degrees):
            angles[:, "xyz".index(degree[1])] = [frame[name][number] for frame in frames]
        local = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
        world[name] = world[bone.parent] @ bone.axis @ local @ bone.axis.T
    rest = {segment: _rest_axes(segment, bones.get(bone)) for segment, bone in _BONES.items()}
    return _clip(path.stem, subject, root[:, :3], {s: world[b] for s, b in _BONES.items()}, rest)


def read_exponential_maps(path: Path, bones: Mapping[str, Bone]) -> list[MotionClip]:
    """The clips of an npz of exponential maps (frames, 117): root place, then 38 joints.

    Args:
        path: The file; its arrays are called <split>__<action>__<clip>.
        bones: Any CMU skeleton: its rest directions serve.
    """
    rest = {segment: _rest_axes(segment, bones.get(bone)) for segment, bone in _BONES.items()}
    clips = []
    with np.load(path) as file:
        for name in file.files:
            # The first row is the zero pose of the converter.
            table = file[name][1:].astype(float)
            if len(table) < 60:
                continue
            world = _exponential_world(table)
            turned = {segment: world[joint] for segment, joint in _EXPMAP_JOINTS.items()}
            # Nobody knows who moved: each file's clips count as one person.
            split, action, clip = name.split("__")
            subject = f"cmu-expmap-{split}-{action}"
            clips.append(_clip(clip, subject, table[:, :3], turned, rest))
    return clips


_EXPMAP_PARENTS = (
    -1, 0, 1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 0, 13, 14, 15, 16, 17, 18, 15, 20, 21, 22, 23, 24, 25,
    23, 27, 15, 29, 30, 31, 32, 33, 34, 32, 36,
)  # fmt: skip
_EXPMAP_JOINTS = {
    "pelvis": 0, "torso": 15, "femur_l": 2, "tibia_l": 3, "foot_l": 4, "femur_r": 8, "tibia_r": 9,
    "foot_r": 10, "humerus_l": 21, "ulna_l": 22, "humerus_r": 30, "ulna_r": 31,
}  # fmt: skip


def _exponential_world(table: Array) -> list[Array]:
    """Orientations of the 38 joints; the files keep transposed local rotations."""
    world: list[Array] = []
    for joint, parent in enumerate(_EXPMAP_PARENTS):
        vector = table[:, 3 + 3 * joint : 6 + 3 * joint]
        local = Rotation.from_rotvec(-vector).as_matrix()
        world.append(local if parent < 0 else world[parent] @ local)
    return world


def _rest_axes(segment: str, bone: Bone | None) -> Array:
    """Anatomical axes of a segment in the rest pose (arms sideways, legs spread)."""
    return rest_axes(segment, None if bone is None else bone.direction)


def _clip(
    name: str, subject: str, root: Array, world: Mapping[str, Array], rest: Mapping[str, Array]
) -> MotionClip:
    return MotionClip(name, subject, _RATE_HZ, from_world(root * _UNIT_M, world, rest))
