"""What a simulated exoskeleton consists of: links along body segments, hinges, straps.

A link's frame lies on that of the segment it is strapped to; a hinge lies on the person's joint
and turns about the axis of the person's coordinate, as the maker of a well fitted device wants it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_assist.device_errors import DeviceError
from monomsk_assist.simulated_device_person import PersonInstant, StrappedSegments
from monomsk_assist.straps import StrapStiffness
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

#: A coordinate that turns a segment by less of itself than this is none of its joint's.
_LEAST_TURN = 0.5


@dataclass(frozen=True)
class DeviceLink:
    """A rigid part, strapped to a body segment.

    Attributes:
        segment: The body segment.
        mass_kg: Of the link [kg].
        center_of_mass_m: In the segment's frame (3,) [m].
        gyration_radius_m: The same about all axes [m].
        strap_m: Where the strap sits, in the segment's frame (3,) [m].
        strap: What it resists.
    """

    segment: str
    mass_kg: float
    center_of_mass_m: tuple[float, float, float]
    gyration_radius_m: float
    strap_m: tuple[float, float, float]
    strap: StrapStiffness


@dataclass(frozen=True)
class DeviceHinge:
    """A motor between two links.

    Attributes:
        name: Of the device's joint.
        coordinate: The person's coordinate that it follows.
        parent: Segment of the link that carries the motor.
        child: Segment of the link that it turns.
        reflected_inertia_kg_m2: Of motor and gear at the joint [kg m²].
        viscous_friction_n_m_s: Friction torque over rate [N m s/rad].
        misalignment_m: Of the hinge against the person's joint, in the parent's frame (3,) [m].
    """

    name: str
    coordinate: str
    parent: str
    child: str
    reflected_inertia_kg_m2: float = 0.02
    viscous_friction_n_m_s: float = 0.1
    misalignment_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class DeviceDesign:
    """Links and hinges; a link that no hinge carries hangs on its strap alone.

    Attributes:
        name: Of the device.
        links: Its links.
        hinges: Its hinges.
        motor_time_constant_s: Of the motors' torque control [s].
        torque_limit_n_m: Of each motor [N m].
    """

    name: str
    links: tuple[DeviceLink, ...]
    hinges: tuple[DeviceHinge, ...]
    motor_time_constant_s: float = 0.005
    torque_limit_n_m: float = 60.0

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the hinges in order."""
        return tuple(hinge.name for hinge in self.hinges)


@dataclass(frozen=True, eq=False)
class DeviceModel:
    """A design fitted to a person.

    Attributes:
        design: What was fitted.
        model: Pinocchio's model; links without a hinge are free-flyers.
        link_joints: Index of the joint that each link moves with (n links,).
        link_places: Frame of each link in that joint's frame; a link's frame lies on its segment's.
        strap_places: Pose of each strap in its link's frame.
        axes: Axis of each hinge in its joint's frame (n hinges, 3).
        rate_indices: Place of each hinge in the velocity vector (n hinges,).
        angle_indices: Place of each hinge in the configuration (n hinges,).
        friction: Viscous friction (nv,) [N m s/rad].
    """

    design: DeviceDesign
    model: pin.Model
    link_joints: tuple[int, ...]
    link_places: tuple[pin.SE3, ...]
    strap_places: tuple[pin.SE3, ...]
    axes: Array
    rate_indices: NDArray[np.int64]
    angle_indices: NDArray[np.int64]
    friction: Array = field(repr=False)


def fit(design: DeviceDesign, skeleton: Skeleton) -> DeviceModel:
    """Fit a design to a person, in the skeleton's neutral pose.

    Raises:
        DeviceError: A hinge has no link on its parent or child, or its coordinate does not turn
            the child.
        DescriptionError: The skeleton has no such segment or coordinate.
    """
    segments = tuple(link.segment for link in design.links)
    for hinge in design.hinges:
        for segment in (hinge.parent, hinge.child):
            if segment not in segments:
                raise DeviceError(hinge.name, f"no link on segment {segment}")
    person = StrappedSegments(skeleton, segments).at(skeleton.neutral(), np.zeros(skeleton.nv))
    joints = _Joints(design, dict(zip(segments, person.poses, strict=True)))
    axes = {hinge.child: _axis(skeleton, person, hinge, segments) for hinge in design.hinges}
    for link in design.links:
        if link.segment not in axes:
            joints.add_free(link, axes)
    return _finish(design, joints)


@dataclass(frozen=True, eq=False)
class _Axis:
    """Axis of a coordinate in the neutral pose, in the world: direction and a point (3,) [m]."""

    direction: Array
    point: Array


def _axis(
    skeleton: Skeleton, person: PersonInstant, hinge: DeviceHinge, segments: tuple[str, ...]
) -> _Axis:
    child = segments.index(hinge.child)
    column = 6 + skeleton.coordinate_index(hinge.coordinate)
    slide, turn = np.split(person.jacobians[child][:, column], 2)
    size = float(np.linalg.norm(turn))
    if size < _LEAST_TURN:
        raise DeviceError(hinge.name, f"{hinge.coordinate} does not turn {hinge.child}")
    # the point of the axis that is closest to the child's origin
    point = person.poses[child].translation + np.cross(turn, slide) / size**2
    return _Axis(turn / size, point)


class _Joints:
    """A model that grows, depth first as Pinocchio wants it."""

    def __init__(self, design: DeviceDesign, poses: Mapping[str, pin.SE3]) -> None:
        self._design = design
        self._poses = poses
        self._links = {link.segment: link for link in design.links}
        self.model = pin.Model()
        self.model.name = design.name
        self.of_link: dict[str, int] = {}
        self.places: dict[str, pin.SE3] = {}
        self.of_hinge: dict[str, int] = {}
        self.directions: dict[str, Array] = {}

    def add_free(self, link: DeviceLink, axes: Mapping[str, _Axis]) -> None:
        """Add a link that nothing carries, and all that it carries."""
        here = pin.SE3.Identity()
        joint = self.model.addJoint(0, pin.JointModelFreeFlyer(), here, f"{link.segment}_link")
        self._append(joint, link, here)
        self._hang_on(link.segment, axes)

    def _hang_on(self, segment: str, axes: Mapping[str, _Axis]) -> None:
        for hinge in self._design.hinges:
            if hinge.parent == segment:
                self._add_hinge(hinge, axes[hinge.child])
                self._hang_on(hinge.child, axes)

    def _add_hinge(self, hinge: DeviceHinge, axis: _Axis) -> None:
        """Hang a link on its parent; both frames lie on their segments' at angle zero."""
        parent, child = self._poses[hinge.parent], self._poses[hinge.child]
        motor_world = pin.SE3(child.rotation, axis.point)
        placement = self.places[hinge.parent] * parent.actInv(motor_world)
        placement.translation = placement.translation + np.array(hinge.misalignment_m)
        direction = child.rotation.T @ axis.direction
        motor = pin.JointModelRevoluteUnaligned(direction)
        joint = self.model.addJoint(self.of_link[hinge.parent], motor, placement, hinge.name)
        self.of_hinge[hinge.name] = joint
        self.directions[hinge.name] = direction
        self._append(joint, self._links[hinge.child], motor_world.actInv(child))

    def _append(self, joint: int, link: DeviceLink, place: pin.SE3) -> None:
        about_center = link.mass_kg * link.gyration_radius_m**2 * np.eye(3)
        inertia = pin.Inertia(link.mass_kg, np.array(link.center_of_mass_m), about_center)
        self.model.appendBodyToJoint(joint, inertia, place)
        self.of_link[link.segment] = joint
        self.places[link.segment] = place


def _finish(design: DeviceDesign, joints: _Joints) -> DeviceModel:
    model = joints.model
    motors = [model.joints[joints.of_hinge[name]] for name in design.joint_names]
    rates = np.array([motor.idx_v for motor in motors], dtype=np.int64)
    friction, inertia = np.zeros(model.nv), np.zeros(model.nv)
    friction[rates] = [hinge.viscous_friction_n_m_s for hinge in design.hinges]
    inertia[rates] = [hinge.reflected_inertia_kg_m2 for hinge in design.hinges]
    model.armature = inertia
    return DeviceModel(
        design=design,
        model=model,
        link_joints=tuple(joints.of_link[link.segment] for link in design.links),
        link_places=tuple(joints.places[link.segment] for link in design.links),
        strap_places=tuple(pin.SE3(np.eye(3), np.array(link.strap_m)) for link in design.links),
        axes=np.array([joints.directions[name] for name in design.joint_names]).reshape(-1, 3),
        rate_indices=rates,
        angle_indices=np.array([motor.idx_q for motor in motors], dtype=np.int64),
        friction=friction,
    )


# Examples -------------------------------------------------------------------------------------

#: A padded belt: stiff, worn tight.
_BELT = StrapStiffness((15e3, 15e3, 15e3), (400.0, 400.0, 400.0))
#: A cuff on soft tissue: it slides along the limb and turns about it more easily than it dents.
_CUFF = StrapStiffness((8e3, 8e3, 1.5e3), (60.0, 60.0, 10.0))
#: A shoe's sole plate.
_SHOE = StrapStiffness((30e3, 30e3, 30e3), (300.0, 300.0, 300.0))


def hip_exoskeleton(joint_names: Sequence[str] = ("hip_right", "hip_left")) -> DeviceDesign:
    """A bilateral hip exoskeleton of 4.4 kg: pelvis frame with two motors, two thigh links.

    Args:
        joint_names: Of the right and the left motor.
    """
    frame = DeviceLink("pelvis", 3.0, (-0.08, 0.0, 0.02), 0.12, (-0.05, 0.0, 0.05), _BELT)
    links, hinges = [frame], []
    for side, name in zip("rl", joint_names, strict=True):
        links.append(
            DeviceLink(f"femur_{side}", 0.7, (0.0, 0.0, -0.12), 0.08, (0.0, 0.0, -0.26), _CUFF)
        )
        hinges.append(DeviceHinge(name, f"hip_flexion_{side}", "pelvis", f"femur_{side}"))
    return DeviceDesign("hip exoskeleton", tuple(links), tuple(hinges))


def ankle_exoskeleton(joint_names: Sequence[str] = ("ankle_right", "ankle_left")) -> DeviceDesign:
    """A bilateral ankle exoskeleton of 1.6 kg a side: shank cuff with a motor, sole plate.

    Args:
        joint_names: Of the right and the left motor.
    """
    links, hinges = [], []
    for side, name in zip("rl", joint_names, strict=True):
        shank, foot = f"tibia_{side}", f"calcn_{side}"
        links.append(DeviceLink(shank, 1.1, (-0.05, 0.0, -0.22), 0.09, (0.0, 0.0, -0.2), _CUFF))
        links.append(DeviceLink(foot, 0.5, (0.08, 0.0, 0.0), 0.08, (0.08, 0.0, 0.0), _SHOE))
        hinges.append(DeviceHinge(name, f"ankle_angle_{side}", shank, foot))
    return DeviceDesign("ankle exoskeleton", tuple(links), tuple(hinges))
