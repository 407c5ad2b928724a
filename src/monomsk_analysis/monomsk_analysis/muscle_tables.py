"""Muscles as tables that OpenSim opens: activations, tendon forces, forces between bones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.motion import describe_frames
from monomsk_analysis.storage import Table, write_storage
from monomsk_description.frames import to_opensim
from monomsk_description.muscle_parameters import PULLED_SEGMENTS
from monomsk_dynamics.muscle_analysis import MuscleSeries

ACTIVATIONS_FILE = "activations.sto"
FORCES_FILE = "muscle_forces.sto"
REACTIONS_FILE = "joint_reactions.sto"
MUSCLE_FILES = (ACTIVATIONS_FILE, FORCES_FILE, REACTIONS_FILE)


def write_muscles(folder: Path, analysis: Analysis) -> None:
    """Write the three tables; nothing where no muscles were computed.

    Raises:
        OSError: a file cannot be written.
    """
    muscles = analysis.muscles
    if muscles is None:
        return
    times = analysis.times[analysis.analysed]
    comments = describe_frames(analysis.split, analysis.times)
    write_storage(folder / ACTIVATIONS_FILE, activation_table(times, muscles, comments))
    write_storage(folder / FORCES_FILE, force_table(times, muscles, comments))
    write_storage(folder / REACTIONS_FILE, reaction_table(times, muscles, comments))


def activation_table(
    times: np.ndarray, muscles: MuscleSeries, comments: tuple[str, ...] = ()
) -> Table:
    """Activations, 0 to 1, a column a muscle."""
    notes = ("Activations by static optimisation, least sum of squares, rigid tendons.", *comments)
    return Table(times, muscles.names, muscles.activations, False, "Muscle activations", notes)


def force_table(times: np.ndarray, muscles: MuscleSeries, comments: tuple[str, ...] = ()) -> Table:
    """Tendon forces [N]; then a column a coordinate: what the muscles could not make up [N m]."""
    reserves = tuple(f"{name}_reserve" for name in muscles.coordinate_names)
    values = np.hstack([muscles.forces, muscles.reserves])
    notes = (
        "Tendon forces in N; reserves are torques in N m that the muscles could not make up.",
        *comments,
    )
    return Table(times, (*muscles.names, *reserves), values, False, "Muscle forces", notes)


def reaction_table(
    times: np.ndarray, muscles: MuscleSeries, comments: tuple[str, ...] = ()
) -> Table:
    """Forces between bones [N], labelled as OpenSim's joint reactions: on the lower bone, in it."""
    labels: list[str] = []
    columns = []
    for k, joint in enumerate(muscles.joints):
        base, side = joint.rsplit("_", 1)
        segment = f"{PULLED_SEGMENTS[base]}_{side}"
        labels += [f"{joint}_on_{segment}_in_{segment}_f{axis}" for axis in "xyz"]
        columns.append(to_opensim(muscles.contact_forces[:, k]))
    notes = (
        "Forces in N on the lower bone, in its axes: x forward, y up, z to the right.",
        "Patellae are lumped into the femurs: the knee is femur and patella on tibia.",
        *comments,
    )
    return Table(times, tuple(labels), np.hstack(columns), False, "Joint reactions", notes)
