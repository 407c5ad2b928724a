"""Rotations as unit quaternions (x, y, z, w), vectorised over leading axes.

Rotation vectors are in radians. A quaternion here maps body vectors to world vectors, as the
pelvis quaternion of `q` does.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SMALL_RAD = 1e-7  # below it, sine and tangent equal their argument to rounding


def multiply(left: Array, right: Array) -> Array:
    """Hamilton product of quaternions, shapes (..., 4)."""
    lv, lw = left[..., :3], left[..., 3:]
    rv, rw = right[..., :3], right[..., 3:]
    vector = lw * rv + rw * lv + np.cross(lv, rv)
    scalar = lw * rw - np.sum(lv * rv, axis=-1, keepdims=True)
    return np.concatenate([vector, scalar], axis=-1)


def conjugate(quaternion: Array) -> Array:
    """The inverse rotation of a unit quaternion, shape (..., 4)."""
    return quaternion * np.array([-1.0, -1.0, -1.0, 1.0])


def exp(rotation_vector: Array) -> Array:
    """Quaternion (..., 4) of a rotation vector (..., 3) [rad]."""
    angle = np.linalg.norm(rotation_vector, axis=-1, keepdims=True)
    half = 0.5 * angle
    safe = np.where(angle > _SMALL_RAD, angle, 1.0)
    scale = np.where(angle > _SMALL_RAD, np.sin(half) / safe, 0.5)
    return np.concatenate([scale * rotation_vector, np.cos(half)], axis=-1)


def log(quaternion: Array) -> Array:
    """Rotation vector (..., 3) [rad] of a unit quaternion (..., 4), at most pi long."""
    upper = np.where(quaternion[..., 3:] < 0.0, -quaternion, quaternion)
    sine = np.linalg.norm(upper[..., :3], axis=-1, keepdims=True)
    safe = np.where(sine > _SMALL_RAD, sine, 1.0)
    scale = np.where(sine > _SMALL_RAD, 2.0 * np.arctan2(sine, upper[..., 3:]) / safe, 2.0)
    vector: Array = scale * upper[..., :3]
    return vector


def matrix(quaternion: Array) -> Array:
    """Rotation matrix (..., 3, 3) of a unit quaternion (..., 4)."""
    x, y, z, w = np.moveaxis(quaternion, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def continuous(quaternions: Array) -> Array:
    """A sequence (n, 4) with signs chosen so that neighbours lie in the same half-space."""
    flips = np.sum(quaternions[1:] * quaternions[:-1], axis=1) < 0.0
    signs = np.concatenate([[1.0], np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)])
    return quaternions * signs[:, None]


def body_rates(p: Array, p_dot: Array, p_ddot: Array) -> tuple[Array, Array]:
    """Angular velocity and acceleration in the body frame of a quaternion curve.

    The curve need not have unit length: p = |p| q. With s = |p|², omega = 2 Im(p* p')/s, and as
    Im(p'* p') = 0, alpha = omega' = 2 Im(p* p'')/s - omega s'/s.

    Args:
        p: Points (n, 4) of the curve.
        p_dot: First time derivatives (n, 4) [1/s].
        p_ddot: Second time derivatives (n, 4) [1/s²].

    Returns:
        Angular velocity (n, 3) [rad/s] and angular acceleration (n, 3) [rad/s²].
    """
    inverse, s = conjugate(p), np.sum(p * p, axis=-1, keepdims=True)
    omega = 2.0 * multiply(inverse, p_dot)[..., :3] / s
    s_dot = 2.0 * np.sum(p * p_dot, axis=-1, keepdims=True)
    alpha = 2.0 * multiply(inverse, p_ddot)[..., :3] / s - omega * s_dot / s
    return omega, alpha
