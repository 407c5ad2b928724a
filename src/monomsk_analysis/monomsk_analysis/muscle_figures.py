"""The report's figures of muscles: activations of groups, forces between bones."""

from __future__ import annotations

from monomsk_analysis.figure_parts import (
    SIDE_COLORS,
    SIDE_NAMES,
    Curve,
    Figure,
    time_figure,
)
from monomsk_analysis.report_data import FloatArray, ReportData

_JOINT_NAMES = {"hip": "Hip", "knee": "Knee", "ankle": "Ankle"}


def activation_figures(data: ReportData) -> tuple[Figure, ...]:
    """One figure a group of muscles, right and left."""
    muscles = data.muscles
    if muscles is None:
        return ()
    return tuple(
        _figure(
            data,
            f"muscle-{name.lower().replace(' ', '-')}",
            f"{name} [0 to 1]",
            muscles.activations[:, k],
        )
        for k, name in enumerate(muscles.group_names)
    )


def joint_load_figures(data: ReportData) -> tuple[Figure, ...]:
    """One figure a joint: size of the force between its bones."""
    muscles = data.muscles
    if muscles is None:
        return ()
    return tuple(
        _figure(
            data,
            f"joint-load-{joint}",
            f"{_JOINT_NAMES.get(joint, joint)} contact force [body weight]",
            muscles.joint_loads[:, k],
        )
        for k, joint in enumerate(muscles.joint_names)
    )


def _figure(data: ReportData, key: str, title: str, values: FloatArray) -> Figure:
    """Right and left of values (n, 2) over time, from zero upwards."""
    curves = [
        Curve(name, SIDE_COLORS[side], values[:, side]) for side, name in enumerate(SIDE_NAMES)
    ]
    return time_figure(data, key, title, "", curves, contacts="bars", from_zero=True)
