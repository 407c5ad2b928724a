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


def live_dynamics_speed(analysis: Analysis) -> StageSpeed:
    """Run the live dynamics over an analysed motion and time every update."""
    dynamics = LiveDynamics(analysis.skeleton)
    seconds = []
    for result in analysis.results:
        state = BodyState(result.stamp_ns, result.q, result.v)
        start_s = time.perf_counter()
        dynamics.update(state)
        seconds.append(time.perf_counter() - start_s)
    median_ms, p99_ms = 1e3 * np.percentile(seconds[_WARM_UP_FRAMES:], [50, 99])
    return StageSpeed("live dynamics", float(median_ms), float(p99_ms), len(seconds))
