"""Where messages become estimates, commands become messages, and safety becomes QoS."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from monomsk_assist.command import Command, JointSetpoint
from monomsk_assist.errors import MessageError, NotFiniteError
from monomsk_assist.estimate import Estimate, GaitEstimate, LegCycle, Sole
from monomsk_assist.mapping import Safety
from monomsk_description.body_model_message import coordinate_order
from monomsk_description.errors import BodyModelError
from monomsk_description.message_fields import stamp_to_ns
from monomsk_description.watchdog_times import DYNAMICS_DEADLINE_S, DYNAMICS_LEASE_S
from monomsk_msgs.msg import AssistCommand

Array = NDArray[np.float64]

#: Message classes by the names that adapters give them.
MESSAGE_CLASSES: dict[str, type] = {
    "std_msgs/Float64MultiArray": Float64MultiArray,
    "trajectory_msgs/JointTrajectory": JointTrajectory,
    "sensor_msgs/JointState": JointState,
}

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)

#: Without a sign of life of this node for so long, its subscribers are told [s].
COMMAND_LEASE_S = 0.1

_NANOSECONDS = 1_000_000_000
_UNIT_TOLERANCE = 0.01


class EstimateReader:
    """Turns BodyDynamics into estimates; the order of names is looked up once.

    Args:
        coordinates: Names of the skeleton's coordinates, in its order.
    """

    def __init__(self, coordinates: Sequence[str]) -> None:
        self._coordinates = tuple(coordinates)
        self._names: list[str] = []
        self._order = np.arange(len(self._coordinates))

    def read(self, message: Any) -> Estimate:
        """The estimate in a monomsk_msgs/BodyDynamics.

        Raises:
            MessageError: A coordinate is missing, unknown or twice there, or a list has the wrong
                length.
            NotFiniteError: The motion or the torques hold NaN or infinity.
        """
        if message.coordinate_names != self._names:
            self._learn(message.coordinate_names)
        p, o = message.pelvis_pose.position, message.pelvis_pose.orientation
        q = np.array([p.x, p.y, p.z, o.x, o.y, o.z, o.w, *self._list(message, "position")])
        twist, acceleration = message.pelvis_twist, message.pelvis_acceleration
        v = np.array([*_six(twist.linear, twist.angular), *self._list(message, "velocity")])
        a = np.array(
            [*_six(acceleration.linear, acceleration.angular), *self._list(message, "acceleration")]
        )
        tau = np.concatenate([np.zeros(6), self._list(message, "effort")])
        for field, values in (
            ("position", q),
            ("velocity", v),
            ("acceleration", a),
            ("effort", tau),
        ):
            if not np.isfinite(values).all():
                raise NotFiniteError(field, "holds NaN or infinity")
        norm = float(np.linalg.norm(q[3:7]))
        if abs(norm - 1.0) > _UNIT_TOLERANCE:
            raise MessageError("pelvis_pose.orientation", f"norm {norm:g}, expected 1")
        q[3:7] /= norm
        residual = message.root_residual
        return Estimate(
            stamp_ns=stamp_to_ns(message.header.stamp),
            q=q,
            v=v,
            a=a,
            tau=tau,
            tau_sigma=np.concatenate([np.full(6, np.nan), self._list(message, "effort_sigma")]),
            soles=(_sole(message.right_sole), _sole(message.left_sole)),
            root_residual=np.array(_six(residual.force, residual.torque)),
            consistency_error=float(message.consistency_error),
            track_id=int(message.track_id),
        )

    def _learn(self, names: Sequence[str]) -> None:
        try:
            self._order = coordinate_order(names, self._coordinates)
        except BodyModelError as error:
            raise MessageError(error.field, error.reason) from error
        self._names = list(names)

    def _list(self, message: Any, field: str) -> Array:
        values = np.array(getattr(message, field), dtype=float)
        if len(values) != len(self._order):
            raise MessageError(field, f"{len(values)} numbers, expected {len(self._order)}")
        ordered: Array = values[self._order]
        return ordered


def _six(first: Any, second: Any) -> list[float]:
    return [first.x, first.y, first.z, second.x, second.y, second.z]


def _sole(message: Any) -> Sole:
    force, place = message.force, message.center_of_pressure
    return Sole(
        in_contact=bool(message.in_contact),
        force=np.array([force.x, force.y, force.z]),
        center_of_pressure=np.array([place.x, place.y, place.z]),
        free_moment=float(message.free_moment),
    )


def to_gait(message: Any) -> GaitEstimate:
    """The gait phase in a monomsk_msgs/GaitState."""
    right, left = (
        LegCycle(float(fraction), float(sigma))
        for fraction, sigma in zip(
            message.cycle_fraction, message.cycle_fraction_sigma, strict=True
        )
    )
    return GaitEstimate(
        stamp_ns=stamp_to_ns(message.header.stamp),
        legs=(right, left),
        step_rate_hz=float(message.step_rate_hz),
    )


def to_joint_angles(message: Any) -> tuple[dict[str, float], dict[str, float]]:
    """Angles [rad] and rates [rad/s] by name in a sensor_msgs/JointState.

    Raises:
        MessageError: The lists have different lengths.
    """
    names = list(message.name)
    if len(message.position) != len(names) or len(message.velocity) != len(names):
        raise MessageError(
            "position, velocity", f"expected {len(names)} numbers, one for each name"
        )
    angles = dict(zip(names, map(float, message.position), strict=True))
    return angles, dict(zip(names, map(float, message.velocity), strict=True))


# Out --------------------------------------------------------------------------------------------


def to_message(command: Command) -> AssistCommand:
    """A command as monomsk_msgs/AssistCommand."""
    message = AssistCommand()
    stamp = message.header.stamp
    stamp.sec, stamp.nanosec = divmod(command.stamp_ns, _NANOSECONDS)
    message.state = int(command.state)
    message.reasons = list(command.reasons)
    message.fade = command.fade
    message.joint_names = [setpoint.name for setpoint in command.on_person]
    lists: dict[str, Callable[[JointSetpoint], float]] = {
        "effort": lambda setpoint: setpoint.effort_nm,
        "effort_limit": lambda setpoint: setpoint.effort_limit_nm,
        "position": lambda setpoint: setpoint.position_rad,
        "velocity": lambda setpoint: setpoint.velocity_rad_s,
        "stiffness": lambda setpoint: setpoint.stiffness_nm_rad,
        "damping": lambda setpoint: setpoint.damping_nm_s_rad,
    }
    for field, of in lists.items():
        setattr(message, field, array("d", map(of, command.on_person)))
    message.state_age_s = command.state_age_s
    message.horizon_s = command.horizon_s
    message.valid_for_s = command.valid_for_s
    return message


# Quality of service -----------------------------------------------------------------------------


def input_quality(safety: Safety) -> QoSProfile:
    """QoS of `body_dynamics`: the newest, from a publisher that keeps a deadline and is alive."""
    # A reader may not demand more than the writer promises.
    deadline_s = max(safety.max_silence_s, DYNAMICS_DEADLINE_S)
    return QoSProfile(
        depth=1,
        deadline=Duration(nanoseconds=round(deadline_s * 1e9)),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=round(DYNAMICS_LEASE_S * 1e9)),
    )


def command_quality(safety: Safety) -> QoSProfile:
    """QoS of `assist/command`: only the newest; late or dead commands are noticed by DDS too."""
    return QoSProfile(
        depth=1,
        deadline=Duration(nanoseconds=round(safety.valid_for_s * 1e9)),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=round(COMMAND_LEASE_S * 1e9)),
    )
