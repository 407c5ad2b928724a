"""The parts of an OpenSim file that make a skeleton, as they are written there.

Reads the format of OpenSim 4 (bodies and joints apart) and that of OpenSim 3 (a joint inside the
body that it moves).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from monomsk_description.anatomy import AxisKind, Placement, Segment, Site
from monomsk_description.curves import Curve, polynomial
from monomsk_description.errors import AnatomyFileError, UnsupportedModelError
from monomsk_description.frames import Array, rotation_from_body_xyz
from monomsk_description.osim_functions import read_function
from monomsk_description.osim_xml import number, numbers

GROUND = "ground"

# Axes of the joints that OpenSim knows by name; True: translation.
_X, _Y, _Z = np.eye(3)
_NAMED_AXES: dict[str, tuple[tuple[AxisKind, Array], ...]] = {
    "WeldJoint": (),
    "PinJoint": (("rotation", _Z),),
    "SliderJoint": (("translation", _X),),
    "UniversalJoint": (("rotation", _X), ("rotation", _Y)),
    "GimbalJoint": (("rotation", _X), ("rotation", _Y), ("rotation", _Z)),
    "BallJoint": (("rotation", _X), ("rotation", _Y), ("rotation", _Z)),
    "FreeJoint": tuple((kind, a) for kind in ("rotation", "translation") for a in (_X, _Y, _Z)),
}


@dataclass(frozen=True)
class OsimAxis:
    """An axis of a joint; `coordinate` is None where it stays put at the curve's value."""

    kind: AxisKind
    axis: Array
    coordinate: str | None
    curve: Curve


@dataclass(frozen=True)
class OsimJoint:
    """A joint; its axes in the order in which the motion is composed."""

    name: str
    parent: str
    child: str
    in_parent: Placement
    in_child: Placement
    ranges: dict[str, tuple[float, float]]
    axes: tuple[OsimAxis, ...]


@dataclass(frozen=True)
class OsimDocument:
    """A model: bodies by name, joints in the file's order, coupled coordinates, markers.

    Attributes:
        couplers: By dependent coordinate: the coordinate that leads it and the function.
        drawn_sizes: Scale at which a body's bones are drawn along x, y, z (3,), where any are.
            OpenSim's scale tool keeps its factors there.
    """

    name: str
    source: str
    bodies: dict[str, Segment]
    joints: tuple[OsimJoint, ...]
    couplers: dict[str, tuple[str, Curve]]
    markers: tuple[Site, ...]
    drawn_sizes: dict[str, Array]


def read_document(path: Path) -> OsimDocument:
    """Reads a file.

    Raises:
        AnatomyFileError: The file cannot be read or is malformed.
        UnsupportedModelError: It has a joint, function or constraint that is not known.
    """
    source = str(path)
    try:
        model = ElementTree.parse(path).getroot().find("Model")
        if model is None:
            raise AnatomyFileError(source, "holds no OpenSim model")
        return _Reader(source, model).document()
    except OSError as error:
        raise AnatomyFileError(source, f"cannot be read: {error.strerror}") from error
    except ElementTree.ParseError as error:
        raise AnatomyFileError(source, f"not XML: {error}") from error
    except (TypeError, ValueError) as error:
        raise AnatomyFileError(source, f"missing or malformed entry: {error}") from error


class _Reader:
    def __init__(self, source: str, model: Element) -> None:
        self._source = source
        self._model = model

    def document(self) -> OsimDocument:
        elements = [b for b in self._objects("BodySet") if b.get("name") != GROUND]
        if not elements:
            raise AnatomyFileError(self._source, "the model has no bodies")
        bodies = {_name(element): _body(element) for element in elements}
        joints = [self._joint(e) for e in self._objects("JointSet")]
        joints += [self._old_joint(body, e) for body in elements for e in _inner_joints(body)]
        return OsimDocument(
            name=self._model.get("name", ""),
            source=self._source,
            bodies=bodies,
            joints=tuple(joints),
            couplers=dict(self._couplers()),
            markers=tuple(map(_marker, self._objects("MarkerSet"))),
            drawn_sizes={_name(e): size for e in elements if (size := _drawn_size(e)).size == 3},
        )

    def _objects(self, set_name: str) -> list[Element]:
        objects = self._model.find(f"{set_name}/objects")
        return [] if objects is None else list(objects)

    def _joint(self, element: Element) -> OsimJoint:
        parent, in_parent = self._frame(element, element.findtext("socket_parent_frame", ""))
        child, in_child = self._frame(element, element.findtext("socket_child_frame", ""))
        coordinates = element.findall("coordinates/Coordinate")
        return OsimJoint(
            _name(element), parent, child, in_parent, in_child,
            _ranges(coordinates), self._axes(element, coordinates),
        )  # fmt: skip

    def _old_joint(self, body: Element, element: Element) -> OsimJoint:
        if element.findtext("reverse", "false").strip() == "true":
            raise self._unsupported(element, "it is reversed")
        coordinates = element.findall("CoordinateSet/objects/Coordinate")
        return OsimJoint(
            _name(element),
            element.findtext("parent_body", "").strip(),
            _name(body),
            _placement(element, "location_in_parent", "orientation_in_parent"),
            _placement(element, "location", "orientation"),
            _ranges(coordinates),
            self._axes(element, coordinates),
        )

    def _frame(self, joint: Element, path: str) -> tuple[str, Placement]:
        """The body that a socket leads to, and where the frame sits in it."""
        name = path.strip().split("/")[-1]
        for frame in joint.findall("frames/PhysicalOffsetFrame"):
            if frame.get("name") == name:
                body, outer = self._frame(joint, frame.findtext("socket_parent", ""))
                return body, outer.compose(_placement(frame, "translation", "orientation"))
        if name == GROUND or path.strip().split("/")[-2:-1] == ["bodyset"]:
            return name, Placement(np.eye(3), np.zeros(3))
        raise self._unsupported(joint, f"its frame {path!r} belongs to another component")

    def _axes(self, joint: Element, coordinates: list[Element]) -> tuple[OsimAxis, ...]:
        if joint.tag == "CustomJoint":
            elements = {e.get("name"): e for e in joint.findall("SpatialTransform/TransformAxis")}
            # The child is first moved along the parent's axes, then turned.
            order = [f"{kind}{i}" for kind in ("translation", "rotation") for i in (1, 2, 3)]
            own = {_name(coordinate) for coordinate in coordinates}
            return tuple(self._custom_axis(joint, elements[n], own) for n in order if n in elements)
        if joint.tag not in _NAMED_AXES:
            known = ", ".join(("CustomJoint", *_NAMED_AXES))
            raise self._unsupported(joint, f"known are {known}")
        if len(coordinates) != len(_NAMED_AXES[joint.tag]):
            raise self._unsupported(joint, f"it has {len(coordinates)} coordinates")
        same = polynomial([0.0, 1.0])
        axes = [
            OsimAxis(kind, axis, _name(coordinate), same)
            for (kind, axis), coordinate in zip(_NAMED_AXES[joint.tag], coordinates, strict=True)
        ]
        # As above; a free joint names its angles first.
        return tuple(sorted(axes, key=lambda axis: axis.kind == "rotation"))

    def _custom_axis(self, joint: Element, element: Element, own: set[str]) -> OsimAxis:
        kind: AxisKind = (
            "rotation" if element.get("name", "").startswith("rotation") else "translation"
        )
        drivers = element.findtext("coordinates", "").split()
        if len(drivers) > 1:
            raise self._unsupported(joint, f"axis {element.get('name')} has several coordinates")
        curve = read_function(element, self._source)
        if curve is None:
            curve = polynomial([0.0, 1.0] if drivers else 0.0)
        line, axis = curve.as_line(), _vector(element, "axis")
        length = float(np.linalg.norm(axis))
        if not length:
            raise ValueError(f"axis {_name(element)} of {_name(joint)!r} has no direction")
        is_still = line is not None and line[0] == 0.0
        if not (is_still or own.intersection(drivers)):
            raise self._unsupported(
                joint, f"axis {_name(element)} has no coordinate of the joint's own"
            )
        return OsimAxis(kind, axis / length, None if is_still else drivers[0], curve)

    def _couplers(self) -> Iterator[tuple[str, tuple[str, Curve]]]:
        for element in self._objects("ConstraintSet"):
            if not _is_enforced(element):
                continue
            leaders = element.findtext("independent_coordinate_names", "").split()
            curve = read_function(element, self._source)
            if element.tag != "CoordinateCouplerConstraint" or len(leaders) != 1 or curve is None:
                raise self._unsupported(element, "only couplers of two coordinates are known")
            scale = number(element, "scale_factor", 1.0)
            dependent = element.findtext("dependent_coordinate_name", "").strip()
            yield dependent, (leaders[0], curve.scaled(scale))

    def _unsupported(self, element: Element, reason: str) -> UnsupportedModelError:
        return UnsupportedModelError(self._source, f"{element.tag} {_name(element)!r}", reason)


def _name(element: Element) -> str:
    return element.get("name", "")


def _body(element: Element) -> Segment:
    if element.find("inertia") is not None:
        xx, yy, zz, xy, xz, yz = numbers(element, "inertia")
    else:
        xx, yy, zz, xy, xz, yz = (
            number(element, f"inertia_{axes}", 0.0) for axes in ("xx", "yy", "zz", "xy", "xz", "yz")
        )
    inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    center, mass_kg = _vector(element, "mass_center"), number(element, "mass", 0.0)
    if mass_kg < 0.0:
        raise ValueError(f"mass of {_name(element)!r} is {mass_kg:g}")
    return Segment(_name(element), mass_kg, center, inertia)


def _drawn_size(body: Element) -> Array:
    """The scale of the first mesh, in the format of OpenSim 4 or 3; empty without any.

    A negative one draws the bone of the other side.
    """
    for path in ("attached_geometry/Mesh", "VisibleObject"):
        drawn = body.find(path)
        if drawn is not None:
            size = np.abs(numbers(drawn, "scale_factors"))
            return size if size.all() else np.empty(0)
    return np.empty(0)


def _inner_joints(body: Element) -> list[Element]:
    joint = body.find("Joint")
    return [] if joint is None else list(joint)


def _marker(element: Element) -> Site:
    frame = element.findtext("socket_parent_frame") or element.findtext("body") or GROUND
    return Site(_name(element), frame.strip().split("/")[-1], _vector(element, "location"))


def _ranges(coordinates: list[Element]) -> dict[str, tuple[float, float]]:
    ranges = {}
    for coordinate in coordinates:
        low, high = numbers(coordinate, "range")
        if low > high:
            raise ValueError(f"range of {_name(coordinate)!r} is {low:g} to {high:g}")
        ranges[_name(coordinate)] = (float(low), float(high))
    return ranges


def _placement(element: Element, location: str, orientation: str) -> Placement:
    angles = _vector(element, orientation)
    return Placement(rotation_from_body_xyz(angles), _vector(element, location))


def _vector(element: Element, tag: str) -> Array:
    values = numbers(element, tag)
    if values.size == 0:
        return np.zeros(3)
    if values.shape != (3,) or np.isinf(values).any():
        raise ValueError(f"{tag} of {_name(element)!r} is not three finite numbers")
    return values


def _is_enforced(constraint: Element) -> bool:
    enforced = constraint.findtext("isEnforced", "true").strip() == "true"
    return enforced and constraint.findtext("isDisabled", "false").strip() != "true"
