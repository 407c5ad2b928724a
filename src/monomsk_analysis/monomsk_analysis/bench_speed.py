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
#: Answers of the lifter's network that are timed, and what a node does between two of them [s].
_ANSWERS, _OTHER_WORK_S = 300, 0.015


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


def lifter_speeds(skeleton: Skeleton, answers: int = _ANSWERS) -> tuple[StageSpeed, ...]:
    """Time the live answers of the lifter's network, mirror image included, on one core.

    Args:
        skeleton: Whose network.
        answers: How many of each kind.

    Returns:
        Without delay and with the longest look-ahead: one after the other, and with other work in
        between, as a node has it, after which nothing of the network is left in the caches.
    """
    network = BothSides(OnnxLifter(skeleton.coordinate_names))
    subject, own = subject_token(skeleton.subject.height_m, {}), HISTORY_FRAMES - 1
    speeds = []
    for look_ahead in (0, MAX_LOOK_AHEAD):
        numbers = live_numbers(own, look_ahead)
        rays = 0.1 * np.random.default_rng(0).normal(size=(len(numbers), len(USED_LANDMARKS), 2))
        track = Track(rays, np.ones(rays.shape[:2]), np.ones(len(numbers)), numbers)
        asked = [int(np.searchsorted(numbers, own))]
        for work_s, when in ((0.0, ""), (_OTHER_WORK_S, ", between other work")):
            seconds = []
            for _ in range(answers):
                _work(work_s)
                start_s = time.perf_counter()
                network(track, subject, asked)
                seconds.append(time.perf_counter() - start_s)
            speeds.append(_speed(f"lifter network, {look_ahead} frames ahead{when}", seconds))
    return tuple(speeds)


def _work(duration_s: float) -> None:
    """Keep the core and its caches busy."""
    end_s, other = time.perf_counter() + duration_s, np.ones((400, 400))
    while time.perf_counter() < end_s:
        other @ other


def _speed(stage: str, seconds: list[float]) -> StageSpeed:
    median_ms, p99_ms = 1e3 * np.percentile(seconds[_WARM_UP_FRAMES:], [50, 99])
    return StageSpeed(stage, float(median_ms), float(p99_ms), len(seconds))
