"""The bounds of one joint's torque that hold in every command, whatever came in."""

import math
from dataclasses import dataclass

from monomsk_assist.mapping import JointLimits


@dataclass(frozen=True)
class Limited:
    """A torque within its bounds.

    Attributes:
        torque_nm: On the person [N m].
        rate_rad_s: The rate of the coordinate that the power limit was held against [rad/s].
        limited_by: Which bounds changed the torque: torque, range, power, torque_rate.
    """

    torque_nm: float
    rate_rad_s: float
    limited_by: tuple[str, ...]


class JointLimiter:
    """Torque, range of motion, power and torque rate of one joint.

    A torque that may change only so fast cannot obey a power limit against a rate of motion that
    jumps. So the bound P / |rate| shrinks at most at the torque's own rate, as if the rate followed
    the given one so slowly. Rates of living joints pass unchanged; a jump is met within
    `torque_nm / torque_rate_nm_s`.

    Args:
        limits: The bounds.
    """

    def __init__(self, limits: JointLimits) -> None:
        self._limits = limits
        self._torque_nm = 0.0
        self._bound_nm = limits.torque_nm
        self._rate_rad_s = 0.0

    def override(self, torque_nm: float) -> None:
        """Tell that another, smaller torque was given [N m]."""
        self._torque_nm = torque_nm

    def step(
        self,
        wanted_nm: float,
        angle_rad: float,
        rate_rad_s: float,
        elapsed_s: float,
        longest_rise_s: float,
    ) -> Limited:
        """The torque closest to the wanted one that obeys every bound.

        Args:
            wanted_nm: What the law asks for [N m]; not finite: nothing.
            angle_rad: Of the coordinate [rad]; not finite: no torque.
            rate_rad_s: Of the coordinate [rad/s]; not finite: no torque.
            elapsed_s: Time since the last step [s].
            longest_rise_s: A torque grows as if no more than this had elapsed [s].
        """
        limits = self._limits
        known = math.isfinite(wanted_nm) and math.isfinite(angle_rad) and math.isfinite(rate_rad_s)
        asked = wanted_nm if known else 0.0
        fall = limits.torque_rate_nm_s * max(elapsed_s, 0.0)
        rise = min(fall, limits.torque_rate_nm_s * longest_rise_s)
        limited_by = []
        torque = _clip(asked, -limits.torque_nm, limits.torque_nm)
        if torque != asked:
            limited_by.append("torque")
        if known:
            in_range = self._within_range(torque, angle_rad)
            if in_range != torque:
                limited_by.append("range")
            torque = in_range
        if known:
            self._heed_power(rate_rad_s, fall)
        bound = self._bound_nm
        if abs(torque) > bound:
            limited_by.append("power")
            torque = _clip(torque, -bound, bound)
        slewed = _slew(self._torque_nm, torque, fall, rise)
        if slewed != torque:
            limited_by.append("torque_rate")
        self._torque_nm = _clip(slewed, -bound, bound)
        return Limited(self._torque_nm, self._rate_rad_s, tuple(limited_by))

    def _within_range(self, torque: float, angle_rad: float) -> float:
        """Without what leads out of the range of motion; falling to zero before its ends."""
        limits = self._limits
        room = limits.upper_rad - angle_rad if torque > 0.0 else angle_rad - limits.lower_rad
        largest = limits.torque_nm * _clip(room / limits.range_margin_rad, 0.0, 1.0)
        return _clip(torque, -largest, largest)

    def _heed_power(self, rate_rad_s: float, fall: float) -> None:
        """Let the bound follow P / |rate|; remember the rate that it stands for."""
        limits = self._limits
        wanted = min(limits.torque_nm, _ratio(limits.power_w, abs(rate_rad_s)))
        least = self._bound_nm - fall
        if wanted >= least:
            self._bound_nm, self._rate_rad_s = wanted, rate_rad_s
        else:
            self._bound_nm = least
            self._rate_rad_s = math.copysign(limits.power_w / least, rate_rad_s)


def _slew(before: float, wanted: float, fall: float, rise: float) -> float:
    """Towards `wanted` from `before`: by `fall` in all, by `rise` where the magnitude grows."""
    if before < 0.0:
        return -_slew(-before, -wanted, fall, rise)
    return _clip(wanted, max(before - fall, -rise), before + rise)


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 else math.inf
