"""Whom to follow when nobody is followed yet: the order in which people are looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from monomsk_perception.blazepose_detector import PersonDetection
from monomsk_perception.region import REGION_SCALE, Region

RULES = ("largest", "nearest", "center", "region")

Box = tuple[float, float, float, float]

#: Certainty asked for at first, how much less a second later, and after which time without anybody
#: it begins anew.
_CERTAIN, _EASE_PER_S, _FORGOTTEN_NS = 0.85, 0.35, 3_000_000_000
_SAME_PLACE = 0.25  # region sizes
_SMALL, _STEP = 0.6, 0.7  # side over the image's shorter one; farthest step over the side


def preferred(
    regions: Sequence[Region], rule: str, box: Box, image_size: tuple[int, int]
) -> list[Region]:
    """The people worth a look, best first.

    Args:
        regions: Of everybody in the image.
        rule: `largest` in the image; `nearest`, whose lowest point is lowest in the image, as on a
            floor in front of a level camera; `center`, next to the middle of the image; `region`,
            the largest one whose hips are in the box.
        box: Left, top, right, bottom as fractions of the image.
        image_size: Width and height [px].
    """
    if rule == "nearest":
        return sorted(regions, key=lambda r: -lowest_point(r))
    if rule == "center":
        middle_x, middle_y = 0.5 * image_size[0], 0.5 * image_size[1]
        return sorted(
            regions, key=lambda r: math.hypot(r.center_x_px - middle_x, r.center_y_px - middle_y)
        )
    if rule == "region":
        regions = [region for region in regions if is_inside(region, box, image_size)]
    return sorted(regions, key=lambda r: -r.size_px)


def lowest_point(region: Region) -> float:
    """Row of the lowest point of the circle around a person [px]."""
    return region.center_y_px + 0.5 * region.size_px / REGION_SCALE


def is_inside(region: Region, box: Box, image_size: tuple[int, int]) -> bool:
    """Whether a person's hips are in a box given as fractions of the image."""
    x, y = region.center_x_px / image_size[0], region.center_y_px / image_size[1]
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def areas(rule: str, box: Box, image_size: tuple[int, int], turn: int) -> list[Region | None]:
    """Where to search for people in one image; None is the whole image.

    The detector overlooks people who are small in what it is shown, and of two people often the
    less conspicuous one. So large and small parts of the image take turns with the whole; where
    everybody counts, only the small parts do.

    Args:
        rule: As for `preferred`.
        box: As for `preferred`.
        image_size: Width and height [px].
        turn: How many images have been searched before.
    """
    if rule == "region":
        return [_around(box, image_size, loose=turn % 2 == 0)]
    parts, small = _parts(image_size), _small_parts(image_size)
    if rule in ("nearest", "center"):
        return [None, *parts, small[turn % len(small)]]
    round_number = turn // 3
    places = (None, parts[round_number % len(parts)], small[round_number % len(small)])
    return [places[turn % 3]]


def distinct(regions: Sequence[Region]) -> list[Region]:
    """The regions, each person once; the first of several of the same person counts."""
    kept: list[Region] = []
    for region in regions:
        if all(region.distance_to(other) > _SAME_PLACE for other in kept):
            kept.append(region)
    return kept


def _parts(image_size: tuple[int, int]) -> list[Region]:
    """Squares as large as the image's shorter side: begin, middle, end of the longer one."""
    width, height = image_size
    side = float(min(image_size))
    return [
        Region(0.5 * side + f * (width - side), 0.5 * side + f * (height - side), side)
        for f in (0.0, 0.5, 1.0)
    ]


def _small_parts(image_size: tuple[int, int]) -> list[Region]:
    """Overlapping squares all over the image: there somebody far away is large enough."""
    side = _SMALL * min(image_size)
    columns, rows = (
        np.linspace(
            0.5 * side, length - 0.5 * side, 1 + math.ceil((length - side) / (_STEP * side))
        )
        for length in image_size
    )
    return [Region(float(x), float(y), side) for y in rows for x in columns]


def _around(box: Box, image_size: tuple[int, int], loose: bool) -> Region:
    """The square around a box; loosely, with room for somebody whose hips are at its border."""
    width_px, height_px = (box[2] - box[0]) * image_size[0], (box[3] - box[1]) * image_size[1]
    return Region(
        0.5 * (box[0] + box[2]) * image_size[0],
        0.5 * (box[1] + box[3]) * image_size[1],
        max(width_px, height_px) + (0.5 * min(image_size) if loose else 0.0),
    )


class Patience:
    """How certain the detector must be of somebody new: less, the longer it sees somebody.

    Small people are taken for lying or upside down until a part of the image is searched that
    shows them large enough; those whom it never sees well are accepted after a second.
    """

    def __init__(self) -> None:
        self._since_ns: int | None = None
        self._last_ns = 0

    def accepted(self, found: Sequence[PersonDetection], stamp_ns: int) -> list[PersonDetection]:
        """Those of whom the detector is certain enough by now.

        Args:
            found: In one image.
            stamp_ns: Its stamp [ns].
        """
        if not found:
            return []
        if self._since_ns is None or stamp_ns - self._last_ns > _FORGOTTEN_NS:
            self._since_ns = stamp_ns
        self._last_ns = stamp_ns
        waited_s = (stamp_ns - self._since_ns) * 1e-9
        least = _CERTAIN - _EASE_PER_S * waited_s
        return [detection for detection in found if detection.score >= least]
