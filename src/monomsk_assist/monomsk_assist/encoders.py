"""The device's own joint angles: better than any camera where the device sits on the person."""

import math
from collections.abc import Mapping as Named

from monomsk_assist.estimate import is_overtaken
from monomsk_assist.mapping import DeviceMapping, EncoderUse

_NANOSECONDS = 1e-9


class Encoders:
    """The mapped joints' angles and rates as the device measures them, in human coordinates.

    Args:
        mapping: The device.
        use: When they count.
    """

    def __init__(self, mapping: DeviceMapping, use: EncoderUse) -> None:
        self._joints = mapping.joints
        self._use = use
        self._stamp_ns: int | None = None
        self._angles = [math.nan] * len(self._joints)
        self._rates = [math.nan] * len(self._joints)

    def update(
        self, stamp_ns: int, angles_rad: Named[str, float], rates_rad_s: Named[str, float]
    ) -> None:
        """Take in a measurement by names of the device's joints; an overtaken one is ignored.

        A joint that is missing in it, or not finite, is unknown from now on.
        """
        if is_overtaken(stamp_ns, self._stamp_ns):
            return
        self._stamp_ns = stamp_ns
        for index, joint in enumerate(self._joints):
            name = joint.device_joint
            self._angles[index] = joint.to_human(angles_rad.get(name, math.nan))
            self._rates[index] = joint.sign * rates_rad_s.get(name, math.nan)

    def is_fresh(self, now_ns: int) -> bool:
        """Whether all mapped joints were measured lately."""
        if self._stamp_ns is None:
            return False
        age_s = (now_ns - self._stamp_ns) * _NANOSECONDS
        known = all(map(math.isfinite, self._angles)) and all(map(math.isfinite, self._rates))
        return known and abs(age_s) <= self._use.max_age_s

    def at(self, joint: int, time_ns: int) -> tuple[float, float]:
        """Angle [rad] and rate [rad/s] of a mapped joint at a time, at the measured rate."""
        if self._stamp_ns is None:
            return math.nan, math.nan
        ahead_s = (time_ns - self._stamp_ns) * _NANOSECONDS
        rate = self._rates[joint]
        return self._angles[joint] + rate * ahead_s, rate

    def disagrees(self, joint: int, angle_rad: float) -> bool:
        """Whether a mapped joint is elsewhere than an estimate [rad] says."""
        return abs(self._angles[joint] - angle_rad) > self._use.max_difference_rad
