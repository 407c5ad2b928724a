"""Turns an anatomy into a Pinocchio model: one joint for each axis, added depth-first.

Depth-first matters: with any other order Pinocchio's derivatives and mass matrix are silently
wrong, while inverse and forward dynamics still agree with each other.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from monomsk_description.anatomy import Anatomy, Joint, Placement, Segment, TransformAxis
from monomsk_description.errors import AnatomyFileError
from monomsk_description.frames import (
    GRAVITY_WORLD,
    ROTATION_REP103_OPENSIM,
    rotation_to_rep103,
    to_rep103,
)

ROOT_SEGMENT = "pelvis"

_JOINT_MODELS = {
    "rotation": pin.JointModelRevoluteUnaligned,
    "translation": pin.JointModelPrismaticUnaligned,
}


@dataclass(frozen=True)
class SegmentFrame:
    """A segment's frame: the joint that carries it and its place in that joint's frame."""

    joint: int
    placement: pin.SE3


@dataclass(frozen=True)
class Assembly:
    """A Pinocchio model in REP-103 axes and what connects it to the anatomy.

    Attributes:
        model: Free-flyer pelvis, then one one-degree joint an axis.
        axes: The axes in the order of the model's joints.
        coordinates: The coordinates in the order of their first axis.
        segments: Each segment's frame.
    """

    model: pin.Model
    axes: tuple[TransformAxis, ...]
    coordinates: tuple[str, ...]
    segments: dict[str, SegmentFrame]


def assemble(anatomy: Anatomy) -> Assembly:
    """The Pinocchio model of an anatomy.

    Raises:
        AnatomyFileError: The joints are not depth-first, or do not move each segment once.
    """
    _check_depth_first(anatomy)
    model = pin.Model()
    model.name = anatomy.name
    model.gravity.linear = GRAVITY_WORLD.copy()
    root = model.addJoint(0, pin.JointModelFreeFlyer(), pin.SE3.Identity(), ROOT_SEGMENT)
    model.appendBodyToJoint(root, _inertia(anatomy.segments[ROOT_SEGMENT]), pin.SE3.Identity())
    segments = {ROOT_SEGMENT: SegmentFrame(root, pin.SE3.Identity())}
    axes: list[TransformAxis] = []
    for joint in anatomy.joints:
        frame = _add_joint(model, joint, segments[joint.parent])
        model.appendBodyToJoint(
            frame.joint, _inertia(anatomy.segments[joint.child]), frame.placement
        )
        segments[joint.child] = frame
        axes.extend(joint.axes)
    _set_limits(model, anatomy, axes)
    coordinates = tuple(dict.fromkeys(axis.coordinate for axis in axes))
    return Assembly(model, tuple(axes), coordinates, segments)


def to_pose(placement: Placement) -> pin.SE3:
    """A placement in OpenSim axes as a pose in REP-103 axes."""
    return pin.SE3(rotation_to_rep103(placement.rotation), to_rep103(placement.translation))


def _check_depth_first(anatomy: Anatomy) -> None:
    branch = [ROOT_SEGMENT]
    for joint in anatomy.joints:
        if joint.parent not in branch:
            raise AnatomyFileError(
                anatomy.name, f"joint {joint.name!r} is out of depth-first order"
            )
        del branch[branch.index(joint.parent) + 1 :]
        branch.append(joint.child)
    moved = sorted([ROOT_SEGMENT, *(joint.child for joint in anatomy.joints)])
    if moved != sorted(anatomy.segments):
        wrong = ", ".join(sorted(set(moved) ^ set(anatomy.segments))) or "one is moved twice"
        raise AnatomyFileError(anatomy.name, f"joints must move each segment once: {wrong}")


def _add_joint(model: pin.Model, joint: Joint, parent: SegmentFrame) -> SegmentFrame:
    """Adds the joint's axes one after another; returns the child's frame."""
    current, placement = parent.joint, parent.placement * to_pose(joint.in_parent)
    for number, axis in enumerate(joint.axes):
        joint_model = _JOINT_MODELS[axis.kind](to_rep103(axis.axis))
        current = model.addJoint(current, joint_model, placement, axis_name(joint, number))
        placement = pin.SE3.Identity()
    return SegmentFrame(current, placement * to_pose(joint.in_child).inverse())


def axis_name(joint: Joint, number: int) -> str:
    """The name of a joint's axis: its coordinate, or one of its own where it only follows."""
    axis = joint.axes[number]
    if axis.curve is None:
        return axis.coordinate
    return f"{axis.coordinate}_{axis.kind}_{number}"


def _inertia(segment: Segment) -> pin.Inertia:
    rotation = ROTATION_REP103_OPENSIM
    inertia = rotation @ segment.inertia_kg_m2 @ rotation.T
    return pin.Inertia(segment.mass_kg, to_rep103(segment.center_of_mass_m), inertia)


def _set_limits(model: pin.Model, anatomy: Anatomy, axes: list[TransformAxis]) -> None:
    for index, axis in enumerate(axes):
        low, high = anatomy.coordinate_ranges_rad[axis.coordinate]
        if axis.curve is not None:
            values = axis.curve(np.linspace(low, high, 50))
            low, high = float(values.min()), float(values.max())
        model.lowerPositionLimit[7 + index] = low
        model.upperPositionLimit[7 + index] = high
    model.lowerPositionLimit[:7] = -np.inf
    model.upperPositionLimit[:7] = np.inf
