"""Sets of points fixed to segments, whose places and Jacobians are computed at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array


@dataclass(frozen=True)
class PointSet:
    """Named points on segments.

    Attributes:
        names: One name a point.
        segments: The segment of each point.
        sigma_m: Standard deviation of each point's place on its segment [m], (n,); NaN unknown.
        joints: Index of the rigid-body joint each point moves with, (n,).
        offsets: Place in that joint's frame [m], (n, 3).
        support: 1.0 where an axis moves the point, (n, axes).
    """

    names: tuple[str, ...]
    segments: tuple[str, ...]
    sigma_m: Array
    joints: NDArray
    offsets: Array
    support: Array

    def __len__(self) -> int:
        return len(self.names)


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
