"""Sets of points fixed to segments, whose places and Jacobians are computed at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.anatomy import Site
from monomsk_description.assembly import Assembly, SegmentFrame
from monomsk_description.coupling import ROOT_NV
from monomsk_description.errors import UnknownNameError
from monomsk_description.frames import Array, to_rep103

_AXES = np.eye(3)
#: [1, 0], its rows one after another, and what a place p adds to them for [1, -p x], (3, 18).
_LINEAR = np.eye(3, 6).ravel()
_MINUS_SKEW = np.concatenate(
    [np.zeros((3, 3, 3)), np.cross(_AXES, _AXES[:, None]).transpose(0, 2, 1)], axis=2
).reshape(3, -1)


@dataclass(frozen=True, eq=False)
class PointSet:
    """Named points on segments.

    Attributes:
        names: One name a point.
        segments: The segment of each point.
        sigma_m: Standard deviation of each point's place on its segment [m], (n,); NaN unknown.
        joints: Index of the rigid-body joint each point moves with, (n,).
        offsets: Place in that joint's frame [m], (n, 3).
        support: 1.0 where a component of a tangent vector moves the point, (n, 37).
    """

    names: tuple[str, ...]
    segments: tuple[str, ...]
    sigma_m: Array
    joints: NDArray
    offsets: Array
    support: Array

    def __len__(self) -> int:
        return len(self.names)

    def positions(self, joint_poses: Sequence[pin.SE3]) -> Array:
        """World positions (n, 3) [m] at the joints' world poses, indexed like the model's."""
        used, which, offsets = self._in_joints
        poses = np.array([joint_poses[joint].homogeneous for joint in used])
        return (poses[which] @ offsets)[:, :3, 0]

    def jacobians(self, positions: Array, spatial: Array) -> Array:
        """Jacobians (n, 3, 37) of the world positions (n, 3) over tangent vectors.

        Args:
            positions: The points' world positions [m], (n, 3).
            spatial: The column of each tangent component (6, 37): linear velocity at the world's
                origin over angular velocity, of whatever the component moves.
        """
        # v = linear + angular x position, as one product with [1, -position x].
        act = (positions.dot(_MINUS_SKEW) + _LINEAR).reshape(-1, 6)
        return act.dot(spatial).reshape(len(self), 3, -1) * self.support[:, None, :]

    @cached_property
    def _in_joints(self) -> tuple[list[int], NDArray, Array]:
        """The joints in use, which of them moves each point, and offsets (n, 4, 1)."""
        used, which = np.unique(self.joints, return_inverse=True)
        offsets = np.concatenate([self.offsets, np.ones((len(self), 1))], axis=1)
        return used.tolist(), which, offsets[:, :, None]


class SegmentSet:
    """Segments whose poses are computed at once.

    Args:
        frames: Where each of them is.
    """

    def __init__(self, frames: Sequence[SegmentFrame]) -> None:
        self._joints = [frame.joint for frame in frames]
        self._placements = np.array([frame.placement.homogeneous for frame in frames])

    def poses(self, joint_poses: Sequence[pin.SE3]) -> Array:
        """World poses (n, 4, 4) at the joints' world poses, indexed like the model's."""
        joints = np.array([joint_poses[joint].homogeneous for joint in self._joints])
        poses: Array = joints @ self._placements
        return poses


def join(*sets: PointSet) -> PointSet:
    """One set with the points of several, in order."""
    return PointSet(
        names=tuple(name for points in sets for name in points.names),
        segments=tuple(segment for points in sets for segment in points.segments),
        sigma_m=np.concatenate([points.sigma_m for points in sets]),
        joints=np.concatenate([points.joints for points in sets]),
        offsets=np.concatenate([points.offsets for points in sets]),
        support=np.concatenate([points.support for points in sets]),
    )


class PointSetFactory:
    """Makes point sets of one model."""

    def __init__(self, assembly: Assembly) -> None:
        self._segments = assembly.segments
        self._support = _support(assembly)

    def make(self, sites: Sequence[Site], sigma_m: Array | None = None) -> PointSet:
        """Points from sites in scaled segment axes (OpenSim's).

        Raises:
            UnknownNameError: A site sits on a segment that the model lacks.
        """
        frames = [self._frame(site.segment) for site in sites]
        offsets = [
            f.placement.act(to_rep103(s.location_m)) for f, s in zip(frames, sites, strict=True)
        ]
        joints = np.array([frame.joint for frame in frames], dtype=int)
        return PointSet(
            names=tuple(site.name for site in sites),
            segments=tuple(site.segment for site in sites),
            sigma_m=np.full(len(sites), np.nan) if sigma_m is None else sigma_m,
            joints=joints,
            offsets=np.array(offsets).reshape(-1, 3),
            support=self._support[joints],
        )

    def _frame(self, segment: str) -> SegmentFrame:
        if segment not in self._segments:
            raise UnknownNameError("segment", segment, tuple(self._segments))
        return self._segments[segment]


def _support(assembly: Assembly) -> Array:
    """1.0 where a joint of the model (row) moves with a component of a tangent vector."""
    model, coordinates = assembly.model, assembly.coordinates
    support = np.zeros((model.njoints, ROOT_NV + len(coordinates)))
    for joint in range(1, model.njoints):
        support[joint, :ROOT_NV] = 1.0
        for ancestor in model.supports[joint]:
            # Joint 0 is the world and joint 1 the pelvis; then comes one joint an axis.
            if ancestor > 1:
                coordinate = assembly.axes[ancestor - 2].coordinate
                support[joint, ROOT_NV + coordinates.index(coordinate)] = 1.0
    return support
