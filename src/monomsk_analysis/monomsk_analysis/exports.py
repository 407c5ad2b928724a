"""Results as tables that OpenSim opens.

Files use OpenSim's y-up ground and the coordinates of Rajagopal2016, in its order; angles in
degrees, everything else SI. Rows are the analysed frames only: OpenSim knows no unknown values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.opensim_kinematics import (
    PELVIS_COORDINATES,
    PELVIS_TRANSLATIONS,
    RAJAGOPAL2016_COORDINATES,
    opensim_from_configuration,
    pelvis_forces_from_wrench,
)
from monomsk_analysis.storage import Table
from monomsk_analysis.trc import MarkerTable
from monomsk_description.frames import to_opensim
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]

#: Coordinates that Rajagopal2016 couples to another one. They turn the patellae; `model.osim` has
#: none, and OpenSim's tools pass over columns that a model does not have.
COUPLED_COORDINATES = {
    "knee_angle_r_beta": "knee_angle_r",
    "knee_angle_l_beta": "knee_angle_l",
}
_UNITS = "Units are S.I. units (second, meters, Newtons, ...)"
_SIDES = ("r", "l")
#: Stands for a side in the labels of what bears load beside the soles.
SUPPORT = "support"


def kinematics_table(
    times: Array, q: Array, coordinate_names: Sequence[str], comments: tuple[str, ...] = ()
) -> Table:
    """Return the coordinates of a motion in degrees and metres.

    Args:
        times: (n,) [s].
        q: (n, 38) configurations.
        coordinate_names: names of the 31 joint coordinates in the order of q.
        comments: sentences for the file's header.
    """
    coordinates = opensim_from_configuration(q)
    names = (*PELVIS_COORDINATES, *coordinate_names)
    turning = [k for k, name in enumerate(names) if name not in PELVIS_TRANSLATIONS]
    coordinates[:, turning] = np.rad2deg(coordinates[:, turning])
    by_name = {name: coordinates[:, k] for k, name in enumerate(names)}
    for coupled, source in COUPLED_COORDINATES.items():
        by_name[coupled] = by_name[source]
    values = np.stack([by_name[name] for name in RAJAGOPAL2016_COORDINATES], axis=1)
    header = (_UNITS, "Angles are in degrees.", *comments)
    return Table(times, RAJAGOPAL2016_COORDINATES, values, True, "Coordinates", header)


def inverse_dynamics_table(
    times: Array,
    results: Sequence[BodyDynamics],
    coordinate_names: Sequence[str],
    comments: tuple[str, ...] = (),
) -> Table:
    """Return the generalised forces [N m], for the pelvis translations [N].

    The pelvis columns are the residual that no contact explains; those of the coupled patella
    coordinates do not exist, because a constraint carries them.
    """
    q = np.array([result.q for result in results])
    residuals = np.array([result.root_residual for result in results])
    torques = np.array([result.tau[6:] for result in results])
    angles = opensim_from_configuration(q)[:, :3]
    forces = np.hstack([pelvis_forces_from_wrench(angles, residuals), torques])
    by_name = dict(zip((*PELVIS_COORDINATES, *coordinate_names), forces.T, strict=True))
    names = [name for name in RAJAGOPAL2016_COORDINATES if name not in COUPLED_COORDINATES]
    values = np.stack([by_name[name] for name in names], axis=1)
    labels = tuple(force_label(name) for name in names)
    header = (_UNITS, *comments)
    return Table(times, labels, values, False, "Inverse Dynamics Generalized Forces", header)


def force_label(coordinate: str) -> str:
    """Return OpenSim's column label of a coordinate's generalised force."""
    return f"{coordinate}_{'force' if coordinate in PELVIS_TRANSLATIONS else 'moment'}"


def ground_reaction_table(
    times: Array, results: Sequence[BodyDynamics], comments: tuple[str, ...] = ()
) -> Table:
    """Return force on, centre of pressure of, and free torque on each foot, in the ground.

    A foot in the air has no centre of pressure. OpenSim interpolates the columns, so its place
    is led on a straight line from the last one to the next, under a force of zero.
    """
    labels: list[str] = []
    columns: list[Array] = []
    for side, suffix in enumerate(_SIDES):
        soles = [result.soles[side] for result in results]
        force = to_opensim(np.array([sole.force for sole in soles]))
        pressure = to_opensim(np.array([sole.center_of_pressure for sole in soles]))
        torque = np.zeros((len(times), 3))
        torque[:, 1] = [sole.free_moment for sole in soles]
        columns += [force, _bridge(times, pressure), torque]
        labels += ground_reaction_labels(suffix)
    header = [
        _UNITS,
        "Force and torque on the foot at its centre of pressure, ground frame: x forward, y up.",
        "Without contact the force is zero and the centre of pressure is interpolated.",
    ]
    if has_unexplained_load(results):
        load = np.array([result.unexplained_load for result in results])
        pelvis = np.array([result.q[:3] for result in results])
        columns += [to_opensim(part) for part in (load[:, :3], pelvis, load[:, 3:])]
        labels += ground_reaction_labels(SUPPORT)
        header.append(f"Suffix {SUPPORT}: load of other supports (a seat) at the pelvis origin.")
    header += comments
    return Table(times, tuple(labels), np.hstack(columns), False, "Ground reaction", tuple(header))


def ground_reaction_labels(suffix: str) -> tuple[str, ...]:
    """Return the nine column labels of one foot, `r` or `l`, or of SUPPORT.

    They are force, point and torque.
    """
    return (
        *(f"ground_force_{suffix}_v{axis}" for axis in "xyz"),
        *(f"ground_force_{suffix}_p{axis}" for axis in "xyz"),
        *(f"ground_torque_{suffix}_{axis}" for axis in "xyz"),
    )


def has_unexplained_load(results: Sequence[BodyDynamics]) -> bool:
    """Whether anything but the soles was found to bear load."""
    return any(result.unexplained_load.any() for result in results)


def marker_table(
    times: Array, configurations: Sequence[Array | None], skeleton: Skeleton, rate_hz: float
) -> MarkerTable:
    """Return landmarks and joint centres of a motion.

    Args:
        times: (n,) [s].
        configurations: q (38,) of each frame, None where the person was lost.
        skeleton: the scaled skeleton.
        rate_hz: nominal frame rate [Hz].
    """
    landmarks, centers = skeleton.landmarks, skeleton.joint_centers
    names = (*landmarks.names, *(f"{name}_origin" for name in centers.names))
    positions = np.full((len(times), len(names), 3), np.nan)
    for frame, q in enumerate(configurations):
        if q is not None:
            points = np.vstack([skeleton.points(q, landmarks), skeleton.points(q, centers)])
            positions[frame] = to_opensim(points)
    return MarkerTable(times, names, positions, rate_hz)


def _bridge(times: Array, points: Array) -> Array:
    """Points (n, 3) with NaN rows filled by linear interpolation; zero if all are NaN."""
    known = np.isfinite(points).all(axis=1)
    if not known.any():
        return np.zeros_like(points)
    filled = [np.interp(times, times[known], points[known, axis]) for axis in range(3)]
    return np.stack(filled, axis=1)
