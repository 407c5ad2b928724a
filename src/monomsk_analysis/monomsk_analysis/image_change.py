"""How far the settled motion leaves what perception saw in the images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.tracking import Tracking
from monomsk_perception.camera import CameraIntrinsics

Array = NDArray[np.float64]

_FACE = 11  # BlazePose's first landmarks; the rest is on trunk and limbs


def image_changes(analysis: Analysis, tracking: Tracking, camera: CameraIntrinsics) -> Array:
    """Distance of settled from perceived landmarks of trunk and limbs in the image (m, 22) [px].

    Of the m frames with a state and a result; NaN behind the camera.
    """
    skeleton, changes = analysis.skeleton, []
    for observation, result in zip(tracking.observations, analysis.dynamics, strict=True):
        state, pose = observation.state, observation.pose_world_camera
        if state is None or pose is None or result is None:
            continue
        seen, settled = (
            camera.project(
                (skeleton.points(q, skeleton.landmarks) - pose.translation) @ pose.rotation
            )
            for q in (state.q, result.q)
        )
        changes.append(np.linalg.norm(settled - seen, axis=1)[_FACE:])
    return np.array(changes) if changes else np.zeros((0, len(skeleton.landmarks.names) - _FACE))


def image_change_entries(
    analysis: Analysis, tracking: Tracking, camera: CameraIntrinsics
) -> dict[str, float]:
    """Median and 95th percentile for the summary [px]; NaN where nothing was seen."""
    changes = image_changes(analysis, tracking, camera)
    known = changes[np.isfinite(changes)]
    median, p95 = np.percentile(known, [50, 95]) if known.size else (np.nan, np.nan)
    return {"image_change_median_px": float(median), "image_change_p95_px": float(p95)}
