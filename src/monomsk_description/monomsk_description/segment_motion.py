"""Where the segments of a leg are at many poses at once, and how each coordinate moves them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.anatomy import Joint
from monomsk_description.curves import Curve
from monomsk_description.frames import Array

Rows = NDArray[np.int64] | NDArray[np.bool_]

#: For differences of places over coordinates [rad].
_STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames in the pelvis frame at n poses: rotations (n, 3, 3) and places (n, 3) [m]."""

    rotations: Array
    places: Array

    def act(self, points: Array) -> Array:
        """Points (n, 3) of these frames, in the pelvis frame."""
        turned: Array = np.einsum("nij,nj->ni", self.rotations, points)
        return turned + self.places

    def __getitem__(self, rows: Rows) -> "Frames":
        return Frames(self.rotations[rows], self.places[rows])


@dataclass(frozen=True, eq=False)
class SegmentMotion:
    """Segments of a leg at n poses of k coordinates.

    Attributes:
        values: Each coordinate's values (n,) [rad].
        names: The k coordinates that move.
        frames: By segment.
        slopes: By segment: derivatives over each coordinate, as (n, k, 3, 4): of the rotation, then
            of the place.
    """

    values: Mapping[str, Array]
    names: tuple[str, ...]
    frames: Mapping[str, Frames]
    slopes: Mapping[str, Array]

    def velocities(self, segment: str, points: Array, rows: Rows) -> Array:
        """Of points (m, 3) fixed to a segment at some poses, over each coordinate (m, k, 3)."""
        slopes = self.slopes[segment][rows]
        turned: Array = np.einsum("nkij,nj->nki", slopes[..., :3], points)
        return turned + slopes[..., 3]


@dataclass(frozen=True)
class Rider:
    """A segment whose coordinate follows another one, as a patella does.

    Attributes:
        joint: Over the coordinate that follows.
        leader: By following coordinate: the one that leads and the function.
    """

    joint: Joint
    leader: Mapping[str, tuple[str, Curve]]


def segment_motion(
    joints: Sequence[Joint],
    riders: Sequence[Rider],
    names: tuple[str, ...],
    poses: Array,
) -> SegmentMotion:
    """The segments that joints move, from the pelvis on; other coordinates are zero.

    Args:
        joints: Depth-first from the pelvis.
        riders: Segments that follow.
        names: Of the coordinates.
        poses: Their values (n, k) [rad].
    """
    frames = _place(joints, riders, names, poses)
    slopes = {name: np.zeros((len(poses), len(names), 3, 4)) for name in frames}
    for column in range(len(names)):
        step = np.zeros(len(names))
        step[column] = _STEP
        ahead = _place(joints, riders, names, poses + step)
        behind = _place(joints, riders, names, poses - step)
        for name, slope in slopes.items():
            slope[:, column, :, :3] = ahead[name].rotations - behind[name].rotations
            slope[:, column, :, 3] = ahead[name].places - behind[name].places
    values = {name: poses[:, k] for k, name in enumerate(names)}
    return SegmentMotion(
        values, names, frames, {name: slope / (2.0 * _STEP) for name, slope in slopes.items()}
    )


def _place(
    joints: Sequence[Joint], riders: Sequence[Rider], names: tuple[str, ...], poses: Array
) -> dict[str, Frames]:
    count = len(poses)
    values = {name: poses[:, k] for k, name in enumerate(names)}
    for rider in riders:
        for name, (leader, curve) in rider.leader.items():
            values[name] = curve(values.get(leader, np.zeros(count)))
    found = {"pelvis": Frames(np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3)))}
    for joint in (*joints, *(rider.joint for rider in riders)):
        if joint.parent in found:
            found[joint.child] = _beyond(joint, found[joint.parent], values)
    return found


def _beyond(joint: Joint, parent: Frames, values: Mapping[str, Array]) -> Frames:
    """Frames of a joint's child."""
    rotations = parent.rotations @ joint.in_parent.rotation
    places = parent.places + parent.rotations @ joint.in_parent.translation
    for axis in joint.axes:
        value = values.get(axis.coordinate, np.zeros(len(places)))
        if axis.curve is not None:
            value = axis.curve(value)
        if axis.kind == "translation":
            places = places + value[:, None] * (rotations @ axis.axis)
        else:
            rotations = rotations @ _rotations(axis.axis, value)
    last = joint.in_child.inverse()
    return Frames(rotations @ last.rotation, places + rotations @ last.translation)


def _rotations(axis: Array, angles: Array) -> Array:
    """Rotation matrices (n, 3, 3) about a unit axis (3,) by angles (n,) [rad]."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sine, versine = np.sin(angles)[:, None, None], 1.0 - np.cos(angles)[:, None, None]
    turned: Array = np.eye(3) + sine * cross + versine * (cross @ cross)
    return turned
