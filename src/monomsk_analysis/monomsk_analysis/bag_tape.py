"""The camera's side of a rosbag2, message by message, to be played to the nodes.

Only inputs are taken: images, calibrations, IMU, transforms. Results that were recorded beside
them would contradict those that the nodes compute now.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rosbags.interfaces import Connection

from monomsk_analysis.bag_reader import open_bag
from monomsk_analysis.errors import BagError, TopicMissingError

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_INFO_TYPE = "sensor_msgs/msg/CameraInfo"
_INPUT_TYPES = (*IMAGE_TYPES, CAMERA_INFO_TYPE, "sensor_msgs/msg/Imu", "tf2_msgs/msg/TFMessage")
_STAMP_END = 12  # encapsulation (4), seconds (4), nanoseconds (4)


@dataclass(frozen=True)
class TapeMessage:
    """A recorded message.

    Attributes:
        topic: absolute topic name.
        message_type: such as `sensor_msgs/msg/Image`.
        log_ns: when it was recorded [ns].
        cdr: the message, serialised.
    """

    topic: str
    message_type: str
    log_ns: int
    cdr: bytes

    @property
    def is_image(self) -> bool:
        """Whether it is an image, raw or compressed."""
        return self.message_type in IMAGE_TYPES

    @property
    def stamp_ns(self) -> int:
        """The stamp of a message that begins with a header [ns]."""
        order = "<" if self.cdr[1] & 1 else ">"
        seconds, nanoseconds = struct.unpack_from(f"{order}iI", self.cdr, 4)
        return int(seconds * 1_000_000_000 + nanoseconds)


class BagTape:
    """The inputs in a bag, in the order of recording."""

    def __init__(self, path: Path, topics: Sequence[str] = ()) -> None:
        """Look into the bag.

        Args:
            path: a rosbag2 folder or file.
            topics: what to play; empty for every topic of an input's type.

        Raises:
            BagError: it is missing, broken or of ROS 1.
            TopicMissingError: a topic is not in it, or no image is.
        """
        self._path = path
        if not path.exists():
            raise BagError(path, "no such bag")
        with open_bag(self._path) as reader:
            if not reader.is2:
                raise BagError(path, "a ROS 1 bag cannot be played; `monomsk analyze` reads it")
            found = {c.topic: c.msgtype for c in reader.connections}
            for topic in topics:
                if topic not in found:
                    raise TopicMissingError(path, topic, found)
            wanted = set(topics) or {t for t, kind in found.items() if kind in _INPUT_TYPES}
            self.topics = {topic: found[topic] for topic in sorted(wanted)}
            if not any(kind in IMAGE_TYPES for kind in self.topics.values()):
                raise TopicMissingError(path, None, found)
            self.start_ns = reader.start_time
            self.duration_s = reader.duration * 1e-9

    def messages(self, start_s: float = 0.0) -> Iterator[TapeMessage]:
        """Yield the messages from a time after the bag's beginning [s] on.

        Raises:
            BagError: the bag is broken.
        """
        with open_bag(self._path) as reader:
            chosen: list[Connection] = [c for c in reader.connections if c.topic in self.topics]
            start_ns = self.start_ns + round(start_s * 1e9)
            for connection, log_ns, data in reader.messages(chosen, start=start_ns):
                cdr = bytes(data)
                if len(cdr) < _STAMP_END:
                    raise BagError(self._path, f"a message on {connection.topic} is cut off")
                yield TapeMessage(connection.topic, connection.msgtype, log_ns, cdr)
