"""How long results are missing when a node is killed and the launch file starts it again.

    python -m monomsk_bringup.restart_check [--node perception_node] [--restarts 20]

Runs the real graph on a sample video, kills the node so many times with SIGKILL, and tells each
time how long it took from the kill to the first `body_dynamics` of a later image, and the parts:
respawn delay, start of the process until it is active, discovery and first image.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from monomsk_bringup.errors import BringupError
from monomsk_bringup.live_bench import sample_video
from monomsk_bringup.live_run import graph_command, start_process, stop_process
from monomsk_bringup.live_scenarios import SCENARIOS, write_clip
from monomsk_bringup.private_domain import PrivateDomain

NODES = ("perception_node", "dynamics_node")
_FIRST_LIMIT_S, _LIMIT_S = 90.0, 120.0
_POLL_S = 0.01
_ACTIVE = ": active"


@dataclass(frozen=True)
class Recovery:
    """One restart.

    Attributes:
        silence_s: From the kill to the first result of a later image [s].
        respawn_s: Of that, until the new process began [s].
        start_s: From there until the node was active [s].
        discovery_s: From there to the result [s].
    """

    silence_s: float
    respawn_s: float
    start_s: float
    discovery_s: float


class Results:
    """The stamps of `body_dynamics`, heard by a node of this process."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        from monomsk_msgs.msg import BodyDynamics

        rclpy.init()
        self._node = rclpy.create_node("restart_check")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self.last_stamp_ns = 0
        self._node.create_subscription(BodyDynamics, "body_dynamics", self._take, 10)

    def _take(self, message: Any) -> None:
        stamp = message.header.stamp
        self.last_stamp_ns = int(stamp.sec) * 10**9 + int(stamp.nanosec)

    def now_ns(self) -> int:
        """The clock of the images' stamps [ns]."""
        return int(self._node.get_clock().now().nanoseconds)

    def wait(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        """Listen until a condition holds.

        Raises:
            BringupError: It did not hold within the limit.
        """
        deadline_s = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise BringupError(f"not within {limit_s:g} s: {what}")
            self._executor.spin_once(timeout_sec=_POLL_S)

    def close(self) -> None:
        """End the node."""
        import rclpy

        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()


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
        with (folder / "output.txt").open("w") as log:
            command = graph_command(SCENARIOS[0], folder / "clip.mp4", folder)
            graph = start_process(command, os.environ, log)
            results = Results()
            try:
                results.wait(lambda: bool(results.last_stamp_ns), _FIRST_LIMIT_S, "a first result")
                runs = []
                for _ in range(restarts):
                    runs.append(_restart(node, graph.pid, folder / "output.txt", results))
                    print("  " + _line(runs[-1]), flush=True)
                return runs
            finally:
                results.close()
                stop_process(graph)


def _restart(node: str, graph_pid: int, output: Path, results: Results) -> Recovery:
    # at any moment of a frame
    settled_s = time.monotonic() + random.uniform(2.0, 3.0)
    results.wait(lambda: time.monotonic() > settled_s, _LIMIT_S, "")
    words = f"[{node}-"

    def active() -> int:
        lines = output.read_text(errors="replace").splitlines()
        return sum(words in line and line.endswith(_ACTIVE) for line in lines)

    before, old = active(), _process(node, graph_pid)
    assert old is not None
    killed_s, killed_ns = time.monotonic(), results.now_ns()
    old.send_signal(signal.SIGKILL)

    def respawned() -> bool:
        process = _process(node, graph_pid)
        return process is not None and process.pid != old.pid

    results.wait(respawned, _LIMIT_S, "the new process")
    begun_s = time.monotonic()
    results.wait(lambda: active() > before, _LIMIT_S, "the node is active")
    active_s = time.monotonic()
    results.wait(lambda: results.last_stamp_ns > killed_ns, _LIMIT_S, "a result")
    ended_s = time.monotonic()
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
    try:
        for node in given.node or NODES:
            print(f"{node}, killed {given.restarts} times", flush=True)
            print(summary(measure(node, given.restarts, given.video)), flush=True)
    except KeyboardInterrupt:
        return 130
    except (BringupError, OSError) as error:
        print(f"restart_check: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
