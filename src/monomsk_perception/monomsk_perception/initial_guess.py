"""A first configuration from the detector's metric landmarks, good enough to converge from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.residuals import (
    LEFT_HIP,
    LEFT_SHOULDER,
    METRIC_LANDMARKS,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

# Landmarks whose distances give the body's size in the metric output.
_BONES = np.array([(11, 13), (12, 14), (23, 25), (24, 26), (25, 27), (26, 28), (11, 23), (12, 24)])

_UNKNOWN_DEPTH_M = 3.0


def bone_sum(points: Array) -> float:
    """Sum of the lengths [m] of arms, legs and trunk sides among 33 landmarks (33, 3)."""
    bones = points[_BONES[:, 0]] - points[_BONES[:, 1]]
    return float(np.linalg.norm(bones, axis=1).sum())


def line_of_sight_rotation(ray: Array) -> Array:
    """The smallest rotation (3, 3) that turns the optical axis into a ray (3,)."""
    direction = ray / np.linalg.norm(ray)
    x, y, z = direction
    # The cross product with (0, 0, 1) x direction.
    skew = np.array([[0.0, 0.0, x], [0.0, 0.0, y], [-x, -y, 0.0]])
    return np.eye(3) + skew + skew @ skew / (1.0 + z)


def initial_configuration(
    skeleton: Skeleton, metric: Array, rays: Array, camera: CameraPose
) -> Array:
    """A configuration (38,) that roughly shows the landmarks.

    Args:
        skeleton: The body.
        metric: Metric landmarks (33, 3) in the optical frame [m], scaled to the subject.
        rays: Measured landmark rays (33, 3), z = 1.
        camera: The camera.
    """
    q = skeleton.neutral()
    world = metric @ camera.pose_world_camera.rotation.T
    left = (world[LEFT_HIP] - world[RIGHT_HIP]) + (world[LEFT_SHOULDER] - world[RIGHT_SHOULDER])
    yaw = np.arctan2(-left[0], left[1])
    q[5:7] = np.sin(yaw / 2.0), np.cos(yaw / 2.0)
    _bend(skeleton, q, world, np.array([np.cos(yaw), np.sin(yaw), 0.0]))
    anchors, ray = _anchors(rays)
    place = camera.pose_world_camera.act(ray * _depth(metric, rays))
    q[:3] += place - skeleton.points(q, skeleton.landmarks)[anchors].mean(0)
    return q


def _anchors(rays: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Landmarks that the body is placed by, and their mean ray (3,): the hips where they have one.

    A lens that bends far has no ray for hips outside the image.
    """
    hips = np.array([LEFT_HIP, RIGHT_HIP])
    if np.isfinite(rays[hips]).all():
        return hips, rays[hips].mean(0)
    known = np.flatnonzero(np.isfinite(rays).all(axis=1))
    if not len(known):
        return hips, np.array([0.0, 0.0, 1.0])
    return known, rays[known].mean(0)


def _depth(metric: Array, rays: Array) -> float:
    """Distance along the optical axis [m] at which the metric body has the size seen."""
    chosen = METRIC_LANDMARKS[np.isfinite(rays[METRIC_LANDMARKS]).all(axis=1)]
    if len(chosen) < 2:
        return _UNKNOWN_DEPTH_M
    seen = float(rays[chosen, :2].std(axis=0).mean())
    return float(np.clip(metric[chosen, :2].std(axis=0).mean() / max(seen, 1e-3), 0.8, 40.0))


def _bend(skeleton: Skeleton, q: Array, world: Array, forward: Array) -> None:
    """Sets hip, knee and elbow flexion from the directions of the limbs."""
    for side, hip, knee, ankle in (("r", 24, 26, 28), ("l", 23, 25, 27)):
        thigh, shank = world[knee] - world[hip], world[ankle] - world[knee]
        q[7 + skeleton.coordinate_index(f"hip_flexion_{side}")] = np.arctan2(
            thigh @ forward, -thigh[2]
        )
        q[7 + skeleton.coordinate_index(f"knee_angle_{side}")] = _angle(thigh, shank)
    for side, shoulder, elbow, wrist in (("r", 12, 14, 16), ("l", 11, 13, 15)):
        upper, lower = world[elbow] - world[shoulder], world[wrist] - world[elbow]
        q[7 + skeleton.coordinate_index(f"arm_flex_{side}")] = np.clip(
            np.arctan2(upper @ forward, -upper[2]), -1.0, 1.5
        )
        q[7 + skeleton.coordinate_index(f"elbow_flex_{side}")] = _angle(upper, lower)


def _angle(first: Array, second: Array) -> float:
    product = float(np.linalg.norm(first) * np.linalg.norm(second))
    cosine = first @ second / max(product, 1e-9)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))
