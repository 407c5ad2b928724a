"""Everything that perception and dynamics said, by the test's own clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conftest import load_message_libraries


@dataclass(frozen=True)
class Arrival:
    """A message and when it came, by the test's own clock [s]."""

    time_s: float
    message: Any

    @property
    def stamp_ns(self) -> int:
        stamp = self.message.header.stamp
        return int(stamp.sec) * 10**9 + int(stamp.nanosec)


class Observer:
    """Everything that the graph said."""

    def __init__(self, namespace: str) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import qos_profile_sensor_data

        load_message_libraries()
        from monomsk_msgs.msg import BodyDynamics, BodyState, Landmarks

        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("fault_observer", namespace=namespace, context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self.states: list[Arrival] = []
        self.dynamics: list[Arrival] = []
        self.landmarks: list[Arrival] = []
        self.statuses: list[tuple[float, Any]] = []
        node = self.node
        node.create_subscription(BodyState, "body_state", self._into(self.states), 50)
        node.create_subscription(BodyDynamics, "body_dynamics", self._into(self.dynamics), 50)
        node.create_subscription(
            Landmarks, "landmarks", self._into(self.landmarks), qos_profile_sensor_data
        )
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 50)

    @staticmethod
    def _into(arrivals: list[Arrival]) -> Callable[[Any], None]:
        return lambda message: arrivals.append(Arrival(time.perf_counter(), message))

    def _on_diagnostics(self, message: Any) -> None:
        now_s = time.perf_counter()
        self.statuses += [(now_s, status) for status in message.status]

    def spin_until(self, condition: Callable[[], Any], timeout_s: float) -> bool:
        """Listen until a condition holds; tells whether it came to hold."""
        deadline_s = time.perf_counter() + timeout_s
        while not condition() and time.perf_counter() < deadline_s:
            self._executor.spin_once(timeout_sec=0.02)
        return bool(condition())

    def listen(self, duration_s: float) -> None:
        self.spin_until(lambda: False, duration_s)

    def said(self, text: str, since_s: float) -> bool:
        """Whether a diagnostic since then carries this text in its message."""
        return any(at >= since_s and text in status.message for at, status in self.statuses)

    def close(self) -> None:
        import rclpy

        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)
