"""Assistance laws: what torque a joint of the device wants to give, before any limit."""

import math
from dataclasses import dataclass
from typing import ClassVar

from monomsk_assist.curves import PeriodicCurve


@dataclass(frozen=True)
class TransparentLaw:
    """No torque: the device is worn, or watched, without assisting."""

    kind: ClassVar[str] = "transparent"
    needs_phase: ClassVar[bool] = False
    needs_torque: ClassVar[bool] = False
    on_device: ClassVar[bool] = False


@dataclass(frozen=True)
class TorqueGainLaw:
    """A share of the person's estimated joint torque.

    Attributes:
        gain: That share, 0 to 1.
        deadband_nm: Estimated torques below it are not assisted [N m].
    """

    gain: float
    deadband_nm: float = 0.0
    kind: ClassVar[str] = "torque_gain"
    needs_phase: ClassVar[bool] = False
    needs_torque: ClassVar[bool] = True
    on_device: ClassVar[bool] = False


@dataclass(frozen=True)
class PhaseTorqueLaw:
    """A torque profile over the gait cycle, scaled by the body mass.

    Attributes:
        torque_nm_kg: Over the leg's cycle from heel strike [N m/kg].
    """

    torque_nm_kg: PeriodicCurve
    kind: ClassVar[str] = "phase_torque"
    needs_phase: ClassVar[bool] = True
    needs_torque: ClassVar[bool] = False
    on_device: ClassVar[bool] = False


@dataclass(frozen=True)
class ImpedanceLaw:
    """A spring and a damper whose constants change over the gait cycle.

    Attributes:
        stiffness_nm_rad_kg: Over the cycle [N m/rad/kg].
        damping_nm_s_rad_kg: Over the cycle [N m s/rad/kg].
        equilibrium_rad: Angle of the coordinate without torque, over the cycle [rad].
        on_device: The device closes the loop (reference and gains are sent), else the torque is.
    """

    stiffness_nm_rad_kg: PeriodicCurve
    damping_nm_s_rad_kg: PeriodicCurve
    equilibrium_rad: PeriodicCurve
    on_device: bool = False
    kind: ClassVar[str] = "impedance"
    needs_phase: ClassVar[bool] = True
    needs_torque: ClassVar[bool] = False


Law = TransparentLaw | TorqueGainLaw | PhaseTorqueLaw | ImpedanceLaw


@dataclass(frozen=True)
class Moment:
    """What a law may know of a joint at the time its torque acts.

    Attributes:
        angle_rad: Of the coordinate [rad].
        rate_rad_s: Of the coordinate [rad/s].
        torque_nm: The person's joint torque, as estimated [N m].
        fraction: Of the leg's gait cycle; NaN unknown.
        mass_kg: The person's [kg].
    """

    angle_rad: float
    rate_rad_s: float
    torque_nm: float
    fraction: float
    mass_kg: float


@dataclass(frozen=True)
class Wish:
    """What a law asks for.

    Attributes:
        torque_nm: The whole torque on the person [N m]; NaN: not known now.
        stiffness_nm_rad: The part of it that is a spring of the device [N m/rad].
        damping_nm_s_rad: The part of it that is a damper of the device [N m s/rad].
        equilibrium_rad: Angle of that spring [rad]; NaN: none.
    """

    torque_nm: float
    stiffness_nm_rad: float = 0.0
    damping_nm_s_rad: float = 0.0
    equilibrium_rad: float = math.nan


NOTHING = Wish(0.0)


def wish(law: Law, moment: Moment) -> Wish:
    """What a law asks for at a moment, before any bound."""
    match law:
        case TransparentLaw():
            return NOTHING
        case TorqueGainLaw(gain=gain, deadband_nm=deadband):
            return Wish(gain * _beyond(moment.torque_nm, deadband))
        case PhaseTorqueLaw(torque_nm_kg=profile):
            return Wish(profile(moment.fraction) * moment.mass_kg)
    return _impedance(law, moment)


def _beyond(value: float, deadband: float) -> float:
    """What exceeds a deadband around zero; NaN for NaN."""
    if math.isnan(value):
        return value
    return math.copysign(max(abs(value) - deadband, 0.0), value)


def _impedance(law: ImpedanceLaw, moment: Moment) -> Wish:
    stiffness = law.stiffness_nm_rad_kg(moment.fraction) * moment.mass_kg
    damping = law.damping_nm_s_rad_kg(moment.fraction) * moment.mass_kg
    equilibrium = law.equilibrium_rad(moment.fraction)
    torque = stiffness * (equilibrium - moment.angle_rad) - damping * moment.rate_rad_s
    if not law.on_device or not math.isfinite(torque):
        return Wish(torque)
    return Wish(torque, stiffness, damping, equilibrium)
