"""A motion with a correction on top, and its exact derivatives.

The correction d(t) turns the pelvis by the quaternion (d/2, 1), shifts it along its own axes as
they were, and adds to every joint coordinate.
"""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics import rotations
from monomsk_dynamics.smoothing import SmoothMotion

Array = NDArray[np.float64]

_POSITION, _TURN, _JOINTS = slice(0, 3), slice(3, 6), slice(6, 37)


def moved_motion(base: SmoothMotion, d: Array, d_dot: Array, d_ddot: Array) -> SmoothMotion:
    """The corrected motion.

    Args:
        base: n frames whose `v` and `a` are the derivatives of one curve through `q`.
        d: Correction (n, 37), tangent [m, rad].
        d_dot: Its first derivative.
        d_ddot: Its second derivative.
    """
    position = _position(base, d, d_dot, d_ddot)
    unit, omega, alpha = _orientation(base, d, d_dot, d_ddot)
    to_pelvis = np.swapaxes(rotations.matrix(unit), 1, 2)
    linear = _turned(to_pelvis, position[1])
    # The components of a velocity in a turning frame.
    linear_rate = _turned(to_pelvis, position[2]) - np.cross(omega, linear)
    q = np.concatenate([position[0], unit, base.q[:, 7:] + d[:, _JOINTS]], axis=1)
    v = np.concatenate([linear, omega, base.v[:, 6:] + d_dot[:, _JOINTS]], axis=1)
    a = np.concatenate([linear_rate, alpha, base.a[:, 6:] + d_ddot[:, _JOINTS]], axis=1)
    return SmoothMotion(base.stamps_ns, q, v, a)


def _position(base: SmoothMotion, d: Array, d_dot: Array, d_ddot: Array) -> tuple[Array, ...]:
    """The pelvis origin p + R d in the world, its velocity and acceleration (n, 3)."""
    step, rate, bend = d[:, _POSITION], d_dot[:, _POSITION], d_ddot[:, _POSITION]
    linear, omega = base.v[:, _POSITION], base.v[:, _TURN]
    to_world = rotations.matrix(base.q[:, 3:7])
    velocity = linear + np.cross(omega, step) + rate
    acceleration = base.a[:, _POSITION] + np.cross(omega, linear)
    acceleration += np.cross(base.a[:, _TURN], step) + np.cross(omega, np.cross(omega, step))
    acceleration += 2.0 * np.cross(omega, rate) + bend
    return (
        base.q[:, :3] + _turned(to_world, step),
        _turned(to_world, velocity),
        _turned(to_world, acceleration),
    )


def _orientation(
    base: SmoothMotion, d: Array, d_dot: Array, d_ddot: Array
) -> tuple[Array, Array, Array]:
    """Quaternion (n, 4), angular velocity and acceleration (n, 3) of the pelvis, its own axes."""
    now = base.q[:, 3:7]
    spin, spin_rate = _pure(base.v[:, _TURN]), _pure(base.a[:, _TURN])
    first = 0.5 * rotations.multiply(now, spin)
    second = 0.5 * (rotations.multiply(now, spin_rate) + rotations.multiply(first, spin))
    turn, turn_rate, turn_bend = (0.5 * _pure(part[:, _TURN]) for part in (d, d_dot, d_ddot))
    turn[:, 3] = 1.0
    curve = rotations.multiply(now, turn)
    rate = rotations.multiply(first, turn) + rotations.multiply(now, turn_rate)
    bend = rotations.multiply(second, turn) + rotations.multiply(now, turn_bend)
    bend += 2.0 * rotations.multiply(first, turn_rate)
    omega, alpha = rotations.body_rates(curve, rate, bend)
    return curve / np.linalg.norm(curve, axis=1)[:, None], omega, alpha


def _pure(vectors: Array) -> Array:
    """Quaternions (n, 4) without a real part."""
    return np.concatenate([vectors, np.zeros((len(vectors), 1))], axis=1)


def _turned(matrices: Array, vectors: Array) -> Array:
    turned: Array = np.einsum("nij,nj->ni", matrices, vectors)
    return turned
