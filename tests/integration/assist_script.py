"""A scripted source of `body_dynamics`: a standing person with a steady hip torque, and faults.

Started as a process of its own. `assist_script.py source` publishes `body_model` and
`body_dynamics`, and `/clock` where `clock` is set; `assist_script.py relay` passes on what comes
from `body_dynamics_source` after a delay; `assist_script.py clock` publishes `/clock` alone. Each
line on stdin is a JSON object whose entries replace those of `Behaviour`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

RATE_HZ = 30.0
CLOCK_PERIOD_S = 0.002
HIP_TORQUE_N_M = 40.0
HEIGHT_M, MASS_KG = 1.75, 70.0


@dataclass
class Behaviour:
    """What the process does now.

    Attributes:
        running: Whether messages come at all.
        nan: A joint's torque is NaN.
        track_id: Which person it is.
        stamp_offset_s: Added to the stamps [s].
        root_force_n: Upward root residual [N].
        clock: Whether simulated time is published; stamps follow it.
        clock_offset_s: Added to simulated time [s].
        delay_s: Of the relay [s].
    """

    running: bool = True
    nan: bool = False
    track_id: int = 1
    stamp_offset_s: float = 0.0
    root_force_n: float = 0.0
    clock: bool = False
    clock_offset_s: float = 0.0
    delay_s: float = 0.0


def listen(behaviour: Behaviour) -> None:
    """Follow stdin until it is closed, which ends the process."""
    for line in sys.stdin:
        for name, value in json.loads(line).items():
            setattr(behaviour, name, value)
    behaviour.running = False
    import os

    os._exit(0)


def dynamics_quality() -> Any:
    """What `dynamics` promises."""
    from rclpy.duration import Duration
    from rclpy.qos import LivelinessPolicy, QoSProfile

    from monomsk_description.watchdog_times import DYNAMICS_DEADLINE_S, DYNAMICS_LEASE_S

    return QoSProfile(
        depth=10,
        deadline=Duration(nanoseconds=round(DYNAMICS_DEADLINE_S * 1e9)),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=round(DYNAMICS_LEASE_S * 1e9)),
    )


class Source:
    """Publishes estimates at 30 Hz of the wall clock, stamped by it or by simulated time."""

    def __init__(self, node: Any, behaviour: Behaviour) -> None:
        from rclpy.qos import DurabilityPolicy, QoSProfile
        from rosgraph_msgs.msg import Clock

        from monomsk_description.message_fields import body_model, fill
        from monomsk_description.skeleton import build_skeleton
        from monomsk_description.subject import Subject
        from monomsk_msgs.msg import BodyDynamics, BodyModel

        self._node, self._behaviour = node, behaviour
        skeleton = build_skeleton(Subject(HEIGHT_M, MASS_KG))
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._models = node.create_publisher(BodyModel, "body_model", latched)
        self._models.publish(fill(BodyModel(), body_model(skeleton, time.time_ns(), "world")))
        self._estimates = node.create_publisher(BodyDynamics, "body_dynamics", dynamics_quality())
        self._clocks = node.create_publisher(Clock, "/clock", 1)
        self._skeleton = skeleton
        self._message = self._standing(BodyDynamics())
        self._flexions = [skeleton.coordinate_index(f"hip_flexion_{side}") for side in "rl"]

    def _standing(self, message: Any) -> Any:
        from monomsk_description.message_fields import fill, pose

        q = self._skeleton.neutral()
        count = len(self._skeleton.coordinate_names)
        fields = {
            "coordinate_names": self._skeleton.coordinate_names,
            "pelvis_pose": pose(q[:3], q[3:7]),
            "consistency_error": 0.01,
        } | {name: np.zeros(count) for name in ("position", "velocity", "acceleration", "effort")}
        fields["effort_sigma"] = np.full(count, 1.0)
        return fill(message, fields)

    def now_ns(self) -> int:
        """Simulated or real time."""
        offset_s = self._behaviour.clock_offset_s if self._behaviour.clock else 0.0
        return time.time_ns() + round(offset_s * 1e9)

    def run(self) -> None:
        due_s = next_clock_s = time.monotonic()
        while True:
            time.sleep(max(0.0, min(due_s, next_clock_s) - time.monotonic()))
            now_s = time.monotonic()
            if self._behaviour.clock and now_s >= next_clock_s:
                publish_time(self._clocks, self.now_ns())
            if now_s >= next_clock_s:
                next_clock_s = now_s + CLOCK_PERIOD_S
            if now_s >= due_s:
                due_s += 1.0 / RATE_HZ
                if self._behaviour.running:
                    self._publish()

    def _publish(self) -> None:
        behaviour, message = self._behaviour, self._message
        stamp_ns = self.now_ns() + round(behaviour.stamp_offset_s * 1e9)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        for index in self._flexions:
            message.effort[index] = float("nan") if behaviour.nan else HIP_TORQUE_N_M
        message.track_id = behaviour.track_id
        message.root_residual.force.z = behaviour.root_force_n
        self._estimates.publish(message)


class ClockSource:
    """Publishes simulated time, as fast as real time runs."""

    def __init__(self, node: Any, behaviour: Behaviour) -> None:
        from rosgraph_msgs.msg import Clock

        self._behaviour = behaviour
        self._clocks = node.create_publisher(Clock, "/clock", 1)

    def run(self) -> None:
        while True:
            publish_time(self._clocks, time.time_ns() + round(self._behaviour.clock_offset_s * 1e9))
            time.sleep(CLOCK_PERIOD_S)


def publish_time(publisher: Any, now_ns: int) -> None:
    """Tell simulated time [ns]."""
    from rosgraph_msgs.msg import Clock

    clock = Clock()
    clock.clock.sec, clock.clock.nanosec = divmod(now_ns, 10**9)
    publisher.publish(clock)


class Relay:
    """Passes estimates on, each `delay_s` after it came."""

    def __init__(self, node: Any, behaviour: Behaviour) -> None:
        from monomsk_msgs.msg import BodyDynamics

        self._behaviour, self._node = behaviour, node
        self._publisher = node.create_publisher(BodyDynamics, "body_dynamics", dynamics_quality())
        node.create_subscription(BodyDynamics, "body_dynamics_source", self._take, 10)
        self._waiting: deque[tuple[float, Any]] = deque()

    def _take(self, message: Any) -> None:
        self._waiting.append((time.monotonic(), message))

    def run(self) -> None:
        import rclpy

        while True:
            rclpy.spin_once(self._node, timeout_sec=0.002)
            while (
                self._waiting and time.monotonic() - self._waiting[0][0] >= self._behaviour.delay_s
            ):
                self._publisher.publish(self._waiting.popleft()[1])


def main() -> None:
    import rclpy

    role = sys.argv[1]
    rclpy.init()
    node = rclpy.create_node(f"assist_{role}")
    behaviour = Behaviour()
    actor = {"source": Source, "relay": Relay, "clock": ClockSource}[role](node, behaviour)
    threading.Thread(target=listen, args=(behaviour,), daemon=True).start()
    actor.run()


if __name__ == "__main__":
    main()
