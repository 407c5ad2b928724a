"""Starts processes, forwards what they print, and stops every one of them, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monomsk_bringup.errors import NotInstalledError
from monomsk_bringup.launch_plan import PlannedProcess
from monomsk_bringup.node_arguments import node_command

POLL_PERIOD_S = 0.05


@dataclass(frozen=True)
class StopTimeouts:
    """How long a process may take to end.

    Attributes:
        sigint_s: After SIGINT, before SIGTERM.
        sigterm_s: After SIGTERM, before SIGKILL.
    """

    sigint_s: float = 5.0
    sigterm_s: float = 5.0


@dataclass(frozen=True)
class Exit:
    """How a process ended.

    Attributes:
        label: Its label.
        code: Its exit code; negative for a signal.
        by_itself: Whether it ended before anybody asked it to.
    """

    label: str
    code: int
    by_itself: bool


class Supervisor:
    """Runs planned processes, each in its own session, until all have ended.

    As with `ros2 launch`, the end of one process leaves the others running, unless it was declared
    with `on_exit="shutdown"`. One with `respawn="true"` starts again, however it ended.
    """

    def __init__(
        self,
        planned: Sequence[PlannedProcess],
        parameter_folder: Path,
        emit: Callable[[str], None],
        timeouts: StopTimeouts | None = None,
    ) -> None:
        """Prepare; nothing starts yet.

        Args:
            planned: What to run.
            parameter_folder: Where parameter files are written; must outlive the processes.
            emit: Receives every line; called from several threads, one at a time.
            timeouts: How patient to be when stopping.
        """
        self._planned = tuple(planned)
        self._parameter_folder = parameter_folder
        self._timeouts = timeouts or StopTimeouts()
        self._emit = emit
        self._emit_lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._due: list[tuple[float, PlannedProcess]] = []
        self._exits: list[Exit] = []
        self._stop = threading.Event()

    def request_stop(self) -> None:
        """Ask for the end of everything; safe in signal handlers and from any thread."""
        self._stop.set()

    def run(self) -> list[Exit]:
        """Start everything and wait for the end.

        Returns:
            How each process ended, in order of their ends.

        Raises:
            NotInstalledError: A program cannot be started; those already running are stopped.
        """
        try:
            for planned in self._planned:
                self._start(planned)
            while (self._running or self._due) and not self._stop.is_set():
                self._collect()
                self._start_due()
                self._stop.wait(POLL_PERIOD_S)
        finally:
            self._stop.set()
            self._stop_all()
        return self._exits

    def _start(self, planned: PlannedProcess) -> None:
        command = node_command(planned, self._parameter_folder)
        try:
            popen = subprocess.Popen(
                command,
                env={**planned.environment, "PYTHONUNBUFFERED": "1"},
                cwd=planned.working_folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise NotInstalledError(command[0], f"cannot be started: {error.strerror}") from error
        reader = threading.Thread(target=self._forward, args=(planned.label, popen), daemon=True)
        self._running[planned.label] = _Running(planned, popen, reader)
        self._say(f"[INFO] [{planned.label}]: process started with pid [{popen.pid}]")
        reader.start()

    def _forward(self, label: str, popen: subprocess.Popen[str]) -> None:
        assert popen.stdout is not None
        for line in popen.stdout:
            self._say(f"[{label}] {line.rstrip()}")

    def _say(self, line: str) -> None:
        try:
            with self._emit_lock:
                self._emit(line)
        except OSError:
            # nobody reads what this program prints any more: without it, nothing goes on
            self.request_stop()

    def _collect(self) -> None:
        """Take note of processes that have ended."""
        for label, running in list(self._running.items()):
            code = running.popen.poll()
            if code is None:
                continue
            del self._running[label]
            running.end_group()
            by_itself = not self._stop.is_set()
            self._exits.append(Exit(label, code, by_itself))
            self._say(_describe_end(label, code, by_itself))
            if running.planned.shutdown_on_exit and by_itself:
                self._say(f"[INFO] [launch]: '{label}' has ended, so everything ends")
                self._stop.set()
            elif running.planned.respawn_delay_s is not None and by_itself:
                start_s = time.monotonic() + running.planned.respawn_delay_s
                self._due.append((start_s, running.planned))

    def _start_due(self) -> None:
        """Start again what has waited long enough."""
        now_s = time.monotonic()
        ready = [planned for start_s, planned in self._due if start_s <= now_s]
        self._due = [entry for entry in self._due if entry[0] > now_s]
        for planned in ready:
            self._start(planned)

    def _stop_all(self) -> None:
        patience = (
            (signal.SIGINT, self._timeouts.sigint_s),
            (signal.SIGTERM, self._timeouts.sigterm_s),
            (signal.SIGKILL, self._timeouts.sigterm_s),
        )
        for number, timeout_s in patience:
            self._collect()
            for label, running in self._running.items():
                self._say(f"[INFO] [{label}]: sending {number.name}")
                running.send(number)
            deadline_s = time.monotonic() + timeout_s
            while self._running and time.monotonic() < deadline_s:
                self._collect()
                time.sleep(POLL_PERIOD_S)


def _describe_end(label: str, code: int, by_itself: bool) -> str:
    if code == 0:
        return f"[INFO] [{label}]: process has finished cleanly"
    if code < 0 and not by_itself:
        return f"[INFO] [{label}]: process was ended by {signal.Signals(-code).name}"
    return f"[ERROR] [{label}]: process has died [exit code {code}]"


@dataclass(frozen=True)
class _Running:
    """A started process and the thread that forwards its output."""

    planned: PlannedProcess
    popen: subprocess.Popen[str]
    reader: threading.Thread

    def send(self, number: signal.Signals) -> None:
        """Signal the process and its children; its process group is its own."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def end_group(self) -> None:
        """Kill what the ended process left behind, then let the last lines through."""
        self.send(signal.SIGKILL)
        self.reader.join(timeout=1.0)
