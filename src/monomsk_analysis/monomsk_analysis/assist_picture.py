"""A picture of a run with assistance: commanded and delivered torque, states, and their reasons."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from monomsk_analysis.assist_record import STATES, AssistRecord

_NANOSECONDS = 1e-9
#: So many reasons are shown.
_REASONS = 7
_COLORS = {"disabled": "0.85", "arming": "khaki", "active": "lightgreen", "fading": "orange",
           "fault": "salmon"}  # fmt: skip


def draw_assistance(record: AssistRecord, path: Path) -> None:
    """Write a PNG; without commands nothing is written.

    Raises:
        OSError: the file cannot be written.
    """
    if not record.commands:
        return
    start_ns = record.commands[0].received_ns
    times_s = np.array([row.received_ns - start_ns for row in record.commands]) * _NANOSECONDS
    joints = record.commands[0].joints
    count = len(joints)
    figure = Figure(figsize=(12, 3 * count + 2), layout="constrained")
    axes = figure.subplots(
        count + 1, 1, sharex=True, squeeze=False, height_ratios=[*[3] * count, 2]
    )  # fmt: skip
    for k, (joint, axis) in enumerate(zip(joints, axes[:count, 0], strict=True)):
        _shade_states(axis, times_s, record)
        efforts = [row.effort[k] for row in record.commands]
        axis.plot(times_s, efforts, color="tab:blue", linewidth=1.2, label="commanded")
        given = [(at, torques[joint]) for at, torques in record.delivered if joint in torques]
        if given:
            at_s = (np.array([at for at, _ in given]) - start_ns) * _NANOSECONDS
            torques = [torque for _, torque in given]
            label = "straps on the person, idle load included"
            axis.plot(at_s, torques, color="tab:red", linewidth=0.8, label=label)
        axis.set_ylabel(f"{joint} [N m]")
        axis.grid(alpha=0.3)
    axes[0, 0].legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=7, fontsize="small")
    _mark_reasons(axes[-1, 0], times_s, record)
    axes[-1, 0].set_xlabel("time [s]")
    figure.savefig(path, dpi=100)


def _mark_reasons(axis: Any, times_s: np.ndarray, record: AssistRecord) -> None:
    """When the most frequent reasons against a full command held; not those of single joints."""
    told = Counter(r for row in record.commands for r in row.reasons if ":" not in r)
    names = [name for name, _ in told.most_common(_REASONS)][::-1]
    for height, name in enumerate(names):
        at_s = [t for t, row in zip(times_s, record.commands, strict=True) if name in row.reasons]
        axis.plot(at_s, np.full(len(at_s), height), "|", color="tab:gray", markersize=8)
    axis.set_yticks(range(len(names)), names, fontsize="small")
    axis.set_ylim(-0.7, max(len(names), 1) - 0.3)
    axis.grid(alpha=0.3)


def _shade_states(axis: Any, times_s: np.ndarray, record: AssistRecord) -> None:
    states = np.array([row.state for row in record.commands])
    changes = np.flatnonzero(np.diff(states)) + 1
    edges = [0, *changes, len(states) - 1]
    shown = set()
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        name = STATES[states[begin]]
        label = name if name not in shown else None
        shown.add(name)
        axis.axvspan(times_s[begin], times_s[end], color=_COLORS[name], alpha=0.4, label=label)
