"""The report's figures as plain Plotly specifications: data in, dictionaries out.

Colours of axes and text are the page's business (light, dark, print); only what carries meaning
has its colour here. Long recordings are thinned for drawing, never for the tables.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from monomsk_analysis.figure_labels import CoordinateLabel, coordinate_groups
from monomsk_analysis.figure_parts import (
    NEUTRAL_COLOR,
    SIDE_COLORS,
    SIDE_NAMES,
    Curve,
    Figure,
    Specification,
    numbers,
    runs,
    thinning,
    time_axis,
    time_figure,
)
from monomsk_analysis.muscle_figures import activation_figures, joint_load_figures
from monomsk_analysis.report_data import FloatArray, ReportData

GRAVITY = 9.81
"""Weight of one kilogram [N]."""

_AXIS_NAMES = (("x", "+ world forward"), ("y", "+ world left"), ("vertical", "+ upward"))


@dataclasses.dataclass(frozen=True)
class FigureGroup:
    """Figures under one heading.

    Attributes:
        key: its anchor in the page.
        title: the heading.
        note: one or two sentences under it.
        figures: in order.
        folded: closed until somebody opens it.
    """

    key: str
    title: str
    note: str
    figures: tuple[Figure, ...]
    folded: bool = False


def figure_groups(data: ReportData) -> tuple[FigureGroup, ...]:
    """Return every figure group of a report, in the order of the page."""
    return (
        *_angle_groups(data),
        *_torque_groups(data),
        _force_group(data),
        *_muscle_groups(data),
        _quality_group(data),
    )


def _angle_groups(data: ReportData) -> list[FigureGroup]:
    motion = data.motion
    return [
        FigureGroup(
            key=f"angles-{label}",
            title=f"Joint angles: {label}",
            note="The shaded band is one standard deviation, where it is known.",
            figures=tuple(
                _coordinate_figure(
                    data,
                    entry,
                    key=f"angle-{entry.base}",
                    values=np.degrees(motion.coordinates),
                    sigma=np.degrees(motion.coordinates_sigma),
                    title=f"{entry.name} [deg]",
                )
                for entry in entries
            ),
            folded=label == "arms",
        )
        for label, entries in coordinate_groups(motion.coordinate_names)
    ]


def _torque_groups(data: ReportData) -> list[FigureGroup]:
    mass_kg = data.subject.mass_kg
    return [
        FigureGroup(
            key=f"torques-{label}",
            title=f"Joint torques: {label}",
            note="Net joint torque per body mass, positive where it drives the coordinate in its "
            "positive direction. The shaded band is one standard deviation, where it is known.",
            figures=tuple(
                _coordinate_figure(
                    data,
                    entry,
                    key=f"torque-{entry.base}",
                    values=data.dynamics.torques / mass_kg,
                    sigma=data.dynamics.torques_sigma / mass_kg,
                    title=f"{entry.name} [N m/kg]",
                )
                for entry in entries
            ),
            folded=label == "arms",
        )
        for label, entries in coordinate_groups(data.motion.coordinate_names)
    ]


def _coordinate_figure(
    data: ReportData,
    entry: CoordinateLabel,
    *,
    key: str,
    values: FloatArray,
    sigma: FloatArray,
    title: str,
) -> Figure:
    """Right and left of one coordinate, or the single one of the trunk."""
    curves = []
    for side, column in enumerate(entry.columns):
        if column is not None:
            color = SIDE_COLORS[side] if entry.paired else NEUTRAL_COLOR
            name = SIDE_NAMES[side] if entry.paired else entry.name
            curves.append(Curve(name, color, values[:, column], sigma[:, column]))
    return time_figure(data, key, title, entry.positive, curves, contacts="bars")


def _force_group(data: ReportData) -> FigureGroup:
    weight_n = data.subject.mass_kg * GRAVITY
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
    load = 100.0 * data.dynamics.unexplained_load / (data.subject.mass_kg * GRAVITY)
    level = np.linalg.norm(load[:, :2], axis=1)
    curves = [Curve("up", NEUTRAL_COLOR, load[:, 2]), Curve("level", SIDE_COLORS[1], level)]
    title = "Unexplained load: other supports [% body weight]"
    return time_figure(data, "unexplained-load", title, "", curves, contacts="background")


def _muscle_groups(data: ReportData) -> list[FigureGroup]:
    if data.muscles is None:
        return []
    return [
        FigureGroup(
            key="muscles",
            title="Muscle activations",
            note="The share of the muscles in the torques by static optimisation: the least sum of "
            "squared activations. Mean of each group.",
            figures=activation_figures(data),
        ),
        FigureGroup(
            key="joint-loads",
            title="Joint contact forces",
            note="Force between the bones, muscles included.",
            figures=joint_load_figures(data),
        ),
    ]


def _quality_group(data: ReportData) -> FigureGroup:
    mass_kg = data.subject.mass_kg
    dynamics, motion = data.dynamics, data.motion
    residual_force = np.linalg.norm(dynamics.root_residual[:, :3], axis=1)
    residual_moment = np.linalg.norm(dynamics.root_residual[:, 3:], axis=1)
    rows = (
        (
            "reprojection",
            "Reprojection error [px]",
            "Distance of the fitted from the detected landmarks in the image, root mean square.",
            motion.reprojection_error_px,
        ),
        ("fit-quality", "Fit quality [0 to 1]", "", motion.fit_quality),
        (
            "residual-force",
            "Residual force at the pelvis [% body weight]",
            "The part of the motion's force that no foot contact explains; zero is perfect.",
            100.0 * residual_force / (mass_kg * GRAVITY),
        ),
        (
            "residual-moment",
            "Residual moment at the pelvis [N m/kg]",
            "The same for the moment.",
            residual_moment / mass_kg,
        ),
        (
            "consistency",
            "Forward-inverse consistency error [deg]",
            "Torques and forces integrated forward, against the measured motion.",
            np.degrees(dynamics.consistency_error),
        ),
    )
    figures = tuple(
        time_figure(data, key, title, note, [Curve(title, NEUTRAL_COLOR, values)], from_zero=True)
        for key, title, note, values in rows
        if np.isfinite(values).any()
    )
    return FigureGroup(
        key="quality",
        title="Quality over time",
        note="Grey background: the person was not found in these frames.",
        figures=figures,
    )


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
        "World frame: x forward, y to the left.",
        False,
        {"data": traces, "layout": layout},
    )
