"""Live runs as tables for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from monomsk_bringup.live_run import LiveRun


def markdown(runs: Sequence[LiveRun]) -> str:
    """Three tables: latency, use of each process, stages."""
    return "\n\n".join([_latencies(runs), _processes(runs), _stages(runs)]) + "\n"


def _latencies(runs: Sequence[LiveRun]) -> str:
    lines = [
        "Image stamp to arrival of `body_dynamics` in another process:",
        "",
        "| Images | Network | Minutes | Median | 99 % | Largest | Dropped | Drift | Load |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        s = run.scenario
        drift = f"{run.drift_ms_per_h:+.1f} ± {run.drift_uncertainty_ms_per_h:.1f} ms/h"
        lines.append(
            f"| {s.width_px}x{s.height_px} at {s.rate_hz:g} Hz | {s.model} | {run.minutes:g} "
            f"| {run.median_ms:.1f} ms | {run.p99_ms:.1f} ms | {run.max_ms:.0f} ms "
            f"| {100 * run.dropped_share:.2f} % of {run.frames} | {drift} | {run.load:.1f} |"
        )
    return "\n".join(lines)


def _processes(runs: Sequence[LiveRun]) -> str:
    lines = [
        "| Images | Process | CPU (of one core) | Memory | Memory slope |",
        "|---|---|---|---|---|",
    ]
    for run in runs:
        for use in run.processes:
            slope = f"{use.memory_mb_per_h:+.1f} ± {use.memory_uncertainty_mb_per_h:.1f} MB/h"
            lines.append(
                f"| {run.scenario.name} | {use.name} | {use.cpu_percent:.0f} % "
                f"| {use.memory_mb:.0f} MB | {slope} |"
            )
    return "\n".join(lines)


def _stages(runs: Sequence[LiveRun]) -> str:
    lines = ["| Images | Stage | Median |", "|---|---|---|"]
    for run in runs:
        for name, milliseconds in run.stages_ms.items():
            lines.append(f"| {run.scenario.name} | {name} | {milliseconds:.2f} ms |")
    return "\n".join(lines)
