"""Node `bag_player`: plays the images and calibrations of a bag, with `/clock`, to the nodes.

For where `ros2 bag` is missing, and for what it cannot do: with `lock_step` the next image is
published when the one before is answered, so that nodes in deterministic mode see every image
however slow the machine is. The same bag then gives the same results.
"""

from __future__ import annotations

import importlib
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rosgraph_msgs.msg import Clock

from monomsk_analysis.bag_tape import CAMERA_INFO_TYPE, IMAGE_TYPES, BagTape, TapeMessage
from monomsk_analysis.errors import AnalysisError
from monomsk_description.lifecycle_node import descriptor_of, run_until_done
from monomsk_description.node_parameters import NodeParameter
from monomsk_msgs.msg import Landmarks

_fixed = partial(NodeParameter, read_only=True)
_TOPICS = "what to play; empty: every image, calibration, IMU and transform"
_PARAMETERS = {
    "bag": _fixed("", "rosbag2 folder or file"),
    "rate": _fixed(1.0, "playing speed; 1: as recorded", 0.01, 100.0),
    "plays": _fixed(1, "how often; 0: for ever. Each play jumps back to the beginning", 0, 1e6),
    "start_s": _fixed(0.0, "where to begin [s] after the bag's beginning", 0.0, 1e9),
    "lock_step": _fixed(False, "wait for the landmarks of each image before the next one"),
    "answer_timeout_s": _fixed(5.0, "longest wait for them [s]", 0.0, 3600.0),
    "wait_for_subscriber_s": _fixed(60.0, "longest wait for somebody [s]", 0.0, 3600.0),
    "linger_s": _fixed(1.0, "from the last message to the end of the node [s]", 0.0, 3600.0),
}
_SETTLE_S = 1.0  # the ends of a connection learn of each other at different times
_LOCK_STEP_SETTLE_S = 4.0  # not one message may be lost between any two nodes, on a busy machine
_CLOCK_PERIOD_S = 0.01
# a calibration has arrived before the image that it belongs to
_CALIBRATION_LEAD_S = 0.2
_DEPTH = 100
_MOST_UNANSWERED = 5  # in a row: nobody is there, or nobody can read these images


class BagPlayer(Node):
    """Publishes what a bag holds, without decoding it."""

    def __init__(self) -> None:
        super().__init__("bag_player")
        self.declare_parameter(
            "topics", [""], ParameterDescriptor(description=_TOPICS, read_only=True)
        )
        for name, parameter in _PARAMETERS.items():
            self.declare_parameter(name, parameter.default, descriptor_of(parameter))
        self._tape = BagTape(Path(self._value("bag")), [t for t in self._value("topics") if t])
        self._clock_publisher = self.create_publisher(Clock, "/clock", 10)
        self._inputs = {
            topic: self.create_publisher(_message_class(kind), topic, _DEPTH)
            for topic, kind in self._tape.topics.items()
        }
        self._answered_ns = -1
        quality = QoSProfile(depth=_DEPTH, reliability=QoSReliabilityPolicy.BEST_EFFORT)
        self._answers = self.create_subscription(
            Landmarks, "landmarks", self._on_landmarks, quality
        )
        self._calibrations: dict[str, bytes] = {}
        self.images = self.unanswered = self._unanswered_in_a_row = 0

    def play(self) -> None:
        """Play to the end.

        Raises:
            BagError: The bag is broken.
            AnalysisError: Nobody answers, in lock step.
        """
        self._wait_for_subscribers()
        plays = self._value("plays")
        played = 0
        while rclpy.ok() and (plays == 0 or played < plays):
            self._play_once()
            played += 1
        self.get_logger().info(
            f"played {self.images} images in {played} plays, {self.unanswered} unanswered"
        )
        self._spin_until(time.perf_counter() + self._value("linger_s"))

    def _play_once(self) -> None:
        begun_s = time.perf_counter()
        first_ns: int | None = None
        for message in self._tape.messages(self._value("start_s")):
            if not rclpy.ok():
                return
            first_ns = message.log_ns if first_ns is None else first_ns
            if not self._value("lock_step"):
                elapsed_s = (message.log_ns - first_ns) * 1e-9 / self._value("rate")
                self._wait_with_clock(begun_s + elapsed_s, message.log_ns)
            self._tell_clock(message.log_ns)
            self._publish(message)

    def _publish(self, message: TapeMessage) -> None:
        self._inputs[message.topic].publish(message.cdr)
        if message.message_type == CAMERA_INFO_TYPE and self._is_new(message):
            self._spin_until(time.perf_counter() + _CALIBRATION_LEAD_S)
        if not message.is_image:
            return
        self.images += 1
        if self._value("lock_step"):
            self._wait_for_answer(message.stamp_ns)

    def _is_new(self, message: TapeMessage) -> bool:
        """Whether a calibration says something else than before; its stamp does not count."""
        content = message.cdr[12:]
        if self._calibrations.get(message.topic) == content:
            return False
        self._calibrations[message.topic] = content
        return True

    def _wait_for_answer(self, stamp_ns: int) -> None:
        deadline_s = time.perf_counter() + self._value("answer_timeout_s")
        while rclpy.ok() and self._answered_ns != stamp_ns:
            if time.perf_counter() > deadline_s:
                self._note_unanswered(stamp_ns)
                return
            rclpy.spin_once(self, timeout_sec=0.05)
        self._unanswered_in_a_row = 0

    def _note_unanswered(self, stamp_ns: int) -> None:
        self.unanswered += 1
        self._unanswered_in_a_row += 1
        self.get_logger().warning(f"no landmarks for the image of {stamp_ns} ns")
        if self._unanswered_in_a_row >= _MOST_UNANSWERED:
            raise AnalysisError(f"{_MOST_UNANSWERED} images in a row without landmarks: giving up")

    def _on_landmarks(self, message: Landmarks) -> None:
        stamp = message.header.stamp
        self._answered_ns = stamp.sec * 1_000_000_000 + stamp.nanosec

    def _wait_with_clock(self, deadline_s: float, log_ns: int) -> None:
        """Wait for a message's time, the clock running."""
        rate = self._value("rate")
        while rclpy.ok() and (left_s := deadline_s - time.perf_counter()) > _CLOCK_PERIOD_S:
            self._tell_clock(log_ns - round(left_s * rate * 1e9))
            self._spin_until(time.perf_counter() + min(left_s, _CLOCK_PERIOD_S))
        self._spin_until(deadline_s)

    def _tell_clock(self, now_ns: int) -> None:
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(now_ns, 1_000_000_000)
        self._clock_publisher.publish(message)

    def _wait_for_subscribers(self) -> None:
        """Wait for a subscriber of images, then until nothing new turns up."""
        limit_s = self._value("wait_for_subscriber_s")
        deadline_s = time.perf_counter() + limit_s
        settle_s = _LOCK_STEP_SETTLE_S if self._value("lock_step") else _SETTLE_S
        known, since_s = -1, time.perf_counter()
        while rclpy.ok():
            now_s = time.perf_counter()
            wanted = [p.get_subscription_count() for p in self._inputs.values()]
            answering = self.count_publishers("landmarks") + self.count_publishers("body_dynamics")
            everything = sum(wanted) + answering + self.count_subscribers("body_state")
            if everything != known:
                known, since_s = everything, now_s
            if self._is_awaited() and now_s - since_s >= settle_s:
                return
            if now_s >= deadline_s:
                self.get_logger().warning(f"nobody subscribed within {limit_s:g} s, playing anyway")
                return
            rclpy.spin_once(self, timeout_sec=0.05)

    def _is_awaited(self) -> bool:
        """Whether somebody takes the images and, in lock step, will answer them."""
        images = [self._inputs[t] for t, kind in self._tape.topics.items() if kind in IMAGE_TYPES]
        answers = self.count_publishers("landmarks") > 0 or not self._value("lock_step")
        return answers and any(publisher.get_subscription_count() for publisher in images)

    def _spin_until(self, deadline_s: float) -> None:
        rclpy.spin_once(self, timeout_sec=0.0)
        while rclpy.ok() and (left_s := deadline_s - time.perf_counter()) > 0.0:
            rclpy.spin_once(self, timeout_sec=left_s)

    def _value(self, name: str) -> Any:
        return self.get_parameter(name).value


def _message_class(message_type: str) -> Any:
    package, _, name = message_type.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), name)
    except ImportError as error:
        raise AnalysisError(f"{message_type} is not installed; name the topics to play") from error


def main() -> int:
    """Run the node; returns the exit code: 1 when the bag or a parameter is wrong."""
    errors = (AnalysisError, ParameterException)
    return run_until_done("bag_player", BagPlayer, BagPlayer.play, errors)


if __name__ == "__main__":
    sys.exit(main())
