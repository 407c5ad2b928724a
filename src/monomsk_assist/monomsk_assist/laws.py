"""Assistance laws: what torque a joint of the device wants to give, before any limit."""

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
