"""Node `recorder`: writes the result topics to an MCAP rosbag2, as they arrive.

A lifecycle node: configured, the bag is open; active, it is written; cleaned up, it is closed and
whole. When the disk is full or broken the node closes what it has, says so in its diagnostics once
a second and waits, unconfigured, for another `output`; nothing else of the graph is touched.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import WrenchStamped
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from visualization_msgs.msg import MarkerArray

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.errors import AnalysisError, OutputError
from monomsk_description.lifecycle_node import STATUS_PERIOD_S, StatusNode, run_until_stopped
from monomsk_description.node_parameters import NodeParameter
from monomsk_description.status_level import Level
from monomsk_msgs.msg import (
    AssistCommand,
    BodyDynamics,
    BodyModel,
    BodyState,
    GaitState,
    Landmarks,
)

_DEPTH = 200  # a slow disk must not cost messages
_SIGNAL_PERIOD_S = 0.2  # how soon a signal is noticed
_MEGABYTE = 2**20
_NEARLY_FULL = 3  # reserves left, below which it is told
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
    "assist/command": (AssistCommand, False, False),
    # best effort matches publishers of either kind
    "markers": (MarkerArray, False, False),
    "/diagnostics": (DiagnosticArray, False, False),
}
_IMAGES: dict[str, tuple[Any, bool, bool]] = {
    "image": (Image, False, False),
    "image/compressed": (CompressedImage, False, False),
}


PARAMETERS: dict[str, NodeParameter] = {
    "output": NodeParameter("", "folder of the bag, must not exist; taken when configured"),
    "record_images": NodeParameter(False, "record the images too; taken when configured"),
    "reserve_mb": NodeParameter(64, "free disk space to keep [MB]; taken when configured", 0, 1e9),
}


class Recorder(StatusNode):
    """Subscribes without decoding and writes what arrives, with its time of arrival.

    The log time is the time at which the middleware received the message, so that a message's age
    on arrival is its log time minus its stamp. With `use_sim_time` it is the simulated time.

    Attributes:
        failure: Why the last recording ended before it should; None: it did not.
    """

    def __init__(self) -> None:
        super().__init__("recorder", PARAMETERS)
        self.failure: AnalysisError | None = None
        self._bag: BagWriter | None = None
        self._sim_time = self.get_parameter("use_sim_time").value
        self._own_subscriptions: list[Any] = []
        self._bytes = self._counted = 0
        # also while unconfigured: a recorder that has given up must be seen
        self.start_status(self._publish_diagnostics)

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the bag and subscribe."""
        output = self.parameter("output")
        try:
            if not output:
                raise OutputError(Path(), "parameter output: no folder given")
            reserve_bytes = self.parameter("reserve_mb") * _MEGABYTE
            self._bag = BagWriter(Path(output), reserve_bytes=reserve_bytes)
        except AnalysisError as error:
            self.failure = error
            self.get_logger().error(f"recording stopped: {error}")
            return TransitionCallbackReturn.FAILURE
        self.failure = None
        self._bytes = self._counted = 0
        images = self.parameter("record_images")
        for name, topic in (_RESULTS | (_IMAGES if images else {})).items():
            self._subscribe(self._bag, name, *topic)
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Write from now on."""
        self.get_logger().info(f"recording to {self.parameter('output')}")
        return super().on_activate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the bag."""
        while self._own_subscriptions:
            self.destroy_subscription(self._own_subscriptions.pop())
        with suppress(OutputError):  # said already, and kept in `failure`
            self.finish()
        return TransitionCallbackReturn.SUCCESS

    def give_up(self) -> None:
        """Back to unconfigured after a failed write; another `output` can be given."""
        self.get_logger().error(f"recording stopped: {self.failure}")
        self.trigger_deactivate()
        self.trigger_cleanup()

    def finish(self) -> None:
        """Close the bag, if one is open.

        Raises:
            OutputError: The disk is full or broken.
        """
        bag, self._bag = self._bag, None
        if bag is None:
            return
        try:
            bag.close()
        except OutputError as error:
            self.failure = error
            raise
        counts = bag.message_counts
        if self.failure is None:
            self.get_logger().info(f"recorded {sum(counts.values())} messages to {bag.folder}")

    # Messages -----------------------------------------------------------------------------------

    def _subscribe(
        self, bag: BagWriter, name: str, message_type: Any, reliable: bool, latched: bool
    ) -> None:
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
        bag.add_topic(BagTopic(topic, type_name, reliable, latched))
        # a latched message comes once: it is kept even while the recording is paused
        store = partial(self._store, topic, latched)
        own = self.create_subscription(message_type, name, store, qos, raw=True)
        self._own_subscriptions.append(own)

    def _store(self, topic: str, latched: bool, cdr: bytes, info: Any) -> None:
        if self._bag is None or self.failure is not None or not (self._is_active or latched):
            return
        received_ns = 0 if self._sim_time else info["received_timestamp"]
        try:
            self._bag.write(topic, received_ns or self.get_clock().now().nanoseconds, cdr)
        except OutputError as error:
            self.failure = error
        self._bytes += len(cdr)
        self._counted += 1

    def _publish_diagnostics(self) -> None:
        counted, self._counted = self._counted, 0
        values: dict[str, Any] = {
            "messages_per_s": counted / STATUS_PERIOD_S,
            "written_mb": round(self._bytes / _MEGABYTE, 1),
        }
        level, text = Level.STALE, "not recording"
        if self.failure is not None:
            level, text = Level.ERROR, f"recording stopped: {self.failure}"
        elif self._bag is not None:
            free_mb = shutil.disk_usage(self._bag.folder).free / _MEGABYTE
            values["free_mb"] = round(free_mb)
            level, text = Level.OK, "recording" if self._is_active else "paused"
            if free_mb < _NEARLY_FULL * self.parameter("reserve_mb"):
                level, text = Level.WARN, f"only {free_mb:.0f} MB left on the disk"
            elif self._is_active and counted == 0:
                level, text = Level.WARN, "recording, but nothing arrives"
        self.publish_status(level, text, values)


def main() -> int:
    """Run the node; returns the exit code: 1 when a recording could not be written to its end."""
    return run_until_stopped("recorder", Recorder, _record, (AnalysisError, ParameterException))


def _record(node: Recorder, stop: Event) -> int:
    if node.parameter("autostart") and not node.start_by_itself():
        return 1
    failed = False
    while not stop.is_set():
        rclpy.spin_once(node, timeout_sec=_SIGNAL_PERIOD_S)
        if node.failure is not None and not failed:
            node.give_up()
        failed = node.failure is not None
    try:
        node.finish()
    except OutputError as error:
        node.get_logger().error(f"recording stopped: {error}")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
