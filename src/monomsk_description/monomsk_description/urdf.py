"""The skeleton as a URDF, for RViz and for programs that read nothing else.

URDF knows only one-degree joints and linear mimics. So every axis is a joint of its own, with
massless links between them, and a coupled axis follows its coordinate by the straight line that
fits its curve best over the coordinate's range. For Rajagopal's knee at a stature of 1.70 m the
lines stray by 0.65 and 0.92 mm (translations), 1.6 and 4.4 degrees (tibial adduction and
rotation), most at the straight knee; the tibia's pose by 1.3 mm and 4.5 degrees. Good enough to
look at; dynamics belong to `Skeleton`.

A mimicked coordinate comes after some of its followers in the chain. URDF allows that; Pinocchio's
reader does not and must be told to ignore mimics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pinocchio as pin

from monomsk_description.anatomy import Anatomy, Joint, Segment, TransformAxis
from monomsk_description.assembly import axis_name, to_pose
from monomsk_description.frames import Array, rotation_to_rep103, to_rep103

# URDF demands limits of effort and velocity; a human's are unknown, so these never bind.
_EFFORT_LIMIT, _VELOCITY_LIMIT = 2000.0, 50.0
_JOINT_TYPES = {"rotation": "revolute", "translation": "prismatic"}
#: A visual's radius over its length, and its bounds [m].
_RADIUS_RATIO, _RADIUS_RANGE_M = 0.12, (0.01, 0.04)


@dataclass(frozen=True)
class MimicFit:
    """The straight line that stands for a curve: axis = multiplier * coordinate + offset.

    Attributes:
        multiplier: Axis over coordinate [rad or m per rad].
        offset: At coordinate zero [rad or m].
        max_error: Largest distance between line and curve over the range [rad or m].
    """

    multiplier: float
    offset: float
    max_error: float


def fit_mimic(axis: TransformAxis, bounds: tuple[float, float]) -> MimicFit:
    """The line that fits a coupled axis best, by least squares over the coordinate's range."""
    places = np.linspace(*bounds, 200)
    values = places if axis.curve is None else axis.curve(places)
    multiplier, offset = np.polyfit(places, values, 1)
    errors = np.abs(multiplier * places + offset - values)
    return MimicFit(float(multiplier), float(offset), float(errors.max()))


def to_urdf(anatomy: Anatomy) -> str:
    """The anatomy as URDF text in REP-103 axes.

    Links have the segments' names, joints those of the coordinates; the root link is `pelvis`.
    Links `r_sole` and `l_sole` are the REP-120 sole frames.
    """
    robot = ElementTree.Element("robot", name=anatomy.name)
    for name, segment in anatomy.segments.items():
        link = ElementTree.SubElement(robot, "link", name=name)
        _add_inertial(link, segment)
        for end in _segment_ends(anatomy, segment):
            _add_visual(link, end)
    for joint in anatomy.joints:
        _add_joint(robot, joint, anatomy)
    for side, site in zip(("r", "l"), anatomy.sole_frames, strict=True):
        ElementTree.SubElement(robot, "link", name=f"{side}_sole")
        pose = pin.SE3(np.eye(3), to_rep103(site.location_m))
        _joint_element(robot, f"{side}_sole_mount", "fixed", (site.segment, f"{side}_sole"), pose)
    ElementTree.indent(robot)
    return ElementTree.tostring(robot, encoding="unicode", xml_declaration=True)


def _add_joint(robot: ElementTree.Element, joint: Joint, anatomy: Anatomy) -> None:
    """The chain of one-degree joints, then a fixed one to the child's own frame."""
    parent, pose = joint.parent, to_pose(joint.in_parent)
    for number, axis in enumerate(joint.axes):
        name = axis_name(joint, number)
        link = f"{name}_frame"
        ElementTree.SubElement(robot, "link", name=link)
        element = _joint_element(robot, name, _JOINT_TYPES[axis.kind], (parent, link), pose)
        ElementTree.SubElement(element, "axis", xyz=_text(to_rep103(axis.axis)))
        _add_limit(element, axis, anatomy.coordinate_ranges_rad[axis.coordinate])
        parent, pose = link, pin.SE3.Identity()
    pose = pose * to_pose(joint.in_child).inverse()
    _joint_element(robot, f"{joint.child}_mount", "fixed", (parent, joint.child), pose)


def _joint_element(
    robot: ElementTree.Element, name: str, kind: str, links: tuple[str, str], pose: pin.SE3
) -> ElementTree.Element:
    element = ElementTree.SubElement(robot, "joint", name=name, type=kind)
    ElementTree.SubElement(element, "parent", link=links[0])
    ElementTree.SubElement(element, "child", link=links[1])
    _add_origin(element, pose)
    return element


def _add_limit(
    element: ElementTree.Element, axis: TransformAxis, bounds: tuple[float, float]
) -> None:
    low, high = bounds
    if axis.curve is not None:
        fit = fit_mimic(axis, bounds)
        low, high = sorted(fit.multiplier * bound + fit.offset for bound in bounds)
        ElementTree.SubElement(
            element, "mimic", joint=axis.coordinate,
            multiplier=_text([fit.multiplier]), offset=_text([fit.offset]),
        )  # fmt: skip
    ElementTree.SubElement(
        element, "limit", lower=_text([low]), upper=_text([high]),
        effort=_text([_EFFORT_LIMIT]), velocity=_text([_VELOCITY_LIMIT]),
    )  # fmt: skip


def _add_inertial(link: ElementTree.Element, segment: Segment) -> None:
    inertial = ElementTree.SubElement(link, "inertial")
    _add_origin(inertial, pin.SE3(np.eye(3), to_rep103(segment.center_of_mass_m)))
    ElementTree.SubElement(inertial, "mass", value=_text([segment.mass_kg]))
    inertia = rotation_to_rep103(segment.inertia_kg_m2)
    ElementTree.SubElement(
        inertial, "inertia",
        ixx=_text([inertia[0, 0]]), ixy=_text([inertia[0, 1]]), ixz=_text([inertia[0, 2]]),
        iyy=_text([inertia[1, 1]]), iyz=_text([inertia[1, 2]]), izz=_text([inertia[2, 2]]),
    )  # fmt: skip


def _segment_ends(anatomy: Anatomy, segment: Segment) -> list[Array]:
    """Where a segment's visuals lead from its origin: its children's joint centres, or its tip."""
    ends = [j.in_parent.translation for j in anatomy.joints if j.parent == segment.name]
    if not ends:
        ends = [2.0 * segment.center_of_mass_m]
    return [to_rep103(end) for end in ends]


def _add_visual(link: ElementTree.Element, end: Array) -> None:
    """A cylinder from the link's origin to `end`; none where the two nearly meet."""
    length = float(np.linalg.norm(end))
    if length < _RADIUS_RANGE_M[0]:
        return
    visual = ElementTree.SubElement(link, "visual")
    towards_end = pin.Quaternion.FromTwoVectors(np.array([0.0, 0.0, 1.0]), end / length)
    _add_origin(visual, pin.SE3(towards_end.toRotationMatrix(), 0.5 * end))
    radius = float(np.clip(_RADIUS_RATIO * length, *_RADIUS_RANGE_M))
    geometry = ElementTree.SubElement(visual, "geometry")
    ElementTree.SubElement(geometry, "cylinder", radius=_text([radius]), length=_text([length]))


def _add_origin(element: ElementTree.Element, pose: pin.SE3) -> None:
    angles = pin.rpy.matrixToRpy(pose.rotation)
    ElementTree.SubElement(element, "origin", xyz=_text(pose.translation), rpy=_text(angles))


def _text(numbers: Sequence[float] | Array) -> str:
    # Adding zero turns -0 into 0.
    return " ".join(f"{number + 0.0:.15g}" for number in numbers)
