"""The report's figures as plain Plotly specifications: data in, dictionaries out.

Colours of axes and text are the page's business (light, dark, print); only what carries meaning
has its colour here. Long recordings are thinned for drawing, never for the tables.
"""

from __future__ import annotations

import numpy as np

from monomsk_analysis.figure_labels import CoordinateLabel, coordinate_groups
from monomsk_analysis.figure_parts import (
    NEUTRAL_COLOR,
    SIDE_COLORS,
    SIDE_NAMES,
    Curve,
    Figure,
    FigureGroup,
    time_figure,
)
from monomsk_analysis.force_figures import force_group
from monomsk_analysis.muscle_figures import activation_figures, joint_load_figures
from monomsk_analysis.report_data import FloatArray, ReportData
from monomsk_description.frames import GRAVITY_M_S2


def figure_groups(data: ReportData) -> tuple[FigureGroup, ...]:
    """Return every figure group of a report, in the order of the page."""
    return (
        *_angle_groups(data),
        *_torque_groups(data),
        force_group(data),
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
            100.0 * residual_force / (mass_kg * GRAVITY_M_S2),
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
