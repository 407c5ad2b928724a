"""Live runs as tables for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from monomsk_bringup.drift import Drift
from monomsk_bringup.live_run import LiveRun


def markdown(runs: Sequence[LiveRun]) -> str:
    """Three tables: latency, use of each process, stages."""
    return "\n\n".join([_latencies(runs), _processes(runs), _stages(runs)]) + "\n"


def _latencies(runs: Sequence[LiveRun]) -> str:
    lines = [
        "Image stamp to arrival of `body_dynamics` in another process:",
        "",
        "| Images | Network | Minutes | Median | 99 % | Largest | Dropped | Drift (95 %) "
        "| Drift of 99 % | Other programs |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        s = run.scenario
        lines.append(
            f"| {s.width_px}x{s.height_px} at {s.rate_hz:g} Hz | {s.model}, "
            f"{s.num_threads} threads | {run.minutes:g} "
            f"| {run.median_ms:.1f} ms | {run.p99_ms:.1f} ms | {run.max_ms:.0f} ms "
            f"| {100 * run.dropped_share:.2f} % of {run.frames} "
            f"| {_interval(run.drift_ms)} ms/h | {_interval(run.p99_drift_ms)} ms/h "
            f"| {run.others_cpu_percent:.0f} % of a core |"
        )
    return "\n".join(lines)


def _processes(runs: Sequence[LiveRun]) -> str:
    lines = [
        "| Images | Process | CPU (of one core) | Memory | Memory slope |",
        "|---|---|---|---|---|",
    ]
    for run in runs:
        for use in run.processes:
            lines.append(
                f"| {run.scenario.name} | {use.name} | {use.cpu_percent:.0f} % "
                f"| {use.memory_mb:.0f} MB | {_interval(use.memory_drift)} MB/h |"
            )
    return "\n".join(lines)


def _interval(slope: Drift) -> str:
    return f"{slope.per_h:+.1f} ({slope.low_per_h:+.1f} to {slope.high_per_h:+.1f})"


def _stages(runs: Sequence[LiveRun]) -> str:
    lines = ["| Images | Stage | Median |", "|---|---|---|"]
    for run in runs:
        for name, milliseconds in run.stages_ms.items():
            lines.append(f"| {run.scenario.name} | {name} | {milliseconds:.2f} ms |")
    return "\n".join(lines)
