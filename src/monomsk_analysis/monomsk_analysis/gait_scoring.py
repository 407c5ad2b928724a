"""Scores of gait events against a reference, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monomsk_dynamics.gait_steps import GaitEventKind

#: Foot (0 right, 1 left), what it did, when [s].
Event = tuple[int, GaitEventKind, float]

_STRIKE, _OFF = GaitEventKind.HEEL_STRIKE, GaitEventKind.TOE_OFF
#: Events further apart are not the same one [s].
_PAIRED_S = 0.15


@dataclass(frozen=True)
class EventScore:
    """Events against a reference.

    Attributes:
        trial: Its name.
        path: How the events were found, or what they are compared with.
        errors_s: Signed, late is positive, by kind: heel strikes, toe offs.
        missed: Events of the reference that were not found.
        invented: Events found where the reference has none.
    """

    trial: str
    path: str
    errors_s: tuple[tuple[float, ...], tuple[float, ...]]
    missed: int
    invented: int

    @property
    def median_ms(self) -> float:
        """Median absolute error of all events [ms]; NaN without any."""
        errors = np.abs([*self.errors_s[0], *self.errors_s[1]])
        return 1e3 * float(np.median(errors)) if errors.size else float("nan")


def score_events(
    trial: str, path: str, found: Sequence[Event], reference: Sequence[Event]
) -> EventScore:
    """Pair every reference event with the nearest one found of its foot and kind."""
    errors: dict[GaitEventKind, list[float]] = {_STRIKE: [], _OFF: []}
    left = list(found)
    for foot, kind, time_s in reference:
        near = [e for e in left if e[:2] == (foot, kind) and abs(e[2] - time_s) <= _PAIRED_S]
        if near:
            best = min(near, key=lambda event: abs(event[2] - time_s))
            errors[kind].append(best[2] - time_s)
            left.remove(best)
    paired = len(errors[_STRIKE]) + len(errors[_OFF])
    return EventScore(
        trial, path, (tuple(errors[_STRIKE]), tuple(errors[_OFF])),
        len(reference) - paired, len(left),
    )  # fmt: skip


def render(scores: Sequence[EventScore]) -> str:
    """The scores as a table in Markdown."""
    rows = [
        "| Trial | Path | Events | Median [ms] | Heel strike: median, bias [ms] "
        "| Toe off: median, bias [ms] | Missed | Invented |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for score in scores:
        kinds = [_numbers(errors_s) for errors_s in score.errors_s]
        count = sum(map(len, score.errors_s))
        rows.append(
            f"| {score.trial} | {score.path} | {count} | {score.median_ms:.0f} | {kinds[0]} "
            f"| {kinds[1]} | {score.missed} | {score.invented} |"
        )
    return "\n".join(rows)


def _numbers(errors_s: Sequence[float]) -> str:
    """Median absolute and median signed error [ms]; late is positive."""
    if not errors_s:
        return "-"
    return f"{1e3 * np.median(np.abs(errors_s)):.0f}, {1e3 * np.median(errors_s):+.0f}"
