"""Keeps the landmarks of a moved motion where an image shows them.

One camera tells where a landmark is across its line of sight to a centimetre or two, and hardly
how far away it is. Standard deviations of single coordinates cannot say so: an arm that may turn by
20 degrees any way may leave its picture, one that keeps its picture may still reach forward.
"""

import numpy as np
from numpy.typing import NDArray

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import SmoothMotion

Array = NDArray[np.float64]

_NV = 37
#: The face is left out: the skeleton has no neck.
_PARTS = ("shoulder", "elbow", "wrist", "index", "hip", "knee", "ankle", "heel", "foot_index")
_KEPT = tuple(f"{side}_{part}" for part in _PARTS for side in ("right", "left"))
#: Nothing is seen nearer to the lens than this [m].
_NEAREST_M = 0.3


class ImageFit:
    """How far a motion's landmarks leave the directions in which those of another one lie.

    Args:
        skeleton: The person's.
        seen: The motion that fits the images, n frames.
        sightings: From where they were seen, n frames.
        options: How well an image shows a landmark.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        seen: SmoothMotion,
        sightings: Sightings,
        options: ConsistentMotionOptions,
    ) -> None:
        self._skeleton = skeleton
        names = skeleton.landmarks.names
        kept = [name for name in _KEPT if name in names]
        self._kept = [names.index(name) for name in kept]
        seen_as = [LANDMARK_NAMES.index(name) for name in kept]
        known = np.isfinite(sightings.camera_positions[:, :1])
        self._cameras = np.where(known, sightings.camera_positions, 0.0)[:, None]
        arms = np.array([self._landmarks(q) for q in seen.q]) - self._cameras
        distances = np.maximum(np.linalg.norm(arms, axis=2), _NEAREST_M)
        self._rays = arms / distances[:, :, None]
        self._across = _across(self._rays)
        sigma = np.hypot(options.image_sigma_m / distances, options.image_sigma_rad)
        period_s = float(np.median(np.diff(seen.times_s)))
        # Errors of the detector last: frames within that time count as one.
        share = min(1.0, period_s / options.image_correlation_s)
        visible = np.where(known, sightings.visibility[:, seen_as], 0.0)
        self._gains = np.sqrt(share * np.clip(visible, 0.0, 1.0)) / sigma

    def errors(self, q: Array) -> Array:
        """Weighted distances (n, 2 k) of configurations (n, 38) from the images."""
        points = np.array([self._landmarks(row) for row in q])
        places, depths = self._seen(points - self._cameras, slice(None))
        return (places * (self._gains / depths)[:, :, None]).reshape(len(q), -1)

    def rows(self, k: int, q: Array) -> tuple[Array, Array]:
        """Weighted rows (2 k, 37) over a tangent step from q (38,) of frame k, and targets."""
        landmarks = self._skeleton.landmarks
        points, jacobians = self._skeleton.points_with_jacobians(q, landmarks)
        places, depths = self._seen(points[self._kept] - self._cameras[k], k)
        gains = self._gains[k] / depths
        # A landmark that comes nearer grows away from where its direction already errs.
        ways = self._across[k] - (places / depths[:, None])[:, :, None] * self._rays[k][:, None]
        rows = (gains[:, None, None] * ways) @ jacobians[self._kept]
        return rows.reshape(-1, _NV), -(places * gains[:, None]).ravel()

    def _landmarks(self, q: Array) -> Array:
        return self._skeleton.points(q, self._skeleton.landmarks)[self._kept]

    def _seen(self, arms: Array, k: slice | int) -> tuple[Array, Array]:
        """Parts of arms from the camera across (..., 2) and along (...) the seen directions."""
        across = np.einsum("...ij,...j->...i", self._across[k], arms)
        along = np.einsum("...j,...j->...", self._rays[k], arms)
        return across, np.maximum(along, _NEAREST_M)


def _across(units: Array) -> Array:
    """Two unit vectors (..., 2, 3) at right angles to each other and to unit vectors (..., 3)."""
    # Duff et al. (2017), Building an orthonormal basis, revisited.
    x, y, z = np.moveaxis(units, -1, 0)
    sign = np.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    first = np.stack([1.0 + sign * x * x * a, sign * b, -sign * x], axis=-1)
    second = np.stack([b, sign + y * y * a, -y], axis=-1)
    return np.stack([first, second], axis=-2)
