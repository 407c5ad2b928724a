"""Writes a skeleton as an OpenSim model: bodies, joints, coordinates, bones, markers; no muscles.

The file has OpenSim 4's format and axes. Markers are the landmarks, and the anatomy's own markers.
The pelvis joins the ground as in Rajagopal 2016: tilt, list and rotation, then three translations.
"""

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from monomsk_description.anatomy import Anatomy, Joint, Placement, Segment, Site, TransformAxis
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_description.curves import polynomial
from monomsk_description.errors import UnsupportedModelError
from monomsk_description.frames import GRAVITY_WORLD, to_opensim
from monomsk_description.landmarks import LANDMARK_NAMES, place_landmarks
from monomsk_description.osim_functions import write_function
from monomsk_description.osim_meshes import mesh_files, unscaled_size
from monomsk_description.osim_xml import add_text, add_vector, angles_of
from monomsk_description.skeleton import Skeleton

_VERSION = "40500"
_HERE = Placement(np.eye(3), np.zeros(3))
_X, _Y, _Z = np.eye(3)

_PELVIS_AXES = (
    TransformAxis("translation", _X, "pelvis_tx"),
    TransformAxis("translation", _Y, "pelvis_ty"),
    TransformAxis("translation", _Z, "pelvis_tz"),
    TransformAxis("rotation", _Z, "pelvis_tilt"),
    TransformAxis("rotation", _X, "pelvis_list"),
    TransformAxis("rotation", _Y, "pelvis_rotation"),
)
#: Wide enough for any motion: radians for the angles, metres for the places.
_PELVIS_RANGES = {axis.coordinate: (-100.0, 100.0) for axis in _PELVIS_AXES}

_PUBLICATIONS = {
    "rajagopal2016": "Rajagopal A., Dembia C. L., DeMers M. S., Hicks J. L., Delp S. L. (2016), "
    "Full-Body Musculoskeletal Model for Muscle-Driven Simulation of Human Gait, "
    "IEEE Transactions on Biomedical Engineering 63(10), 2068-2079.",
}


def to_osim(skeleton: Skeleton, path: Path) -> None:
    """Writes the model file.

    Raises:
        OSError: The file cannot be written.
        UnsupportedModelError: A joint's axes do not fit OpenSim's three translations, then three
            rotations.
    """
    path.write_text(osim_text(skeleton), encoding="utf-8")


def osim_text(skeleton: Skeleton) -> str:
    """The content of the model file; errors as `to_osim`."""
    anatomy, subject = skeleton.anatomy, skeleton.subject
    document = Element("OpenSimDocument", Version=_VERSION)
    model = SubElement(document, "Model", name=anatomy.name)
    size = f"{subject.height_m:.3f} m and {anatomy.mass_kg:.2f} kg"
    add_text(model, "credits", f"Skeleton {anatomy.name} at {size}, without muscles.")
    add_text(model, "publications", _PUBLICATIONS.get(anatomy.name, ""))
    add_text(model, "length_units", "meters")
    add_text(model, "force_units", "N")
    add_vector(model, "gravity", to_opensim(GRAVITY_WORLD))
    bodies = _objects(model, "BodySet")
    for segment in anatomy.segments.values():
        _add_body(bodies, segment, anatomy)
    joints = _objects(model, "JointSet")
    height_m = float(skeleton.neutral()[2])
    root = Joint("ground_pelvis", "ground", ROOT_SEGMENT, _HERE, _HERE, _PELVIS_AXES)
    _add_joint(joints, root, _PELVIS_RANGES, {"pelvis_ty": height_m})
    for joint in anatomy.joints:
        _add_joint(joints, joint, anatomy.coordinate_ranges_rad, {})
    markers = _objects(model, "MarkerSet")
    # A model that was written here and read again has the landmarks among its markers.
    own = [site for site in anatomy.markers if site.name not in LANDMARK_NAMES]
    for site in (*place_landmarks(anatomy), *own):
        _add_marker(markers, site)
    ElementTree.indent(document)
    return ElementTree.tostring(document, encoding="unicode", xml_declaration=True)


def _objects(model: Element, set_name: str) -> Element:
    return SubElement(SubElement(model, set_name, name=set_name.lower()), "objects")


def _add_body(bodies: Element, segment: Segment, anatomy: Anatomy) -> None:
    body = SubElement(bodies, "Body", name=segment.name)
    drawn = SubElement(body, "attached_geometry")
    size = anatomy.scale_factors.get(segment.name, np.ones(3)) * unscaled_size(segment.name)
    for number, file in enumerate(mesh_files(segment.name), start=1):
        mesh = SubElement(drawn, "Mesh", name=f"{segment.name}_geom_{number}")
        add_text(mesh, "socket_frame", "..")
        add_vector(mesh, "scale_factors", size)
        add_text(mesh, "mesh_file", file)
    add_vector(body, "mass", [segment.mass_kg])
    add_vector(body, "mass_center", segment.center_of_mass_m)
    inertia = segment.inertia_kg_m2
    rows, columns = (0, 1, 2, 0, 0, 1), (0, 1, 2, 1, 2, 2)
    add_vector(body, "inertia", inertia[rows, columns])


def _add_joint(
    joints: Element,
    joint: Joint,
    ranges: dict[str, tuple[float, float]],
    defaults: dict[str, float],
) -> None:
    kind = _joint_type(joint)
    element = SubElement(joints, kind, name=joint.name)
    add_text(element, "socket_parent_frame", f"{joint.parent}_offset")
    add_text(element, "socket_child_frame", f"{joint.child}_offset")
    if joint.axes:
        coordinates = SubElement(element, "coordinates")
        for name in dict.fromkeys(axis.coordinate for axis in joint.axes):
            _add_coordinate(coordinates, name, ranges[name], defaults.get(name, 0.0))
    frames = SubElement(element, "frames")
    for segment, placement in ((joint.parent, joint.in_parent), (joint.child, joint.in_child)):
        frame = SubElement(frames, "PhysicalOffsetFrame", name=f"{segment}_offset")
        add_text(
            frame, "socket_parent", "/ground" if segment == "ground" else f"/bodyset/{segment}"
        )
        add_vector(frame, "translation", placement.translation)
        add_vector(frame, "orientation", angles_of(placement.rotation))
    if kind == "CustomJoint":
        _add_spatial_transform(element, joint)


def _joint_type(joint: Joint) -> str:
    if not joint.axes:
        return "WeldJoint"
    first = joint.axes[0]
    is_pin = len(joint.axes) == 1 and first.kind == "rotation" and first.curve is None
    return "PinJoint" if is_pin and np.array_equal(first.axis, _Z) else "CustomJoint"


def _add_coordinate(
    coordinates: Element, name: str, bounds: tuple[float, float], default: float
) -> None:
    coordinate = SubElement(coordinates, "Coordinate", name=name)
    add_vector(coordinate, "default_value", [default])
    add_vector(coordinate, "range", bounds)
    add_text(coordinate, "clamped", "true")
    # A completed weld has no range; in OpenSim that is a lock.
    add_text(coordinate, "locked", "true" if bounds[0] == bounds[1] else "false")


def _add_spatial_transform(element: Element, joint: Joint) -> None:
    kinds = [axis.kind for axis in joint.axes]
    if kinds != sorted(kinds, reverse=True) or max(map(kinds.count, kinds)) > 3:
        raise UnsupportedModelError(
            "OpenSim", f"joint {joint.name!r}", "it wants up to 3 translations, then 3 rotations"
        )
    transform = SubElement(element, "SpatialTransform")
    for kind in ("rotation", "translation"):
        moving = [axis for axis in joint.axes if axis.kind == kind]
        for number, axis in enumerate([*moving, *_still_axes(moving)], start=1):
            slot = SubElement(transform, "TransformAxis", name=f"{kind}{number}")
            add_text(slot, "coordinates", axis.coordinate)
            add_vector(slot, "axis", axis.axis)
            write_function(slot, axis.curve or polynomial([0.0, 1.0]))


def _still_axes(moving: list[TransformAxis]) -> list[TransformAxis]:
    """Axes that stay at zero, to make three independent ones, which OpenSim asks for."""
    vectors = [axis.axis for axis in moving]
    still = []
    while len(vectors) < 3:
        if len(vectors) == 2:
            spare = np.cross(vectors[0], vectors[1])
        else:
            taken = vectors[0] if vectors else np.zeros(3)
            spare = np.eye(3)[np.argmin(np.abs(taken))]
            spare = spare - (spare @ taken) * taken
        vectors.append(spare / np.linalg.norm(spare))
        still.append(TransformAxis("rotation", vectors[-1], "", polynomial(0.0)))
    return still


def _add_marker(markers: Element, site: Site) -> None:
    marker = SubElement(markers, "Marker", name=site.name)
    add_text(marker, "socket_parent_frame", f"/bodyset/{site.segment}")
    add_vector(marker, "location", site.location_m)
    add_text(marker, "fixed", "false")
