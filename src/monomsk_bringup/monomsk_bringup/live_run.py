"""One run of the whole graph with a camera player, watched from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from monomsk_bringup.child_processes import running
from monomsk_bringup.drift import Drift, drift
from monomsk_bringup.errors import BringupError
from monomsk_bringup.installation import find_executable, find_share
from monomsk_bringup.live_scenarios import Scenario, write_clip
from monomsk_bringup.private_domain import PrivateDomain
from monomsk_bringup.process_samples import ProcessSampler, ProcessUse

_SAMPLE_PERIOD_S = 2.0
_WINDOW_S = 5.0
_START_LIMIT_S = 90.0
_WARM_UP_SHARE, _LEAST_WARM_UP_S = 0.25, 30.0
_PROGRESS_S = 30.0


@dataclass(frozen=True)
class LiveRun:
    """What came of it, the warm-up left out.

    Attributes:
        scenario: what was played.
        minutes: how long it was watched [min].
        frames: images that the camera published.
        answered: `body_dynamics` messages that arrived.
        median_ms: age of `body_dynamics` on arrival in another process, from the image's stamp.
        p99_ms: its 99th percentile.
        max_ms: the largest one.
        drift_ms: of that age's median [ms/h].
        p99_drift_ms: of its 99th percentile [ms/h].
        stages_ms: median of each stage.
        processes: what each process used.
        others_cpu_percent: processor time of all other programs [% of one core].
        restarted: programs that ended and were started again.
    """

    scenario: Scenario
    minutes: float
    frames: int
    answered: int
    median_ms: float
    p99_ms: float
    max_ms: float
    drift_ms: Drift
    p99_drift_ms: Drift
    stages_ms: Mapping[str, float]
    processes: tuple[ProcessUse, ...]
    others_cpu_percent: float
    restarted: tuple[str, ...] = ()

    @property
    def dropped_share(self) -> float:
        """Share of the images without an answer, 0 to 1."""
        return max(0.0, 1.0 - self.answered / self.frames) if self.frames else float("nan")

    def entries(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "dropped_share": self.dropped_share}


def run_scenario(scenario: Scenario, video: Path, minutes: float) -> LiveRun:
    """Start the launch file with a camera player and a recorder, watch, stop.

    Args:
        scenario: what to play.
        video: the video of a person that the clip is made from.
        minutes: how long to watch, the warm-up included [min].

    Raises:
        BringupError: nothing came, or a process died.
    """
    with tempfile.TemporaryDirectory(prefix="monomsk_live_") as name, PrivateDomain() as domain:
        folder = Path(name)
        clip, windows = folder / "clip.mp4", folder / "windows.jsonl"
        write_clip(video, scenario, clip)
        environment = {**os.environ, **domain.environment(), "ROS_LOG_DIR": str(folder / "log")}
        with (
            (folder / "output.txt").open("w") as log,
            running(graph_command(scenario, clip, folder), environment, log) as graph,
            running(observer_command(windows), environment, log),
        ):
            _wait_for_results(windows, graph, folder / "output.txt")
            sampler = ProcessSampler(graph.pid)
            begun_s = told_s = time.monotonic()
            while (now_s := time.monotonic()) - begun_s < 60.0 * minutes:
                sampler.sample(now_s - begun_s)
                if now_s - told_s >= _PROGRESS_S:
                    told_s = now_s
                    print(progress(_read(windows), (now_s - begun_s) / 60.0, minutes), flush=True)
                time.sleep(_SAMPLE_PERIOD_S)
                if graph.poll() is not None:
                    raise BringupError(f"the graph ended:\n{_tail(folder / 'output.txt')}")
        return _summary(scenario, minutes, windows, sampler)


def progress(rows: Sequence[dict[str, Any]], minutes_now: float, minutes: float) -> str:
    """One line on the last half minute, from the observer's windows."""
    recent = rows[-max(1, round(_PROGRESS_S / _WINDOW_S)) :]
    ages_ms = [age_ms for row in recent for age_ms in row["ages_ms"]]
    images = sum(row["counts"]["camera_info"] for row in recent)
    head = f"  {minutes_now:.1f} of {minutes:g} min: {len(ages_ms)} of {images} images answered"
    if not ages_ms:
        return head
    median_ms, p99_ms = np.percentile(ages_ms, [50, 99])
    return f"{head}, {median_ms:.1f} ms median, {p99_ms:.1f} ms 99 %"


def graph_command(scenario: Scenario, clip: Path, folder: Path) -> list[str]:
    """The command that plays a clip to the graph for ever and records the results in a folder."""
    config = find_share("monomsk_bringup") / "config" / "perception.yaml"
    parameters = yaml.safe_load(config.read_text())
    parameters["/**"]["ros__parameters"]["model_complexity"] = scenario.model
    parameters["/**"]["ros__parameters"]["num_threads"] = scenario.num_threads
    own = folder / "perception.yaml"
    own.write_text(yaml.safe_dump(parameters))
    arguments = {
        "perception_config": own,
        "play": clip,
        "play_times": 0,
        "play_rate_hz": scenario.rate_hz,
        "play_focal_px": scenario.focal_px,
        "height_m": 1.72,
        "mass_kg": 66.0,
        "record": folder / "bag",
    }
    words = [f"{key}:={value}" for key, value in arguments.items()]
    runner = [sys.executable, "-m", "monomsk_bringup.launch_cli"]
    return [*runner, "monomsk_bringup", "monomsk.launch.xml", *words]


def observer_command(windows: Path, window_s: float = _WINDOW_S) -> list[str]:
    """The command that watches the results and writes what it saw, a line per window."""
    program = find_executable("monomsk_analysis", "live_observer")
    parameters = ["-p", f"output:={windows}", "-p", f"window_s:={window_s}"]
    return [str(program), "--ros-args", *parameters]


def _wait_for_results(windows: Path, graph: subprocess.Popen[bytes], output: Path) -> None:
    deadline_s = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline_s and graph.poll() is None:
        if any(row["ages_ms"] for row in _read(windows)):
            return
        time.sleep(0.5)
    raise BringupError(f"no body_dynamics within {_START_LIMIT_S:g} s:\n{_tail(output)}")


def _read(windows: Path) -> list[dict[str, Any]]:
    if not windows.exists():
        return []
    lines = windows.read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def _tail(output: Path) -> str:
    return "\n".join(output.read_text(errors="replace").splitlines()[-25:])


def _summary(scenario: Scenario, minutes: float, windows: Path, sampler: ProcessSampler) -> LiveRun:
    warm_up_s = max(_LEAST_WARM_UP_S, _WARM_UP_SHARE * 60.0 * minutes)
    rows = [row for row in _read(windows) if row["ages_ms"]]
    # the last window is cut off by the end
    rows = [row for row in rows[:-1] if row["time_s"] >= rows[0]["time_s"] + warm_up_s]
    if len(rows) < 3:
        raise BringupError(f"{minutes:g} min are too short to say anything")
    ages_ms = np.concatenate([row["ages_ms"] for row in rows])
    times = np.repeat([row["time_s"] for row in rows], [len(row["ages_ms"]) for row in rows])
    stages: dict[str, list[float]] = {}
    for row in rows:
        for name, values in row["stages_ms"].items():
            stages.setdefault(name, []).extend(values)
    median_ms, p99_ms, max_ms = np.percentile(ages_ms, [50, 99, 100]).tolist()
    return LiveRun(
        scenario=scenario,
        minutes=minutes,
        frames=sum(row["counts"]["camera_info"] for row in rows),
        answered=len(ages_ms),
        median_ms=median_ms,
        p99_ms=p99_ms,
        max_ms=max_ms,
        drift_ms=drift(times, ages_ms),
        p99_drift_ms=drift(times, ages_ms, lambda part: float(np.percentile(part, 99))),
        stages_ms={name: float(np.median(values)) for name, values in stages.items()},
        processes=tuple(sampler.uses(warm_up_s)),
        others_cpu_percent=sampler.others_cpu_percent(warm_up_s),
        restarted=sampler.restarted(),
    )
