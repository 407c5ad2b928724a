"""What goes out at each tick: bounded torques on the person and at the device's joints."""

from dataclasses import dataclass
from enum import IntEnum

from monomsk_assist.mapping import JointMapping

UNKNOWN = float("nan")


class State(IntEnum):
    """STATE_* of monomsk_msgs/AssistCommand."""

    DISABLED = 0
    ARMING = 1
    ACTIVE = 2
    FADING = 3
    FAULT = 4


@dataclass(frozen=True)
class JointSetpoint:
    """One joint's share of a command, in the signs of that joint.

    The torque that the command asks for is
    `effort_nm + stiffness_nm_rad (position_rad - angle)
    + damping_nm_s_rad (velocity_rad_s - rate)`;
    at `angle_rad` and `rate_rad_s` it obeys every limit.

    Attributes:
        name: A human coordinate, or a joint of the device.
        effort_nm: Feed-forward torque on the person [N m].
        effort_limit_nm: Bound of the whole torque [N m].
        position_rad: Reference of the device's impedance loop [rad]; NaN: none.
        velocity_rad_s: Its rate [rad/s]; NaN: none.
        stiffness_nm_rad: Gain of that loop [N m/rad]; zero without a reference.
        damping_nm_s_rad: Gain of that loop [N m s/rad]; zero without a reference.
        angle_rad: The angle that the command assumes (predicted) [rad]; NaN unknown.
        rate_rad_s: The rate that the command assumes (predicted) [rad/s]; NaN unknown.
    """

    name: str
    effort_nm: float
    effort_limit_nm: float
    position_rad: float = UNKNOWN
    velocity_rad_s: float = UNKNOWN
    stiffness_nm_rad: float = 0.0
    damping_nm_s_rad: float = 0.0
    angle_rad: float = UNKNOWN
    rate_rad_s: float = UNKNOWN

    def whole_torque_nm(self) -> float:
        """Feed-forward and impedance together, at the angle and rate that are assumed [N m]."""
        if self.stiffness_nm_rad == 0.0 and self.damping_nm_s_rad == 0.0:
            return self.effort_nm
        spring = self.stiffness_nm_rad * (self.position_rad - self.angle_rad)
        damper = self.damping_nm_s_rad * (self.velocity_rad_s - self.rate_rad_s)
        return self.effort_nm + spring + damper


@dataclass(frozen=True)
class Command:
    """One tick's command.

    Attributes:
        stamp_ns: Time of the image behind it [ns]; 0: none yet.
        state: Of the safety state machine.
        reasons: Why it is not active, or what limited the efforts.
        fade: Share of the assistance in force, 0 to 1.
        on_person: Setpoints named by human coordinates: torques on the person, positive in the
            direction of the coordinate.
        on_device: The same, in the same order, named by the device's joints, in their signs.
        state_age_s: Age of the image by the node's clock [s]; NaN: none yet.
        horizon_s: How far ahead of the image the command was predicted [s].
        valid_for_s: How long it holds after publication [s]; the device fades out after it.
    """

    stamp_ns: int
    state: State
    reasons: tuple[str, ...]
    fade: float
    on_person: tuple[JointSetpoint, ...]
    on_device: tuple[JointSetpoint, ...]
    state_age_s: float
    horizon_s: float
    valid_for_s: float


def to_device(setpoint: JointSetpoint, joint: JointMapping) -> JointSetpoint:
    """A setpoint of a human coordinate at the device's joint.

    The device's torque does the same work: with `human = sign * device + offset` it is the
    person's times the sign. Gains do not change.
    """
    sign, offset = joint.sign, joint.offset_rad
    return JointSetpoint(
        name=joint.device_joint,
        effort_nm=sign * setpoint.effort_nm,
        effort_limit_nm=setpoint.effort_limit_nm,
        position_rad=sign * (setpoint.position_rad - offset),
        velocity_rad_s=sign * setpoint.velocity_rad_s,
        stiffness_nm_rad=setpoint.stiffness_nm_rad,
        damping_nm_s_rad=setpoint.damping_nm_s_rad,
        angle_rad=sign * (setpoint.angle_rad - offset),
        rate_rad_s=sign * setpoint.rate_rad_s,
    )
