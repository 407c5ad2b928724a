"""Messages of a tiny camera, serialised."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monomsk_analysis.message_types import build_message, load_typestore

IMAGE, INFO = "sensor_msgs/msg/Image", "sensor_msgs/msg/CameraInfo"


def image_and_info(count: int) -> Iterator[tuple[str, str, int, bytes]]:
    """Yield topic, type, stamp [ns] and message, the first ones stamped zero."""
    store = load_typestore()
    for index in range(count):
        stamp_ns = index * 33_333_333
        head = {"stamp": {"sec": 0, "nanosec": stamp_ns}, "frame_id": "camera"}
        image = {
            "header": head, "height": 40, "width": 50, "encoding": "bgr8", "is_bigendian": 0,
            "step": 150, "data": np.full(40 * 150, 10 * index, np.uint8),
        }  # fmt: skip
        info = {
            "header": head, "height": 40, "width": 50, "distortion_model": "plumb_bob",
            "d": [0.0] * 5, "k": [50.0, 0, 25, 0, 50, 20, 0, 0, 1], "r": [0.0] * 9,
            "p": [0.0] * 12, "binning_x": 0, "binning_y": 0,
            "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
        }  # fmt: skip
        for topic, kind, fields in (("/image", IMAGE, image), ("/camera_info", INFO, info)):
            message = build_message(store, kind, fields)
            yield topic, kind, stamp_ns, bytes(store.serialize_cdr(message, kind))
