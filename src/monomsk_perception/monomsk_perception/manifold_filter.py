"""An iterated Kalman filter and smoother over a skeleton's configuration, velocity and camera.

The state's error is a vector of 77: 37 of the configuration (tangent), 37 of the velocity, 3 of
the camera's corrections. Motion is a random acceleration; measurements come as linearised least
squares (a Gauss-Newton step each), so robust weights and constraints fit in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dposv, dpotrf, dpotri

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton

NV = 37
SIZE = 2 * NV + 3
CONFIGURATION, VELOCITY, CAMERA = slice(0, NV), slice(NV, 2 * NV), slice(2 * NV, SIZE)


@dataclass(frozen=True)
class Estimate:
    """A state with its uncertainty.

    Attributes:
        stamp_ns: Time [ns].
        q: Configuration (38,).
        v: Velocity (37,).
        camera: Corrections of the camera pose (3,): pitch, roll [rad], height [m].
        covariance: Of the state's error (77, 77).
    """

    stamp_ns: int
    q: Array
    v: Array
    camera: Array
    covariance: Array


@dataclass(frozen=True)
class NormalEquations:
    """Least squares around a state: information matrix (77, 77) and gradient (77,)."""

    information: Array
    gradient: Array


def retract(skeleton: Skeleton, estimate: Estimate, step: Array) -> Estimate:
    """The estimate moved by an error vector (77,), with the same covariance."""
    return Estimate(
        estimate.stamp_ns,
        skeleton.integrate(estimate.q, step[CONFIGURATION]),
        estimate.v + step[VELOCITY],
        estimate.camera + step[CAMERA],
        estimate.covariance,
    )


def error(skeleton: Skeleton, reference: Estimate, other: Estimate) -> Array:
    """The error vector (77,) that leads from one estimate to another."""
    return np.concatenate(
        [
            skeleton.difference(reference.q, other.q),
            other.v - reference.v,
            other.camera - reference.camera,
        ]
    )


def predict(
    skeleton: Skeleton, estimate: Estimate, stamp_ns: int, acceleration_density: Array
) -> Estimate:
    """The estimate at a later time under random accelerations.

    Args:
        skeleton: The body.
        estimate: The state before.
        stamp_ns: The later time [ns].
        acceleration_density: Power spectral density (37,) of the accelerations [(m/s²)²/Hz or
            (rad/s²)²/Hz].
    """
    dt = (stamp_ns - estimate.stamp_ns) * 1e-9
    q = skeleton.integrate(estimate.q, estimate.v * dt)
    p = propagate(estimate.covariance, dt)
    index = np.arange(NV)
    p[index, index] += acceleration_density * dt**3 / 3.0
    p[index, NV + index] += acceleration_density * dt**2 / 2.0
    p[NV + index, index] += acceleration_density * dt**2 / 2.0
    p[NV + index, NV + index] += acceleration_density * dt
    return Estimate(stamp_ns, q, estimate.v, estimate.camera, p)


def propagate(covariance: Array, dt: float) -> Array:
    """F P Fᵀ of the constant-velocity motion over dt [s]."""
    p = covariance.copy()
    p[CONFIGURATION] += dt * p[VELOCITY]
    p[:, CONFIGURATION] += dt * p[:, VELOCITY]
    return p


def gauss_newton_step(
    skeleton: Skeleton,
    prior: Estimate,
    prior_information: Array,
    current: Estimate,
    measured: NormalEquations,
) -> tuple[Array, Array]:
    """One step towards the most probable state given a prior and measurements.

    Args:
        skeleton: The body.
        prior: What was believed before the measurements.
        prior_information: `inverse` of its covariance (77, 77): the same for all steps.
        current: Where the step starts.
        measured: The measurements, linearised there.

    Returns:
        The step from `current` (77,) and the posterior information (77, 77).
    """
    information = prior_information + measured.information
    gradient = measured.gradient + prior_information @ error(skeleton, prior, current)
    _, step, failed = dposv(information, gradient, lower=1)
    if failed:
        raise np.linalg.LinAlgError("the information of the fit is not positive definite")
    return -step, information


def smooth_backward(
    skeleton: Skeleton, filtered: list[Estimate], predicted: list[Estimate]
) -> list[Estimate]:
    """Rauch-Tung-Striebel smoothing: every state given all measurements, also the later ones.

    Args:
        skeleton: The body.
        filtered: Estimates after their own measurement, in time order.
        predicted: For each of them the prediction made from the one before it.
    """
    smoothed = [filtered[-1]]
    for now, ahead in zip(reversed(filtered[:-1]), reversed(predicted[1:]), strict=True):
        dt = (ahead.stamp_ns - now.stamp_ns) * 1e-9
        cross = now.covariance.copy()
        cross[:, CONFIGURATION] += dt * cross[:, VELOCITY]
        gain = cho_solve(cho_factor(_regular(ahead.covariance)), cross.T).T
        later = smoothed[-1]
        state = retract(skeleton, now, gain @ error(skeleton, ahead, later))
        p = now.covariance + gain @ (later.covariance - ahead.covariance) @ gain.T
        smoothed.append(Estimate(now.stamp_ns, state.q, state.v, state.camera, 0.5 * (p + p.T)))
    return smoothed[::-1]


def _regular(covariance: Array) -> Array:
    # A known camera has no variance; a tiny one keeps the factorisation defined.
    regular = np.array(covariance, order="F")
    regular.ravel(order="K")[:: SIZE + 1] += 1e-12
    return regular


def inverse(covariance: Array) -> Array:
    """The inverse of a covariance or of an information matrix (77, 77).

    Raises:
        numpy.linalg.LinAlgError: The matrix is not positive definite.
    """
    # LAPACK's order of columns, so that nothing is copied again.
    factor, failed = dpotrf(_regular(covariance), lower=1, overwrite_a=1)
    if not failed:
        lower, failed = dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("the covariance is not positive definite")
    both: Array = lower + lower.T
    both.flat[:: SIZE + 1] *= 0.5
    return both
