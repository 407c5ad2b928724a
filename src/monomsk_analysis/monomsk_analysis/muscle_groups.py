"""Muscles gathered into the groups that a reader of the report knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.report_data import MuscleCurves
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.muscle_analysis import MuscleSeries

Array = NDArray[np.float64]

_SIDES = ("r", "l")
#: Names, without the side, of the Rajagopal and Lai-Uhlrich models, then those of Gait2392.
_GROUPS = {
    "Gluteus maximus": ("glmax1", "glmax2", "glmax3", "glut_max1", "glut_max2", "glut_max3"),
    "Gluteus medius": ("glmed1", "glmed2", "glmed3", "glut_med1", "glut_med2", "glut_med3"),
    "Iliopsoas": ("iliacus", "psoas"),
    "Adductors": (
        "addbrev", "addlong", "addmagDist", "addmagIsch", "addmagMid", "addmagProx",
        "add_brev", "add_long", "add_mag1", "add_mag2", "add_mag3",
    ),
    "Hamstrings": ("bflh", "semimem", "semiten", "bifemlh"),
    "Rectus femoris": ("recfem", "rect_fem"),
    "Vasti": ("vasint", "vaslat", "vasmed", "vas_int", "vas_lat", "vas_med"),
    "Gastrocnemius": ("gaslat", "gasmed", "lat_gas", "med_gas"),
    "Soleus": ("soleus",),
    "Tibialis anterior": ("tibant", "tib_ant"),
}  # fmt: skip


def muscle_curves(analysis: Analysis) -> MuscleCurves | None:
    """What the report draws of the muscles, over all frames; None where there are none."""
    muscles = analysis.muscles
    if muscles is None:
        return None
    weight_n = analysis.skeleton.mass_kg * GRAVITY_M_S2
    loads = np.linalg.norm(muscles.contact_forces, axis=2) / weight_n
    joints = tuple(dict.fromkeys(joint.rsplit("_", 1)[0] for joint in muscles.joints))
    sides = [[muscles.joints.index(f"{joint}_{side}") for side in _SIDES] for joint in joints]
    found = {name: _group(muscles, members) for name, members in _GROUPS.items()}
    known = {name: values for name, values in found.items() if values is not None}
    activations = np.stack(list(known.values()), axis=1) if known else np.empty((len(loads), 0, 2))
    return MuscleCurves(
        group_names=tuple(known),
        activations=_over_all_frames(analysis, activations),
        joint_names=joints,
        joint_loads=_over_all_frames(analysis, loads[:, np.array(sides)]),
    )


def _group(muscles: MuscleSeries, members: tuple[str, ...]) -> Array | None:
    """Mean activation (n, 2) of the members that are there, right and left; None without any."""
    sides = []
    for side in _SIDES:
        wanted = {f"{member}_{side}" for member in members}
        columns = [k for k, name in enumerate(muscles.names) if name in wanted]
        if not columns:
            return None
        sides.append(muscles.activations[:, columns].mean(axis=1))
    return np.stack(sides, axis=1)


def _over_all_frames(analysis: Analysis, values: Array) -> Array:
    """Rows of the analysed frames among all, NaN elsewhere."""
    rows = np.full((len(analysis.times), *values.shape[1:]), np.nan)
    rows[analysis.analysed] = values
    return rows
