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
from monomsk_description.frames import ROTATION_REP103_OPENSIM, Array
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
    """Product of matrices (..., 3, 3); faster than a batched product at this size.

    Fastest where the nine numbers of a matrix lie far apart in memory, see `planes_first`.
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


def planes_first(values: Tensor, dims: int) -> Tensor:
    """The same tensor, laid out so that its last `dims` dimensions vary slowest in memory.

    Arithmetic on the components of small vectors and matrices then runs through long rows.
    """
    last = tuple(range(-dims, 0))
    first = tuple(range(dims))
    return values.movedim(last, first).contiguous().movedim(first, last)


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
    """Joints at equal depth of the tree with equally many rotations; components come first."""

    in_parent: Tensor
    in_child: Tensor
    still: Tensor
    with_sine: Tensor
    with_cosine: Tensor

    def __init__(
        self, joints: Sequence[Joint], segments: Sequence[str], names: Sequence[str]
    ) -> None:
        super().__init__()
        self.joints = tuple(joints)
        self.parents = [segments.index(j.parent) for j in joints]
        self.children = [segments.index(j.child) for j in joints]
        for field in ("in_parent", "in_child"):
            places = np.array([getattr(j, field).translation for j in joints])
            self.register_buffer(field, _tensor(places.T))
        self._turns = [_axes(j, "rotation") for j in joints]
        self._slides = [_axes(j, "translation") for j in joints]
        for joint in joints:
            _check_order(joint)
        # A turn by an angle about a fixed axis, with what is fixed before the first and after the
        # last turn, is still + sine * with_sine + cosine * with_cosine (Rodrigues).
        parts = np.array([_turn_matrices(j) for j in joints])
        for number, field in enumerate(("still", "with_sine", "with_cosine")):
            # (steps, 3, 3, joints)
            self.register_buffer(field, _tensor(np.moveaxis(parts[:, :, number], 0, -1)))
        self._index = {name: number for number, name in enumerate(names)}
        curved = [a for j in joints for a in j.axes if a.curve is not None]
        self.curves = nn.ModuleList(TorchCurve(a.curve) for a in curved if a.curve is not None)
        self._curve_of = {id(axis): number for number, axis in enumerate(curved)}

    def forward(self, coordinates: Tensor, factors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotation and place of every joint in its parent and the child's offset behind it.

        Args:
            coordinates: (31, ...) [rad].
            factors: (3, segments, ...).
        """
        ones = [1] * (coordinates.dim() - 1)
        parent, child = factors[:, self.parents], factors[:, self.children]
        place = self.in_parent.view(3, -1, *ones) * parent
        slide = self._slide(coordinates, parent)
        if slide is not None:
            place = place + slide
        rotation = None
        for step in range(len(self.still)):
            angles = self._angles(coordinates, step)
            still, sine, cosine = (
                part[step].view(3, 3, -1, *ones)
                for part in (self.still, self.with_sine, self.with_cosine)
            )
            local = torch.addcmul(still, angles.sin(), sine)
            local = torch.addcmul(local, angles.cos(), cosine)
            rotation = local if rotation is None else _product(rotation, local)
        assert rotation is not None
        return rotation, place, self.in_child.view(3, -1, *ones) * child

    def _value(self, axis: TransformAxis, coordinates: Tensor) -> Tensor:
        value = coordinates[self._index[axis.coordinate]]
        if axis.curve is None:
            return value
        curved: Tensor = self.curves[self._curve_of[id(axis)]](value)
        return curved

    def _angles(self, coordinates: Tensor, step: int) -> Tensor:
        axes = [turns[step] for turns in self._turns]
        if all(axis.curve is None for axis in axes):
            return coordinates[[self._index[axis.coordinate] for axis in axes]]
        return torch.stack([self._value(axis, coordinates) for axis in axes])

    def _slide(self, coordinates: Tensor, factors: Tensor) -> Tensor | None:
        if not any(self._slides):
            return None
        columns = []
        for number, slides in enumerate(self._slides):
            total = torch.zeros_like(coordinates[:3])
            in_parent = _tensor(self.joints[number].in_parent.rotation).to(total)
            for axis in slides:
                direction = in_parent @ _tensor(axis.axis).to(total)
                direction = direction.view(3, *[1] * (coordinates.dim() - 1))
                value = self._value(axis, coordinates)
                if axis.curve is not None:
                    # The stretch of the parent along the translation, as the anatomy is scaled.
                    value = value * (factors[:, number] * direction * direction).sum(0)
                total = torch.addcmul(total, value, direction)
            columns.append(total)
        return torch.stack(columns, dim=1)


class BodyKinematics(nn.Module):
    """Forward kinematics of an unscaled anatomy whose segments are stretched per body.

    Args:
        anatomy: Unscaled.

    Attributes:
        segments: Names in the order of every array over segments; the pelvis is the first.
        coordinate_names: Names in the order of every array over coordinates.
    """

    signs: Tensor

    def __init__(self, anatomy: Anatomy) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.segments = (ROOT_SEGMENT, *(joint.child for joint in anatomy.joints))
        axes = [axis.coordinate for joint in anatomy.joints for axis in joint.axes]
        self.coordinate_names = tuple(dict.fromkeys(axes))
        self.levels = nn.ModuleList(
            _Level(level, self.segments, self.coordinate_names) for level in _levels(anatomy)
        )
        # A matrix of one 1 or -1 a row: an order and signs do the same.
        self._order = np.abs(ROTATION_REP103_OPENSIM).argmax(1).tolist()
        self.register_buffer("signs", _tensor(np.asarray(ROTATION_REP103_OPENSIM).sum(1)))

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
            assert isinstance(level, _Level)
            rotation, place, behind = level(across, stretch)
            position = place.expand(3, -1, *shape)
            if any(level.parents):
                above = torch.stack([rotations[p] for p in level.parents], dim=2)
                origin = torch.stack([positions[p] for p in level.parents], dim=1)
                rotation = _product(above, rotation)
                position = _turned(above, place, origin)
            position = _turned(rotation, -behind, position)
            for column, child in enumerate(level.children):
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
        return self.rep103(found)

    def rep103(self, vectors: Tensor) -> Tensor:
        """Vectors (..., 3) in OpenSim's axes, in those of REP-103: x, -z, y."""
        return vectors[..., self._order] * self.signs


def _levels(anatomy: Anatomy) -> list[list[Joint]]:
    depth = {ROOT_SEGMENT: 0}
    levels: dict[tuple[int, int], list[Joint]] = {}
    for joint in anatomy.joints:
        depth[joint.child] = depth[joint.parent] + 1
        alike = (depth[joint.child], len(_axes(joint, "rotation")))
        levels.setdefault(alike, []).append(joint)
    return [levels[key] for key in sorted(levels)]


def _axes(joint: Joint, kind: str) -> list[TransformAxis]:
    return [axis for axis in joint.axes if axis.kind == kind]


def _turn_matrices(joint: Joint) -> Array:
    """Of each rotation: what stays, goes with the sine, with the cosine (steps, 3, 3, 3)."""
    turns = _axes(joint, "rotation")
    steps = []
    for number, axis in enumerate(turns):
        x, y, z = axis.axis
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        parts = np.array([np.eye(3) + cross @ cross, cross, -cross @ cross])
        if number == 0:
            parts = np.asarray(joint.in_parent.rotation) @ parts
        if number == len(turns) - 1:
            parts = parts @ np.asarray(joint.in_child.rotation).T
        steps.append(parts)
    return np.array(steps)


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Product of matrices (3, 3, ...)."""
    found = left[:, 0, None] * right[None, 0]
    for k in (1, 2):
        found = torch.addcmul(found, left[:, k, None], right[None, k])
    return found


def _turned(rotation: Tensor, vector: Tensor, origin: Tensor) -> Tensor:
    """Origin (3, ...) and, from there, vectors (3, ...) turned by rotations (3, 3, ...)."""
    for k in range(3):
        origin = torch.addcmul(origin, rotation[:, k], vector[k])
    return origin


def _check_order(joint: Joint) -> None:
    kinds = [axis.kind for axis in joint.axes]
    if "rotation" in kinds and "translation" in kinds[kinds.index("rotation") :]:
        raise KinematicsError(joint.name, "translations must come before rotations")


def _tensor(values: object) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.get_default_dtype())
