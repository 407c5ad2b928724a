"""Gait of a recording: heel strikes, toe offs and the measures of every step, with hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_phase import runs
from monomsk_dynamics.gait_steps import (
    LEAST_RUN_S,
    LEAST_TRAVEL_M,
    RECORDED_EVENT_SIGMA_S,
    Footprint,
    GaitEvent,
    GaitEventKind,
    StepGeometry,
    is_stride,
    step_geometry,
)
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Stamps = NDArray[np.int64]

#: A longer pause between frames hides events: the recording is cut there [s].
_MAX_GAP_S = 0.25
_UNKNOWN = float("nan")


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


@dataclass(frozen=True)
class Step:
    """What a heel strike completes, and the stance it begins; NaN unknown.

    Attributes:
        stamp_ns: The heel strike [ns].
        foot: The foot that landed, 0 right or 1 left.
        step_time_s: Since the other foot's heel strike.
        stride_time_s: Since this foot's heel strike before.
        stance_time_s: From this heel strike to this foot's toe off.
        swing_time_s: From this foot's toe off to this heel strike.
        double_support_s: From this heel strike to the other foot's toe off; 0: it was in the air.
        speed_m_s: Of the pelvis over the stride that ends here, horizontal.
        geometry: Lengths and width.
    """

    stamp_ns: int
    foot: int
    step_time_s: float
    stride_time_s: float
    stance_time_s: float
    swing_time_s: float
    double_support_s: float
    speed_m_s: float
    geometry: StepGeometry


@dataclass(frozen=True)
class GaitTable:
    """Gait of a recording; empty where nobody steps.

    Attributes:
        events: In order of time.
        steps: One for each heel strike, in the same order.
    """

    events: tuple[GaitEvent, ...] = ()
    steps: tuple[Step, ...] = ()


def gait_table(
    skeleton: Skeleton,
    results: Sequence[BodyDynamics],
    event_sigma_s: float = RECORDED_EVENT_SIGMA_S,
) -> GaitTable:
    """Find the steps in the dynamics of a recording.

    Args:
        skeleton: The person's.
        results: In order of time; gaps may be between them.
        event_sigma_s: Standard deviation of an event's time, the frames' spacing aside [s].
    """
    events: list[GaitEvent] = []
    steps: list[Step] = []
    for paths in _uninterrupted(sole_paths(skeleton, results)):
        stances = find_stances(paths)
        events += gait_events(paths, stances, event_sigma_s)
        steps += gait_steps(paths, stances)
    return GaitTable(tuple(events), tuple(steps))


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


def _uninterrupted(paths: SolePaths) -> list[SolePaths]:
    gaps = np.flatnonzero(np.diff(paths.stamps_ns) > _MAX_GAP_S * 1e9) + 1
    stretches = np.split(np.arange(len(paths.stamps_ns)), gaps)
    return [
        SolePaths(*(values[rows] for values in vars(paths).values()))
        for rows in stretches
        if len(rows) > 1
    ]


def find_stances(paths: SolePaths) -> tuple[list[Stance], list[Stance]]:
    """Stances of right and left foot, in order of time.

    Only a swing that carries the foot separates two stances.
    """
    right, left = (_stances_of(paths, foot) for foot in (0, 1))
    return right, left


def _stances_of(paths: SolePaths, foot: int) -> list[Stance]:
    times_s, places = paths.times_s, paths.positions[:, foot]
    on = _without_blinks(times_s, paths.in_contact[:, foot])
    swings = [run for run in runs(~on) if _travel(places, run) >= LEAST_TRAVEL_M]
    speeds = np.linalg.norm(np.gradient(places[:, :2], times_s, axis=0), axis=1)
    edges = [0, *(edge for run in swings for edge in run), len(on)]
    stances = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if first == last:  # the recording begins or ends in the air
            continue
        footprint = Footprint()
        for k in range(first, last):
            footprint.add(places[k], float(speeds[k]))
        landed_ns = _between(paths.stamps_ns, first) if first > 0 else None
        left_ns = _between(paths.stamps_ns, last) if last < len(on) else None
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


def _travel(places: Array, run: tuple[int, int]) -> float:
    """How far a foot went in a run of frames, from before it to after it [m]."""
    start, stop = max(run[0] - 1, 0), min(run[1], len(places) - 1)
    return float(np.hypot(*(places[stop] - places[start])[:2]))


def _between(stamps_ns: Stamps, frame: int) -> int:
    """The middle between a frame and the one before: the change was in between."""
    return int(stamps_ns[frame - 1] + stamps_ns[frame]) // 2


def gait_events(
    paths: SolePaths,
    stances: tuple[list[Stance], list[Stance]],
    event_sigma_s: float = RECORDED_EVENT_SIGMA_S,
) -> tuple[GaitEvent, ...]:
    """Heel strikes and toe offs of stances, in order of time."""
    period_s = float(np.median(np.diff(paths.times_s)))
    sigma_s = float(np.hypot(event_sigma_s, period_s / np.sqrt(12.0)))
    events = [
        GaitEvent(stamp_ns, stance.foot, kind, sigma_s)
        for stance in (*stances[0], *stances[1])
        for stamp_ns, kind in (
            (stance.landed_ns, GaitEventKind.HEEL_STRIKE),
            (stance.left_ns, GaitEventKind.TOE_OFF),
        )
        if stamp_ns is not None
    ]
    return tuple(sorted(events, key=lambda event: event.stamp_ns))


def gait_steps(paths: SolePaths, stances: tuple[list[Stance], list[Stance]]) -> tuple[Step, ...]:
    """Measure every heel strike of stances, in order of time."""
    steps = [
        _step(
            paths, stance.landed_ns, stance, own[k - 1] if k > 0 else None, stances[1 - stance.foot]
        )
        for own in stances
        for k, stance in enumerate(own)
        if stance.landed_ns is not None
    ]
    return tuple(sorted(steps, key=lambda step: step.stamp_ns))


def _step(
    paths: SolePaths, landed_ns: int, now: Stance, before: Stance | None, others: list[Stance]
) -> Step:
    other = _in_between(others, before, landed_ns)
    stride_s = _seconds(before.landed_ns if before else None, landed_ns)
    stride_s = stride_s if is_stride(stride_s) else _UNKNOWN
    geometry = StepGeometry(_UNKNOWN, _UNKNOWN, _UNKNOWN)
    if before is not None and other is not None:
        geometry = step_geometry(now.foot, before.place, other.place, now.place)
    return Step(
        stamp_ns=landed_ns,
        foot=now.foot,
        step_time_s=_seconds(other.landed_ns if other else None, landed_ns),
        stride_time_s=stride_s,
        stance_time_s=_seconds(landed_ns, now.left_ns),
        swing_time_s=_seconds(before.left_ns if before else None, landed_ns),
        double_support_s=_double_support(others, landed_ns),
        speed_m_s=_pelvis_way(paths, landed_ns, stride_s) / stride_s,
        geometry=geometry,
    )


def _in_between(others: list[Stance], before: Stance | None, landed_ns: int) -> Stance | None:
    """The other foot's only landing since this foot's last one; None if there is not just one."""
    since_ns = before.landed_ns if before is not None else None
    found = [
        stance
        for stance in others
        if stance.landed_ns is not None
        and (since_ns is None or since_ns < stance.landed_ns)
        and stance.landed_ns < landed_ns
    ]
    return found[0] if len(found) == 1 else None


def _double_support(others: list[Stance], landed_ns: int) -> float:
    """How long the other foot stays after a landing [s]; 0 if it is in the air."""
    begun = [s for s in others if s.landed_ns is None or s.landed_ns < landed_ns]
    if not begun:
        return _UNKNOWN
    stays_s = _seconds(landed_ns, begun[-1].left_ns)
    return 0.0 if stays_s < 0.0 else stays_s


def _seconds(from_ns: int | None, to_ns: int | None) -> float:
    return _UNKNOWN if from_ns is None or to_ns is None else (to_ns - from_ns) * 1e-9


def _pelvis_way(paths: SolePaths, end_ns: int, duration_s: float) -> float:
    """How far the pelvis went in the plane until a time [m]."""
    end_s = (end_ns - int(paths.stamps_ns[0])) * 1e-9
    ends = [
        np.interp([end_s - duration_s, end_s], paths.times_s, paths.pelvis[:, axis])
        for axis in (0, 1)
    ]
    return float(np.hypot(*np.diff(ends, axis=1).ravel()))
