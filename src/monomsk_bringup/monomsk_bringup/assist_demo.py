"""The demonstration of assistance: a walk, and a video, into a simulated hip exoskeleton.

    python -m monomsk_bringup.assist_demo [--video FILE] [--plays N] [--no-walk]
        [--no-device] [--out FOLDER]

Real nodes in processes of their own, on a DDS domain of this run's own. The walk takes the place of
camera and perception; its thresholds are those of a device on a person. The video goes through the
whole graph. Each leaves in its folder, `walk` and `video`: `assist.png` (commanded and delivered
torque, states, reasons), `assist.json` (regularity of the commands on arrival, ages, states),
`log.txt` (what the nodes printed).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monomsk_bringup.child_processes import launch_command, running
from monomsk_bringup.demo import DemoError, explain
from monomsk_bringup.exit_code import exit_code_of
from monomsk_bringup.private_domain import PrivateDomain


def run_assist_demo(arguments: dict[str, object], out: Path) -> dict[str, Any]:
    """Run the launch file until the video ends; returns the summary of the commands.

    Args:
        arguments: Of assist_demo.launch.xml, without `out`.
        out: Folder of the results.

    Raises:
        DemoError: It failed, or no commands came.
    """
    out.mkdir(parents=True, exist_ok=True)
    summary_file, log = out / "assist.json", out / "log.txt"
    summary_file.unlink(missing_ok=True)
    command = launch_command("assist_demo.launch.xml", {**arguments, "out": out})
    with PrivateDomain() as domain, log.open("w") as file:
        environment = {**os.environ, **domain.environment(), "ROS_LOG_DIR": str(out / "ros_log")}
        with running(command, environment, file) as graph:
            code = graph.wait()
    if code != 0 or not summary_file.is_file():
        raise DemoError("assist", explain(log))
    summary: dict[str, Any] = json.loads(summary_file.read_text())
    if "jitter_on_arrival" not in summary:
        raise DemoError("assist", f"no commands from estimates came\n{explain(log)}")
    return summary


def describe(summary: dict[str, Any]) -> str:
    """The summary in a few lines."""
    jitter, shares = summary["jitter_on_arrival"], summary["state_shares"]
    states = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share >= 0.005)
    return (
        f"{summary['commands']} commands in {summary['duration_s']:.1f} s, one every "
        f"{jitter['period_ms']:.2f} ms on arrival; deviation median {jitter['median']:.2f}, "
        f"p99 {jitter['p99']:.2f}, largest {jitter['max']:.1f} ms\n"
        f"states: {states}; largest torque {summary['largest_effort_n_m']:.1f} N m"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="assist_demo", description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, help="video file; none: the walk alone")
    parser.add_argument("--plays", type=int, default=1, help="how often it is played")
    parser.add_argument("--height-m", type=float, default=0.0, help="height [m]; 0: assumed")
    parser.add_argument("--mass-kg", type=float, default=0.0, help="mass [kg]; 0: assumed")
    parser.add_argument("--no-walk", action="store_true", help="the video alone")
    parser.add_argument("--no-device", action="store_true", help="commands only, nothing simulated")
    parser.add_argument("--assist-config", type=Path, help="parameters of assist, YAML")
    parser.add_argument("--watch-realtime-priority", type=int, default=0, help="of the receiver")
    parser.add_argument("--out", type=Path, default=Path("demo") / "assist", help="folder")
    given = parser.parse_args(arguments)
    if given.video is None and given.no_walk:
        parser.error("--no-walk needs a --video")

    def show() -> None:
        for name, launch_arguments in _runs(given).items():
            out = given.out.resolve() / name
            print(f"{name}: {describe(run_assist_demo(launch_arguments, out))}")
            print(f"  {out / 'assist.png'}   commanded and delivered torque, states")

    return exit_code_of("assist_demo", show)


def _runs(given: argparse.Namespace) -> dict[str, dict[str, object]]:
    """Arguments of assist_demo.launch.xml for each run, by its folder's name."""
    common: dict[str, object] = {
        "device": str(not given.no_device).lower(),
        "watch_realtime_priority": given.watch_realtime_priority,
    }
    if given.assist_config is not None:
        common["assist_config"] = given.assist_config.resolve()
    runs: dict[str, dict[str, object]] = {}
    if not given.no_walk:
        runs["walk"] = {"walk": "true", **common}
    if given.video is not None:
        runs["video"] = {
            "play": given.video.resolve(),
            "play_times": given.plays,
            "height_m": given.height_m,
            "mass_kg": given.mass_kg,
            **common,
        }
    return runs


if __name__ == "__main__":
    sys.exit(main())
