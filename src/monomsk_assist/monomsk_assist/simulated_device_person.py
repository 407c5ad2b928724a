"""The person inside a simulated device: how the strapped segments move, and what straps do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.anatomy import Site
from monomsk_description.points import PointSetFactory
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

_POINTS = 4
_UPRIGHT = np.eye(3)


@dataclass(frozen=True, eq=False)
class PersonInstant:
    """The strapped segments at one instant, in the order they were asked for.

    Attributes:
        poses: Pose of each segment in the world.
        velocities: Velocity of each segment, in its own frame.
        jacobians: Of the segments' origins, then of their angular velocities, in the world
            (n, 6, 37).
    """

    poses: tuple[pin.SE3, ...]
    velocities: tuple[pin.Motion, ...]
    jacobians: Array

    def generalized_forces(self, segment: int, wrench: pin.Force, place: pin.SE3) -> Array:
        """Generalised forces (37,) of a wrench on a segment.

        Args:
            segment: Index of the segment.
            wrench: Force and moment [N, N m], in the frame at `place`.
            place: A pose in the world.
        """
        origin = pin.SE3(_UPRIGHT, self.poses[segment].translation)
        forces: Array = self.jacobians[segment].T @ origin.actInv(place.act(wrench)).vector
        return forces

    def later(self, time_s: float) -> PersonInstant:
        """The segments a little later [s], each moving on as it does now."""
        poses = tuple(
            pose * pin.exp6(time_s * velocity)
            for pose, velocity in zip(self.poses, self.velocities, strict=True)
        )
        return PersonInstant(poses, self.velocities, self.jacobians)


class StrappedSegments:
    """Evaluates the segments that a device is strapped to.

    Args:
        skeleton: The person's.
        segments: Names of the segments.

    Raises:
        UnknownNameError: The skeleton has no such segment.
    """

    def __init__(self, skeleton: Skeleton, segments: Sequence[str]) -> None:
        self._skeleton = skeleton
        places = np.vstack([np.zeros(3), np.eye(3)])
        # `Site` counts in OpenSim's axes: the three unit points are its x, y, z.
        sites = [
            Site(f"{segment}_{k}", segment, place)
            for segment in segments
            for k, place in enumerate(places)
        ]
        self._marks = PointSetFactory(skeleton.assembly).make(sites)
        self._count = len(segments)

    def at(self, q: Array, v: Array) -> PersonInstant:
        """The segments at a configuration (38,) and a velocity (37,)."""
        places, jacobians = self._skeleton.points_with_jacobians(q, self._marks)
        places = places.reshape(self._count, _POINTS, 3)
        jacobians = jacobians.reshape(self._count, _POINTS, 3, -1)
        origins, linear = places[:, 0], jacobians[:, 0]
        axes = places[:, 1:] - origins[:, None]
        changes = jacobians[:, 1:] - linear[:, None]
        # An axis e turns by w x e, and the sum of e x (w x e) over three orthonormal axes is 2 w.
        angular = 0.5 * np.cross(axes[..., None], changes, axis=2).sum(axis=1)
        # OpenSim's x, y, z are forward, up, right: the columns of a REP-103 rotation are x, -z, y.
        rotations = np.stack([axes[:, 0], -axes[:, 2], axes[:, 1]], axis=2)
        poses = tuple(map(pin.SE3, rotations, origins))
        stacked = np.concatenate([linear, angular], axis=1)
        speeds = stacked @ v
        velocities = tuple(
            pin.Motion(turn.T @ speed[:3], turn.T @ speed[3:])
            for turn, speed in zip(rotations, speeds, strict=True)
        )
        return PersonInstant(poses, velocities, stacked)
