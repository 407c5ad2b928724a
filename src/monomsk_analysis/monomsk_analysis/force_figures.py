"""The report's figures of the ground reaction: forces, contacts, centres of pressure."""

from __future__ import annotations

import numpy as np

from monomsk_analysis.figure_parts import (
    NEUTRAL_COLOR,
    SIDE_COLORS,
    SIDE_NAMES,
    Curve,
    Figure,
    FigureGroup,
    Specification,
    numbers,
    runs,
    thinning,
    time_axis,
    time_figure,
)
from monomsk_analysis.report_data import ReportData
from monomsk_description.frames import GRAVITY_M_S2

_AXIS_NAMES = (("x", "+ forward"), ("y", "+ left"), ("vertical", "+ upward"))


def force_group(data: ReportData) -> FigureGroup:
    """Ground reaction over time, and where it acts."""
    weight_n = data.subject.mass_kg * GRAVITY_M_S2
    forces = 100.0 * data.dynamics.sole_forces / weight_n
    sigmas = 100.0 * data.dynamics.sole_forces_sigma / weight_n
    figures = [
        time_figure(
            data,
            f"force-{axis}",
            f"Ground reaction {_AXIS_NAMES[axis][0]} [% body weight]",
            _AXIS_NAMES[axis][1],
            [
                Curve(name, SIDE_COLORS[side], forces[:, side, axis], sigmas[:, side, axis])
                for side, name in enumerate(SIDE_NAMES)
            ],
            contacts="background",
        )
        for axis in (2, 0, 1)
    ]
    free_moments = data.dynamics.free_moments / data.subject.mass_kg
    figures.append(
        time_figure(
            data,
            "free-moment",
            "Free moment about the vertical [N m/kg]",
            "",
            [
                Curve(name, SIDE_COLORS[side], free_moments[:, side])
                for side, name in enumerate(SIDE_NAMES)
            ],
            contacts="background",
        )
    )
    if np.nanmax(np.abs(data.dynamics.unexplained_load), initial=0.0) > 0.0:
        figures.append(_support_figure(data))
    return FigureGroup(
        key="forces",
        title="Ground reaction",
        note="Force of the floor on each foot; one body weight is 100 %. Shaded background: "
        "that foot is in contact.",
        figures=(*figures, _contact_figure(data), _pressure_figure(data)),
    )


def _support_figure(data: ReportData) -> Figure:
    """The force of a seat, or of whatever else than the soles bears load."""
    load = 100.0 * data.dynamics.unexplained_load / (data.subject.mass_kg * GRAVITY_M_S2)
    level = np.linalg.norm(load[:, :2], axis=1)
    curves = [Curve("up", NEUTRAL_COLOR, load[:, 2]), Curve("level", SIDE_COLORS[1], level)]
    title = "Unexplained load: other supports [% body weight]"
    return time_figure(data, "unexplained-load", title, "", curves, contacts="background")


def _contact_figure(data: ReportData) -> Figure:
    traces = []
    for side in (1, 0):
        spans = runs(data.motion.times_s, data.dynamics.in_contact[:, side])
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [SIDE_NAMES[side]] * len(spans),
                "base": numbers([start for start, _ in spans]),
                "x": numbers([end - start for start, end in spans]),
                "marker": {"color": SIDE_COLORS[side]},
                "hovertemplate": "%{base:.2f} s, for %{x:.2f} s<extra>%{y}</extra>",
                "showlegend": False,
            }
        )
    layout: Specification = {
        "barmode": "overlay",
        "bargap": 0.45,
        "xaxis": time_axis(data.motion.times_s),
        "yaxis": {"type": "category", "categoryarray": ["left", "right"]},
    }
    specification = {"data": traces, "layout": layout}
    return Figure("contacts", "Contact timeline", "Spans of floor contact.", True, specification)


def _pressure_figure(data: ReportData) -> Figure:
    times = data.motion.times_s
    keep = thinning(len(times))
    traces = []
    for side, name in enumerate(SIDE_NAMES):
        points = data.dynamics.centers_of_pressure[keep, side]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": numbers(points[:, 0]),
                "y": numbers(points[:, 1]),
                "text": [f"{time_s:.2f} s" for time_s in times[keep]],
                "hovertemplate": "x %{x:.3f} m, y %{y:.3f} m at %{text}<extra></extra>",
                "line": {"color": SIDE_COLORS[side], "width": 1},
                "marker": {"color": SIDE_COLORS[side], "size": 4},
                "connectgaps": False,
            }
        )
    layout = {
        "hovermode": "closest",
        "xaxis": {"title": {"text": "x [m]"}},
        "yaxis": {"title": {"text": "y [m]"}, "scaleanchor": "x", "scaleratio": 1},
    }
    return Figure(
        "pressure",
        "Centre of pressure, seen from above [m]",
        "x forward, y to the left.",
        False,
        {"data": traces, "layout": layout},
    )
