"""How large a model is next to the shipped anatomy, segment by segment.

An OpenSim file says nothing of soles and landmarks. They are the shipped anatomy's, stretched as
the model's bones are drawn or, where none are drawn, as its joint centres lie.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from monomsk_description.anatomy import Anatomy, Joint, LengthRule
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_description.frames import Array
from monomsk_description.osim_meshes import unscaled_size

#: A joint centre closer than this to a segment's origin along an axis says nothing of it [m].
_SHORTEST_M = 0.007
#: Lengths whose sum stands for the stature.
_STATURE_LENGTHS = ("thigh", "shank", "trunk")


def scale_factors(
    joints: tuple[Joint, ...], reference: Anatomy, drawn_sizes: Mapping[str, Array]
) -> dict[str, Array]:
    """Scale factors along x, y, z (3,) of every segment that the joints move, and the pelvis."""
    by_joints = stretch_of_joints(joints, reference)
    by_drawing = {name: size / unscaled_size(name) for name, size in drawn_sizes.items()}
    return {name: by_drawing.get(name, factors) for name, factors in by_joints.items()}


def stretch_of_joints(joints: tuple[Joint, ...], reference: Anatomy) -> dict[str, Array]:
    """How far joint centres lie apart in every segment, over the reference, along x, y, z (3,).

    What no joint centre tells follows, in this order: other segments of the same measured length,
    the segment's other axes, its parent.
    """
    parents = {joint.child: joint.parent for joint in joints}
    found = _ratios(joints, reference)
    factors: dict[str, Array] = {}
    for segment in (ROOT_SEGMENT, *parents):
        ratios = [found.get(segment, np.full(3, np.nan)), *_mates(segment, found, reference)]
        own = _first_known(np.stack(ratios))
        outer = factors.get(parents.get(segment, ""), np.ones(3))
        rest = np.full(3, np.nanmean(own)) if np.isfinite(own).any() else outer
        factors[segment] = np.where(np.isfinite(own), own, rest)
    return factors


def lengths(reference: Anatomy, stretch: Mapping[str, Array]) -> dict[str, LengthRule]:
    """The reference's measurable lengths as the stretched segments have them."""
    rules = {}
    for name, rule in reference.length_rules.items():
        segments = tuple(segment for segment in rule.segments if segment in stretch)
        if segments:
            mean = float(np.mean([stretch[segment][rule.axis] for segment in segments]))
            rules[name] = replace(
                rule, segments=segments, model_length_m=rule.model_length_m * mean
            )
    return rules


def stature_m(rules: Mapping[str, LengthRule], reference: Anatomy) -> float:
    """The height [m] that goes with the lengths of thighs, shanks and trunk; NaN without any."""
    known = [name for name in _STATURE_LENGTHS if name in rules]
    if not known:
        return math.nan
    ours = sum(rules[name].model_length_m for name in known)
    theirs = sum(reference.length_rules[name].model_length_m for name in known)
    return reference.height_m * ours / theirs


def _ratios(joints: tuple[Joint, ...], reference: Anatomy) -> dict[str, Array]:
    """Place of a segment's joint centres over the reference's, along each axis; NaN unknown."""
    model, standard = _centers(joints), _centers(reference.joints)
    ratios = {}
    for segment in {parent for parent, _ in model}:
        pairs = [
            (model[key], standard[key]) for key in model if key[0] == segment and key in standard
        ]
        if pairs:
            ours, theirs = np.array(pairs).swapaxes(0, 1)
            weight = np.where(np.abs(theirs) >= _SHORTEST_M, np.abs(theirs), 0.0)
            known = weight.sum(axis=0) > 0
            scaled = (weight * ours * np.sign(theirs)).sum(axis=0)
            size = np.where(known, (weight * np.abs(theirs)).sum(axis=0), np.nan)
            ratios[segment] = scaled / size
    return ratios


def _centers(joints: tuple[Joint, ...]) -> dict[tuple[str, str], Array]:
    """Origin of each child in its parent at zero coordinates, by (parent, child)."""
    return {(j.parent, j.child): j.at_zero().translation for j in joints}


def _mates(segment: str, found: dict[str, Array], reference: Anatomy) -> list[Array]:
    """Ratios of the segments of the same side that share a measured length."""
    side = segment[-2:]
    return [
        found[other]
        for rule in reference.length_rules.values()
        if segment in rule.segments
        for other in rule.segments
        if other != segment and other.endswith(side) and other in found
    ]


def _first_known(rows: Array) -> Array:
    """The first finite number of each column, NaN where there is none."""
    known = np.full(rows.shape[1], np.nan)
    for row in rows:
        known = np.where(np.isfinite(known), known, row)
    return known
