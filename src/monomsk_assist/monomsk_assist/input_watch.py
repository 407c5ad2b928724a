"""Whether what comes in may be followed: its order, its age, its sources, its person, its clock."""

from monomsk_assist.estimate import Estimate, is_overtaken
from monomsk_assist.mapping import Safety
from monomsk_assist.reasons import Reason

_NANOSECONDS = 1e-9
#: An image cannot be later than now; clocks of two machines may differ by this [s].
_FUTURE_S = 0.03
#: A simulated clock runs at any speed, but not by leaps of more than this [s].
_SIMULATED_LEAP_S = 0.5


class InputWatch:
    """What is wrong with the inputs at each tick.

    Durations are those of a steady clock, ages those of the node's clock, which may be simulated
    or set by hand.

    Args:
        safety: Thresholds.
        clock_is_simulated: The node's clock need not run as fast as the steady one.

    Attributes:
        track_id: The last person that an estimate named; 0: none yet.
    """

    def __init__(self, safety: Safety, clock_is_simulated: bool = False) -> None:
        self._safety = safety
        self._simulated = clock_is_simulated
        self._events: set[Reason] = set()
        self._doubts: frozenset[Reason] = frozenset({Reason.NO_ESTIMATE})
        self._stamp_ns: int | None = None
        self._arrival_s = 0.0
        self.track_id = 0
        self._now_ns: int | None = None
        self._was_alive = False
        self.is_alive = True
        self.input_publishers = 1
        self.output_publishers = 1

    # Inputs -------------------------------------------------------------------------------------

    def sees(self, estimate: Estimate, now_ns: int, steady_s: float) -> bool:
        """Take in an estimate; False: it is not to be used (old, repeated, from the future).

        Args:
            estimate: Just arrived.
            now_ns: The node's clock [ns].
            steady_s: A steady clock [s].
        """
        if (estimate.stamp_ns - now_ns) * _NANOSECONDS > _FUTURE_S:
            self._events.add(Reason.STAMP_JUMP)
            return False
        if is_overtaken(estimate.stamp_ns, self._stamp_ns):
            return False
        if self._stamp_ns is not None and estimate.stamp_ns < self._stamp_ns:
            self._events.add(Reason.STAMP_JUMP)
        self._stamp_ns = estimate.stamp_ns
        self._arrival_s = steady_s
        if estimate.track_id != 0:
            if self.track_id not in (0, estimate.track_id):
                self._events.add(Reason.PERSON_CHANGED)
            self.track_id = estimate.track_id
        return True

    def judged(self, doubts: frozenset[Reason]) -> None:
        """What is wrong with the last estimate, or with the message that should have been one."""
        self._doubts = doubts
        # A good estimate before the next tick must not hide it.
        self._events |= doubts

    def event(self, reason: Reason) -> None:
        """Something that happened once, such as a deadline that was missed."""
        self._events.add(reason)

    def liveliness(self, is_alive: bool) -> None:
        """Whether the input's publisher is alive, by the middleware."""
        self._was_alive |= is_alive
        self.is_alive = is_alive or not self._was_alive

    # Ticks --------------------------------------------------------------------------------------

    def problems(
        self, now_ns: int, steady_s: float, elapsed_s: float, used_stamp_ns: int | None
    ) -> set[Reason]:
        """What is wrong now; events are forgotten with it.

        Args:
            now_ns: The node's clock [ns].
            steady_s: A steady clock [s].
            elapsed_s: Time since the last tick by the steady clock [s].
            used_stamp_ns: Stamp of the image that predictions stand on [ns]; None: none.
        """
        found, self._events = self._events | self._doubts, set()
        if self._clock_jumped(now_ns, elapsed_s):
            found.add(Reason.CLOCK_JUMP)
        if not self.is_alive:
            found.add(Reason.LIVELINESS_LOST)
        if self.input_publishers > 1:
            found.add(Reason.SECOND_INPUT)
        if self.output_publishers > 1:
            found.add(Reason.SECOND_OUTPUT)
        if self._stamp_ns is None or used_stamp_ns is None:
            return found | {Reason.NO_ESTIMATE}
        if steady_s - self._arrival_s > self._safety.max_silence_s:
            found.add(Reason.INPUT_SILENT)
        if (now_ns - used_stamp_ns) * _NANOSECONDS > self._safety.max_age_s:
            found.add(Reason.TOO_OLD)
        return found

    def _clock_jumped(self, now_ns: int, elapsed_s: float) -> bool:
        before_ns, self._now_ns = self._now_ns, now_ns
        if before_ns is None:
            return False
        passed_s = (now_ns - before_ns) * _NANOSECONDS
        if self._simulated:
            return not 0.0 <= passed_s <= _SIMULATED_LEAP_S
        return abs(passed_s - elapsed_s) > self._safety.max_clock_jump_s
