"""The parameters of the camera player, with their units, bounds and meaning."""

from __future__ import annotations

from dataclasses import replace

from monomsk_description.node_parameters import NodeParameter

_PARAMETERS: dict[str, NodeParameter] = {
    "source": NodeParameter("", "video file, or camera: 0, 1, /dev/video0"),
    "rate_hz": NodeParameter(
        0.0, "published rate [Hz], never above the source's own; 0: the source's own", 0.0, 1000.0
    ),
    "plays": NodeParameter(1, "how often a file is played; 0: for ever", 0, 1_000_000),
    "max_side_px": NodeParameter(
        0, "longer image side [px], larger images are shrunk; 0: as they are", 0, 32767
    ),
    "focal_px": NodeParameter(
        0.0, "focal length at the source's own size [px]; 0: unknown, and said so", 0.0, 1e6
    ),
    "stamps": NodeParameter(
        "now",
        "'now': time of publication; 'timeline': start plus the frame's own time",
        choices=("now", "timeline"),
    ),
    "transport": NodeParameter(
        "raw", "how images travel; compressed: JPEG", choices=("raw", "compressed", "both")
    ),
    "jpeg_quality": NodeParameter(90, "of compressed images", 0, 100),
    "reliable": NodeParameter(False, "reliable instead of best-effort delivery"),
    "frame_id": NodeParameter(
        "camera_optical_frame", "frame of the images: x right, y down, z forward"
    ),
    "wait_for_subscriber_s": NodeParameter(
        15.0, "longest wait for somebody to subscribe [s]", 0.0, 3600.0
    ),
    "linger_s": NodeParameter(
        1.0, "time between the last frame and the end of the node [s]", 0.0, 3600.0
    ),
}

#: None of them changes while a source is being played.
PARAMETERS = {name: replace(p, read_only=True) for name, p in _PARAMETERS.items()}
