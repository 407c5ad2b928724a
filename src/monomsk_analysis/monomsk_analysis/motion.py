"""From frames of which some lost the person to stretches of motion without holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

MAX_BRIDGED_GAP_S = 0.2
MIN_SEGMENT_FRAMES = 12
MIN_SEGMENT_S = 0.25
SHORTEST = f"{MIN_SEGMENT_FRAMES} frames over {MIN_SEGMENT_S:g} s"


@dataclass(frozen=True)
class Segment:
    """A stretch of frames with a configuration each.

    Attributes:
        frames: (k,) positions of the frames in the recording.
        stamps_ns: (k,) [ns].
        q: (k, 38) configurations.
        interpolated: (k,) frames in which the person was not found.
    """

    frames: NDArray[np.int64]
    stamps_ns: Stamps
    q: Array
    interpolated: NDArray[np.bool_]


@dataclass(frozen=True)
class SplitMotion:
    """What became of every frame of a recording.

    Attributes:
        segments: stretches to analyse.
        frames: number of frames of the recording.
        tracked: number of frames in which the person was found.
        dropped: number of tracked frames in stretches that are too short.
    """

    segments: tuple[Segment, ...]
    frames: int
    tracked: int
    dropped: int

    @property
    def interpolated(self) -> int:
        """Number of frames bridged by interpolation."""
        return int(sum(segment.interpolated.sum() for segment in self.segments))

    @property
    def analysed(self) -> int:
        """Number of frames in the segments."""
        return sum(len(segment.frames) for segment in self.segments)

    @property
    def lost(self) -> int:
        """Number of frames in which the person was not found."""
        return self.frames - self.tracked


def split_motion(
    stamps_ns: Stamps, configurations: Sequence[Array | None], skeleton: Skeleton
) -> SplitMotion:
    """Bridge short gaps, cut at long ones, leave out stretches too short for derivatives.

    Args:
        stamps_ns: (n,) strictly increasing [ns].
        configurations: q (38,) of each frame, None where the person was lost.
        skeleton: for interpolation on the manifold.
    """
    found = np.array([k for k, q in enumerate(configurations) if q is not None], dtype=np.int64)
    if not len(found):
        return SplitMotion((), len(stamps_ns), 0, 0)
    runs = _runs(found, stamps_ns)
    kept = [run for run in runs if _is_long_enough(stamps_ns[run])]
    segments = tuple(_bridge(run, stamps_ns, configurations, skeleton) for run in kept)
    dropped = len(found) - sum(len(run) for run in kept)
    return SplitMotion(segments, len(stamps_ns), len(found), dropped)


def unbridged_motion(stamps_ns: Stamps, configurations: Sequence[Array | None]) -> SplitMotion:
    """Cut at long gaps only: short ones stay open and no stretch is too short.

    Args:
        stamps_ns: (n,) strictly increasing [ns].
        configurations: q (38,) of each frame that was answered as it came, else None.
    """
    found = np.array([k for k, q in enumerate(configurations) if q is not None], dtype=np.int64)
    segments = tuple(
        Segment(
            run,
            stamps_ns[run],
            np.array([configurations[frame] for frame in run]),
            np.zeros(len(run), dtype=bool),
        )
        for run in (_runs(found, stamps_ns) if len(found) else ())
    )
    return SplitMotion(segments, len(stamps_ns), len(found), 0)


def describe_frames(split: SplitMotion, times: Array) -> tuple[str, ...]:
    """Return sentences for a file's header: which frames are missing or interpolated.

    Args:
        split: what became of every frame.
        times: (n,) times of the recording's frames [s].
    """
    sentences = [
        f"{split.analysed} of {split.frames} frames analysed; person found in {split.tracked}."
    ]
    for segment in split.segments:
        start_s, end_s = times[segment.frames[[0, -1]]]
        sentences.append(f"Segment from {start_s:.4f} s to {end_s:.4f} s.")
        bridged = segment.frames[segment.interpolated]
        if len(bridged):
            moments = ", ".join(f"{times[frame]:.4f}" for frame in bridged)
            sentences.append(f"Interpolated (person not found) at {moments} s.")
    return tuple(sentences)


def _runs(found: NDArray[np.int64], stamps_ns: Stamps) -> list[NDArray[np.int64]]:
    """Positions of the frames with a configuration, cut at long gaps in time."""
    gaps_s = np.diff(stamps_ns[found]) * 1e-9
    # In a slow recording the time between two frames is no gap.
    period_s = float(np.median(np.diff(stamps_ns))) * 1e-9 if len(stamps_ns) > 1 else 0.0
    breaks = np.flatnonzero(gaps_s > max(MAX_BRIDGED_GAP_S, 1.5 * period_s)) + 1
    return np.split(found, breaks)


def _is_long_enough(stamps_ns: Stamps) -> bool:
    duration_s = (stamps_ns[-1] - stamps_ns[0]) * 1e-9
    return len(stamps_ns) >= MIN_SEGMENT_FRAMES and duration_s >= MIN_SEGMENT_S


def _bridge(
    run: NDArray[np.int64],
    stamps_ns: Stamps,
    configurations: Sequence[Array | None],
    skeleton: Skeleton,
) -> Segment:
    """The stretch from a run's first frame to its last, with every frame filled."""
    frames = np.arange(run[0], run[-1] + 1)
    q = np.empty((len(frames), skeleton.nq))
    rows = run - run[0]
    q[rows] = [configurations[frame] for frame in run]
    for before, after in zip(rows[:-1], rows[1:], strict=True):
        if after - before == 1:
            continue
        step = skeleton.difference(q[before], q[after])
        stamps = stamps_ns[frames[before : after + 1]]
        shares = (stamps - stamps[0]) / (stamps[-1] - stamps[0])
        for row in range(before + 1, after):
            q[row] = skeleton.integrate(q[before], shares[row - before] * step)
    return Segment(frames, stamps_ns[frames], q, ~np.isin(frames, run))
