"""Node `simulated_device`: a worn exoskeleton that obeys commands, for tests and demonstrations.

Takes commands as a ros2_control controller would, moves with the person of `body_dynamics` (a fixed
delay later, so that there is always a motion to follow) and tells its joint states.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState

from monomsk_assist.conversions import MESSAGE_CLASSES, EstimateReader
from monomsk_assist.device_errors import JointOrderError
from monomsk_assist.errors import AssistError, MessageError
from monomsk_assist.simulated_device import DeviceState, SimulatedDevice
from monomsk_assist.simulated_device_following import FollowedPerson, MotionSample
from monomsk_assist.simulated_device_model import ankle_exoskeleton, fit, hip_exoskeleton
from monomsk_assist.simulated_device_person import PersonInstant, StrappedSegments
from monomsk_assist.simulated_device_watchdog import CommandWatchdog
from monomsk_description.body_model_message import skeleton_of
from monomsk_description.errors import DescriptionError
from monomsk_description.lifecycle_node import StatusNode, run
from monomsk_description.message_fields import fill, header
from monomsk_description.node_parameters import NodeParameter
from monomsk_description.skeleton import Skeleton
from monomsk_description.status_level import Level
from monomsk_msgs.msg import BodyDynamics, BodyModel

Array = NDArray[np.float64]

DESIGNS = {"hip": hip_exoskeleton, "ankle": ankle_exoskeleton}
COMMAND_TYPES = {
    "effort_array": "std_msgs/Float64MultiArray",
    "joint_trajectory": "trajectory_msgs/JointTrajectory",
    "joint_state": "sensor_msgs/JointState",
}
PARAMETERS: dict[str, NodeParameter] = {
    "device": NodeParameter("hip", "what is worn", choices=tuple(DESIGNS), read_only=True),
    "right_joint": NodeParameter("right_hip", "name of the right joint", read_only=True),
    "left_joint": NodeParameter("left_hip", "name of the left joint", read_only=True),
    "command_type": NodeParameter(
        "effort_array",
        "message on `commands`; an effort_array is ordered right, left",
        choices=tuple(COMMAND_TYPES),
        read_only=True,
    ),
    "rate_hz": NodeParameter(
        500.0, "steps and joint states a second [Hz]", 100.0, 1000.0, read_only=True
    ),
    "valid_for_s": NodeParameter(0.05, "how long a command holds [s]", 0.005, 1.0, read_only=True),
    "fade_s": NodeParameter(
        0.02, "how long a command that ran out takes to zero [s]", 0.001, 1.0, read_only=True
    ),
    "person_delay_s": NodeParameter(0.1, "the person is that of so long ago [s]", 0.0, 1.0),
}
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_NEWEST = QoSProfile(depth=1)
#: The person's segments are evaluated at this interval and moved on in between [s].
_PERSON_PERIOD_S = 0.01


class SimulatedDeviceNode(StatusNode):
    """Steps the device on a steady timer; publishes `joint_states` and `straps`.

    `straps` holds the generalised forces of the straps on the person as efforts, by the
    coordinates that the hinges follow: the torque that is really delivered.
    """

    def __init__(self) -> None:
        super().__init__("simulated_device", PARAMETERS)
        names = (self.parameter("right_joint"), self.parameter("left_joint"))
        self._design = DESIGNS[self.parameter("device")](names)
        self._skeleton: Skeleton | None = None
        self._device: SimulatedDevice | None = None
        self._evaluated_ns = 0
        self._commands_seen = self._steps = 0
        self._trouble = ""

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Create publishers, subscriptions and the timer."""
        self._watchdog = CommandWatchdog(
            len(self._design.hinges), self.parameter("valid_for_s"), self.parameter("fade_s")
        )
        self._joint_states = self.create_publisher(JointState, "device/joint_states", _NEWEST)
        self._straps = self.create_publisher(JointState, "device/straps", _NEWEST)
        self.start_status(self._publish_diagnostics)
        kind = self.parameter("command_type")
        read = {
            "effort_array": lambda message: list(message.data),
            "joint_trajectory": self._of_trajectory,
            "joint_state": lambda message: self._by_name(message.name, message.effort),
        }[kind]
        listen = self.create_subscription
        self._inputs = [
            listen(
                MESSAGE_CLASSES[COMMAND_TYPES[kind]],
                "device/commands",
                lambda message: self._on_command(read, message),
                _NEWEST,
            ),
            listen(BodyModel, "body_model", self._on_body_model, _LATCHED),
            listen(BodyDynamics, "body_dynamics", self._on_body_dynamics, 10),
        ]
        self._step_s = 1.0 / self.parameter("rate_hz")
        self._steps_timer = self.start_timer(self._step_s, self._step)
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take the device off."""
        self._device = None
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take everything away again."""
        self.stop_status()
        self.stop_timer(self._steps_timer)
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        for publisher in (self._joint_states, self._straps):
            self.destroy_publisher(publisher)
        return TransitionCallbackReturn.SUCCESS

    # Inputs -------------------------------------------------------------------------------------

    def _on_body_model(self, message: BodyModel) -> None:
        try:
            self._skeleton = skeleton_of(message)
            self._fitted = fit(self._design, self._skeleton)
        except (AssistError, DescriptionError) as error:
            self._skeleton = self._device = None
            self._complain(f"bad body model: {error}")
            return
        self._reader = EstimateReader(self._skeleton.coordinate_names)
        self._person = FollowedPerson(self._skeleton)
        self._segments = StrappedSegments(
            self._skeleton, [link.segment for link in self._design.links]
        )
        self._columns = [
            6 + self._skeleton.coordinate_index(hinge.coordinate) for hinge in self._design.hinges
        ]
        self._device = None

    def _on_body_dynamics(self, message: BodyDynamics) -> None:
        if self._skeleton is None:
            return
        try:
            estimate = self._reader.read(message)
        except AssistError as error:
            self._complain(f"bad body dynamics: {error}")
            return
        if self._person.add(MotionSample(estimate.stamp_ns, estimate.q, estimate.v)):
            self._device = None  # another motion: the device is put on anew

    def _on_command(self, read: Callable[[Any], Sequence[float]], message: Any) -> None:
        try:
            torque = np.array(read(message), dtype=float)
            if len(torque) != len(self._design.hinges):
                raise MessageError("data", f"{len(torque)} efforts, not one for each joint")
        except AssistError as error:
            self._complain(f"bad command: {error}")
            return
        self._commands_seen += 1
        self._watchdog.receive(torque, time.monotonic())

    def _of_trajectory(self, message: Any) -> Sequence[float]:
        if not message.points:
            raise MessageError("points", "the trajectory is empty")
        return self._by_name(message.joint_names, message.points[-1].effort)

    def _by_name(self, names: Sequence[str], efforts: Sequence[float]) -> Sequence[float]:
        """Efforts in the order of the design.

        Raises:
            JointOrderError: One is missing, or one is there that the device has not.
        """
        given = dict(zip(names, efforts, strict=False))
        expected = self._design.joint_names
        for joint in (*expected, *names):
            if joint not in given or joint not in expected:
                raise JointOrderError(joint, "missing or unknown", expected)
        return [given[joint] for joint in expected]

    # Time ---------------------------------------------------------------------------------------

    def _step(self) -> None:
        if self._skeleton is None or not self._is_active:
            return
        now_ns = self.get_clock().now().nanoseconds
        wanted_ns = now_ns - round(self.parameter("person_delay_s") * 1e9)
        shown_ns = self._person.play(wanted_ns, self._step_s)
        person = None if shown_ns is None else self._person_at(shown_ns)
        if person is None:
            return
        if self._device is None:
            self._device = SimulatedDevice(self._fitted, person)
        state = self._device.step(person, self._watchdog.torque(time.monotonic()), self._step_s)
        if not np.isfinite(state.angle).all():
            self._complain("the simulation left the numbers: the device is put on anew")
            self._device = None
            return
        self._steps += 1
        self._publish(now_ns, state)

    def _person_at(self, time_ns: int) -> PersonInstant | None:
        """The strapped segments; evaluated rarely, moved on with their velocities in between."""
        since_s = math.inf
        if self._device is not None:
            since_s = (time_ns - self._evaluated_ns) * 1e-9
        if not 0.0 <= since_s < _PERSON_PERIOD_S or self._person.is_last(time_ns):
            moving = self._person.at(time_ns)
            if moving is None:
                return None
            self._instant, self._evaluated_ns = self._segments.at(*moving), time_ns
            since_s = 0.0
        return self._instant.later(since_s)

    def _publish(self, now_ns: int, state: DeviceState) -> None:
        joints = {
            "header": header(now_ns, ""),
            "name": self._design.joint_names,
            "position": state.angle,
            "velocity": state.rate,
            "effort": state.motor_torque,
        }
        self._joint_states.publish(fill(JointState(), joints))
        straps = {
            "header": header(now_ns, ""),
            "name": tuple(hinge.coordinate for hinge in self._design.hinges),
            "effort": state.strap_forces[self._columns],
        }
        self._straps.publish(fill(JointState(), straps))

    def _complain(self, text: str) -> None:
        self._trouble = text
        self.get_logger().warning(text, throttle_duration_sec=5.0)

    def _publish_diagnostics(self) -> None:
        level, text = Level.OK, "worn"
        if self._trouble:
            level, text = Level.ERROR, self._trouble
        elif self._device is None:
            level, text = Level.STALE, "nobody wears it"
        self._trouble = ""
        counts = {
            "commands": self._commands_seen,
            "commands_run_out": self._watchdog.expiries,
            "steps": self._steps,
        }
        self.publish_status(level, text, counts)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(SimulatedDeviceNode, args)


if __name__ == "__main__":
    main()
