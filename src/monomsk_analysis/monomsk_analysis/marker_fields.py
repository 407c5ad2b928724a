"""Body, contacts and forces as the fields of visualization_msgs/MarkerArray, for files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.message_fields import Fields, header, vector
from monomsk_dynamics.markers import NAMES, Arrow, Lines, Shape, Sphere

Array = NDArray[np.float64]

# of visualization_msgs/Marker
_ARROW, _SPHERE, _LINE_LIST, _ADD, _DELETE = 0, 2, 5, 0, 2
_HEAD_WIDTHS = 2.0  # of an arrow's head over its shaft


def marker_array(shapes: Sequence[Shape], stamp_ns: int, world_frame: str) -> Fields:
    """Fields of a MarkerArray that draws these shapes and takes the other known ones away.

    Args:
        shapes: what to draw.
        stamp_ns: of the result [ns].
        world_frame: frame of the shapes' points.
    """
    shown = {shape.name: shape for shape in shapes}
    markers = []
    for identity, name in enumerate(NAMES):
        changes = _drawn(shown[name]) if name in shown else {"action": _DELETE}
        markers.append(_marker(identity, header(stamp_ns, world_frame), changes))
    return {"markers": markers}


def _drawn(shape: Shape) -> Mapping[str, Any]:
    if isinstance(shape, Lines):
        ends = np.stack([shape.starts, shape.ends], axis=1).reshape(-1, 3)
        return _with(shape, _LINE_LIST, (shape.width_m, 0.0, 0.0), ends)
    if isinstance(shape, Arrow):
        width_m = shape.width_m
        ends = np.array([shape.start, shape.end])
        return _with(shape, _ARROW, (width_m, _HEAD_WIDTHS * width_m, 0.0), ends)
    if isinstance(shape, Sphere):
        fields = _with(shape, _SPHERE, (shape.diameter_m,) * 3, np.empty((0, 3)))
        return {**fields, "pose": _pose(vector(shape.center))}
    return {"action": _DELETE}


def _with(shape: Shape, kind: int, scale: tuple[float, ...], points: Array) -> dict[str, Any]:
    red, green, blue, opacity = shape.color
    return {
        "type": kind,
        "scale": vector(np.array(scale)),
        "color": {"r": red, "g": green, "b": blue, "a": opacity},
        "points": [vector(point) for point in points],
    }


def _marker(identity: int, head: Fields, changes: Mapping[str, Any]) -> Fields:
    """All fields of a Marker, those that nothing changes at their ROS defaults."""
    nothing = vector(np.zeros(3))
    fields: dict[str, Any] = {
        "header": head,
        "ns": "monomsk",
        "id": identity,
        "type": _LINE_LIST,
        "action": _ADD,
        "pose": _pose(nothing),
        "scale": nothing,
        "color": {"r": 0.0, "g": 0.0, "b": 0.0, "a": 0.0},
        "lifetime": {"sec": 0, "nanosec": 0},
        "frame_locked": False,
        "texture_resource": "",
        "texture": {"header": header(0, ""), "format": ""},
        "text": "",
        "mesh_resource": "",
        "mesh_file": {"filename": ""},
        "mesh_use_embedded_materials": False,
    }
    return fields | dict(changes)


def _pose(position: Fields) -> Fields:
    return {"position": position, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}
