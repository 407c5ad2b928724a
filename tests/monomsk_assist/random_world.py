"""A world of random events around the core, and what must hold at each of its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from monomsk_assist.assistant import Assistant, Person
from monomsk_assist.command import Command, State
from monomsk_assist.estimate import GaitEstimate, LegCycle
from monomsk_assist.motion_prediction import CoastingStepper
from monomsk_assist.predictor import Predictor
from monomsk_assist.reasons import Reason

PERIOD_S = 0.005
FRAME_S = 0.03
MASS_KG = 70.0
HIP = 0
TINY = 1e-9
START_NS = 10**18
_AT_ZERO = (State.DISABLED, State.ARMING, State.FAULT)


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
        if state in _AT_ZERO:
            assert is_zero(command)
            assert command.fade == 0.0
        if is_zero(command) or state in _AT_ZERO:
            self.zero_by_s = math.inf
        assert steady_s <= self.zero_by_s, "not at zero in time"
        if not is_zero(command):
            assert self.granted, "torque without being enabled"
        if self.state is State.FAULT and not self.was_reset:
            assert state is State.FAULT
        if state in _AT_ZERO and self.latched:
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


class RandomWorld:
    """Turns bytes into events. Two bytes are one event: what, and how much of it."""

    def __init__(self, mapping, make_estimate) -> None:
        self.assistant = Assistant(mapping, PERIOD_S)
        joints = tuple(range(len(mapping.joints)))
        safety = mapping.safety
        self._predictor = Predictor(joints, CoastingStepper(), safety.max_horizon_s, 0.01)
        self.assistant.set_person(Person(MASS_KG, joints, self._predictor))
        self.witness = Witness(self.assistant)
        self._make = make_estimate
        self._steady_s = 100.0
        self._clock_ns = START_NS
        self._next_frame_s = self._steady_s
        self._track = 1
        self._stamp_ns = 0
        self._known_track = 0
        self._good: dict = {}
        self._events = [
            self._run, self._run, self._wild, self._not_finite, self._silence, self._reordered,
            self._clock_jump, self._enable, self._disable, self._reset, self._pause,
            self._publishers, self._person, self._middleware, self._gait, self._doubtful,
            self._range,
        ]  # fmt: skip

    def play(self, content: bytes) -> None:
        """Play all events, then let it run on."""
        self._tick()
        if content and content[0] % 8:
            self._enable(0)
            self._run(20)
        for what, much in zip(content[1::2], content[2::2], strict=False):
            self._events[what % len(self._events)](much)
        self._run(3)

    # Time ---------------------------------------------------------------------------------------

    def _tick(self, elapsed_s: float = PERIOD_S) -> None:
        self._steady_s += elapsed_s
        self._clock_ns += round(elapsed_s * 1e9)
        command = self.assistant.tick(self._clock_ns, self._steady_s)
        self.witness.check(command, self._steady_s)
        self.assistant.work(self._clock_ns)

    def _send(self, age_s: float = 0.03, **changes) -> bool:
        """Send an estimate; whether it is new, or so old that another time must have begun."""
        stamp_ns = self._clock_ns - round(age_s * 1e9)
        changes = {"track_id": self._track, **self._good, **changes}
        estimate = self._make(stamp_ns, **changes)
        self.assistant.see_estimate(estimate, self._clock_ns, self._steady_s)
        is_new = stamp_ns > self._stamp_ns or self._stamp_ns - stamp_ns > 500_000_000
        if is_new:
            self._stamp_ns = stamp_ns
        return is_new

    def _fault(self, latch: bool = False) -> None:
        self.witness.must_be_zero(self._steady_s, latch)

    # Events -------------------------------------------------------------------------------------

    def _run(self, much: int) -> None:
        """Good estimates at 33 Hz, with a phase."""
        for _ in range(3 * (much % 24) + 1):
            if self._steady_s >= self._next_frame_s:
                self._next_frame_s = self._steady_s + FRAME_S
                self._send()
                self._send_gait(0.4, 0.02)
            self._tick()

    def _wild(self, much: int) -> None:
        """A burst of finite but impossible motion and torque."""
        rng = np.random.default_rng(much)
        for _ in range(much % 5 + 1):
            self._send(
                age_s=rng.uniform(0.0, 0.05), angle_rad=rng.normal() * 10.0 ** rng.uniform(-1, 3),
                rate_rad_s=rng.normal() * 10.0 ** rng.uniform(-1, 3),
                torque_nm=rng.normal() * 10.0 ** rng.uniform(-1, 6),
            )  # fmt: skip
            self._tick(rng.uniform(0.0, 2.0 * PERIOD_S))

    def _not_finite(self, much: int) -> None:
        key = ("angle_rad", "rate_rad_s", "torque_nm")[much % 3]
        value = (math.nan, math.inf, -math.inf)[much % 2]
        if self._send(**{key: value}):
            self._fault()
        if much >= 128:
            self._send(age_s=0.02)

    def _silence(self, much: int) -> None:
        started_s = self._steady_s
        for _ in range(much % 64):
            self._tick()
            if self._steady_s - started_s > self.assistant.mapping.safety.zero_within_s:
                assert self.assistant.state is not State.ACTIVE
                assert self.assistant.state is not State.FADING

    def _reordered(self, much: int) -> None:
        """The last stamp again, or older ones: they never keep assistance alive."""
        started_s = self._steady_s
        for index in range(much % 40):
            older_ns = self._stamp_ns - (much + index) * 1_000_000
            estimate = self._make(older_ns, track_id=self._track)
            self.assistant.see_estimate(estimate, self._clock_ns, self._steady_s)
            self._tick()
            if self._steady_s - started_s > self.assistant.mapping.safety.zero_within_s:
                assert self.assistant.state not in (State.ACTIVE, State.FADING)

    def _clock_jump(self, much: int) -> None:
        self._clock_ns += (2 * much - 255) * 100_000_000
        self._fault(latch=True)
        self._tick()

    def _enable(self, much: int) -> None:
        if not self.assistant.enable():
            self.witness.granted = True

    def _disable(self, much: int) -> None:
        self.assistant.disable()
        self._fault()
        if much % 2:
            self._enable(much)

    def _reset(self, much: int) -> None:
        if not self.assistant.reset_fault():
            self.witness.was_reset = True
        if much % 2:
            self._enable(much)

    def _pause(self, much: int) -> None:
        """The process stands still; then come all messages of the meantime, or none."""
        pause_s = 0.004 * much
        self._steady_s += pause_s
        self._clock_ns += round(pause_s * 1e9)
        if much % 2:
            self._send()
        self._tick()
        if pause_s > self.assistant.mapping.safety.valid_for_s:
            assert self.assistant.state in _AT_ZERO

    def _publishers(self, much: int) -> None:
        watch = self.assistant.watch
        watch.input_publishers, watch.output_publishers = 1 + much % 2, 1 + much // 2 % 2
        if much % 4:
            self._fault(latch=True)
            self._run(much)
            if much % 8:
                watch.input_publishers = watch.output_publishers = 1

    def _person(self, much: int) -> None:
        self._track = much % 3
        self._run(2)
        if not self._send(age_s=0.02):
            return
        if self._track and self._known_track not in (0, self._track):
            self._fault(latch=True)
        self._known_track = self._track or self._known_track
        self._tick()

    def _middleware(self, much: int) -> None:
        if much % 2:
            self.assistant.watch.event(Reason.DEADLINE_MISSED)
            return
        self.assistant.watch.liveliness(True)
        self.assistant.watch.liveliness(False)
        self._fault()
        self._run(much)
        self.assistant.watch.liveliness(True)

    def _gait(self, much: int) -> None:
        self._send_gait(math.nan if much % 5 == 0 else much / 256, 0.01 * (much % 20))

    def _send_gait(self, fraction: float, sigma: float) -> None:
        leg = LegCycle(fraction, sigma)
        self.assistant.see_gait(GaitEstimate(self._stamp_ns, (leg, leg), 1.8))

    def _doubtful(self, much: int) -> None:
        changes = (
            {"sigma_nm": 1000.0}, {"sigma_nm": math.nan}, {"root_residual": np.full(6, 1e4)},
            {"root_residual": np.full(6, np.nan)}, {"consistency_error": 3.0},
            {"consistency_error": math.nan},
        )[much % 6]  # fmt: skip
        needs_torque = any(j.law.needs_torque for j in self.assistant.mapping.joints)
        if self._send(**changes) and ("sigma_nm" not in changes or needs_torque):
            self._fault()
            self._tick()

    def _range(self, much: int) -> None:
        """From now on the joint is somewhere else, also at and beyond the ends of its range."""
        self._good = {"angle_rad": -0.7 + 2.4 * much / 256, "rate_rad_s": (much % 16 - 8) * 0.8}
