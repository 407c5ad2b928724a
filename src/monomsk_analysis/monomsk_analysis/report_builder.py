"""From an analysis to the plain arrays of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.report_data import (
    DynamicsSeries,
    MotionSeries,
    SubjectFacts,
)
from monomsk_description.body_state import BodyState
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]

#: What the files beside a report are.
FILE_DESCRIPTIONS = {
    "model.osim": "The person's skeleton without muscles, for OpenSim",
    "kinematics.mot": "Coordinates in degrees, for OpenSim",
    "inverse_dynamics.sto": "Joint moments [N m] and the pelvis residual, for OpenSim",
    "ground_reaction.mot": "Ground reaction forces, centres of pressure, free torques",
    "ground_reaction.xml": "How OpenSim applies them, for its tools",
    "activations.sto": "Muscle activations, 0 to 1",
    "muscle_forces.sto": "Tendon forces [N], and torques that the muscles could not make up",
    "joint_reactions.sto": "Forces between the bones at hip, knee and ankle [N]",
    "gait.csv": "Heel strikes and toe offs, with the measures of every step",
    "markers.trc": "Landmarks and joint centres",
    "result.mcap": "All messages, for ROS 2 and Foxglove",
    "overlay.mp4": "Skeleton and forces over the video",
    "summary.json": "Everything in numbers",
}


def subject_facts(subject: Subject) -> SubjectFacts:
    """The person as the report shows it."""
    return SubjectFacts(subject.height_m, subject.mass_kg, subject.sex, subject.assumed)


def motion_series(
    analysis: Analysis,
    states: Sequence[BodyState | None] | None = None,
    reprojection_error_px: Array | None = None,
) -> MotionSeries:
    """Return kinematics over all frames, NaN where nothing is known.

    Args:
        analysis: the analysed recording.
        states: what perception gave, per frame; None where kinematics came from a file.
        reprojection_error_px: (n,); None where there was no image.
    """
    n, names = len(analysis.times), analysis.skeleton.coordinate_names
    quality, sigma = np.full(n, np.nan), np.full((n, len(names)), np.nan)
    for k, state in enumerate(states or ()):
        if state is not None:
            quality[k], sigma[k] = state.quality, state.sigma_q[6:]
    tracked = analysis.analysed & ~analysis.interpolated
    unknown = np.full(n, np.nan)
    return MotionSeries(
        times_s=analysis.times,
        tracked=tracked,
        coordinate_names=names,
        coordinates=_series(analysis, lambda result: result.q[7:], (len(names),)),
        coordinates_sigma=sigma,
        reprojection_error_px=unknown if reprojection_error_px is None else reprojection_error_px,
        fit_quality=quality,
    )


def dynamics_series(analysis: Analysis) -> DynamicsSeries:
    """Return torques and ground reactions over all frames, NaN where nothing is known."""
    joints = (len(analysis.skeleton.coordinate_names),)
    contact = _series(analysis, lambda r: np.array([s.in_contact for s in r.soles]), (2,))
    return DynamicsSeries(
        torques=_series(analysis, lambda r: r.tau[6:], joints),
        torques_sigma=_series(analysis, lambda r: r.tau_sigma[6:], joints),
        in_contact=contact == 1.0,
        contact_probability=_series(
            analysis, lambda r: np.array([s.probability for s in r.soles]), (2,)
        ),
        sole_forces=_series(analysis, lambda r: np.array([s.force for s in r.soles]), (2, 3)),
        sole_forces_sigma=_series(analysis, lambda r: r.sole_force_sigma, (2, 3)),
        centers_of_pressure=_series(
            analysis, lambda r: np.array([s.center_of_pressure for s in r.soles]), (2, 3)
        ),
        free_moments=_series(analysis, lambda r: np.array([s.free_moment for s in r.soles]), (2,)),
        root_residual=_series(analysis, lambda r: r.root_residual, (6,)),
        unexplained_load=_series(analysis, lambda r: r.unexplained_load, (6,)),
        consistency_error=_series(analysis, lambda r: np.array(r.consistency_error), ()),
    )


def file_rows(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Rows (name, description) of the files beside the report."""
    return tuple((name, FILE_DESCRIPTIONS[name]) for name in names if name in FILE_DESCRIPTIONS)


def _series(
    analysis: Analysis, value: Callable[[BodyDynamics], Array], shape: tuple[int, ...]
) -> Array:
    """One value per frame (n, *shape), NaN where the frame was not analysed."""
    series = np.full((len(analysis.times), *shape), np.nan)
    for k, result in enumerate(analysis.dynamics):
        if result is not None:
            series[k] = value(result)
    return series
