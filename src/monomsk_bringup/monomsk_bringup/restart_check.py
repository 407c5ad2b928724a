"""How long results are missing when a node is killed and the launch file starts it again.

    python -m monomsk_bringup.restart_check [--node perception_node] [--restarts 20]

Runs the real graph on a sample video, kills the node so many times with SIGKILL, and tells each
time how long it took from the kill to the first `body_dynamics` after it, and the parts:
respawn delay, start of the process until it is active, discovery and first image.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import psutil

from monomsk_bringup.child_processes import running
from monomsk_bringup.errors import BringupError
from monomsk_bringup.exit_code import exit_code_of
from monomsk_bringup.live_bench import sample_video
from monomsk_bringup.live_run import graph_command, observer_command
from monomsk_bringup.live_scenarios import SCENARIOS, write_clip
from monomsk_bringup.private_domain import PrivateDomain

NODES = ("perception_node", "dynamics_node")
_FIRST_LIMIT_S, _LIMIT_S = 90.0, 120.0
_POLL_S = 0.01
_WINDOW_S = 0.05
_ACTIVE = ": active"


@dataclass(frozen=True)
class Recovery:
    """One restart.

    Attributes:
        silence_s: From the kill to the first result of the new process, to 0.05 s [s].
        respawn_s: Of that, until the new process began [s].
        start_s: From there until the node was active [s].
        discovery_s: From there to the result [s].
    """

    silence_s: float
    respawn_s: float
    start_s: float
    discovery_s: float


class Results:
    """How many `body_dynamics` have arrived, from the lines that an observer appends to a file."""

    def __init__(self, windows: Path) -> None:
        self._windows = windows
        self._read_bytes = 0
        self.count = 0

    def update(self) -> int:
        """Read what is new; returns the count."""
        if self._windows.exists():
            with self._windows.open("rb") as file:
                file.seek(self._read_bytes)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read_bytes += len(whole)
            self.count += sum(len(json.loads(line)["ages_ms"]) for line in whole.splitlines())
        return self.count


def wait(condition: Callable[[], bool], limit_s: float, what: str) -> float:
    """Wait until a condition holds; returns when it did [s].

    Raises:
        BringupError: It did not hold within the limit.
    """
    deadline_s = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise BringupError(f"not within {limit_s:g} s: {what}")
        time.sleep(_POLL_S)
    return time.monotonic()


def measure(node: str, restarts: int, video: Path) -> list[Recovery]:
    """Kill a node so many times.

    Args:
        node: Executable of the node: one of `NODES`.
        restarts: How often.
        video: Of one person, at 60 Hz.

    Raises:
        BringupError: The graph gave no results, before or after a restart.
    """
    with tempfile.TemporaryDirectory(prefix="monomsk_restart_") as name, PrivateDomain() as domain:
        folder = Path(name)
        write_clip(video, SCENARIOS[0], folder / "clip.mp4")
        os.environ.update(domain.environment() | {"ROS_LOG_DIR": str(folder / "log")})
        results = Results(folder / "windows.jsonl")
        command = graph_command(SCENARIOS[0], folder / "clip.mp4", folder)
        watch = observer_command(folder / "windows.jsonl", _WINDOW_S)
        with (
            (folder / "output.txt").open("w") as log,
            running(command, os.environ, log) as graph,
            running(watch, os.environ, log),
        ):
            wait(lambda: results.update() > 0, _FIRST_LIMIT_S, "a first result")
            runs = []
            for _ in range(restarts):
                runs.append(_restart(node, graph.pid, folder / "output.txt", results))
                print("  " + _line(runs[-1]), flush=True)
            return runs


def _restart(node: str, graph_pid: int, output: Path, results: Results) -> Recovery:
    time.sleep(random.uniform(2.0, 3.0))  # at any moment of a frame

    def active() -> int:
        lines = output.read_text(errors="replace").splitlines()
        return sum(f"[{node}-" in line and line.endswith(_ACTIVE) for line in lines)

    before, old = active(), _process(node, graph_pid)
    if old is None:
        raise BringupError(f"{node} does not run")
    killed_s = time.monotonic()
    old.send_signal(signal.SIGKILL)

    def respawned() -> bool:
        process = _process(node, graph_pid)
        return process is not None and process.pid != old.pid

    begun_s = wait(respawned, _LIMIT_S, "the new process")
    # what was under way at the kill has arrived: the respawn delay is longer
    answered = results.update()
    active_s = wait(lambda: active() > before, _LIMIT_S, "the node is active")
    ended_s = wait(lambda: results.update() > answered, _LIMIT_S, "a result")
    parts = begun_s - killed_s, active_s - begun_s, ended_s - active_s
    return Recovery(ended_s - killed_s, *parts)


def _process(node: str, graph_pid: int) -> psutil.Process | None:
    for process in psutil.Process(graph_pid).children():
        try:
            if any(word.endswith(f"/{node}") for word in process.cmdline()):
                return process
        except psutil.Error:  # it ended meanwhile
            continue
    return None


def _line(run: Recovery) -> str:
    return ", ".join(
        f"{item.name.removesuffix('_s')} {value:.2f} s"
        for item, value in zip(fields(run), astuple(run), strict=True)
    )


def summary(runs: Sequence[Recovery]) -> str:
    """Median, 90th percentile and largest of each part."""
    lines = []
    table = np.array([astuple(run) for run in runs])
    for item, column in zip(fields(Recovery), table.T, strict=True):
        middle, high = np.percentile(column, [50, 90])
        name = item.name.removesuffix("_s")
        lines.append(
            f"{name}: median {middle:.2f} s, 90 % {high:.2f} s, worst {column.max():.2f} s"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Time without results after a node was killed.")
    parser.add_argument("--node", action="append", choices=NODES, help="both if not given")
    parser.add_argument("--restarts", type=int, default=20, help="of each node")
    parser.add_argument(
        "--video", type=Path, default=sample_video(), help="of one person, at 60 Hz"
    )
    given = parser.parse_args(arguments)

    def check() -> None:
        for node in given.node or NODES:
            print(f"{node}, killed {given.restarts} times", flush=True)
            print(summary(measure(node, given.restarts, given.video)), flush=True)

    return exit_code_of("restart_check", check, failed=2)


if __name__ == "__main__":
    sys.exit(main())
