"""The parameters of the perception node, with their units, bounds and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monomsk_description.node_parameters import DETERMINISTIC, NodeParameter
from monomsk_perception.camera_geometry import IMU_AXES, POSE_SOURCES, GeometryOptions
from monomsk_perception.errors import OptionError
from monomsk_perception.frame_budget import AUTO, BY_QUALITY
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.lifter_factory import LIFTERS, LifterChoice
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.live_result import LiveOptions
from monomsk_perception.model_files import LANDMARK_MODELS
from monomsk_perception.person_choice import RULES

#: What makes another person of the body model.
SUBJECT = ("height_m", "mass_kg", "sex")
SEXES = ("unspecified", "female", "male")
#: What chooses the landmark network.
NETWORK = ("model_complexity", "frame_budget_s")

PARAMETERS: dict[str, NodeParameter] = {
    "height_m": NodeParameter(0.0, "the person's height [m]; 0: assumed, and said so", 0.0, 2.6),
    "mass_kg": NodeParameter(0.0, "the person's mass [kg]; 0: assumed, and said so", 0.0, 350.0),
    "sex": NodeParameter("unspecified", "used for proportions", choices=SEXES),
    "compressed": NodeParameter(False, "take images from image/compressed", read_only=True),
    "image_rotation_deg": NodeParameter(
        0, "turn clockwise that puts the images upright [deg]: 0, 90, 180, 270", 0, 270
    ),
    "model_complexity": NodeParameter(
        "full",
        "landmark network; 'auto': the best that fits frame_budget_s",
        choices=(*LANDMARK_MODELS, AUTO),
    ),
    "frame_budget_s": NodeParameter(
        0.02, "what the landmarks of one image may take [s], for 'auto'", 0.001, 1.0
    ),
    "num_threads": NodeParameter(2, "threads of the landmark network", 1, 16, read_only=True),
    "min_detection_score": NodeParameter(
        0.5,
        "least confidence in a person who was found; somebody new: 0.85 at first",
        0.05,
        0.95,
    ),
    "min_tracking_score": NodeParameter(
        0.5, "least probability of a person to believe landmarks", 0.05, 0.95
    ),
    "person": NodeParameter("largest", "whom to follow first", choices=RULES),
    "person_region": NodeParameter(
        (0.0, 0.0, 1.0, 1.0),
        "left, top, right, bottom where the hips are, as fractions of the image; for 'region'",
        0.0,
        1.0,
    ),
    "hold_s": NodeParameter(
        1.0, "how long a lost person is waited for near the last place [s]", 0.0, 60.0
    ),
    "remember_s": NodeParameter(
        60.0, "how long a lost person is known again by looks, with the old number [s]", 0.0, 3600.0
    ),
    "lifter": NodeParameter("transformer", "landmarks to angles", choices=LIFTERS),
    "look_ahead": NodeParameter(
        0, "later frames (at 30 Hz) that the transformer waits for before it answers", 0, 8
    ),
    "smoothing": NodeParameter(
        1.0, "more: steadier and later, less: quicker and noisier states", 0.1, 10.0
    ),
    "max_gap_s": NodeParameter(0.3, "after a longer pause the motion starts anew [s]", 0.05, 5.0),
    "focal_px": NodeParameter(
        0.0, "focal length [px] where camera_info is missing; 0: assumed, and said so", 0.0, 1e5
    ),
    "camera_info_wait_s": NodeParameter(
        2.0, "how long to wait for camera_info before going on without it [s]", 0.0, 3600.0
    ),
    "camera_pose": NodeParameter(
        "auto",
        "where the camera's pose comes from; 'auto': parameter, TF, IMU, the person, in this order",
        choices=POSE_SOURCES,
    ),
    "camera_height_m": NodeParameter(
        0.0, "height of the lens above the floor [m]; 0: not given", 0.0, 20.0
    ),
    "camera_pitch_rad": NodeParameter(
        0.0, "how far the camera looks down [rad], used when camera_height_m is given", -1.5, 1.5
    ),
    "tf_tolerance_s": NodeParameter(
        0.1, "how far an image may lie before or after the known transforms [s]", 0.0, 10.0
    ),
    "imu_axes": NodeParameter(
        "tf",
        "axes of the imu's frame: from TF, those of the optical frame, or x forward, z up ('body')",
        choices=IMU_AXES,
    ),
    "world_frame": NodeParameter(
        "world", "name of the world frame: z up, floor at z = 0", read_only=True
    ),
    "deterministic": DETERMINISTIC,
}


def starting_model(values: Mapping[str, Any]) -> str:
    """The landmark network to load first; `AUTO` measures from the fastest one on."""
    asked: str = values["model_complexity"]
    return BY_QUALITY[-1] if asked == AUTO else asked


def live_options(values: Mapping[str, Any], model: str) -> LiveOptions:
    """The options that these parameters mean.

    Args:
        values: Of all parameters, by name.
        model: The landmark network chosen for them.

    Raises:
        OptionError: Values that do not fit together.
    """
    if values["image_rotation_deg"] % 90:
        raise OptionError("image_rotation_deg", values["image_rotation_deg"], "0, 90, 180 or 270")
    return LiveOptions(
        landmarker=LandmarkerOptions(
            model=model,
            num_threads=values["num_threads"],
            min_detection_score=values["min_detection_score"],
            min_tracking_score=values["min_tracking_score"],
            hold_s=values["hold_s"],
            remember_s=values["remember_s"],
            person=values["person"],
            person_box=tuple(values["person_region"]),
        ),
        lifter=LifterChoice(
            values["lifter"],
            values["look_ahead"],
            _smoothed(LifterOptions(max_gap_s=values["max_gap_s"]), values["smoothing"]),
        ),
        geometry=GeometryOptions(
            pose_source=values["camera_pose"],
            height_m=values["camera_height_m"],
            pitch_rad=values["camera_pitch_rad"],
            focal_px=values["focal_px"],
            info_wait_s=values["camera_info_wait_s"],
            quarter_turns=values["image_rotation_deg"] // 90,
            world_frame=values["world_frame"],
            tf_tolerance_s=values["tf_tolerance_s"],
            imu_axes=values["imu_axes"],
        ),
    )


def _smoothed(options: LifterOptions, smoothing: float) -> LifterOptions:
    """The options with motion believed to be so much calmer."""
    return replace(
        options,
        linear_acceleration=options.linear_acceleration / smoothing,
        pelvis_acceleration=options.pelvis_acceleration / smoothing,
        joint_acceleration=options.joint_acceleration / smoothing,
    )
