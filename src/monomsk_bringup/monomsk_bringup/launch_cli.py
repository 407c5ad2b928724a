"""Starts an XML launch file where `ros2 launch` is not installed; same arguments.

    python -m monomsk_bringup.launch_cli PACKAGE FILE [name:=value ...] [--show-args]
    python -m monomsk_bringup.launch_cli PATH [name:=value ...] [--show-args]

Differences from `ros2 launch`: XML only, the subset of tags listed in `launch_file.py`, and unknown
arguments are refused. Exit code: 0 when every process ended cleanly or was stopped on request, 1
when one died by itself, 2 when nothing could be started.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from monomsk_bringup.child_processes import on_end_signals
from monomsk_bringup.errors import ArgumentError, BringupError
from monomsk_bringup.installation import find_launch_file
from monomsk_bringup.launch_arguments import describe_arguments
from monomsk_bringup.launch_plan import plan_launch
from monomsk_bringup.processes import Supervisor

DIED, NOT_STARTED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line without the program; None for the process's own.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        path, launch_arguments = _target(options.target)
        if options.show_args:
            print(describe_arguments(path))
            return 0
        return _launch(path, launch_arguments)
    except BringupError as error:
        print(f"launch_file: error: {error}", file=sys.stderr)
        return NOT_STARTED


def _launch(path: Path, launch_arguments: dict[str, str]) -> int:
    processes = plan_launch(path, launch_arguments, os.environ)
    with tempfile.TemporaryDirectory(prefix="monomsk_launch_") as folder:
        supervisor = Supervisor(processes, Path(folder), lambda line: print(line, flush=True))
        on_end_signals(lambda _number, _frame: supervisor.request_stop())
        exits = supervisor.run()
    return DIED if any(end.by_itself and end.code != 0 for end in exits) else 0


def _target(words: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """Tell the launch file from its arguments."""
    places = [word for word in words if ":=" not in word]
    launch_arguments = {}
    for word in words:
        if ":=" in word:
            name, value = word.split(":=", 1)
            launch_arguments[name] = value
    if len(places) == 1 and Path(places[0]).is_file():
        return Path(places[0]).resolve(), launch_arguments
    if len(places) == 2:
        return find_launch_file(places[0], places[1]), launch_arguments
    raise ArgumentError(" ".join(places), "expected PACKAGE FILE or the path of a launch file")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch_file", description="Start an XML launch file without ros2 launch."
    )
    parser.add_argument(
        "target",
        nargs="+",
        metavar="WORD",
        help="PACKAGE FILE, or the path of a launch file; then arguments as name:=value",
    )
    parser.add_argument("-s", "--show-args", action="store_true", help="print the file's arguments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
