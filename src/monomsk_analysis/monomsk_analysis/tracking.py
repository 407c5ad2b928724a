"""Running perception over a source, image after image."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.frame_source import Frame, FrameSource, TimeWindow
from monomsk_analysis.progress import Advance
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.sightings import Sightings
from monomsk_perception.landmarks import LANDMARK_COUNT, Landmarks


@dataclass(frozen=True)
class Observation:
    """What perception made of one image.

    Attributes:
        landmarks: the detected landmarks; None if nobody was found.
        state: the body state; None if nobody was found or the fit failed.
        pose_world_camera: camera pose that the state rests on; None without a state.
        timings_s: seconds by stage.
    """

    landmarks: Landmarks | None
    state: BodyState | None
    pose_world_camera: pin.SE3 | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)


#: Fits this poor are those of another person, a tree, or of somebody half out of the picture.
LEAST_FIT_QUALITY = 0.4
#: Fewer good fits in a row after a poor one are good by chance.
LEAST_GOOD_RUN = 12


def fits(state: BodyState | None) -> bool:
    """Whether the skeleton explains what was seen well enough to tell its dynamics.

    Nobody (None) and an unknown quality are no bad fit.
    """
    return state is None or not state.quality < LEAST_FIT_QUALITY


def believed(states: Sequence[BodyState | None]) -> list[bool]:
    """Of each frame, whether its fit is good, and not by chance among poor ones."""
    good = [fits(state) for state in states]
    ends = [k for k in range(len(good) + 1) if k == len(good) or not good[k]]
    for before, after in pairwise(ends):
        if after - before - 1 < LEAST_GOOD_RUN:
            good[before:after] = [False] * (after - before)
    return good


class Tracker(Protocol):
    """Perception as this package sees it."""

    def observe(self, frame: Frame) -> Observation:
        """Look at the next image."""

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return all observations so far as they look with hindsight, one for each."""


@runtime_checkable
class RepeatingTracker(Tracker, Protocol):
    """Perception that can look at what it saw with another skeleton."""

    def again(
        self, skeleton: Skeleton, observations: Sequence[Observation]
    ) -> Sequence[Observation]:
        """Return the observations as they look with another skeleton, with hindsight."""


@dataclass(frozen=True)
class Tracking:
    """What perception made of a whole source.

    Attributes:
        indices: (n,) number of each image in its source.
        times: (n,) since the source's first image [s].
        stamps_ns: (n,) [ns].
        observations: n of them, with hindsight.
        stage_seconds: per stage, seconds for each image, (n,).
    """

    indices: NDArray[np.int64]
    times: NDArray[np.float64]
    stamps_ns: NDArray[np.int64]
    observations: tuple[Observation, ...]
    stage_seconds: Mapping[str, NDArray[np.float64]]

    @property
    def rate_hz(self) -> float:
        """Typical rate of the images [Hz]; NaN for fewer than two."""
        if len(self.times) < 2:
            return float("nan")
        return float(1.0 / np.median(np.diff(self.times)))


def sightings(tracking: Tracking) -> Sightings:
    """From where the camera saw each frame, and how well each landmark; nothing of a poor fit."""
    observations = tracking.observations
    positions = np.full((len(observations), 3), np.nan)
    visibility = np.zeros((len(observations), LANDMARK_COUNT))
    good = believed([observation.state for observation in observations])
    for k, (observation, fits_image) in enumerate(zip(observations, good, strict=True)):
        landmarks, pose = observation.landmarks, observation.pose_world_camera
        if fits_image and landmarks is not None and pose is not None:
            positions[k], visibility[k] = pose.translation, landmarks.visibility
    return Sightings(positions, visibility)


def track(
    source: FrameSource,
    window: TimeWindow,
    tracker: Tracker,
    advance: Advance = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Tracking:
    """Run a tracker over the images of a window.

    Args:
        source: gives the images.
        window: which of them.
        tracker: perception; it keeps its memory from image to image.
        advance: called after each image.
        clock: seconds, for the durations.

    Raises:
        InputError: the source is broken or the window holds no image.
    """
    frames: list[tuple[int, float, int]] = []
    observations: list[Observation] = []
    stages: dict[str, list[float]] = {"decode": [], "perception": []}
    before_s = clock()
    for frame in source.frames(window):
        decoded_s = clock()
        observation = tracker.observe(frame)
        seen_s = clock()
        seconds = {
            "decode": decoded_s - before_s,
            "perception": seen_s - decoded_s,
            **observation.timings_s,
        }
        for name in {*stages, *seconds}:
            # A stage that this image skipped (no detection needed) took no time.
            stages.setdefault(name, [0.0] * len(frames)).append(seconds.get(name, 0.0))
        frames.append((frame.index, frame.time_s, frame.stamp_ns))
        observations.append(observation)
        advance()
        before_s = clock()
    start_s = clock()
    revised = tuple(tracker.revise(observations))
    share_s = (clock() - start_s) / max(len(frames), 1)
    stages["hindsight"] = [share_s] * len(frames)
    return Tracking(
        indices=np.array([index for index, _, _ in frames], dtype=np.int64),
        times=np.array([time_s for _, time_s, _ in frames]),
        stamps_ns=np.array([stamp_ns for _, _, stamp_ns in frames], dtype=np.int64),
        observations=revised,
        stage_seconds={name: np.array(values) for name, values in stages.items()},
    )
