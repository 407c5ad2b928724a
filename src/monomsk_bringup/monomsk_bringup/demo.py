"""The demonstration: a video through the running graph, then through the offline analysis.

    python -m monomsk_bringup.demo [--video FILE] [--height-m H] [--mass-kg M] [--out FOLDER]

The video is played in real time to the real nodes, in processes of their own, on a DDS domain of
this run's own. Leaves in the folder: `live/bag` (what the nodes published), `live/summary.json`
(rates, losses, latencies), `live/log.txt` (what they printed), `offline/` (`monomsk analyze`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monomsk_bringup.child_processes import launch_command, running
from monomsk_bringup.errors import BringupError
from monomsk_bringup.exit_code import exit_code_of
from monomsk_bringup.private_domain import PrivateDomain

PLAY_RATE_HZ = 30.0
# the landmark network sees the person in 256 x 256 pixels: larger images only cost time
MAX_SIDE_PX = 640
_LOG_LINES = 25
_NODE_ERROR = re.compile(r"^\[[^]]+\] \[(ERROR|FATAL)\]")


class DemoError(BringupError):
    """A part of the demonstration failed.

    Attributes:
        part: Which.
    """

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(f"{part}: {problem}")
        self.part = part


@dataclass(frozen=True)
class DemoOptions:
    """What to show.

    Attributes:
        video: The video file.
        plays: How often it is played live: a very short one tells little about latencies.
        height_m: Height [m]; None lets the nodes assume it, and say so.
        mass_kg: Mass [kg]; None as for the height.
        out: Folder of the results.
    """

    video: Path
    plays: int
    height_m: float | None
    mass_kg: float | None
    out: Path


def run_demo(options: DemoOptions) -> None:
    """Run both parts and say where to look.

    Raises:
        DemoError: One of them failed.
    """
    live, offline = options.out / "live", options.out / "offline"
    if not options.video.is_file():
        raise DemoError("video", f"no such file: {options.video}")
    shutil.rmtree(live, ignore_errors=True)
    live.mkdir(parents=True)
    print(f"\nlive: {options.video.name}, {options.plays} x, at {PLAY_RATE_HZ:g} Hz", flush=True)
    _run_live(options, live)
    _summarize(options, live)
    print("\noffline: the same video as a whole", flush=True)
    _run_offline(options, offline)
    print(
        f"\nwhere to look\n"
        f"  {offline / 'report.html'}   angles, torques, forces\n"
        f"  {offline / 'overlay.mp4'}   skeleton and forces over the video\n"
        f"  {offline}/*.mot, *.sto, *.trc   for OpenSim\n"
        f"  {live / 'bag'}   what the nodes published, for Foxglove or ros2 bag\n"
        f"  {live / 'summary.json'}   rates, losses, latencies"
    )


def live_command(options: DemoOptions, bag: Path) -> list[str]:
    """Compose the command that starts the graph: `ros2 launch` where it is installed.

    Args:
        options: What to show.
        bag: Where the recorder writes.

    Returns:
        Program and arguments.
    """
    arguments = {
        "play": options.video,
        "play_rate_hz": PLAY_RATE_HZ,
        "play_times": options.plays,
        "play_max_side_px": MAX_SIDE_PX,
        "record": bag,
        "height_m": options.height_m or 0.0,
        "mass_kg": options.mass_kg or 0.0,
    }
    return launch_command("monomsk.launch.xml", arguments)


def _run_live(options: DemoOptions, live: Path) -> None:
    log = live / "log.txt"
    with PrivateDomain() as domain, log.open("w") as file:
        environment = {**os.environ, **domain.environment(), "ROS_LOG_DIR": str(live / "ros_log")}
        with running(live_command(options, live / "bag"), environment, file) as graph:
            code = graph.wait()
    if code != 0:
        raise DemoError("live", f"failed\n{explain(log)}")


def _summarize(options: DemoOptions, live: Path) -> None:
    path = live / "summary.json"
    command = [sys.executable, "-m", "monomsk_analysis.live_summary", str(live / "bag")]
    if subprocess.run([*command, "--out", str(path)], check=False).returncode != 0:
        raise DemoError("live", f"no summary\n{explain(live / 'log.txt')}")
    summary: dict[str, Any] = json.loads(path.read_text())
    summary["played"] = {
        "video": str(options.video),
        "times": options.plays,
        "rate_hz": PLAY_RATE_HZ,
        "max_side_px": MAX_SIDE_PX,
        "height_m": options.height_m,
        "mass_kg": options.mass_kg,
    }
    path.write_text(json.dumps(summary, indent=2) + "\n")
    if not summary["dynamics_out"]:
        raise DemoError("live", f"no results came\n{explain(live / 'log.txt')}")


def _run_offline(options: DemoOptions, offline: Path) -> None:
    program = Path(sys.executable).with_name("monomsk")
    command = [str(program), "analyze", str(options.video), "--out", str(offline), "--overwrite"]
    for name, value in (("--height-m", options.height_m), ("--mass-kg", options.mass_kg)):
        command += [] if value is None else [name, str(value)]
    if subprocess.run(command, check=False).returncode != 0:
        raise DemoError("offline", f"failed: {' '.join(command)}")


def explain(log: Path) -> str:
    """Pick what explains a failure: what nodes reported as errors, else the end of their log."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if _NODE_ERROR.match(line)]
    return "\n".join((errors or lines)[-_LOG_LINES:]) + f"\n(all of it: {log})"


def _options(arguments: Sequence[str] | None) -> DemoOptions:
    parser = argparse.ArgumentParser(
        prog="demo", description="A video through the running ROS graph."
    )
    parser.add_argument("--video", type=Path, required=True, help="video file")
    parser.add_argument("--plays", type=int, default=1, help="how often it is played live")
    parser.add_argument("--height-m", type=float, help="height [m]; assumed if not given")
    parser.add_argument("--mass-kg", type=float, help="mass [kg]; assumed if not given")
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder of the results")
    given = parser.parse_args(arguments)
    return DemoOptions(
        video=given.video.resolve(),
        plays=given.plays,
        height_m=given.height_m,
        mass_kg=given.mass_kg,
        out=given.out.resolve(),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _options(arguments)
    return exit_code_of("demo", lambda: run_demo(options))


if __name__ == "__main__":
    sys.exit(main())
