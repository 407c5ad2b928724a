"""Programs that a command runs for a while: started, and stopped however the command ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

_STOP_LIMIT_S = 30.0


def launch_command(file_name: str, arguments: Mapping[str, object]) -> list[str]:
    """The command that starts a launch file of this package: `ros2 launch` where it is installed.

    Args:
        file_name: The launch file.
        arguments: Its arguments by name.
    """
    runner = [sys.executable, "-m", "monomsk_bringup.launch_cli"]
    if shutil.which("ros2") is not None:
        runner = ["ros2", "launch"]
    words = [f"{name}:={value}" for name, value in arguments.items()]
    return [*runner, "monomsk_bringup", file_name, *words]


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: IO[Any]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a session of its own, stopped at the end of the context.

    Args:
        command: Program and arguments.
        environment: Its variables.
        log: Where what it prints goes.
    """
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program in good order, or at once where it does not end."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def orderly_end() -> Iterator[None]:
    """Within, whatever asks for the end raises `KeyboardInterrupt`, so that nothing is left behind.

    Programs in sessions of their own get no signal when the command does.
    """
    before = on_end_signals(_interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def on_end_signals(handler: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, Any]:
    """Handle SIGINT, SIGTERM and, unless `nohup` had it ignored, SIGHUP; returns what did before.

    SIGINT even where it is ignored: a shell starts what runs in the background that way, and
    programs pass it on to those they start.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return {number: signal.signal(number, handler) for number in numbers}


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # what is under way now must not be interrupted in its turn
    on_end_signals(lambda _number, _frame: None)
    raise KeyboardInterrupt
