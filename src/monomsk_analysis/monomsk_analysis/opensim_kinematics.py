"""Between the project's configuration and OpenSim's coordinates.

Inside, the pelvis is a free-flyer in a REP-103 world (z up). In OpenSim's Rajagopal2016 it is six
coordinates in a y-up ground: `pelvis_tilt`, `pelvis_list` and `pelvis_rotation` are body-fixed
angles about Z, X and Y, in this order, and `pelvis_tx`, `pelvis_ty`, `pelvis_tz` the position of
the pelvis origin along the ground's axes. World and ground share origin and x axis. The other
coordinates have the same names, signs and zero in both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monomsk_description.frames import ROTATION_REP103_OPENSIM, to_opensim, to_rep103

Array = NDArray[np.float64]

PELVIS_ROTATIONS = ("pelvis_tilt", "pelvis_list", "pelvis_rotation")
PELVIS_TRANSLATIONS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
PELVIS_COORDINATES = PELVIS_ROTATIONS + PELVIS_TRANSLATIONS

#: Coordinates of Rajagopal2016 in the order of its joints. The two `_beta` coordinates turn the
#: patella; the model couples each of them to be equal to its knee angle.
RAJAGOPAL2016_COORDINATES: tuple[str, ...] = (
    *PELVIS_COORDINATES,
    "hip_flexion_r", "hip_adduction_r", "hip_rotation_r", "knee_angle_r", "knee_angle_r_beta",
    "ankle_angle_r", "subtalar_angle_r", "mtp_angle_r",
    "hip_flexion_l", "hip_adduction_l", "hip_rotation_l", "knee_angle_l", "knee_angle_l_beta",
    "ankle_angle_l", "subtalar_angle_l", "mtp_angle_l",
    "lumbar_extension", "lumbar_bending", "lumbar_rotation",
    "arm_flex_r", "arm_add_r", "arm_rot_r", "elbow_flex_r", "pro_sup_r", "wrist_flex_r",
    "wrist_dev_r",
    "arm_flex_l", "arm_add_l", "arm_rot_l", "elbow_flex_l", "pro_sup_l", "wrist_flex_l",
    "wrist_dev_l",
)  # fmt: skip

_QUATERNION = slice(3, 7)
_ROOT_SIZE = 7


def opensim_from_configuration(q: Array) -> Array:
    """Return OpenSim's coordinates of configurations.

    Successive frames stay on the same turn: a person who walks in a circle has a
    `pelvis_rotation` that goes on growing.

    Args:
        q: (n, 38) configurations: pelvis position [m] and quaternion xyzw in the world, 31 joint
            coordinates [rad].

    Returns:
        (n, 37): tilt, list, rotation [rad], tx, ty, tz [m], then the 31 joint coordinates [rad].
    """
    angles = _body_fixed_zxy(_ground_rotations(q[:, _QUATERNION]))
    if len(angles):
        angles = np.unwrap(angles, axis=0)
    return np.hstack([angles, to_opensim(q[:, :3]), q[:, _ROOT_SIZE:]])


def configuration_from_opensim(coordinates: Array) -> Array:
    """Return configurations of OpenSim's coordinates; the inverse of the above.

    Quaternions of successive frames lie in the same hemisphere.

    Args:
        coordinates: (n, 37): tilt, list, rotation [rad], tx, ty, tz [m], 31 joint coordinates.

    Returns:
        (n, 38) configurations.
    """
    ground = Rotation.from_euler("ZXY", coordinates[:, :3]).as_matrix()
    world = ROTATION_REP103_OPENSIM @ ground @ ROTATION_REP103_OPENSIM.T
    quaternions = continuous_quaternions(Rotation.from_matrix(world).as_quat())
    return np.hstack([to_rep103(coordinates[:, 3:6]), quaternions, coordinates[:, 6:]])


def continuous_quaternions(quaternions: Array) -> Array:
    """Return the quaternions (n, 4) with signs such that neighbours lie close to each other."""
    if not len(quaternions):
        return quaternions
    flips = np.sum(quaternions[1:] * quaternions[:-1], axis=1) < 0
    signs = np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)
    return quaternions * np.concatenate([[1.0], signs])[:, None]


def heading_between(pelvis_angles: Array, reference: Array) -> float:
    """Return the turn of the ground about its vertical that brings pelvis angles to a reference.

    Args:
        pelvis_angles: (n, 3) tilt, list, rotation [rad]; rows with NaN take no part.
        reference: (n, 3) the same motion in another ground [rad].

    Returns:
        [rad]; NaN if no row is known in both.
    """
    known = np.isfinite(pelvis_angles).all(axis=1) & np.isfinite(reference).all(axis=1)
    if not known.any():
        return float("nan")
    own = Rotation.from_euler("ZXY", pelvis_angles[known]).as_matrix()
    other = Rotation.from_euler("ZXY", reference[known]).as_matrix()
    overlap = np.einsum("nij,nkj->ik", own, other)
    return float(np.arctan2(overlap[2, 0] - overlap[0, 2], overlap[0, 0] + overlap[2, 2]))


def align_heading(pelvis_angles: Array, reference: Array) -> Array:
    """Return pelvis angles in the ground, turned about the vertical, that fits a reference best.

    Where a ground's x axis points is a choice that tilt and list depend on, too: of somebody
    walking against x both have the other sign. Two motions can only be compared after this.

    Args:
        pelvis_angles: (n, 3) tilt, list, rotation [rad]; rows with NaN take no part.
        reference: (n, 3) the same motion in another ground [rad].

    Returns:
        (n, 3) [rad]; the rotation lies within half a turn of the reference.
    """
    known = np.isfinite(pelvis_angles).all(axis=1) & np.isfinite(reference).all(axis=1)
    aligned = np.full_like(pelvis_angles, np.nan)
    if not known.any():
        return aligned
    turn = Rotation.from_euler("y", heading_between(pelvis_angles, reference)).as_matrix()
    angles = _body_fixed_zxy(turn @ Rotation.from_euler("ZXY", pelvis_angles[known]).as_matrix())
    difference = angles[:, 2] - reference[known, 2]
    angles[:, 2] -= 2 * np.pi * np.round(difference / (2 * np.pi))
    aligned[known] = angles
    return aligned


def pelvis_forces_from_wrench(pelvis_angles: Array, wrenches_world: Array) -> Array:
    """Return the generalised forces along the six pelvis coordinates of wrenches on the pelvis.

    The power of a wrench (f, m) at the pelvis origin is f . v + m . w. The pelvis turns with
    w = E(tilt, list) (tilt', list', rotation'), where the columns of E are the three axes of the
    body-fixed rotations in the ground, so the generalised forces are E^T m. The axes are not
    orthogonal: these moments are no Cartesian components of m.

    Args:
        pelvis_angles: (n, 3) tilt, list and rotation [rad].
        wrenches_world: (n, 6) force [N] and moment [N m] at the pelvis origin, REP-103 world.

    Returns:
        (n, 6): tilt, list and rotation moments [N m], tx, ty, tz forces [N].
    """
    moments = to_opensim(wrenches_world[:, 3:])
    axes = _rotation_axes(pelvis_angles)
    generalised = np.einsum("nij,ni->nj", axes, moments)
    return np.hstack([generalised, to_opensim(wrenches_world[:, :3])])


def _ground_rotations(quaternions: Array) -> Array:
    """Rotations (n, 3, 3) of the pelvis in OpenSim's ground."""
    world = Rotation.from_quat(quaternions).as_matrix()
    rotations: Array = ROTATION_REP103_OPENSIM.T @ world @ ROTATION_REP103_OPENSIM
    return rotations


def _body_fixed_zxy(rotations: Array) -> Array:
    """Angles (n, 3) about the body-fixed axes Z, X, Y.

    The last angle is read after undoing the first, so the three always compose to the rotation,
    also where list is a right angle and the split between the other two is arbitrary.
    """
    tilt = np.arctan2(-rotations[:, 0, 1], rotations[:, 1, 1])
    obliquity = np.arctan2(rotations[:, 2, 1], np.hypot(rotations[:, 0, 1], rotations[:, 1, 1]))
    cos_tilt, sin_tilt = np.cos(tilt), np.sin(tilt)
    rotation = np.arctan2(
        cos_tilt * rotations[:, 0, 2] + sin_tilt * rotations[:, 1, 2],
        cos_tilt * rotations[:, 0, 0] + sin_tilt * rotations[:, 1, 0],
    )
    return np.stack([tilt, obliquity, rotation], axis=1)


def _rotation_axes(pelvis_angles: Array) -> Array:
    """The matrix E (n, 3, 3): columns are the axes of tilt, list and rotation in the ground."""
    tilt, obliquity = pelvis_angles[:, 0], pelvis_angles[:, 1]
    zero, one = np.zeros_like(tilt), np.ones_like(tilt)
    tilt_axis = np.stack([zero, zero, one], axis=1)
    list_axis = np.stack([np.cos(tilt), np.sin(tilt), zero], axis=1)
    rotation_axis = np.stack(
        [
            -np.sin(tilt) * np.cos(obliquity),
            np.cos(tilt) * np.cos(obliquity),
            np.sin(obliquity),
        ],
        axis=1,
    )
    return np.stack([tilt_axis, list_axis, rotation_axis], axis=2)
