"""When assistance is in force: disabled, arming, active, fading, fault."""

from collections import deque

from monomsk_assist.command import State
from monomsk_assist.mapping import Safety
from monomsk_assist.reasons import Reason, Severity, worst

#: Fades to zero are counted over this time [s].
FADES_WINDOW_S = 10.0
#: From a fade that ended before zero, the whole assistance is back after this [s].
RECOVERY_S = 0.25


class StateMachine:
    """The state and the level of assistance, driven once a tick.

    Fading goes along a straight line from what was given last to zero, within `fade_out_s`,
    whatever else happens. It turns back only where all its reasons were waits that are over.

    Args:
        safety: Thresholds and times.

    Attributes:
        state: The present one.
        level: Share of the assistance in force while active, 0 to 1.
        envelope: Share of the last active command that is left while fading, 1 to 0.
        blame: Why it fades or stays in fault.
    """

    def __init__(self, safety: Safety) -> None:
        self._safety = safety
        self.state = State.DISABLED
        self.level = 0.0
        self.envelope = 0.0
        self.blame: frozenset[Reason] = frozenset()
        self._wants_enabled = False
        # Holds until zero even if assistance is asked for again on the way.
        self._stop_requested = False
        self._regained_level = 0.0
        self._well_s = 0.0
        self._clock_s = 0.0
        self._fades_s: deque[float] = deque()
        self._problems: frozenset[Reason] = frozenset()

    # Requests -----------------------------------------------------------------------------------

    def enable(self) -> str:
        """Ask for assistance; an empty answer if it is granted, else why not."""
        if self.state is State.FAULT:
            return f"in fault ({self._names(self.blame)}): call reset_fault first"
        if worst(self._problems) is Severity.LATCH:
            return f"not while {self._names(self._problems)}"
        self._wants_enabled = True
        if self.state is State.DISABLED:
            self._enter(State.ARMING)
        return ""

    def disable(self) -> None:
        """Take assistance away, by fading where it is in force. A fault stays a fault."""
        self._wants_enabled = False
        self._stop_requested = True
        if self.state is State.ACTIVE:
            self._fade(frozenset())
        elif self.state is State.ARMING:
            self._enter(State.DISABLED)

    def reset_fault(self) -> str:
        """Leave the fault, to disabled; an empty answer if that was possible, else why not."""
        if self.state is not State.FAULT:
            return "no fault"
        if worst(self._problems) is Severity.LATCH:
            return f"not while {self._names(self._problems)}"
        self._fades_s.clear()
        self._wants_enabled = False
        self._enter(State.DISABLED)
        return ""

    # Ticks --------------------------------------------------------------------------------------

    def tick(self, problems: frozenset[Reason], elapsed_s: float) -> None:
        """Go on by the time since the last tick [s], given what is wrong now."""
        self._clock_s += elapsed_s
        self._problems = problems
        if Reason.LOOP_LATE in problems and self.state in (State.ACTIVE, State.FADING):
            # The device has faded out by itself meanwhile: nothing is left to fade.
            self._fade(problems)
            self.envelope = 0.0
        if self.state is State.ARMING:
            self._arm(problems, elapsed_s)
        elif self.state is State.ACTIVE:
            self._act(problems, elapsed_s)
        if self.state is State.FADING:
            self._fall(problems, elapsed_s)

    def _arm(self, problems: frozenset[Reason], elapsed_s: float) -> None:
        if worst(problems) is Severity.LATCH:
            self.blame = problems
            self._enter(State.FAULT)
            return
        self._well_s = 0.0 if problems else self._well_s + elapsed_s
        if self._well_s >= self._safety.arming_s:
            self.level = self._regained_level = 0.0
            self._enter(State.ACTIVE)

    def _act(self, problems: frozenset[Reason], elapsed_s: float) -> None:
        if problems:
            self._fade(problems)
            return
        regaining = self.level < self._regained_level
        duration_s = RECOVERY_S if regaining else self._safety.fade_in_s
        self.level = min(1.0, self.level + elapsed_s / duration_s)

    def _fade(self, problems: frozenset[Reason]) -> None:
        if self.state is not State.FADING:
            self.blame = frozenset()
            self.envelope = 1.0
            self._enter(State.FADING)
        self.blame |= problems

    def _fall(self, problems: frozenset[Reason], elapsed_s: float) -> None:
        self.blame |= problems
        waits_only = worst(self.blame) is Severity.WAIT and not self._stop_requested
        if waits_only and not problems and self.envelope > 0.0:
            self._regained_level = max(self.level, self._regained_level)
            self.level *= self.envelope
            self._enter(State.ACTIVE)
            return
        self.envelope = max(0.0, self.envelope - elapsed_s / self._safety.fade_out_s)
        if self.envelope == 0.0:
            self._arrive()

    def _arrive(self) -> None:
        """At zero: on to where the gravest reason leads."""
        self.level = 0.0
        if self.blame:
            self._fades_s.append(self._clock_s)
        while self._fades_s and self._clock_s - self._fades_s[0] > FADES_WINDOW_S:
            self._fades_s.popleft()
        if len(self._fades_s) >= self._safety.max_fades:
            self.blame |= {Reason.TOO_MANY_FADES}
        if worst(self.blame) is Severity.LATCH:
            self._enter(State.FAULT)
        else:
            self._enter(State.ARMING if self._wants_enabled else State.DISABLED)

    def _enter(self, state: State) -> None:
        self.state = state
        self._well_s = 0.0
        if state in (State.ARMING, State.DISABLED, State.ACTIVE):
            self.blame = frozenset()
            self._stop_requested = False

    @staticmethod
    def _names(reasons: frozenset[Reason]) -> str:
        return ", ".join(sorted(reason.text for reason in reasons))
