"""From joints as OpenSim writes them to joints of an anatomy."""

from collections.abc import Iterator

import numpy as np

from monomsk_description.anatomy import Joint, Placement, TransformAxis
from monomsk_description.errors import UnsupportedModelError
from monomsk_description.frames import rotation_about
from monomsk_description.osim_document import GROUND, OsimAxis, OsimDocument, OsimJoint


def to_joint(joint: OsimJoint, source: str) -> Joint:
    """The joint with its constant axes folded into its frames.

    Raises:
        UnsupportedModelError: A coordinate moves no axis one to one.
    """
    found = to_riding_joint(joint)
    led = {axis.coordinate for axis in found.axes if axis.curve is None}
    for axis in found.axes:
        if axis.coordinate not in led:
            raise UnsupportedModelError(
                source, f"joint {joint.name!r}", f"no axis is {axis.coordinate} itself"
            )
    return found


def to_riding_joint(joint: OsimJoint) -> Joint:
    """The same for a joint whose coordinates need not move any axis one to one."""
    in_parent, in_child, moving = _fold_constants(joint)
    axes = tuple(_transform_axes(moving))
    return Joint(joint.name, joint.parent, joint.child, in_parent, in_child, axes)


def place_at(joint: OsimJoint, coordinates: dict[str, float]) -> Placement:
    """The child's frame in the parent's at the given coordinates."""
    placement = joint.in_parent
    for axis in joint.axes:
        value = axis.curve.at(coordinates[axis.coordinate] if axis.coordinate else 0.0).value
        if axis.kind == "translation":
            move = Placement(np.eye(3), value * axis.axis)
        else:
            move = Placement(rotation_about(axis.axis, value), np.zeros(3))
        placement = placement.compose(move)
    return placement.compose(joint.in_child.inverse())


def depth_first(document: OsimDocument, root: str, order: tuple[str, ...]) -> list[OsimJoint]:
    """The joints below a body, a whole branch before the next.

    Args:
        document: The model.
        root: Name of the body to start from.
        order: Names of children: of two branches, the earlier named comes first. Branches that
            are not named follow in the file's order.

    Raises:
        UnsupportedModelError: A body is moved by several joints, hangs on nothing or is not there.
    """
    rank = {name: index for index, name in enumerate(order)}
    found: list[OsimJoint] = []

    def descend(body: str) -> None:
        children = [joint for joint in document.joints if joint.parent == body]
        for joint in sorted(children, key=lambda j: rank.get(j.child, len(rank))):
            if joint.child in seen:
                raise UnsupportedModelError(
                    document.source, f"body {joint.child!r}", "it closes a loop of joints"
                )
            if joint.child not in document.bodies:
                raise UnsupportedModelError(
                    document.source, f"joint {joint.name!r}", f"there is no body {joint.child!r}"
                )
            seen.add(joint.child)
            found.append(joint)
            descend(joint.child)

    seen = {GROUND, root}
    descend(root)
    for name in document.bodies:
        if name not in seen:
            raise UnsupportedModelError(
                document.source, f"body {name!r}", f"no chain of joints leads to it from {root!r}"
            )
    return found


def _fold_constants(joint: OsimJoint) -> tuple[Placement, Placement, list[OsimAxis]]:
    """Frames and moving axes of the same motion without axes that stay put.

    Constant translations move the parent's frame. A constant rotation C before an axis turns it,
    C R(axis) = R(C axis) C, and so ends up behind all of them, in the child's frame.
    """
    shift, turned = np.zeros(3), np.eye(3)
    moving = []
    for axis in joint.axes:
        direction = turned @ axis.axis
        if axis.coordinate is not None:
            moving.append(OsimAxis(axis.kind, direction, axis.coordinate, axis.curve))
        elif axis.kind == "translation":
            shift = shift + axis.curve.at(0.0).value * direction
        else:
            turned = turned @ rotation_about(axis.axis, axis.curve.at(0.0).value)
    in_parent = joint.in_parent.compose(Placement(np.eye(3), shift))
    in_child = joint.in_child.compose(Placement(turned.T, np.zeros(3)))
    return in_parent, in_child, moving


def _transform_axes(axes: list[OsimAxis]) -> Iterator[TransformAxis]:
    """The first axis that equals its coordinate, or its negative, stands for it."""
    leaders: set[str] = set()
    for axis in axes:
        coordinate, line = axis.coordinate or "", axis.curve.as_line()
        if coordinate not in leaders and line in ((1.0, 0.0), (-1.0, 0.0)):
            leaders.add(coordinate)
            # Adding zero turns -0 into 0.
            yield TransformAxis(axis.kind, line[0] * axis.axis + 0.0, coordinate)
        else:
            yield TransformAxis(axis.kind, axis.axis, coordinate, axis.curve)
