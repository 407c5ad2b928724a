"""How a device sits on a person, what it shall do there, and what it must never do."""

from dataclasses import dataclass
from typing import ClassVar

from monomsk_assist.laws import Law

RIGHT, LEFT = 0, 1


@dataclass(frozen=True)
class JointLimits:
    """What holds for a joint in every command, in the human coordinate's direction.

    Attributes:
        torque_nm: Largest torque on the person [N m].
        torque_rate_nm_s: Fastest change of it [N m/s].
        power_w: Largest power given to or taken from the person [W].
        lower_rad, upper_rad: Range of motion; outside it no torque leads further out [rad].
        range_margin_rad: Before the ends of the range that torque falls to zero over this [rad].
    """

    torque_nm: float
    torque_rate_nm_s: float
    power_w: float
    lower_rad: float
    upper_rad: float
    range_margin_rad: float = 0.05


@dataclass(frozen=True)
class JointMapping:
    """One joint of the device.

    Attributes:
        device_joint: The device's name for it.
        coordinate: The human coordinate, OpenSim's name with its side: `hip_flexion_r`.
        side: RIGHT, LEFT; None: a coordinate in the middle (lumbar_extension).
        sign: +1 or -1, see `offset_rad`.
        offset_rad: human angle = sign * device angle + offset [rad].
        law: The assistance law.
        limits: Bounds of every command.
        delay_s: Delay of the device from command to torque; the command is that of so much later.
        estimate_lag_s: How late the estimated torque, or gait phase, is against the person's [s];
            what the law stands on is taken so much further ahead.
    """

    device_joint: str
    coordinate: str
    side: int | None
    sign: int
    offset_rad: float
    law: Law
    limits: JointLimits
    delay_s: float = 0.0
    estimate_lag_s: float = 0.0

    def to_human(self, device_angle_rad: float) -> float:
        """The human coordinate [rad] at an angle of the device's joint [rad]."""
        return self.sign * device_angle_rad + self.offset_rad


@dataclass(frozen=True)
class Safety:
    """When a command may stand on an estimate, and how fast it goes where it may not.

    Attributes:
        zero_within_s: From the moment a fault occurs to zero torque, at the receiver [s].
        max_silence_s: Longest wait for a new estimate [s]; part of `zero_within_s`.
        max_age_s: Oldest image that a command may stand on [s].
        max_horizon_s: Furthest prediction beyond the image [s].
        fade_in_s: Duration of the ramp from nothing to full assistance [s].
        arming_s: How long all must be well before the ramp begins [s].
        valid_for_s: How long a command holds at the device [s].
        max_torque_sigma_nm_kg: Of an estimated torque that is assisted [N m/kg].
        max_phase_sigma: Of the gait phase that a profile stands on, in cycles.
        max_root_force_share: Of the root residual force, in body weights.
        max_root_moment_nm_kg: Of the root residual moment [N m/kg].
        max_consistency_error_rad: Of the forward simulation [rad].
        max_clock_jump_s: Difference between the node's clock and a steady one that is no jump [s].
        violation_ratio: A law that asks for so many times a torque limit violates it.
        max_violation_s: Time of violations that add up to a fault [s].
        max_fades: So many fades within 10 s are a fault that latches.
    """

    zero_within_s: float = 0.1
    max_silence_s: float = 0.05
    max_age_s: float = 0.2
    max_horizon_s: float = 0.15
    fade_in_s: float = 1.0
    arming_s: float = 0.3
    valid_for_s: float = 0.05
    max_torque_sigma_nm_kg: float = 0.8
    max_phase_sigma: float = 0.08
    max_root_force_share: float = 0.3
    max_root_moment_nm_kg: float = 1.5
    max_consistency_error_rad: float = 0.35
    max_clock_jump_s: float = 0.05
    violation_ratio: float = 2.0
    max_violation_s: float = 0.25
    max_fades: int = 6

    #: What detection, a tick and the way to the receiver take at most of `zero_within_s` [s].
    REACTION_S: ClassVar[float] = 0.015

    @property
    def fade_out_s(self) -> float:
        """Duration of the ramp to zero: what `zero_within_s` leaves for it [s]."""
        return self.zero_within_s - self.max_silence_s - self.REACTION_S


@dataclass(frozen=True)
class EncoderUse:
    """How the device's own joint states are used.

    Attributes:
        correct_angles: They replace the predicted angles and rates; without them, no assistance.
        max_age_s: Oldest measurement that counts [s].
        max_difference_rad: From the camera's angle; further away, one of both is wrong [rad].
    """

    correct_angles: bool = False
    max_age_s: float = 0.02
    max_difference_rad: float = 0.5


@dataclass(frozen=True)
class DeviceMapping:
    """A device.

    Attributes:
        name: Its name.
        joints: Its joints, in the order of every command.
        safety: Its thresholds and times.
        encoders: Use of its own joint states.
        source: The file it comes from.
        digest: SHA-256 of that file's bytes (hexadecimal).
    """

    name: str
    joints: tuple[JointMapping, ...]
    safety: Safety = Safety()
    encoders: EncoderUse = EncoderUse()
    source: str = ""
    digest: str = ""

    @property
    def device_joints(self) -> tuple[str, ...]:
        """The device's names of the joints."""
        return tuple(joint.device_joint for joint in self.joints)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The human coordinates of the joints."""
        return tuple(joint.coordinate for joint in self.joints)
