"""The terms of the skeleton fit, each as normal equations around a state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.manifold_filter import CAMERA, CONFIGURATION, NV, SIZE, VELOCITY
from monomsk_perception.manifold_filter import NormalEquations as Normal

#: Landmarks whose metric position is used: shoulders to wrists, hips to toes.
METRIC_LANDMARKS = np.array([11, 12, 13, 14, 15, 16, *range(23, 33)])
LEFT_HIP, RIGHT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER = 23, 24, 11, 12
#: Where the coordinates stand in the state: behind the pelvis.
COORDINATES = slice(6, NV)


@dataclass
class Sum:
    """Collects residuals into normal equations."""

    information: Array
    gradient: Array

    @classmethod
    def empty(cls) -> Sum:
        """No residual yet."""
        return cls(np.zeros((SIZE, SIZE)), np.zeros(SIZE))

    def add(self, residuals: Array, jacobian: Array, columns: slice) -> None:
        """Adds whitened residuals (m,) with their Jacobian (m, k) over some state columns."""
        self.information[columns, columns] += jacobian.T @ jacobian
        self.gradient[columns] += jacobian.T @ residuals

    def add_each(self, errors: Array, pull: Array, columns: slice) -> None:
        """Adds an error for each of some state columns, whitened by `pull`."""
        index = np.arange(columns.start, columns.stop)
        self.information[index, index] += pull**2
        self.gradient[columns] += pull**2 * errors

    def add_with_camera(self, residuals: Array, by_q: Array, by_camera: Array) -> None:
        """Adds whitened residuals that depend on the configuration and on the camera."""
        self.add(residuals, by_q, CONFIGURATION)
        self.add(residuals, by_camera, CAMERA)
        cross = by_q.T @ by_camera
        self.information[CONFIGURATION, CAMERA] += cross
        self.information[CAMERA, CONFIGURATION] += cross.T

    def normal(self) -> Normal:
        """The collected equations."""
        return Normal(self.information, self.gradient)


@dataclass(frozen=True)
class CameraPoints:
    """Landmarks as the camera sees the skeleton.

    Attributes:
        points: In the optical frame (33, 3) [m].
        by_q: Derivatives over the configuration (33, 3, 37).
        by_camera: Derivatives over the camera's corrections (33, 3, 3).
    """

    points: Array
    by_q: Array
    by_camera: Array


def huber(norms: Array, limit: float) -> Array:
    """Square root of Huber's weight for whitened error norms."""
    return np.sqrt(np.minimum(1.0, limit / np.maximum(norms, 1e-9)))


def add_reprojection(
    total: Sum, seen: CameraPoints, rays: Array, sigma: Array, weight: Array, robust: float
) -> Array:
    """Distance between seen and projected landmarks in the image plane z = 1.

    Args:
        total: Where the residuals go.
        seen: The skeleton's landmarks in the camera.
        rays: Measured rays (33, 3), z = 1; NaN where nothing was measured.
        sigma: Standard deviation of each landmark in that plane (33,).
        weight: Square root of each landmark's weight (33,), 0 to leave it out.
        robust: Huber's limit [standard deviations].

    Returns:
        Whitened errors (33,), NaN where nothing was measured.
    """
    depth = np.maximum(seen.points[:, 2], 0.2)
    projected = seen.points[:, :2] / depth[:, None]
    difference = projected - rays[:, :2]
    errors = np.linalg.norm(difference, axis=1) / sigma
    use = np.isfinite(errors)
    gain = np.where(use, weight * huber(np.where(use, errors, 0.0), robust) / sigma, 0.0)
    perspective = np.zeros((len(depth), 2, 3))
    perspective[:, 0, 0] = perspective[:, 1, 1] = gain / depth
    perspective[:, :, 2] = -projected * (gain / depth)[:, None]
    residuals = np.where(use[:, None], difference, 0.0) * gain[:, None]
    total.add_with_camera(
        residuals.ravel(),
        (perspective @ seen.by_q).reshape(-1, NV),
        (perspective @ seen.by_camera).reshape(-1, 3),
    )
    return errors


def add_metric(
    total: Sum, seen: CameraPoints, metric: Array, sigma_m: Array, weight: Array, robust: float
) -> None:
    """Landmarks relative to the middle of the hips against the detector's metric ones.

    Args:
        total: Where the residuals go.
        seen: The skeleton's landmarks in the camera.
        metric: Measured positions (33, 3) in the optical frame [m], scaled to the subject.
        sigma_m: Standard deviations along x, y, z (3,) [m].
        weight: Square root of each landmark's weight (33,).
        robust: Huber's limit [standard deviations].
    """
    hips = [LEFT_HIP, RIGHT_HIP]
    chosen = METRIC_LANDMARKS
    relative = seen.points[chosen] - seen.points[hips].mean(0)
    by_q = seen.by_q[chosen] - seen.by_q[hips].mean(0)
    by_camera = seen.by_camera[chosen] - seen.by_camera[hips].mean(0)
    measured = metric[chosen] - metric[hips].mean(0)
    residuals = (relative - measured) / sigma_m
    gain = weight[chosen] * huber(np.linalg.norm(residuals, axis=1), robust)
    whitening = (gain[:, None] / sigma_m)[:, :, None]
    total.add_with_camera(
        (residuals * gain[:, None]).ravel(),
        (by_q * whitening).reshape(-1, NV),
        (by_camera * whitening).reshape(-1, 3),
    )


def geman_mcclure(norms: Array) -> Array:
    """Square root of Geman and McClure's weight: far errors stop counting altogether."""
    return 1.0 / (1.0 + norms**2 / 4.0)


class CoordinateBeliefs:
    """Ranges and prior means of the coordinates."""

    def __init__(self, skeleton: Skeleton, options: LifterOptions) -> None:
        self._low, self._high = skeleton.lower_limits, skeleton.upper_limits
        self._limit_sigma = options.limit_sigma_rad
        beliefs = [
            options.priors_rad.get(n.removesuffix("_r").removesuffix("_l"))
            for n in skeleton.coordinate_names
        ]
        self._mean = np.array([0.0 if b is None else b[0] for b in beliefs])
        self._inverse_sigma = np.array([0.0 if b is None else 1.0 / b[1] for b in beliefs])

    def add(self, total: Sum, q: Array, root_weight: float) -> None:
        """Adds both: soft walls at the ends of the ranges, and the priors, weighted down."""
        self.add_limits(total, q)
        pull = self._inverse_sigma * root_weight
        total.add_each(q[7:] - self._mean, pull, COORDINATES)

    def add_limits(self, total: Sum, q: Array) -> None:
        """Adds the soft walls alone."""
        coordinates = q[7:]
        beyond = coordinates - np.clip(coordinates, self._low, self._high)
        wall = np.where(beyond != 0.0, 1.0 / self._limit_sigma, 0.0)
        total.add_each(beyond, wall, COORDINATES)


def add_sole_contact(
    total: Sum, heights: Array, jacobians: Array, v: Array, weight: Array, options: LifterOptions
) -> None:
    """A sole in contact lies on the floor and stands still.

    Args:
        total: Where the residuals go.
        heights: Heights of sole points [m], (n,).
        jacobians: Jacobians of their positions (n, 3, 37).
        v: Velocity (37,).
        weight: Square root of each point's contact weight (n,).
        options: Standard deviations.
    """
    gain = weight / options.sole_height_sigma_m
    robust = geman_mcclure(heights / options.sole_height_sigma_m)
    total.add(heights * gain * robust, jacobians[:, 2] * (gain * robust)[:, None], CONFIGURATION)
    velocities = jacobians.reshape(-1, NV).dot(v).reshape(-1, 3)
    speeds = np.linalg.norm(velocities, axis=1) / options.sole_speed_sigma
    still = weight * geman_mcclure(speeds) / options.sole_speed_sigma
    total.add(
        (velocities * still[:, None]).ravel(),
        (jacobians * still[:, None, None]).reshape(-1, NV),
        VELOCITY,
    )


def add_floor(total: Sum, heights: Array, jacobians: Array, sigma_m: float) -> None:
    """No sole point lies below the floor; heights [m] (n,), Jacobians (n, 3, 37)."""
    below = heights < 0.0
    if below.any():
        total.add(heights[below] / sigma_m, jacobians[below, 2] / sigma_m, CONFIGURATION)


def trunk_over_soles(count: int, soles: slice) -> Array:
    """What makes the offset of the trunk's middle from the soles' of `count` points (count,)."""
    weights = np.zeros(count)
    weights[soles] = -1.0 / len(weights[soles])
    weights[[LEFT_HIP, RIGHT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER]] = 0.25
    return weights


def add_balance(
    total: Sum, points: Array, jacobians: Array, weights: Array, gain: float, sigma_m: float
) -> None:
    """The middle of the trunk stays above the soles: what makes an unknown camera's tilt visible.

    Args:
        total: Where the residuals go.
        points: World positions of landmarks, then sole points (n, 3) [m].
        jacobians: Their Jacobians (n, 3, 37).
        weights: See `trunk_over_soles` (n,).
        gain: Square root of the weight.
        sigma_m: Standard deviation [m].
    """
    offset = weights.dot(points)[:2] / sigma_m
    by_q = weights.dot(jacobians.reshape(len(points), -1)).reshape(3, NV)
    jacobian = by_q[:2] / sigma_m
    weight = gain * huber(np.hypot(*offset), 1.0)
    total.add(offset * weight, jacobian * weight, CONFIGURATION)
