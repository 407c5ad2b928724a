"""The core of assistance, fed and ticked on a clock of its own."""

from monomsk_assist.assistant import Assistant, Person
from monomsk_assist.mapping import Safety
from monomsk_assist.motion_prediction import coast
from monomsk_assist.predictor import Predictor

PERIOD_S = 0.005
START_NS = 10**18
SAFETY = Safety(arming_s=0.1, fade_in_s=0.2)


class CoastingStepper:
    """Each joint coasts: what the core's tests need of a body model."""

    def start(self, estimate):
        self._now = estimate.q[7:], estimate.v[6:]
        return self._now

    def step(self, period_s):
        lasts_s, left = coast(period_s)
        coordinates, rates = self._now
        self._now = coordinates + lasts_s * rates, left * rates
        return self._now


class Run:
    """Ticks at 200 Hz, estimates at 33 Hz and 30 ms old, on a clock of its own."""

    def __init__(self, mapping, make_estimate, **options) -> None:
        self.core = Assistant(mapping, PERIOD_S, **options)
        self.mapping = mapping
        self.set_person()
        self.make = make_estimate
        self.steady_s, self.clock_ns = 50.0, START_NS
        self.changes: dict = {}
        self.commands: list = []
        self.sending = True

    def set_person(self) -> None:
        horizon_s = self.mapping.safety.max_horizon_s
        predictor = Predictor((0,), CoastingStepper(), horizon_s, 0.01)
        self.core.set_person(Person(70.0, (0,), predictor))

    def send(self, age_s=0.03, **changes) -> None:
        stamp_ns = self.clock_ns - round(age_s * 1e9)
        estimate = self.make(stamp_ns, **{**self.changes, **changes})
        self.core.see_estimate(estimate, self.clock_ns, self.steady_s)

    def tick(self, elapsed_s=PERIOD_S):
        self.steady_s += elapsed_s
        self.clock_ns += round(elapsed_s * 1e9)
        self.commands.append(self.core.tick(self.clock_ns, self.steady_s))
        self.core.work(self.clock_ns)
        return self.commands[-1]

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD_S)):
            if self.sending and len(self.commands) % 6 == 0:
                self.send()
            last = self.tick()
        return last

    def until_zero_s(self) -> float:
        """Time until the torque is zero, from now."""
        start_s = self.steady_s
        while self.run(PERIOD_S).on_person[0].whole_torque_nm() != 0.0:
            assert self.steady_s - start_s < 1.0
        return self.steady_s - start_s
