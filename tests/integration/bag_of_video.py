"""A rosbag2 with the images of a sample video, small, and camera_info: as a camera records."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from rosbags.typesys.store import Typestore
from tests.monomsk_perception.conftest import sample_video

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.message_types import build_message, load_typestore

SIZE = (270, 480)
FOCAL_PX = 418.5
FRAME_NS = 33_333_333
START_NS = 1_700_000_000_000_000_000
IMAGE, INFO = "sensor_msgs/msg/Image", "sensor_msgs/msg/CameraInfo"


def write_bag(folder: Path, frames: int) -> list[int]:
    """Write the bag; returns the stamps of its images [ns]."""
    store = load_typestore()
    capture = cv2.VideoCapture(str(sample_video()))
    stamps = []
    with BagWriter(folder, reserve_bytes=0, typestore=store) as bag:
        bag.add_topic(BagTopic("/camera/image", IMAGE))
        bag.add_topic(BagTopic("/camera/camera_info", INFO))
        for index in range(frames):
            capture.read()  # 60 Hz to 30 Hz
            read, picture = capture.read()
            if not read:
                break
            stamp_ns = START_NS + index * FRAME_NS
            header = _header(stamp_ns)
            small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
            for topic, kind, fields in (
                ("/camera/camera_info", INFO, _info(header)),
                ("/camera/image", IMAGE, _image(header, small)),
            ):
                bag.write(topic, stamp_ns + 2_000_000, _serialized(store, kind, fields))
            stamps.append(stamp_ns)
    return stamps


def _serialized(store: Typestore, kind: str, fields: dict) -> bytes:
    return bytes(store.serialize_cdr(build_message(store, kind, fields), kind))


def _header(stamp_ns: int) -> dict:
    sec, nanosec = divmod(stamp_ns, 10**9)
    return {"stamp": {"sec": sec, "nanosec": nanosec}, "frame_id": "camera_optical_frame"}


def _image(header: dict, picture: np.ndarray) -> dict:
    return {
        "header": header,
        "height": picture.shape[0],
        "width": picture.shape[1],
        "encoding": "bgr8",
        "is_bigendian": 0,
        "step": 3 * picture.shape[1],
        "data": picture.ravel(),
    }


def _info(header: dict) -> dict:
    width, height = SIZE
    matrix = [FOCAL_PX, 0.0, width / 2, 0.0, FOCAL_PX, height / 2, 0.0, 0.0, 1.0]
    return {
        "header": header,
        "height": height,
        "width": width,
        "distortion_model": "plumb_bob",
        "d": [0.0] * 5,
        "k": matrix,
        "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "p": [*matrix[:3], 0.0, *matrix[3:6], 0.0, *matrix[6:], 0.0],
        "binning_x": 0,
        "binning_y": 0,
        "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
    }
