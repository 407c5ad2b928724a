"""Batched forward kinematics in torch, driven by the project's anatomy.

The same numbers as `Skeleton.points`, for many bodies and postures at once and with gradients.
Everything is computed in the pelvis frame and in OpenSim's axes, as the anatomy is written; only
the results are turned to REP-103. Joints of equal depth in the tree are computed together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.anatomy import Anatomy, Site
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_training.joint_levels import Level, levels, to_tensor, turned
from monomsk_training.joint_levels import product as planes_product


class Poses(NamedTuple):
    """Every segment's pose in the pelvis frame, OpenSim axes.

    Attributes:
        rotations: (..., segments, 3, 3).
        positions: (..., segments, 3) [m].
    """

    rotations: Tensor
    positions: Tensor


@dataclass(frozen=True)
class Places:
    """Points fixed to segments.

    Attributes:
        names: One name a point.
        segments: Index of each point's segment (n,).
        locations: Places on the unscaled segments (n, 3) [m], OpenSim axes.
    """

    names: tuple[str, ...]
    segments: Tensor
    locations: Tensor


def product(left: Tensor, right: Tensor) -> Tensor:
    """Product of matrices (..., 3, 3); faster than a batched product at this size.

    Fastest where the nine numbers of a matrix lie far apart in memory.
    """
    found = left[..., :, 0, None] * right[..., None, 0, :]
    for k in (1, 2):
        found = torch.addcmul(found, left[..., :, k, None], right[..., None, k, :])
    return found


def turn(rotation: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by rotations (..., 3, 3)."""
    found = vector[..., 0, None] * rotation[..., :, 0]
    for k in (1, 2):
        found = torch.addcmul(found, vector[..., k, None], rotation[..., :, k])
    return found


def euler_zxy(about_z: Tensor, about_x: Tensor, about_y: Tensor) -> Tensor:
    """Rotations (..., 3, 3) about z, then the new x, then the new y."""
    cz, sz, cx, sx = about_z.cos(), about_z.sin(), about_x.cos(), about_x.sin()
    cy, sy = about_y.cos(), about_y.sin()
    rows = [
        cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy,
        sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy,
        -cx * sy, sx, cx * cy,
    ]  # fmt: skip
    return torch.stack(rows).unflatten(0, (3, 3)).movedim((0, 1), (-2, -1))


class BodyKinematics(nn.Module):
    """Forward kinematics of an unscaled anatomy whose segments are stretched per body.

    Args:
        anatomy: Unscaled.

    Attributes:
        segments: Names in the order of every array over segments; the pelvis is the first.
        coordinate_names: Names in the order of every array over coordinates.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.segments = (ROOT_SEGMENT, *(joint.child for joint in anatomy.joints))
        axes = [axis.coordinate for joint in anatomy.joints for axis in joint.axes]
        self.coordinate_names = tuple(dict.fromkeys(axes))
        self.levels = nn.ModuleList(
            Level(level, self.segments, self.coordinate_names) for level in levels(anatomy)
        )

    def forward(self, coordinates: Tensor, factors: Tensor) -> Poses:
        """Poses of all segments.

        Args:
            coordinates: (..., 31) [rad].
            factors: Stretch of each segment along its axes (..., segments, 3), broadcastable.
        """
        across = coordinates.movedim(-1, 0).contiguous()
        stretch = factors.movedim((-1, -2), (0, 1))
        missing = [1] * (coordinates.dim() + 1 - factors.dim())
        stretch = stretch.reshape(*stretch.shape[:2], *missing, *stretch.shape[2:])
        shape = across.shape[1:]
        identity = torch.eye(3, dtype=coordinates.dtype, device=coordinates.device)
        rotations = [identity.view(3, 3, *[1] * len(shape)).expand(3, 3, *shape)]
        rotations *= len(self.segments)
        positions = [torch.zeros_like(across[:3])] * len(self.segments)
        for level in self.levels:
            assert isinstance(level, Level)
            rotation, place, behind = level(across, stretch)
            position = place.expand(3, -1, *shape)
            if any(level.parent_rows):
                above = torch.stack([rotations[p] for p in level.parent_rows], dim=2)
                origin = torch.stack([positions[p] for p in level.parent_rows], dim=1)
                rotation = planes_product(above, rotation)
                position = turned(above, place, origin)
            position = turned(rotation, -behind, position)
            for column, child in enumerate(level.child_rows):
                rotations[child] = rotation[:, :, column]
                positions[child] = position[:, column]
        return Poses(
            torch.stack(rotations, dim=2).movedim((2, 0, 1), (-3, -2, -1)),
            torch.stack(positions, dim=1).movedim((1, 0), (-2, -1)),
        )

    def places(self, sites: Sequence[Site]) -> Places:
        """Points from sites of the unscaled anatomy."""
        return Places(
            names=tuple(site.name for site in sites),
            segments=torch.tensor([self.segments.index(site.segment) for site in sites]),
            locations=to_tensor(np.array([site.location_m for site in sites])),
        )

    def points(
        self, poses: Poses, places: Places, factors: Tensor, offsets: Tensor | float = 0.0
    ) -> Tensor:
        """Positions (..., n, 3) [m] in the pelvis frame, REP-103 axes.

        Args:
            poses: Of the segments.
            places: The points.
            factors: Stretch of each segment (..., segments, 3).
            offsets: Added to the scaled places (..., n, 3) [m], OpenSim axes.
        """
        local = places.locations * factors[..., places.segments, :] + offsets
        origins = poses.positions.movedim((-1, -2), (0, 1)).index_select(1, places.segments)
        return _carried(poses, places, local, origins)

    def carried(self, poses: Poses, places: Places, vectors: Tensor) -> Tensor:
        """Vectors (..., n, 3) fixed to the places' segments, in the pelvis' REP-103 axes.

        Args:
            poses: Of the segments.
            places: One a vector.
            vectors: In the segments' OpenSim axes.
        """
        return _carried(poses, places, vectors, poses.positions.new_zeros(()))


def _carried(poses: Poses, places: Places, vectors: Tensor, origins: Tensor) -> Tensor:
    rotations = poses.rotations.movedim((-2, -1, -3), (0, 1, 2)).index_select(2, places.segments)
    vectors = vectors[(None,) * (poses.positions.dim() - vectors.dim())]
    x, y, z = turned(rotations, vectors.movedim((-1, -2), (0, 1)), origins)
    # From OpenSim's axes to REP-103.
    return torch.stack([x, -z, y]).movedim((0, 1), (-1, -2))
