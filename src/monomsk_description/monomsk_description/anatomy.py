"""A skeleton's facts: segments, joints, axes, limits, sole points, all in OpenSim axes."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from monomsk_description.curves import Curve
from monomsk_description.frames import Array, rotation_about

AxisKind = Literal["rotation", "translation"]


@dataclass(frozen=True)
class Segment:
    """A rigid body.

    Attributes:
        name: OpenSim's body name.
        mass_kg: Mass [kg].
        center_of_mass_m: In the segment's frame [m], shape (3,).
        inertia_kg_m2: About the centre of mass, in the segment's axes [kg m²], shape (3, 3).
    """

    name: str
    mass_kg: float
    center_of_mass_m: Array
    inertia_kg_m2: Array


@dataclass(frozen=True)
class TransformAxis:
    """One rotation about, or translation along, an axis.

    Attributes:
        kind: `rotation` or `translation`.
        axis: Unit vector in the joint's frame, shape (3,).
        coordinate: The coordinate that drives it.
        curve: The axis [rad or m] over the coordinate [rad or m]; None: one to one.
    """

    kind: AxisKind
    axis: Array
    coordinate: str
    curve: Curve | None = None


@dataclass(frozen=True)
class Placement:
    """Where a frame sits in another: rotation matrix (3, 3) and translation (3,) [m]."""

    rotation: Array
    translation: Array

    def compose(self, inner: "Placement") -> "Placement":
        """The placement of a frame that sits at `inner` in this one."""
        return Placement(self.rotation @ inner.rotation, self.act(inner.translation))

    def inverse(self) -> "Placement":
        """The placement of the outer frame in this one."""
        return Placement(self.rotation.T, -self.rotation.T @ self.translation)

    def act(self, point: Array) -> Array:
        """A point (3,) of this frame, in the outer one."""
        return self.translation + self.rotation @ point


@dataclass(frozen=True)
class Joint:
    """How a child segment moves in its parent: axes in order, between two fixed placements.

    A joint without axes is a weld: its child rides on the parent, under its own name.
    """

    name: str
    parent: str
    child: str
    in_parent: Placement
    in_child: Placement
    axes: tuple[TransformAxis, ...]

    def at_zero(self) -> Placement:
        """The child's frame in the parent's when every coordinate is zero."""
        placement = self.in_parent
        for axis in self.axes:
            value = 0.0 if axis.curve is None else axis.curve.at(0.0).value
            if axis.kind == "translation":
                move = Placement(np.eye(3), value * axis.axis)
            else:
                move = Placement(rotation_about(axis.axis, value), np.zeros(3))
            placement = placement.compose(move)
        return placement.compose(self.in_child.inverse())


@dataclass(frozen=True)
class Site:
    """A named place on a segment, location [m] in the segment's frame, shape (3,)."""

    name: str
    segment: str
    location_m: Array


@dataclass(frozen=True)
class LengthRule:
    """How a measured length stretches segments: along `axis` (0 x, 1 y, 2 z).

    `model_length_m` is the length [m] in the anatomy that the rule belongs to.
    """

    name: str
    segments: tuple[str, ...]
    axis: int
    model_length_m: float


@dataclass(frozen=True)
class Anatomy:
    """A whole skeleton, unscaled or scaled.

    Attributes:
        name: Its name in files.
        height_m: The stature it stands for [m].
        segments: By name.
        joints: Depth-first from the pelvis; every segment but the pelvis is a child once.
        coordinate_ranges_rad: Lower and upper limit of each coordinate, in joint order.
        sole_points: Contact points, right ones first.
        sole_frames: REP-120 sole frames, right and left.
        length_rules: Lengths that may be measured, by name.
        scale_factors: Per segment along x, y, z, from the anatomy's file on; empty when unscaled.
        markers: Skin markers, where the anatomy has any.
    """

    name: str
    height_m: float
    segments: dict[str, Segment]
    joints: tuple[Joint, ...]
    coordinate_ranges_rad: dict[str, tuple[float, float]]
    sole_points: tuple[Site, ...]
    sole_frames: tuple[Site, ...]
    length_rules: dict[str, LengthRule]
    scale_factors: dict[str, Array] = field(default_factory=dict)
    markers: tuple[Site, ...] = ()

    @property
    def mass_kg(self) -> float:
        """Sum of the segments' masses [kg]."""
        return sum(segment.mass_kg for segment in self.segments.values())
