"""Node `recorder`: writes the result topics to an MCAP rosbag2, as they arrive."""

from __future__ import annotations

import signal
import sys
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import WrenchStamped
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from visualization_msgs.msg import MarkerArray

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.errors import AnalysisError, OutputError
from monomsk_msgs.msg import BodyDynamics, BodyModel, BodyState, GaitState, Landmarks

_DEPTH = 200  # a slow disk must not cost messages
_SIGNAL_PERIOD_S = 0.2  # how soon a signal is noticed
_RESULTS: dict[str, tuple[Any, bool, bool]] = {
    # topic: (type, reliable, latched)
    "camera_info": (CameraInfo, False, False),
    "landmarks": (Landmarks, False, False),
    "body_model": (BodyModel, True, True),
    "joint_states": (JointState, True, False),
    "body_state": (BodyState, True, False),
    "body_dynamics": (BodyDynamics, True, False),
    "joint_torques": (JointState, True, False),
    "left_sole/wrench": (WrenchStamped, True, False),
    "right_sole/wrench": (WrenchStamped, True, False),
    "gait": (GaitState, True, False),
    # best effort matches publishers of either kind
    "markers": (MarkerArray, False, False),
    "/diagnostics": (DiagnosticArray, False, False),
}
_IMAGES: dict[str, tuple[Any, bool, bool]] = {
    "image": (Image, False, False),
    "image/compressed": (CompressedImage, False, False),
}


class Recorder(Node):
    """Subscribes without decoding and writes what arrives, with its time of arrival.

    The log time is the time at which the middleware received the message, so that a message's age
    on arrival is its log time minus its stamp. With `use_sim_time` it is the simulated time.
    """

    def __init__(self) -> None:
        super().__init__("recorder")
        output = self._parameter("output", "", "folder of the bag; must not exist")
        images = self._parameter("record_images", False, "record the images too")
        reserve_mb = self._parameter("reserve_mb", 64, "free disk space to keep [MB]")
        if not output:
            raise OutputError(Path(), "parameter output: no folder given")
        self.failure: OutputError | None = None
        self._sim_time = self.get_parameter("use_sim_time").value
        self._bag = BagWriter(Path(output), reserve_bytes=reserve_mb * 2**20)
        for name, topic in (_RESULTS | (_IMAGES if images else {})).items():
            self._subscribe(name, *topic)
        self.get_logger().info(f"recording to {output}")

    def finish(self) -> None:
        """Close the bag.

        Raises:
            OutputError: The disk is full or broken, or was during the recording.
        """
        if self.failure is not None:
            raise self.failure
        self._bag.close()
        counts = self._bag.message_counts
        self.get_logger().info(f"recorded {sum(counts.values())} messages to {self._bag.folder}")

    def _parameter(self, name: str, default: Any, text: str) -> Any:
        descriptor = ParameterDescriptor(description=text, read_only=True)
        return self.declare_parameter(name, default, descriptor).value

    def _subscribe(self, name: str, message_type: Any, reliable: bool, latched: bool) -> None:
        qos = QoSProfile(
            depth=_DEPTH,
            reliability=(
                QoSReliabilityPolicy.RELIABLE if reliable else QoSReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                QoSDurabilityPolicy.TRANSIENT_LOCAL if latched else QoSDurabilityPolicy.VOLATILE
            ),
        )
        topic = self.resolve_topic_name(name)
        module = message_type.__module__.split(".")[0]
        type_name = f"{module}/msg/{message_type.__name__}"
        self._bag.add_topic(BagTopic(topic, type_name, reliable, latched))
        self.create_subscription(message_type, name, partial(self._store, topic), qos, raw=True)

    def _store(self, topic: str, cdr: bytes, info: Any) -> None:
        received_ns = 0 if self._sim_time else info["received_timestamp"]
        if self.failure is not None:
            return
        try:
            self._bag.write(topic, received_ns or self.get_clock().now().nanoseconds, cdr)
        except OutputError as error:
            self.failure = error


def main() -> int:
    """Run the node; returns the exit code: 1 when the bag cannot be written."""
    # with signal handlers of our own the bag is closed while logging still works
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    node = None
    try:
        node = Recorder()
        while not stop.is_set() and node.failure is None:
            rclpy.spin_once(node, timeout_sec=_SIGNAL_PERIOD_S)
        node.finish()
    except (AnalysisError, InvalidParameterTypeException) as error:
        rclpy.logging.get_logger("recorder").error(f"recording stopped: {error}")
        return 1
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
