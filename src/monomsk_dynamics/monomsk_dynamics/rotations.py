"""Rotations as unit quaternions (x, y, z, w), vectorised over leading axes.

Rotation vectors are in radians. A quaternion here maps body vectors to world vectors, as the
pelvis quaternion of `q` does.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Matrices of the cross product with each axis, one row each.
_SKEW = np.cross(np.eye(3)[:, None], np.eye(3)).transpose(0, 2, 1).reshape(3, 9)
_CONJUGATE = np.array([-1.0, -1.0, -1.0, 1.0])
_SMALL_RAD = 1e-7  # below it, sine and tangent equal their argument to rounding


def multiply(left: Array, right: Array) -> Array:
    """Hamilton product of quaternions, shapes (..., 4)."""
    if left.ndim == right.ndim == 1:
        return np.array(_product(left.tolist(), right.tolist()))
    x, y, z, w = left[..., 0], left[..., 1], left[..., 2], left[..., 3]
    a, b, c, d = right[..., 0], right[..., 1], right[..., 2], right[..., 3]
    product = np.empty(np.broadcast_shapes(left.shape, right.shape))
    product[..., 0] = w * a + x * d + y * c - z * b
    product[..., 1] = w * b + y * d + z * a - x * c
    product[..., 2] = w * c + z * d + x * b - y * a
    product[..., 3] = w * d - x * a - y * b - z * c
    return product


def _product(left: list[float], right: list[float]) -> tuple[float, float, float, float]:
    """The same of two quaternions as plain floats: several times quicker than arrays."""
    x, y, z, w = left
    a, b, c, d = right
    return (
        w * a + x * d + y * c - z * b,
        w * b + y * d + z * a - x * c,
        w * c + z * d + x * b - y * a,
        w * d - x * a - y * b - z * c,
    )


def conjugate(quaternion: Array) -> Array:
    """The inverse rotation of a unit quaternion, shape (..., 4)."""
    return quaternion * _CONJUGATE


def exp(rotation_vector: Array) -> Array:
    """Quaternion (..., 4) of a rotation vector (..., 3) [rad]."""
    if rotation_vector.ndim == 1:
        return _exp_of_one(*rotation_vector.tolist())
    angle = np.linalg.norm(rotation_vector, axis=-1, keepdims=True)
    half = 0.5 * angle
    safe = np.where(angle > _SMALL_RAD, angle, 1.0)
    scale = np.where(angle > _SMALL_RAD, np.sin(half) / safe, 0.5)
    return np.concatenate([scale * rotation_vector, np.cos(half)], axis=-1)


def _exp_of_one(x: float, y: float, z: float) -> Array:
    angle = math.sqrt(x * x + y * y + z * z)
    half = 0.5 * angle
    scale = math.sin(half) / angle if angle > _SMALL_RAD else 0.5
    return np.array([scale * x, scale * y, scale * z, math.cos(half)])


def log(quaternion: Array) -> Array:
    """Rotation vector (..., 3) [rad] of a unit quaternion (..., 4), at most pi long."""
    if quaternion.ndim == 1:
        return _log_of_one(*quaternion.tolist())
    upper = np.where(quaternion[..., 3:] < 0.0, -quaternion, quaternion)
    sine = np.linalg.norm(upper[..., :3], axis=-1, keepdims=True)
    safe = np.where(sine > _SMALL_RAD, sine, 1.0)
    scale = np.where(sine > _SMALL_RAD, 2.0 * np.arctan2(sine, upper[..., 3:]) / safe, 2.0)
    vector: Array = scale * upper[..., :3]
    return vector


def _log_of_one(x: float, y: float, z: float, w: float) -> Array:
    if w < 0.0:
        x, y, z, w = -x, -y, -z, -w
    sine = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 * math.atan2(sine, w) / sine if sine > _SMALL_RAD else 2.0
    return np.array([scale * x, scale * y, scale * z])


def matrix(quaternion: Array) -> Array:
    """Rotation matrix (..., 3, 3) of a unit quaternion (..., 4)."""
    if quaternion.ndim == 1:
        return _matrix_of_one(*quaternion.tolist())
    x, y, z, w = (quaternion[..., i] for i in range(4))
    result = np.empty((*quaternion.shape[:-1], 3, 3))
    result[..., 0, 0] = 1 - 2 * (y * y + z * z)
    result[..., 0, 1] = 2 * (x * y - z * w)
    result[..., 0, 2] = 2 * (x * z + y * w)
    result[..., 1, 0] = 2 * (x * y + z * w)
    result[..., 1, 1] = 1 - 2 * (x * x + z * z)
    result[..., 1, 2] = 2 * (y * z - x * w)
    result[..., 2, 0] = 2 * (x * z - y * w)
    result[..., 2, 1] = 2 * (y * z + x * w)
    result[..., 2, 2] = 1 - 2 * (x * x + y * y)
    return result


def _matrix_of_one(x: float, y: float, z: float, w: float) -> Array:
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


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


def skew(vectors: Array) -> Array:
    """Matrices (..., 3, 3) of the cross product with vectors (..., 3)."""
    if vectors.ndim == 1:
        x, y, z = vectors.tolist()
        return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return vectors.dot(_SKEW).reshape(*vectors.shape, 3)


def cross(left: Array, right: Array) -> Array:
    """Cross product of two vectors (3,); several times quicker than numpy's for one pair."""
    a, b, c = left.tolist()
    x, y, z = right.tolist()
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])
