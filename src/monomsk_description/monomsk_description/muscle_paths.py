"""Lengths, moment arms and pulls of a muscle's path at many poses, by its geometry."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.cylinder_wrapping import wrap_cylinder
from monomsk_description.frames import Array
from monomsk_description.osim_muscles import OsimMuscle, PathPoint, PathWrap
from monomsk_description.segment_motion import SegmentMotion

#: With several cylinders the way around one moves that around the next: so often at most ...
_ROUNDS = 12
#: ... or until the length changes by less [m].
_SETTLED_M = 1e-6
_STEP = 1e-5

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Node:
    """A point of the path at some poses.

    Attributes:
        point: Which path point it is; -1 for a point of tangency.
        wrap: Which wrap it belongs to; -1 for a path point.
        segment: On which it sits.
        local: In the segment's frame (m, 3) [m].
        place: In the pelvis frame (m, 3) [m].
        before: Length on the surface between the node before and this one (m,) [m].
    """

    point: int
    wrap: int
    segment: str
    local: Array
    place: Array
    before: Array

    def at(self, kept: NDArray[np.bool_]) -> "_Node":
        return replace(
            self, local=self.local[kept], place=self.place[kept], before=self.before[kept]
        )


@dataclass(frozen=True, eq=False)
class PathSamples:
    """A muscle at n poses of k coordinates.

    Attributes:
        lengths: (n,) [m].
        arms: Moment arms (n, k) [m].
        pulls: Sum of unit vectors in which the path pulls what lies below each joint, in the pelvis
            frame (n, joints, 3).
    """

    lengths: Array
    arms: Array
    pulls: Array


def sample_path(
    muscle: OsimMuscle, motion: SegmentMotion, below: tuple[frozenset[str], ...]
) -> PathSamples:
    """The muscle at the poses of a motion.

    Args:
        muscle: All its segments and coordinates are among those of the motion.
        motion: Of the segments.
        below: For each joint, the segments that hang on it.
    """
    count, names = len(next(iter(motion.values.values()))), motion.names
    samples = PathSamples(
        np.zeros(count), np.zeros((count, len(names))), np.zeros((count, len(below), 3))
    )
    for rows, nodes in _patterns(muscle, motion, count):
        for part, wrapped in _wrap_all(muscle, motion, rows, nodes):
            _measure(samples, muscle, motion, (part, wrapped), below)
    return samples


def _measure(
    samples: PathSamples,
    muscle: OsimMuscle,
    motion: SegmentMotion,
    path: tuple[Rows, list[_Node]],
    below: tuple[frozenset[str], ...],
) -> None:
    """Fills in what a finished path says; of a geodesic, tangent points do not move to first order.

    So they are as good as fixed to their segments, and the length changes by its straight parts.
    """
    rows, nodes = path
    speeds = [_velocity(node, muscle, motion, rows) for node in nodes]
    for k in range(len(nodes) - 1):
        here, there = nodes[k], nodes[k + 1]
        if there.wrap >= 0 and here.wrap == there.wrap:
            samples.lengths[rows] += there.before
            continue
        step = there.place - here.place
        distance = np.linalg.norm(step, axis=1)
        direction = step / np.maximum(distance, 1e-12)[:, None]
        samples.lengths[rows] += distance
        closing = speeds[k + 1] - speeds[k]
        samples.arms[rows] -= np.einsum("nki,ni->nk", closing, direction)
        for joint, segments in enumerate(below):
            crossing = float(here.segment in segments) - float(there.segment in segments)
            samples.pulls[rows, joint] += crossing * direction


def _velocity(node: _Node, muscle: OsimMuscle, motion: SegmentMotion, rows: Rows) -> Array:
    """Over each coordinate (m, k, 3)."""
    speeds = motion.velocities(node.segment, node.local, rows)
    point = muscle.points[node.point] if node.point >= 0 else None
    if point is not None and point.curves:
        turned = motion.frames[node.segment].rotations[rows]
        for axis, (name, curve) in enumerate(point.curves):
            at = motion.values[name][rows]
            slope = (curve(at + _STEP) - curve(at - _STEP)) / (2.0 * _STEP)
            speeds[:, motion.names.index(name)] += slope[:, None] * turned[:, :, axis]
    return speeds


def _patterns(
    muscle: OsimMuscle, motion: SegmentMotion, count: int
) -> Iterator[tuple[Rows, list[_Node]]]:
    """Poses at which the same points are part of the path, and the nodes there."""
    active = np.ones((count, len(muscle.points)), dtype=bool)
    for column, point in enumerate(muscle.points):
        if point.condition is not None:
            name, low, high = point.condition
            active[:, column] = (motion.values[name] >= low) & (motion.values[name] <= high)
    for pattern in np.unique(active, axis=0):
        rows = np.flatnonzero((active == pattern).all(axis=1))
        points = np.flatnonzero(pattern).tolist()
        yield rows, [_node(muscle.points[k], k, motion, rows) for k in points]


def _node(point: PathPoint, index: int, motion: SegmentMotion, rows: Rows) -> _Node:
    local = np.tile(point.location_m, (len(rows), 1))
    for axis, (name, curve) in enumerate(point.curves):
        local[:, axis] = curve(motion.values[name][rows])
    place = motion.frames[point.segment][rows].act(local)
    return _Node(index, -1, point.segment, local, place, np.zeros(len(rows)))


def _wrap_all(
    muscle: OsimMuscle, motion: SegmentMotion, rows: Rows, nodes: list[_Node]
) -> list[tuple[Rows, list[_Node]]]:
    """The finished paths: poses at which the path wraps alike, and its nodes."""
    groups = [(rows, nodes)]
    lengths = np.full(int(rows.max(initial=0)) + 1, np.inf)
    for _ in range(_ROUNDS if len(muscle.wraps) > 1 else 1):
        for number, wrap in enumerate(muscle.wraps):
            groups = [
                part
                for group_rows, path in groups
                for part in _wrap_one((number, wrap), motion, group_rows, path)
            ]
        change = 0.0
        for group_rows, path in groups:
            now = _length(path)
            change = max(change, float(np.abs(now - lengths[group_rows]).max(initial=0.0)))
            lengths[group_rows] = now
        if change < _SETTLED_M:
            break
    return groups


def _length(path: list[_Node]) -> Array:
    total = np.zeros(len(path[0].place))
    for here, there in zip(path[:-1], path[1:], strict=True):
        on_surface = there.wrap >= 0 and here.wrap == there.wrap
        straight = np.linalg.norm(there.place - here.place, axis=1)
        total += there.before if on_surface else straight
    return total


def _wrap_one(
    numbered: tuple[int, PathWrap], motion: SegmentMotion, rows: Rows, path: list[_Node]
) -> Iterator[tuple[Rows, list[_Node]]]:
    """Lays a path around a cylinder, in the first stretch that cuts it, or else the nearest."""
    number, wrap = numbered
    path = [node for node in path if node.wrap != number]
    cylinder = wrap.cylinder
    frames = motion.frames[cylinder.segment][rows]
    rotations = frames.rotations @ cylinder.placement.rotation
    center = frames.act(np.tile(cylinder.placement.translation, (len(rows), 1)))
    inside = [np.einsum("nji,nj->ni", rotations, node.place - center) for node in path]
    stretches = _stretches(path, wrap)
    best, gain = np.full(len(rows), -1), np.full(len(rows), np.inf)
    found = {}
    for k in stretches:
        way = wrap_cylinder(
            inside[k], inside[k + 1], cylinder.radius_m, cylinder.length_m, cylinder.side
        )
        longer = (
            np.linalg.norm(way.first - inside[k], axis=1) + way.on_surface
            + np.linalg.norm(inside[k + 1] - way.last, axis=1)
            - np.linalg.norm(inside[k + 1] - inside[k], axis=1)
        )  # fmt: skip
        longer = np.where(way.must, -np.inf, longer)
        better = way.wraps & (longer < gain)
        best[better], gain[better] = k, longer[better]
        found[k] = way
    for choice in np.unique(best).tolist():
        chosen = best == choice
        kept = [node.at(chosen) for node in path]
        if choice >= 0:
            way = found[choice]
            for offset, point in enumerate((way.first[chosen], way.last[chosen])):
                local = point @ cylinder.placement.rotation.T + cylinder.placement.translation
                place = frames[chosen].act(local)
                before = way.on_surface[chosen] * offset
                node = _Node(-1, number, cylinder.segment, local, place, before)
                kept.insert(choice + 1 + offset, node)
        yield rows[chosen], kept


def _stretches(path: list[_Node], wrap: PathWrap) -> list[int]:
    """Stretches of a path that may wrap, by their first node."""
    within = [k for k, node in enumerate(path) if wrap.first <= node.point <= wrap.last]
    if not within:
        return []
    return [
        k
        for k in range(within[0], within[-1])
        if not (path[k].wrap >= 0 and path[k].wrap == path[k + 1].wrap)
    ]
