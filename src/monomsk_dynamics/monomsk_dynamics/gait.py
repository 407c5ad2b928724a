"""Gait of a recording: heel strikes, toe offs and the measures of every step, with hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_stances import (
    SolePaths,
    Stance,
    find_stances,
    sole_paths,
    uninterrupted,
)
from monomsk_dynamics.gait_steps import (
    RECORDED_EVENT_SIGMA_S,
    GaitEvent,
    GaitEventKind,
    StepGeometry,
    is_stride,
    step_geometry,
)
from monomsk_dynamics.results import BodyDynamics

_UNKNOWN = float("nan")


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
    for paths in uninterrupted(sole_paths(skeleton, results)):
        stances = find_stances(paths)
        events += gait_events(paths, stances, event_sigma_s)
        steps += gait_steps(paths, stances)
    return GaitTable(tuple(events), tuple(steps))


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
