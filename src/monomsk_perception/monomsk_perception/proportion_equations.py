"""One frame's part in the fit of segment lengths: least squares around the present unknowns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.initial_guess import bone_sum
from monomsk_perception.landmark_reader import in_optical_frame, size_ratio
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.manifold_filter import NV
from monomsk_perception.residuals import LEFT_HIP, METRIC_LANDMARKS, RIGHT_HIP, huber

#: Landmarks used: shoulders to wrists, hips to toes. The face says nothing of lengths.
USED = METRIC_LANDMARKS
#: Log lengths differ by so much between the skeletons that derivatives are taken from.
LENGTH_STEP = 1e-3
_HIPS = [LEFT_HIP, RIGHT_HIP]
#: How far the lifter's configuration may be off, position [m] and angles [rad]: keeps what no
#: landmark shows from drifting.
_POSITION_SIGMA_M, _ANGLE_SIGMA_RAD = 1.0, 0.5
#: The detector's metric landmarks err alike over a film, so they count less than in the lifter.
_METRIC_INFLATION = 6.0


@dataclass(frozen=True)
class Frame:
    """A frame's measurement and where its configuration started.

    Attributes:
        rays: Of the landmarks (33, 3), z = 1; NaN where nothing was measured.
        metric: Metric landmarks in the optical frame (33, 3) [m].
        root_weight: Square root of each landmark's weight (33,).
        pose_world_camera: The camera.
        start: The lifter's configuration (38,).
    """

    rays: Array
    metric: Array
    root_weight: Array
    pose_world_camera: pin.SE3
    start: Array


@dataclass(frozen=True)
class FrameEquations:
    """Normal equations over the frame's configuration (37) and the m shared unknowns.

    Attributes:
        configuration: (37, 37).
        cross: (37, m).
        shared: (m, m).
        gradient: Over the configuration (37,).
        shared_gradient: (m,).
    """

    configuration: Array
    cross: Array
    shared: Array
    gradient: Array
    shared_gradient: Array


def prepare(
    landmarks: Landmarks,
    q: Array,
    pose_world_camera: pin.SE3,
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
) -> Frame:
    """A frame ready for the fit; the metric landmarks get the skeleton's size."""
    rays = intrinsics.rays(landmarks.pixels)
    size_m = bone_sum(skeleton.points(skeleton.neutral(), skeleton.landmarks))
    metric = in_optical_frame(landmarks.metric, rays) * size_ratio(size_m, landmarks.metric)
    weight = np.sqrt(np.clip(landmarks.visibility, 0.02, 1.0))
    return Frame(rays, metric, weight, pose_world_camera, q)


class FrameModel:
    """Skeletons that all frames of one step share.

    Args:
        skeletons: With the present lengths, then with each length longer by `LENGTH_STEP`.
        first: The skeleton that the lifter used.
        offsets: Of the used landmarks from their sites, in segment axes (16, 3) [m].
        options: Noise levels and beliefs.
    """

    def __init__(
        self,
        skeletons: Sequence[Skeleton],
        first: Skeleton,
        offsets: Array,
        options: LifterOptions,
    ) -> None:
        self._now, self._longer, self._first = skeletons[0], skeletons[1:], first
        self._offsets, self._options = offsets, options
        names = (n.removesuffix("_r").removesuffix("_l") for n in first.coordinate_names)
        beliefs = [options.priors_rad.get(name) for name in names]
        self._mean = np.array([0.0 if b is None else b[0] for b in beliefs])
        self._pull = np.array([0.0 if b is None else b[1] ** -2.0 for b in beliefs])

    def equations(self, frame: Frame, q: Array) -> FrameEquations:
        """The frame's normal equations at a configuration (38,)."""
        residuals, by_q, by_shared = self._reprojection(frame, q)
        depth_residuals, depth_by_q = self._metric(frame, q)
        information, pull = self._belief(frame, q)
        return FrameEquations(
            by_q.T @ by_q + depth_by_q.T @ depth_by_q + np.diag(information),
            by_q.T @ by_shared,
            by_shared.T @ by_shared,
            by_q.T @ residuals + depth_by_q.T @ depth_residuals + pull,
            by_shared.T @ residuals,
        )

    def _places(self, q: Array) -> tuple[Array, Array, Array]:
        """Used landmarks in the world (16, 3) [m], by configuration, by shared unknowns."""
        now = self._now
        places, by_q = now.points_with_jacobians(q, now.landmarks)
        places, by_q = places[USED], by_q[USED]
        longer = [other.points(q, other.landmarks)[USED] for other in self._longer]
        by_length = (np.stack(longer, axis=2) - places[:, :, None]) / LENGTH_STEP
        poses = now.segment_poses(q)
        turns = np.stack([poses[now.landmarks.segments[k]].rotation for k in USED])
        by_offset = np.zeros((len(USED), 3, len(USED), 3))
        rows = np.arange(len(USED))
        by_offset[rows, :, rows, :] = turns
        by_shared = np.concatenate([by_length, by_offset.reshape(len(USED), 3, -1)], axis=2)
        return places + (turns @ self._offsets[:, :, None])[:, :, 0], by_q, by_shared

    def _reprojection(self, frame: Frame, q: Array) -> tuple[Array, Array, Array]:
        """Whitened residuals in the image plane z = 1 (32,), by configuration and by shared."""
        options, pose = self._options, frame.pose_world_camera
        places, by_q, by_shared = self._places(q)
        seen = (places - pose.translation) @ pose.rotation
        depth = np.maximum(seen[:, 2], 0.2)
        projected = seen[:, :2] / depth[:, None]
        difference = projected - frame.rays[USED, :2]
        sigma = np.hypot(options.detector_sigma_m / depth, options.pixel_floor_px * 1e-3)
        errors = np.linalg.norm(difference, axis=1) / sigma
        known = np.isfinite(errors)
        robust = huber(np.where(known, errors, 0.0), options.robust_sigmas)
        gain = np.where(known, frame.root_weight[USED] * robust / sigma, 0.0)
        camera = np.zeros((len(USED), 2, 3))
        camera[:, 0, 0] = camera[:, 1, 1] = gain / depth
        camera[:, :, 2] = -projected * (gain / depth)[:, None]
        camera = camera @ pose.rotation.T
        residuals = np.where(known[:, None], difference, 0.0) * gain[:, None]
        count = 2 * len(USED)
        return (
            residuals.ravel(),
            (camera @ by_q).reshape(count, NV),
            (camera @ by_shared).reshape(count, -1),
        )

    def _metric(self, frame: Frame, q: Array) -> tuple[Array, Array]:
        """What the metric landmarks say of directions, as whitened residuals (48,), by q.

        The network that made them knows nothing of this person's proportions, so they are compared
        with the skeleton of the start, whose lengths are nobody's.
        """
        first, options, pose = self._first, self._options, frame.pose_world_camera
        places, by_q = first.points_with_jacobians(q, first.landmarks)
        relative = (places[USED] - places[_HIPS].mean(0)) @ pose.rotation
        measured = frame.metric[USED] - frame.metric[_HIPS].mean(0)
        across, along = options.metric_sigma_m
        sigma = _METRIC_INFLATION * np.array([across, across, along])
        residuals = (relative - measured) / sigma
        robust = huber(np.linalg.norm(residuals, axis=1), options.robust_sigmas)
        gain = frame.root_weight[USED] * robust
        turned = pose.rotation.T @ (by_q[USED] - by_q[_HIPS].mean(0))
        jacobian = turned * (gain[:, None] / sigma)[:, :, None]
        return (residuals * gain[:, None]).ravel(), jacobian.reshape(-1, NV)

    def _belief(self, frame: Frame, q: Array) -> tuple[Array, Array]:
        """Diagonal information (37,) and gradient (37,): the lifter's fit, priors, ranges."""
        first, coordinates = self._first, q[7:]
        information = np.full(NV, _ANGLE_SIGMA_RAD**-2.0)
        information[:3] = _POSITION_SIGMA_M**-2.0
        gradient = information * first.difference(frame.start, q)
        information[6:] += self._pull
        gradient[6:] += self._pull * (coordinates - self._mean)
        beyond = coordinates - np.clip(coordinates, first.lower_limits, first.upper_limits)
        wall = np.where(beyond != 0.0, self._options.limit_sigma_rad**-2.0, 0.0)
        information[6:] += wall
        gradient[6:] += wall * beyond
        return information, gradient
