"""Walking in numbers: the steps of a recording as means, as a table and as summary entries."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.report_data import GaitSummary
from monomsk_dynamics.gait import GaitTable, Step
from monomsk_dynamics.gait_steps import GaitEventKind, symmetry_index

GAIT_FILE = "gait.csv"
_SIDES = ("right", "left")
_EVENT_COLUMNS = ("time_s", "foot", "event", "sigma_s")
_TIME_COLUMNS = (
    "step_time_s", "stride_time_s", "stance_time_s", "swing_time_s", "double_support_s",
)  # fmt: skip
_STEP_COLUMNS = (
    *_TIME_COLUMNS, "speed_m_s", "stride_length_m", "step_length_m", "step_width_m",
)  # fmt: skip


def gait_summary(table: GaitTable) -> GaitSummary | None:
    """Mean gait numbers of a recording, NaN where it is too short to tell; None without a step.

    A stride is counted when both of its heel strikes were seen.
    """
    if not table.steps:
        return None
    stride_s = _mean(table, None, lambda step: step.stride_time_s)
    step_s, stance_s, stride_by_side_s, step_m = (
        _pair(table, measure)
        for measure in (
            lambda step: step.step_time_s,
            lambda step: step.stance_time_s,
            lambda step: step.stride_time_s,
            lambda step: step.geometry.step_length_m,
        )
    )
    double_s = _pair(table, lambda step: step.double_support_s)
    return GaitSummary(
        speed_mps=_mean(table, None, lambda step: step.speed_m_s),
        cadence_spm=120.0 / stride_s,
        stride_length_m=_pair(table, lambda step: step.geometry.stride_length_m),
        stance_fraction=(stance_s[0] / stride_by_side_s[0], stance_s[1] / stride_by_side_s[1]),
        double_support_fraction=(double_s[0] + double_s[1]) / stride_s,
        strides=(_strides(table, 0), _strides(table, 1)),
        step_length_m=step_m,
        step_width_m=_mean(table, None, lambda step: step.geometry.step_width_m),
        step_length_symmetry_percent=symmetry_index(*step_m),
        step_time_symmetry_percent=symmetry_index(*step_s),
        stance_time_symmetry_percent=symmetry_index(*stance_s),
    )


def gait_entries(table: GaitTable) -> dict[str, Any] | None:
    """Entries of a summary about gait; None without a step."""
    summary = gait_summary(table)
    if summary is None:
        return None
    entries = asdict(summary)
    for name in ("stride_length_m", "stance_fraction", "strides", "step_length_m"):
        entries[name] = dict(zip(_SIDES, entries[name], strict=True))
    entries["heel_strikes"] = len(table.steps)
    entries["toe_offs"] = len(table.events) - len(table.steps)
    entries["event_time_sigma_s"] = max(event.sigma_s for event in table.events)
    return entries


def write_gait(folder: Path, analysis: Analysis) -> None:
    """Write `gait.csv`, one row an event; nothing where nobody steps.

    Heel strikes carry the measures of their step, `nan` where unknown; those cells of toe offs
    are empty.

    Raises:
        OSError: the file cannot be written.
    """
    table = analysis.gait
    if not table.steps:
        return
    steps = {(step.stamp_ns, step.foot): step for step in table.steps}
    time_of = _clock(analysis)
    with (folder / GAIT_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*_EVENT_COLUMNS, *_STEP_COLUMNS))
        for event in table.events:
            cells = [""] * len(_STEP_COLUMNS)
            if event.kind is GaitEventKind.HEEL_STRIKE:
                cells = [f"{value:.4f}" for value in _measures(steps[event.stamp_ns, event.foot])]
            time, sigma = f"{time_of(event.stamp_ns):.4f}", f"{event.sigma_s:.4f}"
            writer.writerow((time, _SIDES[event.foot], event.kind.value, sigma, *cells))


def _measures(step: Step) -> tuple[float, ...]:
    times = [getattr(step, name) for name in _TIME_COLUMNS]
    lengths = step.geometry
    return (
        *times, step.speed_m_s, lengths.stride_length_m, lengths.step_length_m,
        lengths.step_width_m,
    )  # fmt: skip


def _clock(analysis: Analysis) -> Callable[[int], float]:
    """From stamps [ns] to times of the recording [s]."""
    first_ns = analysis.results[0].stamp_ns
    elapsed_s = [(result.stamp_ns - first_ns) * 1e-9 for result in analysis.results]
    times = analysis.times[analysis.analysed]
    return lambda stamp_ns: float(np.interp((stamp_ns - first_ns) * 1e-9, elapsed_s, times))


def _strides(table: GaitTable, foot: int) -> int:
    own = [step for step in table.steps if step.foot == foot]
    return sum(math.isfinite(step.stride_time_s) for step in own)


def _pair(table: GaitTable, measure: Callable[[Step], float]) -> tuple[float, float]:
    return _mean(table, 0, measure), _mean(table, 1, measure)


def _mean(table: GaitTable, foot: int | None, measure: Callable[[Step], float]) -> float:
    """Mean over the steps of a foot, or of both, that know a measure; NaN if none does."""
    values = [measure(step) for step in table.steps if foot in (None, step.foot)]
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else math.nan
