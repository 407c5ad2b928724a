"""How long each stage takes, on the machine that runs this."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.muscle_analysis import MuscleAnalysis
from monomsk_perception.both_sides import BothSides
from monomsk_perception.lifter_answer import (
    HISTORY_FRAMES,
    MAX_LOOK_AHEAD,
    USED_LANDMARKS,
    Track,
    live_numbers,
    subject_token,
)
from monomsk_perception.lifter_network import OnnxLifter

_WARM_UP_FRAMES = 10
#: Answers of the lifter's network that are timed in a row, and what a node does between two [s].
_ANSWERS_A_ROUND, _OTHER_WORK_S = 30, 0.015


@dataclass(frozen=True)
class StageSpeed:
    """Duration of one stage for one frame.

    Attributes:
        stage: its name.
        median_ms: median [ms].
        p99_ms: 99th percentile [ms].
        frames: number of frames measured.
    """

    stage: str
    median_ms: float
    p99_ms: float
    frames: int


def recorded_speeds(results: Path) -> tuple[StageSpeed, ...]:
    """Return the durations that `monomsk analyze` wrote into its summary.

    Args:
        results: folder of the results.
    """
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    frames = summary["frames"]["read"]
    return tuple(
        StageSpeed(stage, timing["median_ms"], timing["p99_ms"], frames)
        for stage, timing in summary["timings"].items()
    )


def live_dynamics_speeds(analysis: Analysis) -> tuple[StageSpeed, ...]:
    """Run the live dynamics over an analysed motion and time every update.

    Returns:
        From a state to its dynamics without muscles, with them, and each stage of it.
    """
    dynamics, muscles = LiveDynamics(analysis.skeleton), MuscleAnalysis(analysis.skeleton)
    without_s, with_s = [], []
    stages_s: dict[str, list[float]] = {}
    for result in analysis.results:
        state = BodyState(result.stamp_ns, result.q, result.v)
        start_s = time.perf_counter()
        found = dynamics.update(state)
        solved_s = time.perf_counter()
        muscles.with_activation(found)
        with_s.append(time.perf_counter() - start_s)
        without_s.append(solved_s - start_s)
        for stage, duration_s in found.timings_s.items():
            stages_s.setdefault(stage, []).append(duration_s)
    stages_s.pop("total", None)
    return (
        _speed("live dynamics", without_s),
        _speed("live dynamics, with muscles", with_s),
        *(_speed(f"live dynamics: {stage}", seconds) for stage, seconds in stages_s.items()),
    )


def lifter_speeds(skeleton: Skeleton, rounds: int = 10) -> tuple[StageSpeed, ...]:
    """Time the live answers of the lifter's network, mirror image included, on one core.

    Args:
        skeleton: Whose network.
        rounds: How often all kinds are timed by turns, so that a slow moment meets all alike.

    Returns:
        Without delay and with the longest look-ahead: one after the other, and with other work in
        between, as a node has it, after which nothing of the network is left in the caches.
    """
    network = BothSides(OnnxLifter(skeleton.coordinate_names))
    subject = subject_token(skeleton.subject.height_m, {})
    kinds = {
        f"lifter network, {look_ahead} frames ahead{when}": (look_ahead, work)
        for look_ahead in (0, MAX_LOOK_AHEAD)
        for work, when in ((_rest, ""), (_work, ", between other work"))
    }
    seconds: dict[str, list[float]] = {stage: [] for stage in kinds}
    for _ in range(rounds):
        for stage, (look_ahead, work) in kinds.items():
            track, asked = _live_question(look_ahead)
            network(track, subject, asked)
            for _ in range(_ANSWERS_A_ROUND):
                work()
                start_s = time.perf_counter()
                network(track, subject, asked)
                seconds[stage].append(time.perf_counter() - start_s)
    return tuple(_speed(stage, durations_s) for stage, durations_s in seconds.items())


def _live_question(look_ahead: int) -> tuple[Track, list[int]]:
    """Landmarks of as many frames as a live answer looks at, and the row of its own."""
    own = HISTORY_FRAMES - 1
    numbers = live_numbers(own, look_ahead)
    rays = 0.1 * np.random.default_rng(0).normal(size=(len(numbers), len(USED_LANDMARKS), 2))
    track = Track(rays, np.ones(rays.shape[:2]), np.ones(len(numbers)), numbers)
    return track, [int(np.searchsorted(numbers, own))]


def _rest() -> None:
    """Nothing."""


def _work() -> None:
    """Keep the core and its caches busy."""
    end_s, other = time.perf_counter() + _OTHER_WORK_S, np.ones((400, 400))
    while time.perf_counter() < end_s:
        other @ other


def _speed(stage: str, seconds: list[float]) -> StageSpeed:
    median_ms, p99_ms = 1e3 * np.percentile(seconds[_WARM_UP_FRAMES:], [50, 99])
    return StageSpeed(stage, float(median_ms), float(p99_ms), len(seconds))
