"""What a live stream is asked for, and what it gives of each image."""

from __future__ import annotations

from dataclasses import dataclass, field

import pinocchio as pin

from monomsk_description.body_state import BodyState
from monomsk_perception.camera_geometry import GeometryOptions
from monomsk_perception.camera_pose import CameraPoseSource
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_factory import LifterChoice
from monomsk_perception.tracking import TrackingStatus


@dataclass(frozen=True)
class LiveOptions:
    """Options of all stages."""

    landmarker: LandmarkerOptions = field(default_factory=LandmarkerOptions)
    lifter: LifterChoice = field(default_factory=LifterChoice)
    geometry: GeometryOptions = field(default_factory=GeometryOptions)


@dataclass(frozen=True)
class LiveResult:
    """What one image gave, in the camera's own frame and pixels.

    Attributes:
        stamp_ns: The image's [ns].
        camera_frame: Its frame.
        image_size: Its width and height [px].
        status: Of the tracking.
        track_id: Who is followed; 0: nobody so far.
        landmarks: None: nobody was measured.
        state: None: nobody was measured, no camera pose, or a look-ahead waits.
        pose_source: Where the camera's pose comes from.
        pose_world_camera: The camera's optical frame in the world.
        stages_s: Seconds of each stage by name.
    """

    stamp_ns: int
    camera_frame: str
    image_size: tuple[int, int]
    status: TrackingStatus
    track_id: int
    landmarks: Landmarks | None
    state: BodyState | None
    pose_source: CameraPoseSource
    pose_world_camera: pin.SE3
    stages_s: dict[str, float]
