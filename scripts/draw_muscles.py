"""The muscles' table and figure on docs/human_model.md, from the muscles themselves."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from monomsk_description.muscle_file import load_muscles
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.hill import active_force_length, force_velocity, passive_force_length

DPI = 110
#: Coordinate, range shown [degrees] and muscles in each panel of moment arms.
PANELS = (
    ("hip_flexion_r", (-30, 110), ("psoas", "recfem", "glmax2", "bflh", "semimem", "addmagIsch")),
    ("hip_adduction_r", (-30, 20), ("glmed1", "glmed3", "tfl", "addlong", "grac")),
    ("knee_angle_r", (0, 120), ("recfem", "vaslat", "bflh", "semimem", "gasmed")),
    ("ankle_angle_r", (-40, 30), ("soleus", "gasmed", "tibant", "tibpost", "perlong")),
)


def muscle_table() -> list[str]:
    """Rows of the page's table: every muscle of a leg."""
    rows = [
        "| muscle | crosses | strongest force [N] | optimal fibre [mm] | tendon slack [mm] "
        "| pennation [deg] |",
        "|---|---|---|---|---|---|",
    ]
    for muscle in load_muscles().muscles:
        crosses = ", ".join(name.removesuffix("_angle") for name in muscle.crosses)
        rows.append(
            f"| `{muscle.name}` | {crosses} | {muscle.max_isometric_force_n:.0f} "
            f"| {1e3 * muscle.optimal_fiber_length_m:.0f} "
            f"| {1e3 * muscle.tendon_slack_length_m:.0f} | {np.degrees(muscle.pennation_rad):.0f} |"
        )
    return rows


def draw_muscles(skeleton: Skeleton, file: Path) -> None:
    """Moment arms over each joint's angle, and the Hill curves."""
    figure, panels = plt.subplots(2, 3, figsize=(13, 7))
    geometry = MuscleGeometry(skeleton)
    for panel, shown in zip(panels.flat, PANELS, strict=False):
        _moment_arms(panel, geometry, *shown)
    length = np.linspace(0.3, 1.7, 200)
    panels[1, 1].plot(length, active_force_length(length), label="active")
    panels[1, 1].plot(length, passive_force_length(length), label="passive")
    _label(panels[1, 1], "force over fibre length", "fibre length [optimal]", "force [strongest]")
    panels[1, 1].set_ylim(0.0, 1.5)
    speed = np.linspace(-1.0, 1.0, 200)
    panels[1, 2].plot(speed, force_velocity(speed), color="tab:green")
    _label(panels[1, 2], "force over lengthening speed", "speed [fastest]", "force [strongest]")
    figure.tight_layout()
    figure.savefig(file, dpi=DPI)
    plt.close(figure)


def _moment_arms(
    panel: Axes,
    geometry: MuscleGeometry,
    coordinate: str,
    range_deg: tuple[int, int],
    muscles: tuple[str, ...],
) -> None:
    column = geometry.coordinate_names.index(coordinate)
    angles_deg = np.linspace(*range_deg, 100)
    q = np.zeros((len(angles_deg), len(geometry.coordinate_names)))
    q[:, column] = np.radians(angles_deg)
    arms = geometry.moment_arms(q)[:, :, column]
    for muscle in muscles:
        panel.plot(angles_deg, 1e3 * arms[:, geometry.names.index(f"{muscle}_r")], label=muscle)
    panel.axhline(0.0, color="0.7", linewidth=0.8)
    _label(panel, f"moment arms, {coordinate}", "angle [deg]", "moment arm [mm]")


def _label(panel: Axes, title: str, x: str, y: str) -> None:
    panel.set_title(title, fontsize=10)
    panel.set_xlabel(x, fontsize=9)
    panel.set_ylabel(y, fontsize=9)
    if panel.get_legend_handles_labels()[1]:
        panel.legend(fontsize=7)
