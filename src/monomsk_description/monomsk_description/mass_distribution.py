"""Gives an anatomy the mass distribution of women or of men (de Leva 1996)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from monomsk_description.anatomy import Anatomy, Segment
from monomsk_description.errors import IncompleteSkeletonError, UnknownNameError
from monomsk_description.frames import Array
from monomsk_description.subject import SEXES

#: The distance from wrist to third metacarpal in Rajagopal's hand [m], whose stature is 1.70 m.
_HAND_M, _HAND_STATURE_M = 0.0862, 1.70
_FOOT = ("talus", "calcn", "toes")
_TRUNK = ("middle_trunk", "upper_trunk", "head")
_SEGMENTS = ("pelvis", "torso") + tuple(
    f"{name}_{side}"
    for side in "rl"
    for name in ("femur", "tibia", *_FOOT, "humerus", "ulna", "radius", "hand")
)


@dataclass(frozen=True)
class _Share:
    """A part of the body on a line.

    Attributes:
        mass: Share of the body's mass.
        height_m: Of its centre of mass, over some origin [m].
        squared_radii_m2: Squared radii of gyration (3,) about its centre [m²].
    """

    mass: float
    height_m: float
    squared_radii_m2: Array


def distribute_mass(anatomy: Anatomy, sex: str) -> Anatomy:
    """The anatomy with the same mass, distributed as in women or men.

    Centres of mass move along the segments; inertias follow de Leva's radii of gyration. With sex
    `unspecified` the anatomy keeps its own distribution.

    Raises:
        IncompleteSkeletonError: The anatomy has not all segments of the full body.
        UnknownNameError: No such sex.
    """
    if sex not in SEXES:
        raise UnknownNameError("sex", sex, SEXES)
    if sex == "unspecified":
        return anatomy
    missing = tuple(name for name in _SEGMENTS if name not in anatomy.segments)
    if missing:
        raise IncompleteSkeletonError(anatomy.name, missing)
    table = _table()[sex]
    shares = {**_trunk(anatomy, table), **_feet(anatomy, table["segments"])}
    for side in "rl":
        shares.update(_limbs(anatomy, table["segments"], side))
    total = sum(segment.mass_kg for segment in shares.values())
    mass_kg = anatomy.mass_kg
    segments = {
        name: _times(shares.get(name, segment), mass_kg / total)
        for name, segment in anatomy.segments.items()
    }
    return replace(anatomy, segments=segments)


def _limbs(anatomy: Anatomy, table: dict[str, Any], side: str) -> dict[str, Segment]:
    """Thigh, shank and arm of one side, their masses as shares of the body's."""
    thigh, shank, arm, forearm, hand = (f"{n}_{side}" for n in (
        "femur", "tibia", "humerus", "ulna", "hand"))  # fmt: skip
    radius = f"radius_{side}"
    knee, ankle = _child(anatomy, thigh, shank), _child(anatomy, shank, f"talus_{side}")
    # The tibia's origin is not quite the knee's centre.
    knee_in_tibia = float(_joint(anatomy, thigh, shank).in_child.translation[1])
    elbow = _child(anatomy, arm, forearm)
    in_ulna = _child(anatomy, forearm, radius)
    wrist = in_ulna + _child(anatomy, radius, hand)
    hand_m = _HAND_M * anatomy.height_m / _HAND_STATURE_M
    half = {**table["forearm"], "mass": table["forearm"]["mass"] / 2.0}
    return {
        thigh: _along(anatomy.segments[thigh], table["thigh"], 0.0, knee),
        shank: _along(anatomy.segments[shank], table["shank"], knee_in_tibia, ankle),
        arm: _along(anatomy.segments[arm], table["upper_arm"], 0.0, elbow),
        forearm: _along(anatomy.segments[forearm], half, 0.0, wrist),
        radius: _along(anatomy.segments[radius], half, -in_ulna, wrist - in_ulna),
        hand: _along(anatomy.segments[hand], table["hand"], 0.0, -hand_m),
    }


def _feet(anatomy: Anatomy, table: dict[str, Any]) -> dict[str, Segment]:
    """Both feet, in the shares that the anatomy gives to their bones."""
    feet = {}
    for side in "rl":
        bones = [anatomy.segments[f"{name}_{side}"] for name in _FOOT]
        ratio = table["foot"]["mass"] / sum(bone.mass_kg for bone in bones)
        feet.update({bone.name: _times(bone, ratio) for bone in bones})
    return feet


def _trunk(anatomy: Anatomy, table: dict[str, Any]) -> dict[str, Segment]:
    """Pelvis and torso, with heights over the distance of hips and shoulders."""
    hips = _child(anatomy, "pelvis", "femur_r")
    lumbar = _child(anatomy, "pelvis", "torso")
    shoulders = lumbar + _child(anatomy, "torso", "humerus_r")
    scale = (shoulders - hips) / table["shoulders_m"]
    lower = _share(table["segments"]["lower_trunk"], table["segments"]["lower_trunk"]["length_m"])
    upper = _together([_trunk_share(table, name) for name in _TRUNK])
    pelvis, torso = anatomy.segments["pelvis"], anatomy.segments["torso"]
    return {
        "pelvis": _segment(pelvis, lower, hips + scale * lower.height_m, scale),
        "torso": _segment(torso, upper, hips + scale * upper.height_m - lumbar, scale),
    }


def _trunk_share(table: dict[str, Any], name: str) -> _Share:
    """A part of the upper trunk, its height over the mid hips [m]."""
    parts = table["segments"]
    navel_m = parts["lower_trunk"]["length_m"]
    tops = {
        "middle_trunk": navel_m + parts["middle_trunk"]["length_m"],
        "upper_trunk": table["c7_m"],
        "head": table["c7_m"] + parts["head"]["length_m"],
    }
    return _share(parts[name], tops[name])


def _share(entry: dict[str, Any], top_m: float) -> _Share:
    """A part whose first end is its top, at a height [m]."""
    radii = np.array(entry["radii"]) * entry["length_m"]
    return _Share(entry["mass"], top_m - entry["center"] * entry["length_m"], radii**2)


def _together(parts: list[_Share]) -> _Share:
    """Parts on one vertical line as one (parallel axis theorem)."""
    mass = sum(part.mass for part in parts)
    height_m = sum(part.mass * part.height_m for part in parts) / mass
    squared = np.zeros(3)
    for part in parts:
        apart = (part.height_m - height_m) ** 2 * np.array([1.0, 0.0, 1.0])
        squared += part.mass / mass * (part.squared_radii_m2 + apart)
    return _Share(mass, height_m, squared)


def _along(segment: Segment, entry: dict[str, Any], start: float, end: float) -> Segment:
    """A limb's segment between two ends on its y axis [m], its mass as a share of the body's."""
    length_m = abs(end - start)
    radii = np.array(entry["radii"])
    share = _Share(entry["mass"], 0.0, radii**2)
    return _segment(segment, share, start + entry["center"] * (end - start), length_m)


def _segment(segment: Segment, share: _Share, height_m: float, scale: float) -> Segment:
    """The segment with a share's mass and stretched radii, its centre at y = height [m]."""
    center = np.array([segment.center_of_mass_m[0], height_m, segment.center_of_mass_m[2]])
    inertia = np.diag(share.mass * scale**2 * share.squared_radii_m2)
    return Segment(segment.name, share.mass, center, inertia)


def _times(segment: Segment, factor: float) -> Segment:
    return replace(
        segment, mass_kg=segment.mass_kg * factor, inertia_kg_m2=segment.inertia_kg_m2 * factor
    )


def _joint(anatomy: Anatomy, parent: str, child: str) -> Any:
    return next(j for j in anatomy.joints if (j.parent, j.child) == (parent, child))


def _child(anatomy: Anatomy, parent: str, child: str) -> float:
    """Height of a joint's centre in the segment above it [m]."""
    return float(_joint(anatomy, parent, child).in_parent.translation[1])


@cache
def _table() -> Any:
    file = resources.files("monomsk_description") / "data" / "mass_distribution.yaml"
    return yaml.safe_load(file.read_text())
