"""A world of random events around the core, watched by a witness at each of its ticks."""

from __future__ import annotations

import math

import numpy as np
from tests.monomsk_assist.core_run import CoastingStepper
from tests.monomsk_assist.witness import AT_ZERO, MASS_KG, PERIOD_S, Witness

from monomsk_assist.assistant import Assistant, Person
from monomsk_assist.command import State
from monomsk_assist.estimate import GaitEstimate, LegCycle
from monomsk_assist.predictor import Predictor
from monomsk_assist.reasons import Reason

FRAME_S = 0.03
HIP = 0
START_NS = 10**18


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
            assert self.assistant.state in AT_ZERO

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
