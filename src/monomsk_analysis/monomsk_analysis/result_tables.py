"""Writing the tables that both commands share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.exports import (
    ground_reaction_table,
    has_unexplained_load,
    inverse_dynamics_table,
    kinematics_table,
    marker_table,
)
from monomsk_analysis.external_loads import write_external_loads
from monomsk_analysis.heading import face_forward
from monomsk_analysis.motion import describe_frames
from monomsk_analysis.storage import write_storage
from monomsk_analysis.trc import write_trc
from monomsk_description.osim_writer import to_osim
from monomsk_description.skeleton import Skeleton


def write_facing_forward(folder: Path, analysis: Analysis, rate_hz: float) -> None:
    """Write kinematics and kinetics in a ground whose x axis is the person's mean heading.

    Args:
        folder: where.
        analysis: the analysed recording, in the camera's world.
        rate_hz: nominal rate of its frames [Hz].
    """
    turned, angle = face_forward(analysis)
    note = (
        "The ground's x axis is the person's mean heading: the world of result.mcap "
        f"turned by {np.degrees(angle):.2f} degrees about the vertical."
    )
    write_kinematics(folder, turned, (note,))
    write_markers(folder, turned, rate_hz)
    write_kinetics(folder, turned, (note,))


def write_model(folder: Path, skeleton: Skeleton) -> None:
    """Write `model.osim`: the skeleton whose coordinates and forces the other tables hold."""
    to_osim(skeleton, folder / "model.osim")


def write_kinetics(folder: Path, analysis: Analysis, notes: tuple[str, ...] = ()) -> None:
    """Write inverse dynamics and ground reactions; notes go into the tables' headers."""
    times, results = analysis.times[analysis.analysed], analysis.results
    comments = (*describe_frames(analysis.split, analysis.times), *notes)
    names = analysis.skeleton.coordinate_names
    write_storage(
        folder / "inverse_dynamics.sto", inverse_dynamics_table(times, results, names, comments)
    )
    write_storage(folder / "ground_reaction.mot", ground_reaction_table(times, results, comments))
    write_external_loads(
        folder / "ground_reaction.xml",
        "ground_reaction.mot",
        supported=has_unexplained_load(results),
    )


def write_kinematics(folder: Path, analysis: Analysis, notes: tuple[str, ...] = ()) -> None:
    """Write `kinematics.mot`: the motion that the dynamics explain; notes go into its header."""
    times = analysis.times[analysis.analysed]
    q = np.array([result.q for result in analysis.results])
    comments = (*describe_frames(analysis.split, analysis.times), *notes)
    table = kinematics_table(times, q, analysis.skeleton.coordinate_names, comments)
    write_storage(folder / "kinematics.mot", table)


def write_markers(folder: Path, analysis: Analysis, rate_hz: float) -> None:
    """Write `markers.trc`: landmarks and joint centres of the same motion.

    Args:
        folder: where.
        analysis: the analysed recording.
        rate_hz: nominal rate of its frames [Hz].
    """
    configurations = [None if result is None else result.q for result in analysis.dynamics]
    markers = marker_table(analysis.times, configurations, analysis.skeleton, rate_hz)
    write_trc(folder / "markers.trc", markers)
