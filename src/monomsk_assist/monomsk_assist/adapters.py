"""Commands in the words of other controllers: ros2_control's, and a plain JointState.

Each adapter gives the fields of a message, see `fill` in monomsk_description.message_fields. The
joints stand in the controller's order and are matched by name. Only an active or fading command
carries torque: every other one is an explicit zero for every joint, never silence. Springs and
dampers of a command are sent as the torque that they make where the joint is expected to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from monomsk_assist.command import Command, JointSetpoint, State
from monomsk_assist.device_errors import JointOrderError
from monomsk_description.message_fields import Fields, header

_NANOSECONDS = 1_000_000_000
_TORQUE_STATES = (State.ACTIVE, State.FADING)


@dataclass(frozen=True)
class ControllerCommand:
    """What a controller gets, in its own order and in the signs of the device's joints.

    Attributes:
        joint_names: The controller's joints.
        effort_nm: Torque [N m]; never NaN.
        position_rad: Where each joint is expected [rad]; NaN unknown.
        velocity_rad_s: How fast it is expected to turn [rad/s]; NaN unknown.
    """

    joint_names: tuple[str, ...]
    effort_nm: tuple[float, ...]
    position_rad: tuple[float, ...]
    velocity_rad_s: tuple[float, ...]


class ControllerOrder:
    """The joints of a controller, against those of a device.

    Args:
        controller_joints: The controller's, in its order.
        device_joints: Those that commands name, in any order.

    Raises:
        JointOrderError: A joint is named twice, has no command, or is unknown to the controller.
    """

    def __init__(self, controller_joints: Sequence[str], device_joints: Sequence[str]) -> None:
        for joint in controller_joints:
            if list(controller_joints).count(joint) > 1:
                raise JointOrderError(joint, "twice in the controller", controller_joints)
            if joint not in device_joints:
                raise JointOrderError(joint, "no command is made for it", device_joints)
        for joint in device_joints:
            if joint not in controller_joints:
                raise JointOrderError(joint, "unknown to the controller", controller_joints)
        self.joint_names = tuple(controller_joints)

    def arrange(self, command: Command) -> ControllerCommand:
        """A command in the controller's order.

        Raises:
            JointOrderError: The command lacks a joint.
        """
        by_name = {setpoint.name: setpoint for setpoint in command.on_device}
        for joint in self.joint_names:
            if joint not in by_name:
                raise JointOrderError(joint, "not in the command", tuple(by_name))
        setpoints = [by_name[joint] for joint in self.joint_names]
        return ControllerCommand(
            joint_names=self.joint_names,
            effort_nm=_efforts(command.state, setpoints),
            position_rad=tuple(setpoint.angle_rad for setpoint in setpoints),
            velocity_rad_s=tuple(setpoint.rate_rad_s for setpoint in setpoints),
        )


def _efforts(state: State, setpoints: Sequence[JointSetpoint]) -> tuple[float, ...]:
    """Torques within their limits; zero for all where one of them is not a number."""
    torques = [setpoint.whole_torque_nm() for setpoint in setpoints]
    if state not in _TORQUE_STATES or not all(map(math.isfinite, torques)):
        return (0.0,) * len(setpoints)
    limits = [setpoint.effort_limit_nm for setpoint in setpoints]
    return tuple(
        min(max(torque, -limit), limit) for torque, limit in zip(torques, limits, strict=True)
    )


def effort_array(command: ControllerCommand, stamp_ns: int) -> Fields:
    """Fields of std_msgs/Float64MultiArray for forward_command_controller's `~/commands`.

    The message has no stamp: `stamp_ns` is not used. The controller holds the last command for
    ever; the device needs a watchdog of its own.
    """
    return {"data": np.array(command.effort_nm)}


def joint_trajectory(
    command: ControllerCommand, stamp_ns: int, time_from_start_s: float = 0.005
) -> Fields:
    """Fields of trajectory_msgs/JointTrajectory for joint_trajectory_controller's topic.

    One point, to be reached at once: the header's stamp is zero, which means "start on receipt".
    Positions and velocities are those the joints are expected to have; empty where unknown.

    Args:
        command: What to send.
        stamp_ns: Not used.
        time_from_start_s: When the point holds, after receipt [s].
    """
    seconds, nanoseconds = divmod(round(time_from_start_s * _NANOSECONDS), _NANOSECONDS)
    moving = (*command.position_rad, *command.velocity_rad_s)
    known = all(map(math.isfinite, moving))
    point: Fields = {
        "positions": np.array(command.position_rad if known else ()),
        "velocities": np.array(command.velocity_rad_s if known else ()),
        "effort": np.array(command.effort_nm),
        "time_from_start": {"sec": seconds, "nanosec": nanoseconds},
    }
    return {"header": header(0, ""), "joint_names": command.joint_names, "points": [point]}


def joint_state(command: ControllerCommand, stamp_ns: int) -> Fields:
    """Fields of sensor_msgs/JointState: the torque as effort, and where the joints are expected.

    Args:
        command: What to send.
        stamp_ns: When the command was made [ns].
    """
    return {
        "header": header(stamp_ns, ""),
        "name": command.joint_names,
        "position": np.array(command.position_rad),
        "velocity": np.array(command.velocity_rad_s),
        "effort": np.array(command.effort_nm),
    }


#: By the name that a parameter gives, the ROS type and the maker of its fields.
ADAPTERS: dict[str, tuple[str, Callable[[ControllerCommand, int], Fields]]] = {
    "effort_array": ("std_msgs/Float64MultiArray", effort_array),
    "joint_trajectory": ("trajectory_msgs/JointTrajectory", joint_trajectory),
    "joint_state": ("sensor_msgs/JointState", joint_state),
}
