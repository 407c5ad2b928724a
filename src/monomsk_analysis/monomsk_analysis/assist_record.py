"""What was received of a run with assistance, and its summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: STATE_* of monomsk_msgs/AssistCommand.
STATES = ("disabled", "arming", "active", "fading", "fault")


@dataclass(frozen=True)
class CommandRow:
    """One command on arrival.

    Attributes:
        received_ns: When DDS received it [ns].
        sent_ns: When it was published [ns].
        state: Index into STATES.
        joints: The commanded coordinates.
        effort: Of each [N m].
        age_s: Of the image behind it when it was published [s].
        horizon_s: Predicted beyond the image [s].
        reasons: Why it is not active, or what limited it.
    """

    received_ns: int
    sent_ns: int
    state: int
    joints: tuple[str, ...]
    effort: tuple[float, ...]
    age_s: float
    horizon_s: float
    reasons: tuple[str, ...]


@dataclass
class AssistRecord:
    """Commands, and what straps delivered (time of arrival [ns], torque [N m] by coordinate)."""

    commands: list[CommandRow] = field(default_factory=list)
    delivered: list[tuple[int, dict[str, float]]] = field(default_factory=list)


def summarize_assistance(record: AssistRecord) -> dict[str, Any]:
    """Intervals, states, ages and torques as plain numbers; empty without commands.

    Jitter is the deviation of the interval between two arrivals from the median interval. Commands
    before the first estimate do not count: the graph is still starting then.
    """
    rows = [row for row in record.commands if np.isfinite(row.age_s)]
    if len(rows) < 2:
        return {"commands": len(record.commands)}
    active = [row for row in rows if STATES[row.state] == "active"]
    reasons = Counter(reason for row in rows for reason in row.reasons)
    return {
        "commands": len(rows),
        "duration_s": (rows[-1].received_ns - rows[0].received_ns) * 1e-9,
        "jitter_on_arrival": _jitter([row.received_ns for row in rows]),
        "jitter_when_sent": _jitter([row.sent_ns for row in rows]),
        "age_ms": _percentiles([1e3 * row.age_s for row in active]),
        "horizon_ms": _percentiles([1e3 * row.horizon_s for row in active]),
        "state_shares": {
            state: float(np.mean([row.state == k for row in rows]))
            for k, state in enumerate(STATES)
        },
        "largest_effort_n_m": max((max(map(abs, row.effort)) for row in active), default=0.0),
        "reasons": dict(reasons.most_common()),
    }


def _jitter(times_ns: list[int]) -> dict[str, float]:
    intervals_ms = 1e-6 * np.diff(times_ns)
    period_ms = float(np.median(intervals_ms))
    deviations_ms = list(np.abs(intervals_ms - period_ms))
    return {"period_ms": period_ms} | _percentiles(deviations_ms)


def _percentiles(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    median, p99 = np.percentile(values, [50, 99])
    return {"median": float(median), "p99": float(p99), "max": float(max(values))}
