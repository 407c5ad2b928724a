"""The skeleton behind a monomsk_msgs/BodyModel, rebuilt by whoever receives one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.errors import BodyModelError, DescriptionError
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

_SCALE_TOLERANCE = 1e-6
#: REP-103 component of a scale that belongs to an OpenSim axis (x, y up, z right).
_REP103_COMPONENT = ("x", "z", "y")


def skeleton_of(message: Any) -> Skeleton:
    """The skeleton in a monomsk_msgs/BodyModel.

    Raises:
        BodyModelError: The subject is no human's, or segments are unknown or scaled in a way that
            no measured lengths explain, or coordinates are missing, unknown or twice there.
    """
    segments, scales = len(message.segment_names), len(message.segment_scales)
    if segments != scales:
        raise BodyModelError("segment_scales", f"{scales} scales of {segments} segments")
    try:
        subject = Subject(
            message.height_m,
            message.mass_kg,
            message.sex or "unspecified",
            assumed=frozenset(message.assumed),
        )
        by_height = build_skeleton(subject)
        skeleton = build_skeleton(subject.with_lengths(_measured_lengths(message, by_height)))
    except BodyModelError:
        raise
    except DescriptionError as error:
        raise BodyModelError("body_model", str(error)) from error
    coordinate_order(message.coordinate_names, skeleton.coordinate_names)
    _check_scales(message, skeleton)
    return skeleton


def coordinate_order(names: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """Where each known coordinate stands among a message's names (n,).

    Raises:
        BodyModelError: A coordinate is missing, unknown or twice there.
    """
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        if name not in known:
            raise BodyModelError(name, "unknown coordinate in coordinate_names")
        if name in places:
            raise BodyModelError(name, "coordinate twice in coordinate_names")
        places[name] = index
    for name in known:
        if name not in places:
            raise BodyModelError(name, "coordinate missing in coordinate_names")
    return np.array([places[name] for name in known])


def _measured_lengths(message: Any, by_height: Skeleton) -> dict[str, float]:
    """Lengths [m] of the segments that are not scaled by height alone."""
    scales = dict(zip(message.segment_names, message.segment_scales, strict=True))
    anatomy = by_height.anatomy
    lengths = {}
    for name, rule in anatomy.length_rules.items():
        if rule.segments[0] not in scales:
            raise BodyModelError("segment_names", f"segment {rule.segments[0]} is missing")
        scale = getattr(scales[rule.segments[0]], _REP103_COMPONENT[rule.axis])
        stretch = scale / anatomy.scale_factors[rule.segments[0]][rule.axis]
        if abs(stretch - 1.0) > _SCALE_TOLERANCE:
            lengths[name] = stretch * rule.model_length_m
    return lengths


def _check_scales(message: Any, skeleton: Skeleton) -> None:
    for name, scale in zip(message.segment_names, message.segment_scales, strict=True):
        factors = skeleton.anatomy.scale_factors.get(name)
        if factors is None:
            raise BodyModelError("segment_names", f"unknown segment {name}")
        told = [getattr(scale, component) for component in _REP103_COMPONENT]
        if not np.allclose(told, factors, atol=_SCALE_TOLERANCE):
            raise BodyModelError("segment_scales", f"{name} is scaled by {told}, here by {factors}")
