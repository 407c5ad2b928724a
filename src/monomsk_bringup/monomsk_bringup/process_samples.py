"""Memory and processor time of processes over minutes and hours, and how they drift."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import psutil
from numpy.typing import ArrayLike

_MEGABYTE = 2.0**20
_HOUR_S = 3600.0


@dataclass(frozen=True)
class ProcessUse:
    """One process over a run, its warm-up left out.

    Attributes:
        name: of the program.
        cpu_percent: of one core, mean.
        memory_mb: resident at the end [MB].
        memory_mb_per_h: slope of the resident memory [MB/h].
        memory_uncertainty_mb_per_h: standard error of the slope, samples taken as independent.
    """

    name: str
    cpu_percent: float
    memory_mb: float
    memory_mb_per_h: float
    memory_uncertainty_mb_per_h: float


@dataclass
class ProcessSampler:
    """Looks at every descendant of a process when asked to.

    Attributes:
        root_pid: whose descendants.
    """

    root_pid: int
    _rows: dict[tuple[int, str], list[tuple[float, float, float]]] = field(default_factory=dict)

    def sample(self, time_s: float) -> None:
        """Look once, at a time of the caller's clock [s]."""
        try:
            found = psutil.Process(self.root_pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        for process in found:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    name = _program(process.cmdline())
                    row = (time_s, process.memory_info().rss / _MEGABYTE, times.user + times.system)
            except psutil.Error:  # it ended meanwhile
                continue
            self._rows.setdefault((process.pid, name), []).append(row)

    def uses(self, from_s: float) -> list[ProcessUse]:
        """What each process used from a time on; those seen less than three times are left out."""
        uses = []
        for (_, name), rows in sorted(self._rows.items()):
            table = np.array([row for row in rows if row[0] >= from_s])
            if len(table) < 3:
                continue
            time_s, memory_mb, cpu_s = table.T
            slope, error = slope_per_h(time_s, memory_mb)
            share = (cpu_s[-1] - cpu_s[0]) / (time_s[-1] - time_s[0])
            uses.append(ProcessUse(name, 100.0 * share, float(memory_mb[-1]), slope, error))
        return uses


def slope_per_h(time_s: ArrayLike, values: ArrayLike) -> tuple[float, float]:
    """Slope of values over time [1/h] by least squares, and its standard error.

    Args:
        time_s: (n,) times [s], at least three different ones.
        values: (n,).
    """
    hours = np.asarray(time_s, dtype=float) / _HOUR_S
    y = np.asarray(values, dtype=float)
    x = hours - hours.mean()
    spread = float(x @ x)
    slope = float(x @ (y - y.mean())) / spread
    rest = y - y.mean() - slope * x
    variance = float(rest @ rest) / max(len(y) - 2, 1)
    return slope, float(np.sqrt(variance / spread))


def _program(words: list[str]) -> str:
    """A node's executable out of a command line: its last path before the ROS arguments."""
    paths = [word for word in words[:3] if "/" in word and not word.startswith("-")]
    return (paths[-1] if paths else " ".join(words[:1])).rsplit("/", 1)[-1]
