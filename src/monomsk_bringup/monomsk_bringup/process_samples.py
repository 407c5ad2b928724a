"""Memory and processor time of processes over minutes and hours, and how they drift."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import psutil

from monomsk_bringup.drift import Drift, drift

_MEGABYTE = 2.0**20
_FEWEST_SAMPLES = 6


@dataclass(frozen=True)
class ProcessUse:
    """One process over a run, its warm-up left out.

    Attributes:
        name: of the program.
        cpu_percent: of one core, mean.
        memory_mb: its own resident memory at the end [MB]; not what it shares with others, such as
            the segments of Fast DDS, whose pages count for a process once it has touched them.
        memory_drift: of that memory [MB/h].
    """

    name: str
    cpu_percent: float
    memory_mb: float
    memory_drift: Drift


@dataclass
class ProcessSampler:
    """Looks at every descendant of a process when asked to.

    Attributes:
        root_pid: whose descendants.
    """

    root_pid: int
    _rows: dict[tuple[int, str], list[tuple[float, float, float]]] = field(default_factory=dict)
    _machine: list[tuple[float, float]] = field(default_factory=list)

    def sample(self, time_s: float) -> None:
        """Look once, at a time of the caller's clock [s]."""
        try:
            found = psutil.Process(self.root_pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        whole = psutil.cpu_times()
        self._machine.append((time_s, sum(whole) - whole.idle - whole.iowait - whole.guest))
        for process in found:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    name = _program(process.cmdline())
                    memory = process.memory_info()
                    own_mb = (memory.rss - memory.shared) / _MEGABYTE
                    row = (time_s, own_mb, times.user + times.system)
            except psutil.Error:  # it ended meanwhile
                continue
            self._rows.setdefault((process.pid, name), []).append(row)

    def uses(self, from_s: float) -> list[ProcessUse]:
        """What each process used from a time on; those seen a few times are left out."""
        uses = []
        for (_, name), rows in sorted(self._rows.items()):
            table = np.array([row for row in rows if row[0] >= from_s])
            if len(table) < _FEWEST_SAMPLES:
                continue
            time_s, memory_mb, cpu_s = table.T
            memory = drift(time_s, memory_mb)
            share = (cpu_s[-1] - cpu_s[0]) / (time_s[-1] - time_s[0])
            uses.append(ProcessUse(name, 100.0 * share, float(memory_mb[-1]), memory))
        return uses

    def restarted(self) -> tuple[str, ...]:
        """Programs that were seen as more than one process, one after the other or at once."""
        names = [name for _, name in self._rows]
        return tuple(sorted({name for name in names if names.count(name) > 1}))

    def others_cpu_percent(self, from_s: float) -> float:
        """Processor time of all other programs from a time on [% of one core]."""
        table = np.array([row for row in self._machine if row[0] >= from_s])
        if len(table) < 2:
            return float("nan")
        whole = 100.0 * (table[-1, 1] - table[0, 1]) / (table[-1, 0] - table[0, 0])
        return float(max(0.0, whole - sum(use.cpu_percent for use in self.uses(from_s))))


def _program(words: list[str]) -> str:
    """A node's executable out of a command line: its last path before the ROS arguments."""
    paths = [word for word in words[:3] if "/" in word and not word.startswith("-")]
    return (paths[-1] if paths else " ".join(words[:1])).rsplit("/", 1)[-1]
