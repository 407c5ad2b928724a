"""Poses of frames relative to each other over time, as /tf and /tf_static tell them.

A small stand-in for tf2's buffer, which does not exist everywhere this project runs.
"""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from dataclasses import dataclass, field

import pinocchio as pin

from monomsk_perception.errors import PerceptionError
from monomsk_perception.stamp_guard import JUMP_BACK_NS

_KEPT_NS = 10_000_000_000


class TransformError(PerceptionError):
    """A pose of one frame in another that is not known at a time.

    Attributes:
        target: The frame in which the pose was asked for.
        source: The frame whose pose was asked for.
    """

    def __init__(self, target: str, source: str, reason: str) -> None:
        self.target = target
        self.source = source
        self.reason = reason
        super().__init__(f"no transform from '{source}' to '{target}': {reason}")


@dataclass
class _Link:
    """The pose of a frame in its parent, over time."""

    parent: str
    is_static: bool
    stamps_ns: list[int] = field(default_factory=list)
    poses: dict[int, pin.SE3] = field(default_factory=dict)

    def add(self, stamp_ns: int, pose: pin.SE3) -> None:
        if self.is_static:
            stamp_ns, self.stamps_ns = 0, []
        if self.stamps_ns and self.stamps_ns[-1] - stamp_ns >= JUMP_BACK_NS:
            # The time jumped back: what was known belongs to another run.
            self.stamps_ns.clear()
            self.poses.clear()
        if stamp_ns not in self.poses or not self.stamps_ns:
            insort(self.stamps_ns, stamp_ns)
        self.poses[stamp_ns] = pose
        while self.stamps_ns[-1] - self.stamps_ns[0] > _KEPT_NS:
            del self.poses[self.stamps_ns.pop(0)]

    def at(self, stamp_ns: int, tolerance_ns: int) -> pin.SE3 | None:
        """The pose at a time, between two that are known or within the tolerance of one."""
        if self.is_static:
            return self.poses[0]
        stamps = self.stamps_ns
        after = bisect_right(stamps, stamp_ns)
        if 0 < after < len(stamps):
            low, high = stamps[after - 1], stamps[after]
            fraction = (stamp_ns - low) / (high - low)
            return pin.SE3.Interpolate(self.poses[low], self.poses[high], fraction)
        nearest = stamps[-1] if after else stamps[0]
        return self.poses[nearest] if abs(stamp_ns - nearest) <= tolerance_ns else None


class TransformBuffer:
    """A tree of frames; may be filled and asked from different threads."""

    def __init__(self) -> None:
        self._links: dict[str, _Link] = {}
        self._lock = threading.Lock()

    def set(
        self, parent: str, child: str, stamp_ns: int, pose_parent_child: pin.SE3, is_static: bool
    ) -> None:
        """Take in one transform; a frame that changes its parent forgets its past."""
        with self._lock:
            link = self._links.get(child)
            if link is None or (link.parent, link.is_static) != (parent, is_static):
                link = self._links[child] = _Link(parent, is_static)
            link.add(stamp_ns, pose_parent_child)

    def pose(self, target: str, source: str, stamp_ns: int, tolerance_s: float) -> pin.SE3:
        """The pose of the frame `source` in the frame `target`.

        Args:
            target: Frame in which the pose is expressed.
            source: Frame whose pose is wanted.
            stamp_ns: At what time [ns].
            tolerance_s: How far before the oldest or after the newest known pose the time may lie
                [s]; within it the pose is taken to stand still.

        Raises:
            TransformError: The frames are not connected, or not at that time.
        """
        target, source = target.lstrip("/"), source.lstrip("/")
        with self._lock:
            up_source = self._to_root(source)
            up_target = self._to_root(target)
            common = next((frame for frame in up_source if frame in set(up_target)), None)
            if common is None:
                raise TransformError(target, source, "the frames are not connected")
            tolerance_ns = int(tolerance_s * 1e9)
            chains = [
                self._chain(frames[: frames.index(common)], stamp_ns, tolerance_ns)
                for frames in (up_target, up_source)
            ]
        if chains[0] is None or chains[1] is None:
            raise TransformError(target, source, "not known at the image's time")
        return chains[0].inverse() * chains[1]

    def _to_root(self, frame: str) -> list[str]:
        frames = [frame]
        while frame in self._links and len(frames) <= len(self._links):
            frame = self._links[frame].parent
            frames.append(frame)
        return frames

    def _chain(self, frames: list[str], stamp_ns: int, tolerance_ns: int) -> pin.SE3 | None:
        """The pose of the first of these frames in the parent of the last."""
        total = pin.SE3.Identity()
        for frame in frames:
            pose = self._links[frame].at(stamp_ns, tolerance_ns)
            if pose is None:
                return None
            total = pose * total
        return total
