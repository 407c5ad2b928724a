"""Counts what happens to a stream of images and sums it up once a second."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong.

    Attributes:
        event: What, by the name under which it is counted.
        text: What, with its reason.
        is_error: Whether results are missing or wrong because of it; else a warning.
    """

    event: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class StreamSummary:
    """A stream since the last summary.

    Attributes:
        rate_hz: Images a second.
        results_hz: Results a second.
        counts: What happened, by name, since the start.
        recent: The same since the last summary.
        age_s: Median age of the images when their result was ready [s]; NaN without any.
        max_age_s: Greatest age [s]; NaN without any.
        quality: Median quality of the results, 0 to 1; NaN without any.
        visibility: Median over the results of the landmarks' mean visibility; NaN without any.
        leg_visibility: The same of the leg that is seen better.
        stages_s: Median seconds of each stage.
        max_stages_s: Longest seconds of each stage.
        troubles: What went wrong, oldest first.
    """

    rate_hz: float
    counts: dict[str, int]
    age_s: float
    stages_s: dict[str, float]
    results_hz: float = 0.0
    recent: dict[str, int] = field(default_factory=dict)
    max_age_s: float = float("nan")
    quality: float = float("nan")
    visibility: float = float("nan")
    leg_visibility: float = float("nan")
    max_stages_s: dict[str, float] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()


class StreamMonitor:
    """Collects events between two summaries; may be told from several threads."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._start_interval()

    def _start_interval(self) -> None:
        self._recent: Counter[str] = Counter()
        self._ages_s: list[float] = []
        self._qualities: list[float] = []
        self._visibilities: list[float] = []
        self._leg_visibilities: list[float] = []
        self._stages_s: dict[str, list[float]] = {}
        self._troubles: list[Trouble] = []

    def count(self, event: str, number: int = 1) -> None:
        """Something happened, so often."""
        if number:
            with self._lock:
                self.counts[event] += number
                self._recent[event] += number

    def image(self) -> None:
        """An image came."""
        self.count("images")

    def trouble(self, event: str, text: str, is_error: bool = True) -> Trouble:
        """Something went wrong."""
        self.count(event)
        trouble = Trouble(event, text, is_error)
        with self._lock:
            self._troubles.append(trouble)
        return trouble

    def result(
        self,
        age_s: float,
        stages_s: dict[str, float],
        quality: float = float("nan"),
        visibility: float = float("nan"),
        leg_visibility: float = float("nan"),
    ) -> None:
        """A result is ready, so long after its image's stamp."""
        self.count("results")
        with self._lock:
            self._ages_s.append(age_s)
            self._qualities.append(quality)
            self._visibilities.append(visibility)
            self._leg_visibilities.append(leg_visibility)
            for stage, seconds in stages_s.items():
                self._stages_s.setdefault(stage, []).append(seconds)

    def summarize(self, interval_s: float) -> StreamSummary:
        """The summary of the last interval; starts the next one."""
        with self._lock:
            rate = 1.0 / interval_s if interval_s > 0 else float("nan")
            summary = StreamSummary(
                rate_hz=self._recent["images"] * rate,
                results_hz=self._recent["results"] * rate,
                counts=dict(self.counts),
                recent=dict(self._recent),
                age_s=_median(self._ages_s),
                max_age_s=max(self._ages_s, default=float("nan")),
                quality=_median(self._qualities),
                visibility=_median(self._visibilities),
                leg_visibility=_median(self._leg_visibilities),
                stages_s={s: _median(t) for s, t in self._stages_s.items()},
                max_stages_s={s: max(t) for s, t in self._stages_s.items()},
                troubles=tuple(self._troubles),
            )
            self._start_interval()
        return summary


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")
