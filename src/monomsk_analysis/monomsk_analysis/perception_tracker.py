"""The project's perception as a tracker."""

from __future__ import annotations

from dataclasses import dataclass

from monomsk_analysis.tracking import Tracker
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose


@dataclass(frozen=True)
class TrackerOptions:
    """How to look.

    Attributes:
        model_complexity: size of the landmark network: lite, full or heavy.
        lifter: how landmarks become joint angles: geometric.
    """

    model_complexity: str = "full"
    lifter: str = "geometric"


def make_tracker(
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    pose: CameraPose | None,
    options: TrackerOptions,
) -> Tracker:
    """Load the networks and build the tracker.

    Args:
        skeleton: the person's.
        intrinsics: the camera.
        pose: the camera's pose in the world; None to have it estimated.
        options: how to look.

    Raises:
        PerceptionError: a model file is missing or damaged.
    """
    raise NotImplementedError
