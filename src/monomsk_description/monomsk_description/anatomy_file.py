"""Reads an anatomy from its YAML file: the right side is written, the left one mirrored."""

from collections.abc import Iterator
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from monomsk_description.anatomy import (
    Anatomy,
    AxisKind,
    Joint,
    LengthRule,
    Placement,
    Segment,
    Site,
    TransformAxis,
)
from monomsk_description.curves import cubic_spline
from monomsk_description.errors import AnatomyFileError, ShapeError
from monomsk_description.frames import Array, rotation_from_body_xyz
from monomsk_description.lumping import lump

# Reflection in the sagittal plane, z = 0 in OpenSim axes.
_MIRROR = np.diag([1.0, 1.0, -1.0])


def load_anatomy(path: Path | None = None) -> Anatomy:
    """The anatomy in a file; Rajagopal 2016 by default.

    Raises:
        AnatomyFileError: The file cannot be read, or an entry is missing or malformed.
    """
    file = path or resources.files("monomsk_description") / "data" / "rajagopal2016.yaml"
    try:
        content = yaml.safe_load(file.read_text())
        return _anatomy(content)
    except (OSError, yaml.YAMLError) as error:
        raise AnatomyFileError(str(file), str(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError, ShapeError) as error:
        raise AnatomyFileError(str(file), f"missing or malformed entry: {error!r}") from error


def _anatomy(content: dict[str, Any]) -> Anatomy:
    right = {name: _segment(name, entry) for name, entry in content["segments"].items()}
    for name, entry in content.get("lumped", {}).items():
        place = Placement(np.eye(3), _vector(entry["location_m"]))
        carrier = right[entry["segment"]]
        right[carrier.name] = lump(carrier, _segment(name, entry), place)
    segments = {s.name: s for segment in right.values() for s in _both_sides(segment)}
    joints = tuple(_joints(content["joints"]))
    ranges = {
        axis.coordinate: tuple(content["coordinate_ranges_rad"][_as_right(axis.coordinate)])
        for joint in joints
        for axis in joint.axes
    }
    points = [_site(name, entry) for name, entry in content["sole_points"].items()]
    frame = _site("sole_frame_r", content["sole_frame_r"])
    return Anatomy(
        name=content["name"],
        height_m=float(content["height_m"]),
        segments=segments,
        joints=joints,
        coordinate_ranges_rad=ranges,
        sole_points=(*points, *map(_mirror_site, points)),
        sole_frames=(frame, _mirror_site(frame)),
        length_rules={n: _length_rule(n, e) for n, e in content["segment_lengths"].items()},
    )


def _as_left(name: str) -> str:
    return f"{name[:-2]}_l" if name.endswith("_r") else name


def _as_right(name: str) -> str:
    return f"{name[:-2]}_r" if name.endswith("_l") else name


def _vector(values: list[float] | None) -> Array:
    vector = np.zeros(3) if values is None else np.array(values, dtype=float)
    if vector.shape != (3,):
        raise ValueError(f"expected three numbers, got {values}")
    return vector


def _segment(name: str, entry: dict[str, Any]) -> Segment:
    inertia = np.diag(_vector(entry["inertia_kg_m2"]))
    return Segment(name, float(entry["mass_kg"]), _vector(entry["center_of_mass_m"]), inertia)


def _both_sides(segment: Segment) -> Iterator[Segment]:
    yield segment
    if segment.name.endswith("_r"):
        inertia = _MIRROR @ segment.inertia_kg_m2 @ _MIRROR
        center = _MIRROR @ segment.center_of_mass_m
        yield Segment(_as_left(segment.name), segment.mass_kg, center, inertia)


def _joints(entries: dict[str, dict[str, Any]]) -> Iterator[Joint]:
    """All joints, a whole right chain before its left one: that keeps them depth-first."""
    joints = [_joint(name, entry) for name, entry in entries.items()]
    for is_sided, chain_joints in groupby(joints, key=lambda joint: joint.name.endswith("_r")):
        for chain in _chains(list(chain_joints)):
            yield from chain
            if is_sided:
                yield from map(_mirror_joint, chain)


def _chains(joints: list[Joint]) -> Iterator[list[Joint]]:
    """Splits a run of joints where one does not continue the one before it."""
    chain: list[Joint] = []
    for joint in joints:
        if chain and joint.parent != chain[-1].child:
            yield chain
            chain = []
        chain.append(joint)
    if chain:
        yield chain


def _joint(name: str, entry: dict[str, Any]) -> Joint:
    return Joint(
        name=name,
        parent=entry["parent"],
        child=entry["child"],
        in_parent=_placement(entry, "parent"),
        in_child=_placement(entry, "child"),
        axes=tuple(map(_axis, entry["axes"])),
    )


def _placement(entry: dict[str, Any], side: str) -> Placement:
    angles = _vector(entry.get(f"orientation_in_{side}_rad"))
    return Placement(rotation_from_body_xyz(angles), _vector(entry.get(f"location_in_{side}_m")))


def _axis(entry: dict[str, Any]) -> TransformAxis:
    kind: AxisKind = "rotation" if "rotation" in entry else "translation"
    axis = _vector(entry[kind])
    if not axis.any():
        raise ValueError(f"an axis of {entry['coordinate']} has no direction")
    axis = axis / np.linalg.norm(axis)
    curve = cubic_spline(entry["knots"], entry["spline"]) if "spline" in entry else None
    return TransformAxis(kind, axis, entry["coordinate"], curve)


def _mirror_joint(joint: Joint) -> Joint:
    return Joint(
        name=_as_left(joint.name),
        parent=_as_left(joint.parent),
        child=_as_left(joint.child),
        in_parent=_mirror_placement(joint.in_parent),
        in_child=_mirror_placement(joint.in_child),
        axes=tuple(map(_mirror_axis, joint.axes)),
    )


def _mirror_placement(placement: Placement) -> Placement:
    return Placement(_MIRROR @ placement.rotation @ _MIRROR, _MIRROR @ placement.translation)


def _mirror_axis(axis: TransformAxis) -> TransformAxis:
    # A rotation axis is a pseudovector: its reflection changes sign.
    sign = -1.0 if axis.kind == "rotation" else 1.0
    mirrored = sign * (_MIRROR @ axis.axis) + 0.0  # no negative zeros
    return TransformAxis(axis.kind, mirrored, _as_left(axis.coordinate), axis.curve)


def _site(name: str, entry: dict[str, Any]) -> Site:
    return Site(name, entry["segment"], _vector(entry["location_m"]))


def _mirror_site(site: Site) -> Site:
    return Site(_as_left(site.name), _as_left(site.segment), _MIRROR @ site.location_m)


def _length_rule(name: str, entry: dict[str, Any]) -> LengthRule:
    rights = entry["segments"]
    segments = tuple(dict.fromkeys([*rights, *map(_as_left, rights)]))
    return LengthRule(name, segments, "xyz".index(entry["axis"]), float(entry["model_length_m"]))
