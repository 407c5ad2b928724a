"""The muscles of an OpenSim file as they are written there: parameters, path points, wrapping.

Known are Millard2012Equilibrium, Thelen2003 and DeGrooteFregly2016 muscles over PathPoint,
ConditionalPathPoint and MovingPathPoint, wrapped over WrapCylinders, in the formats of OpenSim 3
and 4. A muscle with anything else is left out, and `OsimMuscles.unread` says which and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from monomsk_description.anatomy import Placement
from monomsk_description.curves import Curve
from monomsk_description.errors import AnatomyFileError, UnsupportedModelError
from monomsk_description.frames import Array, rotation_from_body_xyz
from monomsk_description.osim_functions import read_function
from monomsk_description.osim_xml import number, numbers

_MUSCLES = ("Millard2012EquilibriumMuscle", "Thelen2003Muscle", "DeGrooteFregly2016Muscle")
_USUAL_VELOCITY = 10.0  # OpenSim's default [optimal fibre lengths/s]


@dataclass(frozen=True)
class PathPoint:
    """A point that a muscle's path runs through.

    Attributes:
        segment: On which it sits.
        location_m: In the segment's frame (3,) [m]; where curves are given, these rule.
        curves: x, y, z [m] over a coordinate each, as (coordinate, curve); empty for a fixed point.
        condition: Coordinate and range [rad] in which the point is part of the path; None: always.
    """

    segment: str
    location_m: Array
    curves: tuple[tuple[str, Curve], ...] = ()
    condition: tuple[str, float, float] | None = None


@dataclass(frozen=True)
class WrapCylinder:
    """A cylinder along z of its own frame that paths wrap around.

    Attributes:
        name: In the file.
        segment: On which it sits.
        placement: Its frame in the segment's.
        radius_m: [m].
        length_m: Paths whose both tangent points lie beyond its ends do not wrap [m].
        side: Axis (0 x, 1 y) and sign of the side on which paths must run; None: either.
    """

    name: str
    segment: str
    placement: Placement
    radius_m: float
    length_m: float
    side: tuple[int, float] | None


@dataclass(frozen=True)
class PathWrap:
    """A muscle's way around a cylinder, between the path points `first` and `last`."""

    cylinder: WrapCylinder
    first: int
    last: int


@dataclass(frozen=True)
class OsimMuscle:
    """A muscle of a model; the parameters as in `muscle_file.Muscle`."""

    name: str
    max_isometric_force_n: float
    optimal_fiber_length_m: float
    tendon_slack_length_m: float
    pennation_rad: float
    max_contraction_velocity: float
    points: tuple[PathPoint, ...]
    wraps: tuple[PathWrap, ...]


@dataclass(frozen=True)
class OsimMuscles:
    """All muscles of a model.

    Attributes:
        source: The file.
        muscles: In the file's order.
        unread: By name of a muscle: why it was left out.
    """

    source: str
    muscles: tuple[OsimMuscle, ...]
    unread: Mapping[str, str]


def read_muscles(path: Path) -> OsimMuscles:
    """Reads the muscles of a file.

    Raises:
        AnatomyFileError: The file cannot be read or is malformed.
    """
    source = str(path)
    try:
        model = ElementTree.parse(path).getroot().find("Model")
        if model is None:
            raise AnatomyFileError(source, "holds no OpenSim model")
        return _read(source, model)
    except (OSError, ElementTree.ParseError) as error:
        raise AnatomyFileError(source, str(error)) from error


def _read(source: str, model: Element) -> OsimMuscles:
    objects = {
        element.get("name", ""): (body.get("name", ""), element)
        for body in model.findall("BodySet/objects/Body")
        for element in body.findall("WrapObjectSet/objects/*")
    }
    muscles, unread = [], {}
    for element in model.findall("ForceSet/objects/*"):
        name = element.get("name", "")
        if "Muscle" not in element.tag:
            continue
        try:
            if _is_applied(element):
                muscles.append(_muscle(source, element, objects))
            else:
                unread[name] = "is switched off"
        except UnsupportedModelError as error:
            unread[name] = f"has {error.part}, which is not supported"
        except (TypeError, ValueError) as error:
            unread[name] = f"is malformed: {error}"
    return OsimMuscles(source, tuple(muscles), unread)


def _is_applied(force: Element) -> bool:
    """Whether a force acts, in the format of OpenSim 4 or 3."""
    applied = force.findtext("appliesForce", "true").strip() == "true"
    return applied and force.findtext("isDisabled", "false").strip() != "true"


def _muscle(source: str, element: Element, objects: dict[str, tuple[str, Element]]) -> OsimMuscle:
    path = element.find("GeometryPath")
    if element.tag not in _MUSCLES or path is None:
        raise UnsupportedModelError(source, f"{element.tag} without a GeometryPath", "")
    points = tuple(_point(source, p) for p in path.findall("PathPointSet/objects/*"))
    wraps = [
        wrap
        for entry in path.findall("PathWrapSet/objects/*")
        if (wrap := _wrap(source, entry, objects, len(points))) is not None
    ]
    if len(points) < 2:
        raise UnsupportedModelError(source, "a path of fewer than two points", "")
    return OsimMuscle(
        name=element.get("name", ""),
        max_isometric_force_n=_positive(element, "max_isometric_force"),
        optimal_fiber_length_m=_positive(element, "optimal_fiber_length"),
        tendon_slack_length_m=_positive(element, "tendon_slack_length"),
        pennation_rad=number(element, "pennation_angle_at_optimal", 0.0),
        max_contraction_velocity=_positive(element, "max_contraction_velocity", _USUAL_VELOCITY),
        points=points,
        wraps=tuple(wraps),
    )


def _point(source: str, element: Element) -> PathPoint:
    segment = _last(element, "socket_parent_frame", "socket_parent", "body")
    if element.tag == "PathPoint":
        return PathPoint(segment, _three(numbers(element, "location")))
    if element.tag == "ConditionalPathPoint":
        low, high = numbers(element, "range")
        condition = (_last(element, "socket_coordinate", "coordinate"), float(low), float(high))
        return PathPoint(segment, _three(numbers(element, "location")), condition=condition)
    if element.tag == "MovingPathPoint":
        curves = tuple(
            (
                _last(element, f"socket_{axis}_coordinate", f"{axis}_coordinate"),
                _location(source, element.find(f"{axis}_location")),
            )
            for axis in "xyz"
        )
        return PathPoint(segment, np.zeros(3), curves)
    raise UnsupportedModelError(source, element.tag, "")


def _location(source: str, owner: Element | None) -> Curve:
    """The function inside an element, whatever it is called."""
    wrapped = Element("point")
    SubElement(wrapped, "function").extend(list(owner) if owner is not None else [])
    curve = read_function(wrapped, source)
    if curve is None:
        raise ValueError("a moving point without a function")
    return curve


def _wrap(
    source: str, entry: Element, objects: dict[str, tuple[str, Element]], points: int
) -> PathWrap | None:
    """The wrap; None where its object is not active."""
    name = (entry.findtext("wrap_object") or "").strip()
    if name not in objects:
        raise UnsupportedModelError(source, f"wrap object {name!r} without a definition", "")
    segment, element = objects[name]
    if element.tag != "WrapCylinder":
        raise UnsupportedModelError(source, element.tag, "only cylinders are known")
    if (element.findtext("active") or "true").strip() != "true":
        return None
    quadrant = (element.findtext("quadrant") or "all").strip()
    sides = {"x": (0, 1.0), "y": (1, 1.0), "all": None}
    side = sides.get(quadrant.lstrip("+-"))
    if quadrant.lstrip("+-") not in sides:
        raise UnsupportedModelError(source, f"WrapCylinder with quadrant {quadrant!r}", "")
    if side is not None and quadrant.startswith("-"):
        side = (side[0], -1.0)
    placement = Placement(
        rotation_from_body_xyz(_three(numbers(element, "xyz_body_rotation"))),
        _three(numbers(element, "translation")),
    )
    cylinder = WrapCylinder(
        name, segment, placement, _positive(element, "radius"), _positive(element, "length"), side
    )
    first, last = numbers(entry, "range") if entry.find("range") is not None else (-1.0, -1.0)
    return PathWrap(cylinder, max(int(first), 1) - 1, (int(last) if last >= 1 else points) - 1)


def _last(element: Element, *tags: str) -> str:
    """The last part of the path in the first of the children that is there."""
    for tag in tags:
        text = element.findtext(tag)
        if text:
            return text.strip().split("/")[-1]
    raise ValueError(f"{element.get('name')!r} names no {tags[-1]}")


def _positive(element: Element, tag: str, default: float | None = None) -> float:
    value = number(element, tag, default)
    if value <= 0.0:
        raise ValueError(f"{tag} of {element.get('name')!r} is {value:g}")
    return value


def _three(values: Array) -> Array:
    if values.shape != (3,):
        raise ValueError(f"{values.size} numbers, expected three")
    return values
