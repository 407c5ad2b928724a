"""Counts what happens to a stream of states and sums it up once a second."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from monomsk_dynamics.results import BodyDynamics


@dataclass(frozen=True)
class StateSummary:
    """A stream since the last summary; NaN where nothing came.

    Attributes:
        rate_hz: Results a second.
        age_s: Median age of the images when their result went out [s].
        oldest_age_s: The largest one [s].
        computation_s: Median time of one computation [s].
        root_force_n: Median root residual force [N].
        root_moment_n_m: Median root residual moment [N m].
        consistency_rad: Latest consistency error [rad].
        counts: What happened, by name, since the start.
    """

    rate_hz: float
    age_s: float
    oldest_age_s: float
    computation_s: float
    root_force_n: float
    root_moment_n_m: float
    consistency_rad: float
    counts: dict[str, int]


class StateMonitor:
    """Collects events between two summaries."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._clear()

    def _clear(self) -> None:
        self._ages_s: list[float] = []
        self._results: list[BodyDynamics] = []

    def count(self, event: str, times: int = 1) -> None:
        """Something happened, so many times."""
        if times:
            self.counts[event] += times

    def result(self, result: BodyDynamics, age_s: float) -> None:
        """A result went out, so long after its image's stamp [s]."""
        self.counts["results"] += 1
        self._ages_s.append(age_s)
        self._results.append(result)

    def summarize(self, interval_s: float) -> StateSummary:
        """The summary of the last interval [s]; starts the next one."""
        results = self._results
        residuals = np.array([result.root_residual for result in results]).reshape(-1, 6)
        summary = StateSummary(
            rate_hz=len(results) / interval_s,
            age_s=_median(self._ages_s),
            oldest_age_s=max(self._ages_s, default=float("nan")),
            computation_s=_median([r.timings_s.get("total", float("nan")) for r in results]),
            root_force_n=_median(list(np.linalg.norm(residuals[:, :3], axis=1))),
            root_moment_n_m=_median(list(np.linalg.norm(residuals[:, 3:], axis=1))),
            consistency_rad=results[-1].consistency_error if results else float("nan"),
            counts=dict(self.counts),
        )
        self._clear()
        return summary


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")
