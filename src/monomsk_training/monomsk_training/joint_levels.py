"""The joints of an anatomy in torch, those of equal depth in the tree together.

Everything here has its components first: vectors (3, ...), matrices (3, 3, ...). Arithmetic on
small vectors and matrices then runs through long rows of memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.anatomy import Anatomy, Joint, TransformAxis
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_description.curves import Curve
from monomsk_description.frames import Array
from monomsk_training.errors import KinematicsError


def product(left: Tensor, right: Tensor) -> Tensor:
    """Products of matrices (3, 3, ...)."""
    found = left[:, 0, None] * right[None, 0]
    for k in (1, 2):
        found = torch.addcmul(found, left[:, k, None], right[None, k])
    return found


def turned(rotation: Tensor, vector: Tensor, origin: Tensor) -> Tensor:
    """Origins (3, ...) and, from there, vectors (3, ...) turned by rotations (3, 3, ...)."""
    for k in range(3):
        origin = torch.addcmul(origin, rotation[:, k], vector[k])
    return origin


class TorchCurve(nn.Module):
    """A curve of the anatomy, evaluated on tensors."""

    breaks: Tensor
    origins: Tensor
    coefficients: Tensor

    def __init__(self, curve: Curve) -> None:
        super().__init__()
        for name in ("breaks", "origins", "coefficients"):
            self.register_buffer(name, to_tensor(getattr(curve, name)))

    def forward(self, x: Tensor) -> Tensor:
        """The values at x, any shape."""
        # A plain sum over pieces would be exact too; indexing is quicker for 14 pieces.
        piece = torch.bucketize(x.detach().contiguous(), self.breaks)
        t = x - self.origins[piece]
        value = torch.zeros_like(x)
        for power in reversed(range(self.coefficients.shape[1])):
            value = value * t + self.coefficients[piece, power]
        return value


class Level(nn.Module):
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
        self.parent_rows = [segments.index(j.parent) for j in joints]
        self.child_rows = [segments.index(j.child) for j in joints]
        for field in ("in_parent", "in_child"):
            places = np.array([getattr(j, field).translation for j in joints])
            self.register_buffer(field, to_tensor(places.T))
        self._turns = [_axes(j, "rotation") for j in joints]
        self._slides = [_axes(j, "translation") for j in joints]
        for joint in joints:
            _check_order(joint)
        # A turn by an angle about a fixed axis, with what is fixed before the first and after the
        # last turn, is still + sine * with_sine + cosine * with_cosine (Rodrigues).
        parts = np.array([_turn_matrices(j) for j in joints])
        for number, field in enumerate(("still", "with_sine", "with_cosine")):
            # (steps, 3, 3, joints)
            self.register_buffer(field, to_tensor(np.moveaxis(parts[:, :, number], 0, -1)))
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
        parent, child = factors[:, self.parent_rows], factors[:, self.child_rows]
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
            rotation = local if rotation is None else product(rotation, local)
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
            in_parent = to_tensor(self.joints[number].in_parent.rotation).to(total)
            for axis in slides:
                direction = in_parent @ to_tensor(axis.axis).to(total)
                direction = direction.view(3, *[1] * (coordinates.dim() - 1))
                value = self._value(axis, coordinates)
                if axis.curve is not None:
                    # The stretch of the parent along the translation, as the anatomy is scaled.
                    value = value * (factors[:, number] * direction * direction).sum(0)
                total = torch.addcmul(total, value, direction)
            columns.append(total)
        return torch.stack(columns, dim=1)


def levels(anatomy: Anatomy) -> list[list[Joint]]:
    """Joints that can be computed together, from the root on."""
    depth = {ROOT_SEGMENT: 0}
    found: dict[tuple[int, int], list[Joint]] = {}
    for joint in anatomy.joints:
        depth[joint.child] = depth[joint.parent] + 1
        alike = (depth[joint.child], len(_axes(joint, "rotation")))
        found.setdefault(alike, []).append(joint)
    return [found[key] for key in sorted(found)]


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


def _check_order(joint: Joint) -> None:
    kinds = [axis.kind for axis in joint.axes]
    if "rotation" in kinds and "translation" in kinds[kinds.index("rotation") :]:
        raise KinematicsError(joint.name, "translations must come before rotations")


def to_tensor(values: object) -> Tensor:
    """A tensor of numbers, in torch's default precision."""
    return torch.tensor(np.asarray(values), dtype=torch.get_default_dtype())
