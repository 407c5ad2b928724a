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

from monomsk_description.anatomy import Anatomy, Joint, Site, TransformAxis
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_description.curves import Curve
from monomsk_description.frames import ROTATION_REP103_OPENSIM
from monomsk_training.errors import KinematicsError


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
    """Product of matrices (..., 3, 3); faster than a batched product at this size."""
    return (left.unsqueeze(-1) * right.unsqueeze(-3)).sum(-2)


def turn(rotation: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by rotations (..., 3, 3)."""
    return (rotation * vector.unsqueeze(-2)).sum(-1)


class TorchCurve(nn.Module):
    """A curve of the anatomy, evaluated on tensors."""

    breaks: Tensor
    origins: Tensor
    coefficients: Tensor

    def __init__(self, curve: Curve) -> None:
        super().__init__()
        for name in ("breaks", "origins", "coefficients"):
            self.register_buffer(name, _tensor(getattr(curve, name)))

    def forward(self, x: Tensor) -> Tensor:
        """The values at x, any shape."""
        # A plain sum over pieces would be exact too; indexing is quicker for 14 pieces.
        piece = torch.bucketize(x.detach().contiguous(), self.breaks)
        t = x - self.origins[piece]
        value = torch.zeros_like(x)
        for power in reversed(range(self.coefficients.shape[1])):
            value = value * t + self.coefficients[piece, power]
        return value


class _Level(nn.Module):
    """Joints at equal depth of the tree."""

    in_parent_rotation: Tensor
    in_parent: Tensor
    in_child_rotation: Tensor
    in_child: Tensor
    cross: Tensor
    cross_squared: Tensor
    parent_rows: Tensor
    child_rows: Tensor

    def __init__(
        self, joints: Sequence[Joint], segments: Sequence[str], names: Sequence[str]
    ) -> None:
        super().__init__()
        self.joints = tuple(joints)
        self.register_buffer(
            "parent_rows", torch.tensor([segments.index(j.parent) for j in joints])
        )
        self.register_buffer("child_rows", torch.tensor([segments.index(j.child) for j in joints]))
        for field in ("in_parent", "in_child"):
            places = [getattr(j, field) for j in joints]
            self.register_buffer(field, _tensor(np.array([p.translation for p in places])))
            self.register_buffer(
                f"{field}_rotation", _tensor(np.array([p.rotation for p in places]))
            )
        self._turns = [[a for a in j.axes if a.kind == "rotation"] for j in joints]
        self._slides = [[a for a in j.axes if a.kind == "translation"] for j in joints]
        for joint in joints:
            _check_order(joint)
        self.steps = max(len(turns) for turns in self._turns)
        cross = np.zeros((self.steps, len(joints), 3, 3))
        for row, turns in enumerate(self._turns):
            for step, axis in enumerate(turns):
                x, y, z = axis.axis
                cross[step, row] = [[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]
        self.register_buffer("cross", _tensor(cross))
        self.register_buffer("cross_squared", _tensor(cross @ cross))
        self._index = {name: number for number, name in enumerate(names)}
        curved = [a for a in self._all_axes() if a.curve is not None]
        self.curves = nn.ModuleList(TorchCurve(a.curve) for a in curved if a.curve is not None)
        self._curve_of = {id(axis): number for number, axis in enumerate(curved)}

    def forward(self, coordinates: Tensor, factors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotation and place of every joint in its parent and the child's offset behind it."""
        parent, child = factors[..., self.parent_rows, :], factors[..., self.child_rows, :]
        place = self.in_parent * parent
        slide = self._slide(coordinates, parent)
        if slide is not None:
            place = place + slide
        rotation = self.in_parent_rotation.expand(*coordinates.shape[:-1], -1, -1, -1)
        identity = torch.eye(3, dtype=coordinates.dtype, device=coordinates.device)
        for step in range(self.steps):
            angle = self._angles(coordinates, step)[..., None, None]
            local = (
                identity
                + angle.sin() * self.cross[step]
                + (1.0 - angle.cos()) * self.cross_squared[step]
            )
            rotation = product(rotation, local)
        rotation = product(rotation, self.in_child_rotation.transpose(-1, -2))
        return rotation, place, self.in_child * child

    def _all_axes(self) -> list[TransformAxis]:
        return [axis for joint in self.joints for axis in joint.axes]

    def _value(self, axis: TransformAxis, coordinates: Tensor) -> Tensor:
        value = coordinates[..., self._index[axis.coordinate]]
        if axis.curve is None:
            return value
        curved: Tensor = self.curves[self._curve_of[id(axis)]](value)
        return curved

    def _angles(self, coordinates: Tensor, step: int) -> Tensor:
        zero = torch.zeros_like(coordinates[..., 0])
        return torch.stack(
            [
                self._value(turns[step], coordinates) if step < len(turns) else zero
                for turns in self._turns
            ],
            dim=-1,
        )

    def _slide(self, coordinates: Tensor, factors: Tensor) -> Tensor | None:
        if not any(self._slides):
            return None
        columns = []
        for number, slides in enumerate(self._slides):
            total = torch.zeros_like(coordinates[..., :3])
            for axis in slides:
                direction = self.in_parent_rotation[number] @ _tensor(axis.axis).to(total)
                value = self._value(axis, coordinates)
                if axis.curve is not None:
                    # The stretch of the parent along the translation, as the anatomy is scaled.
                    stretch = (factors[..., number, :] * direction * direction).sum(-1)
                    value = value * stretch
                total = total + value[..., None] * direction
            columns.append(total)
        return torch.stack(columns, dim=-2)


class BodyKinematics(nn.Module):
    """Forward kinematics of an unscaled anatomy whose segments are stretched per body.

    Args:
        anatomy: Unscaled.

    Attributes:
        segments: Names in the order of every array over segments; the pelvis is the first.
        coordinate_names: Names in the order of every array over coordinates.
    """

    to_rep103: Tensor

    def __init__(self, anatomy: Anatomy) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.segments = (ROOT_SEGMENT, *(joint.child for joint in anatomy.joints))
        axes = [axis.coordinate for joint in anatomy.joints for axis in joint.axes]
        self.coordinate_names = tuple(dict.fromkeys(axes))
        self.levels = nn.ModuleList(
            _Level(level, self.segments, self.coordinate_names) for level in _levels(anatomy)
        )
        self.register_buffer("to_rep103", _tensor(ROTATION_REP103_OPENSIM))

    def forward(self, coordinates: Tensor, factors: Tensor) -> Poses:
        """Poses of all segments.

        Args:
            coordinates: (..., 31) [rad].
            factors: Stretch of each segment along its axes (..., segments, 3), broadcastable.
        """
        shape = coordinates.shape[:-1]
        identity = torch.eye(3, dtype=coordinates.dtype, device=coordinates.device)
        rotations: list[Tensor] = [identity.expand(*shape, 3, 3)] * len(self.segments)
        positions: list[Tensor] = [torch.zeros_like(coordinates[..., :3])] * len(self.segments)
        for level in self.levels:
            assert isinstance(level, _Level)
            local, place, behind = level(coordinates, factors)
            parents = level.parent_rows.tolist()
            above = torch.stack([rotations[p] for p in parents], dim=-3)
            origin = torch.stack([positions[p] for p in parents], dim=-2)
            rotation = product(above, local)
            position = origin + turn(above, place.expand(origin.shape)) - turn(rotation, behind)
            for column, child in enumerate(level.child_rows.tolist()):
                rotations[child] = rotation[..., column, :, :]
                positions[child] = position[..., column, :]
        return Poses(torch.stack(rotations, dim=-3), torch.stack(positions, dim=-2))

    def places(self, sites: Sequence[Site]) -> Places:
        """Points from sites of the unscaled anatomy."""
        return Places(
            names=tuple(site.name for site in sites),
            segments=torch.tensor([self.segments.index(site.segment) for site in sites]),
            locations=_tensor(np.array([site.location_m for site in sites])),
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
        rotation = poses.rotations[..., places.segments, :, :]
        found = poses.positions[..., places.segments, :] + turn(rotation, local)
        return found @ self.to_rep103.T


def _levels(anatomy: Anatomy) -> list[list[Joint]]:
    depth = {ROOT_SEGMENT: 0}
    levels: list[list[Joint]] = []
    for joint in anatomy.joints:
        depth[joint.child] = depth[joint.parent] + 1
        if depth[joint.child] > len(levels):
            levels.append([])
        levels[depth[joint.parent]].append(joint)
    return levels


def _check_order(joint: Joint) -> None:
    kinds = [axis.kind for axis in joint.axes]
    if "rotation" in kinds and "translation" in kinds[kinds.index("rotation") :]:
        raise KinematicsError(joint.name, "translations must come before rotations")


def _tensor(values: object) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.get_default_dtype())
