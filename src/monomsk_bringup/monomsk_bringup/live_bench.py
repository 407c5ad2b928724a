"""How quick and how steady the running graph is.

    python -m monomsk_bringup.live_bench [--scenario NAME ...] [--minutes M] [--threads N]
    python -m monomsk_bringup.live_bench --soak [--minutes 60]

Plays clips made from a sample video to the real nodes in their own processes, recorder included,
and watches from another process. Leaves `live.json` and `live.md` (or `soak.*`) in the folder. A
soak exits with 1 when memory grows or the latency drifts beyond the limits.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monomsk_bringup.drift import Drift
from monomsk_bringup.errors import BringupError
from monomsk_bringup.exit_code import exit_code_of
from monomsk_bringup.live_report import markdown
from monomsk_bringup.live_run import LiveRun, run_scenario
from monomsk_bringup.live_scenarios import SCENARIOS, Scenario

MEMORY_LIMIT_MB_PER_H = 1.0
#: The recorder keeps the index of its file in memory: one entry a chunk, written at the end.
RECORDER_LIMIT_MB_PER_H = 5.0
DRIFT_LIMIT_MS_PER_H = 2.0
P99_DRIFT_LIMIT_MS_PER_H = 10.0
#: More processor time than this used by other programs makes latencies theirs [% of one core].
OTHERS_LIMIT_PERCENT = 25.0
#: Changes over the whole run that an allocator or another program's work can make.
_LEAST_GROWTH_MB, _LEAST_DRIFT_MS = 0.5, 1.0
_SHORT_MINUTES, _SHORT_GROWTH_MB, _SHORT_DRIFT_MS = 30.0, 5.0, 30.0


@dataclass(frozen=True)
class BenchOptions:
    """What to run.

    Attributes:
        scenarios: in order.
        minutes: each [min].
        video: of a person, at 60 Hz.
        out: folder of the results.
        soak: whether limits are checked.
    """

    scenarios: tuple[Scenario, ...]
    minutes: float
    video: Path
    out: Path
    soak: bool


def problems(run: LiveRun) -> list[str]:
    """What of a run is over the limits of a soak, by more than chance; empty: nothing.

    Short runs are told only what is gross: memory settles in steps over many minutes.
    """
    hours = run.minutes / 60.0
    found = [f"{name} ended and was started again" for name in run.restarted]
    for what, slope, limit, least in _limited(run):
        if slope.exceeds(limit) and slope.per_h * hours > least:
            found.append(f"{what} by {slope.per_h:.1f} ({limit:g} are allowed)")
    return found


def doubts(run: LiveRun) -> list[str]:
    """Why a run without problems proves little; empty: it proves what it says."""
    found = []
    if run.others_cpu_percent > OTHERS_LIMIT_PERCENT:
        found.append(f"other programs used {run.others_cpu_percent:.0f} % of a core")
    if run.minutes < _SHORT_MINUTES:
        found.append(f"less than {_SHORT_MINUTES:g} min find only gross leaks")
    for what, slope, limit, _ in _limited(run):
        if slope.may_exceed(limit) and not slope.exceeds(limit):
            found.append(f"{what} by {slope.low_per_h:.1f} to {slope.high_per_h:.1f}")
    return found


def _limited(run: LiveRun) -> list[tuple[str, Drift, float, float]]:
    """What must not drift: in words, how it does, the limit per hour, the least change that counts.

    Latency that falls is no problem.
    """
    short = run.minutes < _SHORT_MINUTES
    least_mb = _SHORT_GROWTH_MB if short else _LEAST_GROWTH_MB
    least_ms = _SHORT_DRIFT_MS if short else _LEAST_DRIFT_MS
    rows = [
        ("median latency rises [ms/h]", run.drift_ms, DRIFT_LIMIT_MS_PER_H, least_ms),
        ("99 % latency rises [ms/h]", run.p99_drift_ms, P99_DRIFT_LIMIT_MS_PER_H, least_ms),
    ]
    for process in run.processes:
        limit = RECORDER_LIMIT_MB_PER_H if process.name == "recorder" else MEMORY_LIMIT_MB_PER_H
        what = f"{process.name}: memory grows [MB/h]"
        rows.append((what, process.memory_drift, limit, least_mb))
    return rows


def run_bench(options: BenchOptions) -> list[str]:
    """Run all scenarios and write the reports; returns the problems of a soak.

    Raises:
        BringupError: A run failed.
    """
    if not options.video.is_file():
        raise BringupError(f"no sample video at {options.video}: run `make samples`")
    options.out.mkdir(parents=True, exist_ok=True)
    runs: list[LiveRun] = []
    stem = options.out / ("soak" if options.soak else "live")
    for scenario in options.scenarios:
        print(f"{scenario.name}: {options.minutes:g} min", flush=True)
        runs.append(run_scenario(scenario, options.video, options.minutes))
        # after each: an hour is not lost because the next one fails
        stem.with_suffix(".md").write_text(markdown(runs))
        entries = [run.entries() for run in runs]
        stem.with_suffix(".json").write_text(json.dumps(entries, indent=2) + "\n")
    print(markdown(runs))
    for run in runs:
        for doubt in doubts(run):
            print(f"{run.scenario.name}: doubtful: {doubt}")
    return [problem for run in runs for problem in problems(run)] if options.soak else []


def parsed(arguments: Sequence[str] | None) -> BenchOptions:
    """What a command line asks for; None: the process's own."""
    parser = argparse.ArgumentParser(description="Latency, losses and use of the running graph.")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--scenario", action="append", choices=names, help="all if not given")
    parser.add_argument("--minutes", type=float, help="each; 10, or 60 of a soak")
    parser.add_argument(
        "--video", type=Path, default=sample_video(), help="of one person, at 60 Hz"
    )
    parser.add_argument("--out", type=Path, default=Path("out/live"), help="folder of the results")
    parser.add_argument("--soak", action="store_true", help="one scenario, long, with limits")
    parser.add_argument("--threads", type=int, default=2, help="of the landmark network")
    given = parser.parse_args(arguments)
    wanted = given.scenario or (names[:1] if given.soak else names)
    return BenchOptions(
        scenarios=tuple(
            replace(s, num_threads=given.threads) for s in SCENARIOS if s.name in wanted
        ),
        minutes=given.minutes or (60.0 if given.soak else 10.0),
        video=given.video,
        out=given.out,
        soak=given.soak,
    )


def sample_video() -> Path:
    """Where `make samples` puts the video of a person."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(os.environ.get("MONOMSK_SAMPLE_DIR") or cache / "monomsk" / "samples")
    return folder / "cam01.mp4"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = parsed(arguments)

    def bench() -> int:
        found = run_bench(options)
        for problem in found:
            print(f"over the limit: {problem}", file=sys.stderr)
        return 1 if found else 0

    return exit_code_of("live_bench", bench, failed=2)


if __name__ == "__main__":
    sys.exit(main())
