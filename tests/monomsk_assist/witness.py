"""What must hold for every command, whatever happens to the core."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from monomsk_assist.assistant import Assistant
from monomsk_assist.command import Command, State

PERIOD_S = 0.005
MASS_KG = 70.0
TINY = 1e-9
AT_ZERO = (State.DISABLED, State.ARMING, State.FAULT)


def is_zero(command: Command) -> bool:
    return all(
        s.effort_nm == 0.0 and s.stiffness_nm_rad == 0.0 and s.damping_nm_s_rad == 0.0
        for s in (*command.on_person, *command.on_device)
    )


@dataclass
class Witness:
    """Checks every command against the limits and against what was done to the core."""

    assistant: Assistant
    before_s: float | None = None
    torques: list[float] = field(default_factory=list)
    beyond_s: list[list[float]] = field(default_factory=list)
    state: State = State.DISABLED
    granted: bool = False
    was_reset: bool = False
    latched: bool = False
    zero_by_s: float = math.inf
    fading_since_s: float | None = None
    nonzero: int = 0

    def must_be_zero(self, now_s: float, latch: bool) -> None:
        """A fault happened now."""
        self.zero_by_s = min(self.zero_by_s, now_s + self.assistant.mapping.safety.zero_within_s)
        at_work = (State.ACTIVE, State.ARMING, State.FADING)
        self.latched |= latch and self.assistant.state in at_work

    def check(self, command: Command, steady_s: float) -> None:
        elapsed_s = PERIOD_S if self.before_s is None else steady_s - self.before_s
        self.before_s = steady_s
        self._check_limits(command, elapsed_s)
        self._check_device(command)
        self._check_state(command, steady_s)
        self.nonzero += not is_zero(command)

    def _check_limits(self, command: Command, elapsed_s: float) -> None:
        joints = self.assistant.mapping.joints
        torques = [setpoint.whole_torque_nm() for setpoint in command.on_person]
        before = self.torques or [0.0] * len(joints)
        self.beyond_s = self.beyond_s or [[0.0, 0.0] for _ in joints]
        for index, (setpoint, joint) in enumerate(zip(command.on_person, joints, strict=True)):
            limits, torque = joint.limits, torques[index]
            assert math.isfinite(torque)
            assert abs(setpoint.effort_nm) <= limits.torque_nm + TINY
            self._check_gains(setpoint, joint.law, command.fade)
            assert abs(torque) <= limits.torque_nm + TINY
            assert setpoint.effort_limit_nm == limits.torque_nm
            assert abs(torque - before[index]) <= limits.torque_rate_nm_s * elapsed_s + TINY
            if torque != 0.0:
                assert abs(torque * setpoint.rate_rad_s) <= limits.power_w + TINY
            self._check_range(index, setpoint, limits, torque, elapsed_s)
        self.torques = torques

    @staticmethod
    def _check_gains(setpoint, law, fade: float) -> None:
        stiffest = law.stiffness_nm_rad_kg.largest() if law.on_device else 0.0
        most_damped = law.damping_nm_s_rad_kg.largest() if law.on_device else 0.0
        assert 0.0 <= setpoint.stiffness_nm_rad <= fade * MASS_KG * stiffest + TINY
        assert 0.0 <= setpoint.damping_nm_s_rad <= fade * MASS_KG * most_damped + TINY
        if setpoint.stiffness_nm_rad > 0.0:
            assert math.isfinite(setpoint.position_rad)

    def _check_range(self, index, setpoint, limits, torque, elapsed_s) -> None:
        """Outside the range of motion for as long as the torque needs to fall: nothing outwards."""
        fade_out_s = self.assistant.mapping.safety.fade_out_s
        needed_s = limits.torque_nm / limits.torque_rate_nm_s + fade_out_s + PERIOD_S
        outside = (setpoint.angle_rad >= limits.upper_rad, setpoint.angle_rad <= limits.lower_rad)
        for end, is_outside in enumerate(outside):
            beyond_s = self.beyond_s[index][end] + elapsed_s if is_outside else 0.0
            self.beyond_s[index][end] = beyond_s
            if beyond_s > needed_s:
                assert (torque if end == 0 else -torque) <= TINY

    def _check_device(self, command: Command) -> None:
        joints = self.assistant.mapping.joints
        for mine, theirs, joint in zip(command.on_person, command.on_device, joints, strict=True):
            assert theirs.name == joint.device_joint
            told = joint.sign * theirs.whole_torque_nm()
            assert math.isclose(told, mine.whole_torque_nm(), abs_tol=1e-6)

    def _check_state(self, command: Command, steady_s: float) -> None:
        state = command.state
        assert 0.0 <= command.fade <= 1.0
        if state in AT_ZERO:
            assert is_zero(command)
            assert command.fade == 0.0
        if is_zero(command) or state in AT_ZERO:
            self.zero_by_s = math.inf
        assert steady_s <= self.zero_by_s, "not at zero in time"
        if not is_zero(command):
            assert self.granted, "torque without being enabled"
        if self.state is State.FAULT and not self.was_reset:
            assert state is State.FAULT
        if state in AT_ZERO and self.latched:
            assert state is State.FAULT or self.was_reset
            self.latched = False
        if state is State.DISABLED or state is State.FAULT:
            self.granted = False
        self.was_reset = False
        self._check_fading(state, steady_s)
        self.state = state

    def _check_fading(self, state: State, steady_s: float) -> None:
        """A fade ends in time, at zero or where a wait is over."""
        if state is not State.FADING:
            self.fading_since_s = None
            return
        if self.fading_since_s is None:
            self.fading_since_s = steady_s
        lasts_s = steady_s - self.fading_since_s
        assert lasts_s <= self.assistant.mapping.safety.fade_out_s + TINY
