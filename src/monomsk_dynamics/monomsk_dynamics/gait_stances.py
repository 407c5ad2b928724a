"""Stances of a recording: when each sole stood, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_phase import runs
from monomsk_dynamics.gait_steps import LEAST_RUN_S, LEAST_TRAVEL_M, STRIDE_RANGE_S, Footprint
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Stamps = NDArray[np.int64]
#: First frame and the one after the last.
Run = tuple[int, int]

#: A longer pause between frames hides events: the recording is cut there [s].
_MAX_GAP_S = 0.25


@dataclass(frozen=True)
class SolePaths:
    """What gait is read from, over n frames.

    Attributes:
        stamps_ns: (n,) strictly increasing [ns].
        in_contact: Right and left sole bear load (n, 2).
        positions: Of the sole frames in the world (n, 2, 3) [m].
        pelvis: Position in the world (n, 3) [m].
    """

    stamps_ns: Stamps
    in_contact: Flags
    positions: Array
    pelvis: Array

    @property
    def times_s(self) -> Array:
        """Seconds since the first frame (n,)."""
        seconds: Array = (self.stamps_ns - self.stamps_ns[0]) * 1e-9
        return seconds


@dataclass(frozen=True)
class Stance:
    """One foot on the floor.

    Attributes:
        foot: 0 right, 1 left.
        landed_ns: Heel strike [ns]; None: before the recording began.
        left_ns: Toe off [ns]; None: after the recording ended.
        place: Footprint (2,) world [m], NaN unknown.
    """

    foot: int
    landed_ns: int | None
    left_ns: int | None
    place: Array


def sole_paths(skeleton: Skeleton, results: Sequence[BodyDynamics]) -> SolePaths:
    """Contacts and places of the soles in the dynamics of a recording."""
    placements = [skeleton.sole_poses(result.q) for result in results]
    return SolePaths(
        stamps_ns=np.array([result.stamp_ns for result in results], dtype=np.int64),
        in_contact=np.array(
            [[sole.in_contact for sole in result.soles] for result in results], dtype=bool
        ).reshape(-1, 2),
        positions=np.array([[pose.translation for pose in pair] for pair in placements]).reshape(
            -1, 2, 3
        ),
        pelvis=np.array([result.q[:3] for result in results]).reshape(-1, 3),
    )


def uninterrupted(paths: SolePaths) -> list[SolePaths]:
    """Cut a recording at its long gaps."""
    gaps = np.flatnonzero(np.diff(paths.stamps_ns) > _MAX_GAP_S * 1e9) + 1
    stretches = np.split(np.arange(len(paths.stamps_ns)), gaps)
    return [
        SolePaths(*(values[rows] for values in vars(paths).values()))
        for rows in stretches
        if len(rows) > 1
    ]


def find_stances(paths: SolePaths) -> tuple[list[Stance], list[Stance]]:
    """Stances of right and left foot, in order of time.

    Only a swing that carries the foot separates two stances, and only where the feet take turns:
    a foot that is put elsewhere once, sitting or standing, takes no step.
    """
    carried = [_swings(paths, foot) for foot in (0, 1)]
    right, left = (
        _stances_of(paths, foot, _in_turns(paths.times_s, carried[foot], carried[1 - foot]))
        for foot in (0, 1)
    )
    return right, left


def _swings(paths: SolePaths, foot: int) -> list[Run]:
    """Runs of frames in which a foot is carried through the air."""
    on = _without_blinks(paths.times_s, paths.in_contact[:, foot])
    places = paths.positions[:, foot]
    return [run for run in runs(~on) if _travel(places, run) >= LEAST_TRAVEL_M]


def _in_turns(times_s: Array, own: list[Run], others: list[Run]) -> list[Run]:
    """Those swings before or after which the other foot swings, within half a long stride."""
    longest_s = 0.5 * STRIDE_RANGE_S[1]
    theirs_s = np.array([_middle(times_s, run) for run in others])
    return [run for run in own if (np.abs(theirs_s - _middle(times_s, run)) <= longest_s).any()]


def _middle(times_s: Array, run: Run) -> float:
    return 0.5 * float(times_s[run[0]] + times_s[run[1] - 1])


def _stances_of(paths: SolePaths, foot: int, swings: list[Run]) -> list[Stance]:
    times_s, places = paths.times_s, paths.positions[:, foot]
    speeds = np.linalg.norm(np.gradient(places[:, :2], times_s, axis=0), axis=1)
    edges = [0, *(edge for run in swings for edge in run), len(times_s)]
    stances = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if first == last:  # the recording begins or ends in the air
            continue
        footprint = Footprint()
        for k in range(first, last):
            footprint.add(places[k], float(speeds[k]))
        landed_ns = _between(paths.stamps_ns, first) if first > 0 else None
        left_ns = _between(paths.stamps_ns, last) if last < len(times_s) else None
        stances.append(Stance(foot, landed_ns, left_ns, footprint.place))
    return stances


def _without_blinks(times_s: Array, on: Flags) -> Flags:
    """Fill short pauses first, then drop short contacts; what the recording cuts stays."""
    steady = on.copy()
    for state in (False, True):
        for start, stop in runs(steady == state):
            cut = start == 0 or stop == len(on)
            if not cut and times_s[stop] - times_s[start] < LEAST_RUN_S:
                steady[start:stop] = not state
    return steady


def _travel(places: Array, run: Run) -> float:
    """How far a foot went in a run of frames, from before it to after it [m]."""
    start, stop = max(run[0] - 1, 0), min(run[1], len(places) - 1)
    return float(np.hypot(*(places[stop] - places[start])[:2]))


def _between(stamps_ns: Stamps, frame: int) -> int:
    """The middle between a frame and the one before: the change was in between."""
    return int(stamps_ns[frame - 1] + stamps_ns[frame]) // 2
