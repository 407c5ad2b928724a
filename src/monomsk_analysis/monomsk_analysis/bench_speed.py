"""How long each stage takes, on the machine that runs this."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_description.body_state import BodyState
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.muscle_analysis import MuscleAnalysis

_WARM_UP_FRAMES = 10


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


def _speed(stage: str, seconds: list[float]) -> StageSpeed:
    median_ms, p99_ms = 1e3 * np.percentile(seconds[_WARM_UP_FRAMES:], [50, 99])
    return StageSpeed(stage, float(median_ms), float(p99_ms), len(seconds))
