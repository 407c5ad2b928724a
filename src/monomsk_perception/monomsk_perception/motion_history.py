"""Keeps the lifter's estimates of a recording and smooths them once later frames are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from monomsk_description.body_state import BodyState
from monomsk_description.frames import Array
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.manifold_filter import Estimate, smooth_backward

#: So many frames are smoothed at once, and so many of them wait for the frames after them: memory
#: stays bounded for recordings of any length, and a frame knows more than a second ahead of it.
BLOCK_FRAMES, OVERLAP_FRAMES = 1200, 150


@dataclass
class _Segment:
    """Consecutive frames without a restart of the fit."""

    filtered: list[Estimate] = field(default_factory=list)
    predicted: list[Estimate] = field(default_factory=list)
    contacts: list[Array] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)

    def drop(self, count: int) -> None:
        """Forget the oldest frames."""
        for column in (self.filtered, self.predicted, self.contacts, self.qualities):
            del column[:count]


class MotionHistory:
    """Collects what the lifter finds and gives smoothed body states.

    Args:
        lifter: The lifter whose estimates are collected.
    """

    def __init__(self, lifter: GeometricLifter) -> None:
        self._lifter = lifter
        self._segment = _Segment()
        self._done: list[BodyState] = []

    def add(self) -> None:
        """Takes the lifter's last estimate."""
        lifted = self._lifter.last
        if lifted is None:
            return
        if lifted.restarted:
            self._smooth(keep=0)
        segment = self._segment
        segment.filtered.append(lifted.estimate)
        segment.predicted.append(lifted.prediction)
        segment.contacts.append(lifted.contact)
        segment.qualities.append(lifted.quality)
        if len(segment.filtered) >= BLOCK_FRAMES:
            self._smooth(keep=OVERLAP_FRAMES)

    def smoothed(self) -> list[BodyState]:
        """All states so far, in time order, each given the whole recording around it."""
        self._smooth(keep=0)
        return list(self._done)

    def _smooth(self, keep: int) -> None:
        segment = self._segment
        if not segment.filtered:
            return
        estimates = smooth_backward(self._lifter.skeleton, segment.filtered, segment.predicted)
        finished = len(estimates) - keep
        rows = zip(estimates, segment.contacts, segment.qualities, strict=True)
        self._done += [self._lifter.to_state(*row) for row in list(rows)[:finished]]
        segment.drop(finished)
