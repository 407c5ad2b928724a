"""The parameters of the perception node, with their units, bounds and meaning."""

from __future__ import annotations

from monomsk_description.node_parameters import DETERMINISTIC, NodeParameter

PARAMETERS: dict[str, NodeParameter] = {
    "height_m": NodeParameter(0.0, "the person's height [m]; 0: assumed, and said so", 0.0, 2.6),
    "mass_kg": NodeParameter(0.0, "the person's mass [kg]; 0: assumed, and said so", 0.0, 350.0),
    "sex": NodeParameter("unspecified", "'unspecified', 'female' or 'male'"),
    "compressed": NodeParameter(False, "take images from image/compressed"),
    "model_complexity": NodeParameter("full", "landmark model: 'lite', 'full' or 'heavy'"),
    "num_threads": NodeParameter(2, "threads of the landmark model", 1, 16),
    "lifter": NodeParameter("transformer", "landmarks to angles: 'geometric' or 'transformer'"),
    "look_ahead": NodeParameter(
        0, "later frames (at 30 Hz) that the transformer waits for before it answers", 0, 8
    ),
    "focal_px": NodeParameter(
        0.0, "focal length [px] where camera_info is missing; 0: assumed, and said so", 0.0, 1e5
    ),
    "camera_info_wait_s": NodeParameter(
        2.0, "how long to wait for camera_info before going on without it [s]", 0.0, 3600.0
    ),
    "camera_height_m": NodeParameter(
        0.0, "height of the lens above the floor [m]; 0: pose estimated from the person", 0.0, 20.0
    ),
    "camera_pitch_rad": NodeParameter(
        0.0, "how far the camera looks down [rad], used when camera_height_m is given", -1.5, 1.5
    ),
    "world_frame": NodeParameter("world", "name of the world frame: z up, floor at z = 0"),
    "deterministic": DETERMINISTIC,
}
