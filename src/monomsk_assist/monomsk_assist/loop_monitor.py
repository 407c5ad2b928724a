"""How regular the loop is and what it counted, summed up once a second."""

from collections import Counter
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LoopSummary:
    """A loop since the last summary; NaN where nothing happened.

    Attributes:
        rate_hz: Ticks a second.
        jitter_p99_s: 99th percentile of the deviation of a period from the nominal one [s].
        jitter_max_s: Largest such deviation [s].
        computation_s: Median time from the tick to the published command [s].
        age_s: Median age of the images behind the commands [s].
        horizon_s: Median prediction beyond them [s].
        counts: What happened, by name, since the start.
    """

    rate_hz: float
    jitter_p99_s: float
    jitter_max_s: float
    computation_s: float
    age_s: float
    horizon_s: float
    counts: dict[str, int]


class LoopMonitor:
    """Collects ticks between two summaries.

    Args:
        period_s: Nominal time between ticks [s].
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._last_s: float | None = None
        self.counts: Counter[str] = Counter()
        self._clear()

    def _clear(self) -> None:
        self._deviations_s: list[float] = []
        self._rows: list[tuple[float, float, float]] = []

    def restart(self) -> None:
        """The loop begins anew: the pause before is no jitter."""
        self._last_s = None

    def count(self, event: str) -> None:
        """Something happened."""
        self.counts[event] += 1

    def tick(self, steady_s: float, computation_s: float, age_s: float, horizon_s: float) -> None:
        """A command went out; times by a steady clock [s]."""
        if self._last_s is not None:
            self._deviations_s.append(abs(steady_s - self._last_s - self._period_s))
        self._last_s = steady_s
        self._rows.append((computation_s, age_s, horizon_s))

    def summarize(self, interval_s: float) -> LoopSummary:
        """The summary of the last interval [s]; starts the next one."""
        nan = float("nan")
        deviations = self._deviations_s or [nan]
        computation, age, horizon = np.median(self._rows, axis=0) if self._rows else (nan,) * 3
        summary = LoopSummary(
            rate_hz=len(self._rows) / interval_s,
            jitter_p99_s=float(np.percentile(deviations, 99)),
            jitter_max_s=max(deviations),
            computation_s=float(computation),
            age_s=float(age),
            horizon_s=float(horizon),
            counts=dict(self.counts),
        )
        self._clear()
        return summary
