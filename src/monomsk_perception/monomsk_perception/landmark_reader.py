"""One frame's landmarks as measurements of the skeleton fit."""

from __future__ import annotations

import numpy as np

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton
from monomsk_perception.contact_evidence import ContactEvidence
from monomsk_perception.initial_guess import bone_sum, line_of_sight_rotation
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_frame import Measurement
from monomsk_perception.pose_prior import PosePrior
from monomsk_perception.residuals import LEFT_HIP, RIGHT_HIP


def in_optical_frame(metric: Array, rays: Array) -> Array:
    """Metric landmarks (33, 3), whose axes follow the line of sight, along those of the camera.

    Args:
        metric: As the detector gives them [m].
        rays: Of the landmarks (33, 3), z = 1; NaN where there is none.
    """
    hips_ray = rays[[LEFT_HIP, RIGHT_HIP]].mean(0)
    if not np.isfinite(hips_ray).all():
        return metric
    return metric @ line_of_sight_rotation(hips_ray).T


def size_ratio(bone_sum_m: float, metric: Array) -> float:
    """A person's size over the detector's, as far as it can be true; see `bone_sum`."""
    return float(np.clip(bone_sum_m / max(bone_sum(metric), 1e-3), 0.6, 1.6))


class LandmarkReader:
    """Remembers how large the detector takes the person for, and how the feet moved.

    Args:
        skeleton: The subject's.
        contact_speed: See `ContactEvidence`.
    """

    def __init__(self, skeleton: Skeleton, contact_speed: tuple[float, float]) -> None:
        self._bone_sum = bone_sum(skeleton.points(skeleton.neutral(), skeleton.landmarks))
        self._evidence = ContactEvidence(contact_speed)
        self._scale: float | None = None

    def reset(self) -> None:
        """Forget the person."""
        self._scale = None
        self._evidence.reset()

    def read(
        self,
        landmarks: Landmarks,
        rays: Array,
        interval_s: float,
        depth_m: float,
        belief: PosePrior | None,
    ) -> Measurement:
        """The measurement in landmarks.

        Args:
            landmarks: What the detector found.
            rays: Their rays (33, 3), z = 1; NaN where there is none.
            interval_s: Time since the last frame [s].
            depth_m: Distance of the person along the optical axis [m].
            belief: What a learned lifter makes of them; it also knows the contacts better.
        """
        contact = self._evidence.update(landmarks.stamp_ns, rays, depth_m)
        return Measurement(
            landmarks.stamp_ns,
            rays,
            in_optical_frame(landmarks.metric, rays) * self._followed_scale(landmarks.metric),
            np.clip(landmarks.visibility, 0.02, 1.0),
            contact if belief is None else belief.contact,
            interval_s,
            belief,
        )

    def _followed_scale(self, metric: Array) -> float:
        """Slowly followed ratio of the subject's size to the detector's."""
        before, ratio = self._scale, size_ratio(self._bone_sum, metric)
        self._scale = ratio if before is None else 0.95 * before + 0.05 * ratio
        return self._scale
