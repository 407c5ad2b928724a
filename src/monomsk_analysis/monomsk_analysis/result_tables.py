"""Writing the tables that both commands share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.exports import (
    ground_reaction_table,
    inverse_dynamics_table,
    kinematics_table,
    marker_table,
)
from monomsk_analysis.motion import describe_frames
from monomsk_analysis.storage import write_storage
from monomsk_analysis.trc import write_trc


def write_kinetics(folder: Path, analysis: Analysis) -> None:
    """Write `inverse_dynamics.sto` and `ground_reaction.mot`."""
    times, results = analysis.times[analysis.analysed], analysis.results
    comments = describe_frames(analysis.split, analysis.times)
    names = analysis.skeleton.coordinate_names
    write_storage(
        folder / "inverse_dynamics.sto", inverse_dynamics_table(times, results, names, comments)
    )
    write_storage(folder / "ground_reaction.mot", ground_reaction_table(times, results, comments))


def write_kinematics(folder: Path, analysis: Analysis, rate_hz: float) -> None:
    """Write `kinematics.mot` and `markers.trc`: the motion that the dynamics explain.

    Args:
        folder: where.
        analysis: the analysed recording.
        rate_hz: nominal rate of its frames [Hz].
    """
    times = analysis.times[analysis.analysed]
    q = np.array([result.q for result in analysis.results])
    comments = describe_frames(analysis.split, analysis.times)
    table = kinematics_table(times, q, analysis.skeleton.coordinate_names, comments)
    write_storage(folder / "kinematics.mot", table)
    configurations = [None if result is None else result.q for result in analysis.dynamics]
    markers = marker_table(analysis.times, configurations, analysis.skeleton, rate_hz)
    write_trc(folder / "markers.trc", markers)
