"""The shortest way of a line around a cylinder, many lines at once.

Which lines wrap, and on which side, follows OpenSim's rules (WrapCylinder); the way itself is the
exact geodesic: straight lines to the surface and a helix between them, all of one slope. OpenSim's
own helix meets the lines at tangent points that are placed approximately.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array

_TURN = 2.0 * np.pi
#: A helix that turns back by less than this has length zero [rad].
_BACK = 1e-9


@dataclass(frozen=True, eq=False)
class Wrapped:
    """Ways of n lines around a cylinder, in its frame (z along its axis).

    Attributes:
        wraps: Whether a line wraps (n,).
        must: Whether it wraps because it would cut through the cylinder (n,).
        first: Where it takes to the surface (n, 3) [m].
        last: Where it leaves (n, 3) [m].
        on_surface: Length of the way between (n,) [m].
    """

    wraps: NDArray[np.bool_]
    must: NDArray[np.bool_]
    first: Array
    last: Array
    on_surface: Array


def wrap_cylinder(
    start: Array, end: Array, radius: float, length: float, side: tuple[int, float] | None
) -> Wrapped:
    """Lines from start to end, both (n, 3) [m] in the cylinder's frame.

    Args:
        start: Where the lines begin.
        end: Where they end.
        radius: [m].
        length: A line whose both tangent points lie beyond the ends does not wrap [m].
        side: Axis (0 x, 1 y) and sign of the side on which lines must run; None: either.
    """
    ranges = np.hypot(start[:, 0], start[:, 1]), np.hypot(end[:, 0], end[:, 1])
    outside = (ranges[0] >= radius) & (ranges[1] >= radius)
    safe = [np.maximum(distance, radius) for distance in ranges]
    cuts, nearest = _nearest_to_axis(start, end, radius)
    angles = np.arctan2(start[:, 1], start[:, 0]), np.arctan2(end[:, 1], end[:, 0])
    leaning = [np.arccos(radius / distance) for distance in safe]
    if side is None:
        forward = _turned(angles, leaning, 1.0) <= _turned(angles, leaning, -1.0)
        wraps = cuts
    else:
        forward = _forward_on_side(angles, leaning, side)
        wraps = _wraps_on_side((start, end, nearest), cuts, side)
    sense = np.where(forward, 1.0, -1.0)
    turned = _turned(angles, leaning, sense)
    flat = [np.sqrt(distance**2 - radius**2) for distance in safe]
    way = flat[0] + radius * turned + flat[1]
    # Unrolled, the way is one straight line: height grows with it evenly.
    slope = (end[:, 2] - start[:, 2]) / np.maximum(way, 1e-12)
    heights = start[:, 2] + slope * flat[0], end[:, 2] - slope * flat[1]
    at = angles[0] + sense * leaning[0], angles[1] - sense * leaning[1]
    first, last = (
        np.stack([radius * np.cos(a), radius * np.sin(a), h], axis=1)
        for a, h in zip(at, heights, strict=True)
    )
    beyond = (np.abs(heights[0]) > 0.5 * length) & (np.abs(heights[1]) > 0.5 * length)
    wraps = wraps & outside & ~beyond
    on_surface = radius * turned * np.sqrt(1.0 + slope**2)
    return Wrapped(wraps, wraps & cuts, first, last, on_surface)


def _turned(angles: tuple[Array, Array], leaning: list[Array], sense: Array | float) -> Array:
    """By how much a way around turns on the surface (n,) [rad], 0 to one turn."""
    turned = sense * (angles[1] - angles[0]) - leaning[0] - leaning[1]
    turned = np.mod(turned, _TURN)
    return np.where(turned > _TURN - _BACK, 0.0, turned)


def _nearest_to_axis(start: Array, end: Array, radius: float) -> tuple[NDArray[np.bool_], Array]:
    """Whether lines cut through the cylinder, and their points next to its axis (n, 3)."""
    direction = end - start
    across = (direction[:, :2] ** 2).sum(axis=1)
    share = -(start[:, :2] * direction[:, :2]).sum(axis=1) / np.maximum(across, 1e-18)
    nearest = start + share[:, None] * direction
    near = np.hypot(nearest[:, 0], nearest[:, 1]) < radius
    return near & (share > 0.0) & (share < 1.0), nearest


def _wraps_on_side(
    points: tuple[Array, Array, Array], cuts: NDArray[np.bool_], side: tuple[int, float]
) -> NDArray[np.bool_]:
    """Which lines wrap that must run on a side; points are their starts, ends and middles."""
    start, end, nearest = (_is_on(point[:, side[0]], side) for point in points)
    passes_behind = (start != end) & ~nearest
    return np.where(start | end, cuts | passes_behind, True)


def _forward_on_side(
    angles: tuple[Array, Array], leaning: list[Array], side: tuple[int, float]
) -> NDArray[np.bool_]:
    """Whether lines run counterclockwise, judged by which tangent points lie on the side."""
    place = np.cos if side[0] == 0 else np.sin
    tangents = (
        angles[0] + leaning[0], angles[0] - leaning[0],
        angles[1] + leaning[1], angles[1] - leaning[1],
    )  # fmt: skip
    first_plus, first_minus, last_plus, last_minus = (_is_on(place(t), side) for t in tangents)
    apart = [
        np.cos(tangents[0] - tangents[3]),  # counterclockwise
        np.cos(tangents[1] - tangents[2]),
    ]
    by_last = np.where(last_plus, False, np.where(last_minus, True, apart[0] < apart[1]))
    both = np.where(last_plus, False, True)
    chosen = np.where(first_plus & first_minus, both, by_last)
    found: NDArray[np.bool_] = np.where(first_plus ^ first_minus, first_plus, chosen)
    return found


def _is_on(values: Array, side: tuple[int, float]) -> NDArray[np.bool_]:
    """Zero counts as positive, as in OpenSim."""
    found: NDArray[np.bool_] = np.where(values < 0.0, -1.0, 1.0) == side[1]
    return found
