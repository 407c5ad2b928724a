"""Reading images and camera parameters out of rosbag2 recordings (SQLite3 or MCAP) and ROS 1 bags.

An image's time is its header's stamp, never the time of recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from monomsk_analysis.bag_reader import open_bag
from monomsk_analysis.errors import BagError, TopicMissingError
from monomsk_analysis.frame_source import Frame, SourceFacts, TimeWindow
from monomsk_description.message_fields import stamp_to_ns
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import ImageError
from monomsk_perception.image_conversion import message_to_bgr

_IMAGE = "sensor_msgs/msg/Image"
_COMPRESSED = "sensor_msgs/msg/CompressedImage"
_CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
_NANOSECONDS = 1_000_000_000


class BagSource:
    """An image topic of a bag as a source of frames."""

    def __init__(self, path: Path, image_topic: str | None = None) -> None:
        """Open the bag, choose the image topic and read its camera.

        Args:
            path: a rosbag2 folder, or a bag file.
            image_topic: None takes the only image topic.

        Raises:
            BagError: the bag is missing, empty, or broken, or several image topics could be meant.
            TopicMissingError: the topic is not in the bag, or no image topic is.
            CameraError: the bag's camera parameters are those of no camera.
        """
        self._path = path
        self._notes: list[str] = []
        if not path.exists():
            raise BagError(path, "no such bag")
        with open_bag(self._path) as reader:
            self._topic = _choose_topic(path, reader, image_topic)
            connections = _connections(reader, self._topic)
            first = self._first_image(reader, connections)
            height_px, width_px = first.shape[:2]
            self._facts = SourceFacts(
                path=path,
                kind="bag",
                width_px=width_px,
                height_px=height_px,
                frames_announced=sum(connection.msgcount for connection in connections),
                intrinsics=_read_camera(reader, self._topic),
                topic=self._topic,
            )

    @property
    def facts(self) -> SourceFacts:
        """Size, topic and camera."""
        return self._facts

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about the bag, known after reading it to the end."""
        return tuple(self._notes)

    def frames(self, window: TimeWindow) -> Iterator[Frame]:
        """Yield the images of the window in order; late, broken and odd ones are counted.

        Raises:
            BagError: the bag is broken, or the window holds no image.
        """
        self._notes.clear()
        index, yielded, late, broken, odd = -1, 0, 0, 0, 0
        first_ns: int | None = None
        last_ns = -1
        with open_bag(self._path) as reader:
            for message in self._messages(reader, _connections(reader, self._topic)):
                stamp_ns = stamp_to_ns(message.header.stamp)
                if stamp_ns <= last_ns:
                    late += 1
                    continue
                last_ns = stamp_ns
                first_ns = stamp_ns if first_ns is None else first_ns
                index += 1
                time_s = (stamp_ns - first_ns) / _NANOSECONDS
                if time_s < window.start_s:
                    continue
                if time_s > window.end_s:
                    break
                try:
                    image = message_to_bgr(message)
                except ImageError:
                    broken += 1
                    continue
                if image.shape[:2] != (self._facts.height_px, self._facts.width_px):
                    odd += 1
                    continue
                yielded += 1
                yield Frame(index, time_s, stamp_ns, image)
        for count, what in (
            (late, "came late or twice"),
            (broken, "could not be decoded"),
            (odd, "had another size than the first"),
        ):
            if count:
                self._notes.append(f"{count} images {what} and were dropped.")
        if not yielded:
            raise BagError(
                self._path,
                f"no image on {self._topic} between {window.start_s:g} s and {window.end_s:g} s",
            )

    def _first_image(self, reader: AnyReader, connections: list[Connection]) -> NDArray[np.uint8]:
        for message in self._messages(reader, connections):
            return message_to_bgr(message)
        raise BagError(self._path, f"no message on {self._topic}")

    def _messages(self, reader: AnyReader, connections: list[Connection]) -> Iterator[Any]:
        for connection, _, data in reader.messages(connections=connections):
            yield reader.deserialize(data, connection.msgtype)


def _choose_topic(path: Path, reader: AnyReader, wanted: str | None) -> str:
    topics = {connection.topic: connection.msgtype for connection in reader.connections}
    images = [topic for topic, kind in topics.items() if kind in (_IMAGE, _COMPRESSED)]
    if wanted is not None:
        topic = wanted if wanted.startswith("/") else f"/{wanted}"
        if topic not in images:
            raise TopicMissingError(path, topic, topics)
        return topic
    if not images:
        raise TopicMissingError(path, None, topics)
    # A camera often publishes both forms; the uncompressed one loses nothing.
    raw = [topic for topic in images if topics[topic] == _IMAGE]
    candidates = raw or images
    if len(candidates) > 1:
        choices = ", ".join(sorted(candidates))
        raise BagError(path, f"several image topics; choose one with --image-topic: {choices}")
    return candidates[0]


def _connections(reader: AnyReader, topic: str) -> list[Connection]:
    return [connection for connection in reader.connections if connection.topic == topic]


def _read_camera(reader: AnyReader, image_topic: str) -> CameraIntrinsics | None:
    """The camera of the first camera_info beside the image topic, or of the only one."""
    topics = {c.topic for c in reader.connections if c.msgtype == _CAMERA_INFO}
    namespace = image_topic.removesuffix("/compressed").rsplit("/", 1)[0]
    beside = f"{namespace}/camera_info"
    topic = beside if beside in topics else (topics.pop() if len(topics) == 1 else None)
    if topic is None:
        return None
    for connection, _, data in reader.messages(connections=_connections(reader, topic)):
        info: Any = reader.deserialize(data, connection.msgtype)
        # ROS 1 writes the matrices with capital letters.
        matrix = info.k if hasattr(info, "k") else info.K
        distortion = info.d if hasattr(info, "d") else info.D
        return CameraIntrinsics.from_matrix(
            matrix, distortion, info.width, info.height, info.distortion_model
        )
    return None
