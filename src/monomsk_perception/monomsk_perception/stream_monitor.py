"""Counts what happens to a stream of images and sums it up once a second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class StreamSummary:
    """A stream since the last summary.

    Attributes:
        rate_hz: Images a second.
        counts: What happened, by name, since the start.
        age_s: Median age of the images when their result was ready [s]; NaN without any.
        stages_s: Median seconds of each stage.
    """

    rate_hz: float
    counts: dict[str, int]
    age_s: float
    stages_s: dict[str, float]


@dataclass
class StreamMonitor:
    """Collects events between two summaries."""

    counts: Counter[str] = field(default_factory=Counter)
    _ages_s: list[float] = field(default_factory=list)
    _stages_s: dict[str, list[float]] = field(default_factory=dict)
    _images: int = 0

    def count(self, event: str) -> None:
        """Something happened."""
        self.counts[event] += 1

    def image(self) -> None:
        """An image came."""
        self._images += 1
        self.counts["images"] += 1

    def result(self, age_s: float, stages_s: dict[str, float]) -> None:
        """A result is ready, so long after its image's stamp."""
        self.counts["results"] += 1
        self._ages_s.append(age_s)
        for stage, seconds in stages_s.items():
            self._stages_s.setdefault(stage, []).append(seconds)

    def summarize(self, interval_s: float) -> StreamSummary:
        """The summary of the last interval; starts the next one."""
        summary = StreamSummary(
            rate_hz=self._images / interval_s if interval_s > 0 else float("nan"),
            counts=dict(self.counts),
            age_s=float(np.median(self._ages_s)) if self._ages_s else float("nan"),
            stages_s={s: float(np.median(t)) for s, t in self._stages_s.items()},
        )
        self._images = 0
        self._ages_s.clear()
        self._stages_s.clear()
        return summary
