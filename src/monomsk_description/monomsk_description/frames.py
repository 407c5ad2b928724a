"""The two axis conventions of this project and the way between them.

REP-103 (inside): x forward, y left, z up. OpenSim (in files): x forward, y up, z right.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

#: Rotates OpenSim components into REP-103 components: (x, y, z) -> (x, -z, y).
ROTATION_REP103_OPENSIM: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
ROTATION_REP103_OPENSIM.flags.writeable = False

GRAVITY_M_S2 = 9.81
#: Gravity in the world frame [m/s²].
GRAVITY_WORLD: Array = np.array([0.0, 0.0, -GRAVITY_M_S2])
GRAVITY_WORLD.flags.writeable = False


def to_rep103(vectors: ArrayLike) -> Array:
    """Vectors with OpenSim components, shape (..., 3), as REP-103 components."""
    return np.asarray(vectors, dtype=float) @ ROTATION_REP103_OPENSIM.T


def to_opensim(vectors: ArrayLike) -> Array:
    """Vectors with REP-103 components, shape (..., 3), as OpenSim components."""
    return np.asarray(vectors, dtype=float) @ ROTATION_REP103_OPENSIM


def rotation_to_rep103(rotation: ArrayLike) -> Array:
    """A rotation matrix (3, 3) between OpenSim frames, between the same frames in REP-103 axes."""
    return ROTATION_REP103_OPENSIM @ np.asarray(rotation, dtype=float) @ ROTATION_REP103_OPENSIM.T


def rotation_about(axis: Array, angle_rad: float) -> Array:
    """Rotation matrix (3, 3) about a unit axis (3,) by an angle [rad] (Rodrigues' formula)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle_rad) * cross + (1.0 - np.cos(angle_rad)) * cross @ cross


def rotation_from_body_xyz(angles_rad: ArrayLike) -> Array:
    """Rotation matrix (3, 3) of OpenSim's body-fixed X-Y-Z angles [rad], shape (3,)."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles_rad), np.sin(angles_rad)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_x @ about_y @ about_z
