"""The result of an analysis: kinematics and kinetics of every frame of a recording."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.motion import SplitMotion
from monomsk_analysis.progress import Advance
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import TooShortError
from monomsk_dynamics.floor import LEVEL_FLOOR, Floor
from monomsk_dynamics.gait import GaitTable, gait_table
from monomsk_dynamics.gait_steps import RECORDED_EVENT_SIGMA_S, VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.inverse_dynamics_transformer import load_transformer
from monomsk_dynamics.muscle_analysis import MuscleSeries
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.recorded_floor import recording_floor
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.sightings import Sightings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Analysis:
    """Kinetics of a recording.

    Attributes:
        skeleton: whose.
        times: (n,) time of each frame [s].
        split: what became of every frame.
        dynamics: n results, None where a frame was not analysed.
        dynamics_s: seconds that the dynamics took, per analysed frame.
        event_sigma_s: standard deviation of the time of a heel strike or toe off [s].
        muscles: of the results, in their order; None where they were not computed.
        muscles_s: seconds that the muscles took, per analysed frame.
        floor: that the dynamics stood on.
    """

    skeleton: Skeleton
    times: Array
    split: SplitMotion
    dynamics: tuple[BodyDynamics | None, ...]
    dynamics_s: Array
    event_sigma_s: float = RECORDED_EVENT_SIGMA_S
    muscles: MuscleSeries | None = None
    muscles_s: float = 0.0
    floor: Floor = LEVEL_FLOOR

    @property
    def analysed(self) -> NDArray[np.bool_]:
        """(n,) frames with a result."""
        return np.array([result is not None for result in self.dynamics])

    @property
    def results(self) -> list[BodyDynamics]:
        """The results of the analysed frames, in order."""
        return [result for result in self.dynamics if result is not None]

    @cached_property
    def gait(self) -> GaitTable:
        """Heel strikes, toe offs and steps; empty where nobody steps."""
        return gait_table(self.skeleton, self.results, self.event_sigma_s)

    @property
    def interpolated(self) -> NDArray[np.bool_]:
        """(n,) frames whose kinematics were interpolated over a short gap."""
        flags = np.zeros(len(self.times), dtype=bool)
        for segment in self.split.segments:
            flags[segment.frames[segment.interpolated]] = True
        return flags


def analyse(
    skeleton: Skeleton,
    times: Array,
    split: SplitMotion,
    sigma_q: Sequence[Array | None] | None = None,
    advance: Advance = lambda: None,
    options: DynamicsOptions | None = None,
    sightings: Sightings | None = None,
) -> Analysis:
    """Compute the dynamics of every segment.

    Args:
        skeleton: the person's.
        times: (n,) time of each frame [s].
        split: the segments.
        sigma_q: per frame, standard deviations (37,) of the configuration; None where unknown,
            None as a whole for those of motion capture.
        advance: called after each segment, and after each window of an optimisation.
        options: settings of the dynamics.
        sightings: from where a camera saw each frame; None without a camera.

    Raises:
        DynamicsError: the dynamics of a segment failed.
    """
    dynamics: list[BodyDynamics | None] = [None] * len(times)
    durations: list[Array] = []
    transformer = load_transformer(skeleton)
    options = _with_floor(options or DynamicsOptions(), skeleton, split, seen=sigma_q is not None)
    for segment in split.segments:
        sigmas = None if sigma_q is None else _sigmas(sigma_q, segment.frames)
        start_s = time.perf_counter()
        try:
            results = analyze_motion(
                skeleton, segment.stamps_ns, segment.q, options, sigmas,
                lambda done, total: advance(), transformer,
                None if sightings is None else sightings.at(segment.frames),
            )  # fmt: skip
        except TooShortError:
            # The dynamics may want longer runs than we do; those frames stay without a result.
            results = []
        frame_of = dict(zip(segment.stamps_ns.tolist(), segment.frames.tolist(), strict=True))
        for result in results:
            dynamics[frame_of[result.stamp_ns]] = result
        count = len(results)
        durations.append(np.full(count, (time.perf_counter() - start_s) / max(count, 1)))
        advance()
    seconds = np.concatenate(durations) if durations else np.empty(0)
    # Only states from images come with standard deviations.
    event_sigma_s = RECORDED_EVENT_SIGMA_S if sigma_q is None else VIDEO_EVENT_SIGMA_S
    return Analysis(
        skeleton, times, split, tuple(dynamics), seconds, event_sigma_s,
        floor=options.ground.floor or LEVEL_FLOOR,
    )  # fmt: skip


def _with_floor(
    options: DynamicsOptions, skeleton: Skeleton, split: SplitMotion, *, seen: bool
) -> DynamicsOptions:
    """The same with one floor for all segments: the one that the longest tells of."""
    floor = LEVEL_FLOOR
    if split.segments and not seen:
        longest = max(split.segments, key=lambda segment: len(segment.frames))
        floor = recording_floor(skeleton, longest.stamps_ns, longest.q, options, None)
    floor = options.ground.floor or floor
    return replace(options, ground=replace(options.ground, floor=floor))


def _sigmas(sigma_q: Sequence[Array | None], frames: NDArray[np.int64]) -> Array:
    """(k, 37), with NaN where unknown; an interpolated frame is as unsure as its neighbours."""
    rows = np.full((len(frames), 37), np.nan)
    for row, frame in enumerate(frames):
        own = sigma_q[frame]
        if own is not None:
            rows[row] = own
    known = np.isfinite(rows).all(axis=1)
    if known.any():
        filled = [np.interp(frames, frames[known], rows[known, k]) for k in range(37)]
        return np.stack(filled, axis=1)
    return rows
