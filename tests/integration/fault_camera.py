"""A camera that misbehaves on command: real frames of a sample video, faults by lines on stdin.

Started as a process of its own. Each line on stdin is a JSON object whose entries replace those of
`Behaviour`. Each published image is told on stdout: `image STAMP_NS CONTENT`.
"""

from __future__ import annotations

import array
import json
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

SCALE = 0.25
HALF_SIZE = (270, 480)  # one person's part of the picture [px]
FOCAL_PX = 1674.0 * SCALE  # of the sample video's camera, as published with it


@dataclass
class Behaviour:
    """What the camera does now.

    Attributes:
        running: whether images come at all.
        content: `person`, `frozen` (the last picture again), `black`, `two` (a second person
            beside the first).
        damage: empty, or how the message is broken: `short`, `encoding`, `step`, `empty`, `size`.
        rate_hz: images a second [Hz].
        offset_s: added to every stamp [s].
        shrink: size of the images over the usual one.
        info: camera_info: `good`, `none`, `zero`, `nan`.
    """

    running: bool = True
    content: str = "person"
    damage: str = ""
    rate_hz: float = 30.0
    offset_s: float = 0.0
    shrink: float = 1.0
    info: str = "good"


def _read(path: str) -> list[np.ndarray]:
    capture = cv2.VideoCapture(path)
    frames = []
    while True:
        read, picture = capture.read()
        if not read:
            break
        frames.append(cv2.resize(picture, HALF_SIZE, interpolation=cv2.INTER_AREA))
    return frames[::2] + frames[-3:1:-2]  # 30 Hz; there and back again, so that nobody jumps


class FaultCamera:
    """Publishes until stdin is closed."""

    def __init__(self, node: Any, first: str, second: str) -> None:
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import CameraInfo, Image

        self._node = node
        self._frames, self._others = _read(first), _read(second)
        self._images = node.create_publisher(Image, "image", qos_profile_sensor_data)
        self._infos = node.create_publisher(CameraInfo, "camera_info", qos_profile_sensor_data)
        self.behaviour = Behaviour()
        self.ended = False
        self._index = 0
        self._rng = np.random.default_rng(1)
        self._last = self._picture("person")

    def listen(self) -> None:
        for line in sys.stdin:
            for name, value in json.loads(line).items():
                setattr(self.behaviour, name, value)
        self.ended = True

    def run(self) -> None:
        due_s = time.perf_counter()
        while not self.ended:
            behaviour = self.behaviour
            due_s = max(due_s + 1.0 / behaviour.rate_hz, time.perf_counter() - 0.1)
            time.sleep(max(0.0, due_s - time.perf_counter()))
            if behaviour.running:
                # a copy: the next order may come while the image is made
                self._publish(replace(behaviour))

    def _picture(self, content: str) -> np.ndarray:
        if content == "frozen":
            return self._last
        width, height = HALF_SIZE
        picture = np.full((height, 2 * width, 3), 0, np.uint8)
        if content != "black":
            self._index += 1
            picture[:, :width] = self._frames[self._index % len(self._frames)]
            picture[:, width:] = 120
        if content == "two":
            other = self._others[self._index % len(self._others)]
            small = cv2.resize(other, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
            picture[-small.shape[0] :, -small.shape[1] :] = small
        # what a real sensor adds to every image, even in the dark
        noise = self._rng.integers(0, 3, picture.shape, dtype=np.uint8)
        self._last = cv2.add(picture, noise)
        return self._last

    def _publish(self, behaviour: Behaviour) -> None:
        from rclpy.duration import Duration

        picture = self._picture(behaviour.content)
        if behaviour.shrink != 1.0:
            picture = cv2.resize(picture, None, fx=behaviour.shrink, fy=behaviour.shrink)
        stamp = self._node.get_clock().now() + Duration(seconds=behaviour.offset_s)
        if behaviour.info != "none":
            self._infos.publish(self._info(picture, stamp.to_msg(), behaviour.info))
        # told before it is published, so that no answer can come earlier
        content = behaviour.damage or behaviour.content
        sys.stdout.write(f"image {stamp.nanoseconds} {content}\n")
        sys.stdout.flush()
        self._images.publish(self._message(picture, stamp.to_msg(), behaviour.damage))

    def _message(self, picture: np.ndarray, stamp: Any, damage: str) -> Any:
        from sensor_msgs.msg import Image

        height, width = picture.shape[:2]
        message = Image(height=height, width=width, encoding="bgr8", step=3 * width)
        message.header.stamp, message.header.frame_id = stamp, "camera_optical_frame"
        data = np.ascontiguousarray(picture).tobytes()
        if damage == "encoding":
            message.encoding = "bayer_of_fog"
        elif damage == "step":
            message.step = 7
        elif damage == "size":
            message.height, message.width = 2**31, 2**31
        keep = {"short": len(data) // 3, "empty": 0}.get(damage, len(data))
        message.data = array.array("B", data[:keep])
        return message

    def _info(self, picture: np.ndarray, stamp: Any, kind: str) -> Any:
        from sensor_msgs.msg import CameraInfo

        height, width = picture.shape[:2]
        info = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
        info.header.stamp, info.header.frame_id = stamp, "camera_optical_frame"
        if kind != "zero":
            focal_px = FOCAL_PX * height / HALF_SIZE[1]
            focal_px = float("nan") if kind == "nan" else focal_px
            info.k = [focal_px, 0.0, width / 4.0, 0.0, focal_px, height / 2.0, 0.0, 0.0, 1.0]
        return info


def main() -> None:
    import rclpy

    rclpy.init()
    node = rclpy.create_node("fault_camera")
    camera = FaultCamera(node, sys.argv[1], sys.argv[2])
    threading.Thread(target=camera.listen, daemon=True).start()
    camera.run()


if __name__ == "__main__":
    main()
