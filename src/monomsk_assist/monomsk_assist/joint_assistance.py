"""One joint while assistance is in force: its law, its share, its bounds."""

import math

from monomsk_assist.command import JointSetpoint
from monomsk_assist.laws import Moment, Wish, wish
from monomsk_assist.limiter import JointLimiter, Limited
from monomsk_assist.mapping import JointMapping, Safety
from monomsk_assist.reasons import FADING_IN, UNKNOWN_LAW


class JointAssistance:
    """Gives one joint's setpoints on the person, tick by tick.

    Args:
        joint: Its mapping.
        safety: Times and thresholds.
        period_s: Nominal time between ticks [s].

    Attributes:
        setpoint: The last one.
        reasons: What limited it.
        is_violating: Whether the law asked for far more than the limits, or the joint is beyond
            its range.
    """

    def __init__(self, joint: JointMapping, safety: Safety, period_s: float) -> None:
        self._joint = joint
        self._safety = safety
        self._longest_rise_s = 2.0 * period_s
        self._limiter = JointLimiter(joint.limits)
        self.rest(math.nan, math.nan)

    def rest(self, angle_rad: float, rate_rad_s: float) -> None:
        """No torque, at an angle [rad] and a rate [rad/s] that may be unknown."""
        # The level of the whole assistance fades in; this share does so for a law that knows
        # what it needs only later.
        self._share = 1.0
        self._limiter.override(0.0)
        self.setpoint = JointSetpoint(
            name=self._joint.coordinate,
            effort_nm=0.0,
            effort_limit_nm=self._joint.limits.torque_nm,
            angle_rad=angle_rad,
            rate_rad_s=rate_rad_s,
        )
        self._held = self.setpoint
        self.reasons: tuple[str, ...] = ()
        self.is_violating = False

    def fade(self, envelope: float) -> None:
        """A share (0 to 1) of the last setpoint that was given while active."""
        held = self._held
        self.setpoint = JointSetpoint(
            name=held.name,
            effort_nm=envelope * held.effort_nm,
            effort_limit_nm=held.effort_limit_nm,
            position_rad=held.position_rad,
            velocity_rad_s=held.velocity_rad_s,
            stiffness_nm_rad=envelope * held.stiffness_nm_rad,
            damping_nm_s_rad=envelope * held.damping_nm_s_rad,
            angle_rad=held.angle_rad,
            rate_rad_s=held.rate_rad_s,
        )
        self._limiter.override(self.setpoint.whole_torque_nm())
        self.reasons = ()
        self.is_violating = False

    def assist(self, moment: Moment, level: float, elapsed_s: float) -> None:
        """What the law asks for, as far as the bounds allow it.

        Args:
            moment: What is known of the joint.
            level: Share of the assistance in force.
            elapsed_s: Time since the last tick [s].
        """
        wanted = wish(self._joint.law, moment)
        limits = self._joint.limits
        known = math.isfinite(wanted.torque_nm)
        rise = min(elapsed_s, self._longest_rise_s) / self._safety.fade_in_s
        self._share = min(1.0, self._share + rise) if known else 0.0
        share = level * self._share
        within = min(max(wanted.torque_nm, -limits.torque_nm), limits.torque_nm) if known else 0.0
        limited = self._limiter.step(
            share * within, moment.angle_rad, moment.rate_rad_s, elapsed_s, self._longest_rise_s
        )
        name = self._joint.coordinate
        by = set(limited.limited_by) | (
            {"torque"} if known and within != wanted.torque_nm else set()
        )
        self.reasons = tuple(f"{bound}:{name}" for bound in sorted(by))
        if self._share < 1.0:
            self.reasons += (f"{FADING_IN if known else UNKNOWN_LAW}:{name}",)
        self.is_violating = self._violates(wanted, moment.angle_rad)
        self.setpoint = self._held = self._setpoint(
            wanted, moment.angle_rad, limited, share, share * within
        )

    def _violates(self, wanted: Wish, angle_rad: float) -> bool:
        limits = self._joint.limits
        beyond = max(limits.lower_rad - angle_rad, angle_rad - limits.upper_rad)
        too_much = abs(wanted.torque_nm) > self._safety.violation_ratio * limits.torque_nm
        return too_much or beyond > limits.range_margin_rad

    def _setpoint(
        self, wanted: Wish, angle_rad: float, limited: Limited, share: float, asked_nm: float
    ) -> JointSetpoint:
        """The limited torque, as spring and damper of the device as far as the law says so.

        The gains shrink as the torque was limited; what they give at this angle and rate, and the
        feed-forward effort, make the limited torque.
        """
        limit = self._joint.limits.torque_nm
        torque_nm, rate_rad_s = limited.torque_nm, limited.rate_rad_s
        reduction = _reduction(wanted, torque_nm, share, asked_nm)
        stiffness = reduction * wanted.stiffness_nm_rad
        damping = reduction * wanted.damping_nm_s_rad
        effort = torque_nm
        position = velocity = math.nan
        if stiffness > 0.0 or damping > 0.0:
            position, velocity = wanted.equilibrium_rad, 0.0
            effort -= stiffness * (position - angle_rad) - damping * rate_rad_s
        if abs(effort) > limit:
            # A spring and a counterforce that only together are within the limit: neither.
            stiffness = damping = 0.0
            position = velocity = math.nan
            effort = torque_nm
        return JointSetpoint(
            name=self._joint.coordinate,
            effort_nm=effort,
            effort_limit_nm=limit,
            position_rad=position,
            velocity_rad_s=velocity,
            stiffness_nm_rad=stiffness,
            damping_nm_s_rad=damping,
            angle_rad=angle_rad,
            rate_rad_s=rate_rad_s,
        )


def _reduction(wanted: Wish, torque_nm: float, share: float, asked_nm: float) -> float:
    """What is left of the gains: the share in force, as far as the bounds left its torque."""
    if wanted.stiffness_nm_rad == 0.0 and wanted.damping_nm_s_rad == 0.0:
        return 0.0
    whole = wanted.torque_nm
    in_force = asked_nm / whole if abs(whole) > 1e-9 else share
    kept = torque_nm / asked_nm if abs(asked_nm) > 1e-9 else 1.0
    return in_force * min(max(kept, 0.0), 1.0)
