"""Where in its stance each foot is, and how far the load has passed to the leading foot.

Offline from whole contact records; live from the steps seen so far.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Stance of comfortable walking, until a complete one was seen [s].
TYPICAL_STANCE_S = 0.65
#: Double support lasts about this share of a stance (each of the two around it).
DOUBLE_SHARE = 0.25
#: A stance (a double support) longer than this many typical ones is standing, not a step.
_LONGEST = 1.5
_LONGEST_DOUBLE = 2.5

_STANCE_RANGE_S = (0.2, 1.4)
_NAN = float("nan")
_MEMORY = 0.3  # weight of the newest complete stance in the live mean


@dataclass(frozen=True)
class GaitPhase:
    """One instant of gait.

    Attributes:
        stance: Phase of each foot's stance, 0 (landing) to 1 (leaving), (2,); NaN in the air.
        trailing: Index of the foot that hands its load over, or None outside double support.
        transfer: Phase of double support, 0 to 1; NaN outside it, and in standing.
    """

    stance: Array
    trailing: int | None
    transfer: float


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True))


def offline_phases(times_s: Array, in_contact: Flags) -> list[GaitPhase]:
    """Phases of a whole recording.

    A stance that the recording cuts is completed to the median duration of the complete ones.

    Args:
        times_s: Frame times (n,) [s].
        in_contact: Contact of right and left sole (n, 2).
    """
    typical_s = _typical_stance(times_s, in_contact)
    stance = np.stack([_stance_phase(times_s, in_contact[:, k], typical_s) for k in (0, 1)], axis=1)
    trailing = np.full(len(times_s), -1)
    transfer = np.full(len(times_s), np.nan)
    for start, stop in runs(in_contact[:, 0] & in_contact[:, 1]):
        behind = int(np.mean(stance[start:stop, 1]) > np.mean(stance[start:stop, 0]))
        begin, end = _span(times_s, start, stop, DOUBLE_SHARE * typical_s)
        if end - begin <= _LONGEST_DOUBLE * DOUBLE_SHARE * typical_s:
            trailing[start:stop] = behind
            transfer[start:stop] = (times_s[start:stop] - begin) / (end - begin)
    return [
        GaitPhase(s, int(b) if b >= 0 else None, float(t))
        for s, b, t in zip(stance, trailing, transfer, strict=True)
    ]


def _period(times_s: Array) -> float:
    return float(np.median(np.diff(times_s)))


def _typical_stance(times_s: Array, in_contact: Flags) -> float:
    durations = [
        times_s[stop] - times_s[start]
        for foot in (0, 1)
        for start, stop in runs(in_contact[:, foot])
        if start > 0 and stop < len(times_s)
    ]
    steps = [d for d in durations if _STANCE_RANGE_S[0] <= d <= _STANCE_RANGE_S[1]]
    return float(np.median(steps)) if steps else TYPICAL_STANCE_S


def _span(times_s: Array, start: int, stop: int, typical_s: float) -> tuple[float, float]:
    """Begin and end of a run [s], stretched to its typical length where the recording cuts it."""
    begin, end = times_s[start], times_s[stop - 1] + _period(times_s)
    if start == 0 and stop < len(times_s):
        begin = min(begin, end - typical_s)
    elif stop == len(times_s) and start > 0:
        end = max(end, begin + typical_s)
    return float(begin), float(end)


def _stance_phase(times_s: Array, on: Flags, typical_s: float) -> Array:
    phase = np.full(len(times_s), np.nan)
    for start, stop in runs(on):
        begin, end = _span(times_s, start, stop, typical_s)
        times = times_s[start:stop]
        if end - begin <= _LONGEST * typical_s:
            phase[start:stop] = (times - begin) / (end - begin)
            continue
        # Standing in between two steps: begins like a step, rests, ends like a step.
        after_begin = np.inf if start == 0 else (times - begin) / typical_s
        before_end = np.inf if stop == len(on) else (end - times) / typical_s
        phase[start:stop] = np.where(
            np.asarray(before_end) < 0.5, 1.0 - before_end, np.minimum(after_begin, 0.5)
        )
    return phase


class GaitClock:
    """Live phases: time since landing over the duration of the steps seen so far."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._on = [False, False]
        self._landed_s = [_NAN, _NAN]  # NaN: stood there from the beginning
        self._stance_s = TYPICAL_STANCE_S
        self._double_s = DOUBLE_SHARE * TYPICAL_STANCE_S
        self._double_began_s = _NAN

    def update(self, time_s: float, in_contact: Flags) -> GaitPhase:
        """Phases at a time [s], given the contact of right and left sole (2,)."""
        on, was_on = in_contact.tolist(), self._on
        if all(on) and not all(was_on):
            self._double_began_s = time_s if any(was_on) else _NAN
        for foot in (0, 1):
            if was_on[foot] and not on[foot]:
                self._learn(time_s, foot)
            elif on[foot] and not was_on[foot]:
                self._landed_s[foot] = time_s if any(was_on) else _NAN
        self._on = on
        stance = [self._stance(time_s, foot) for foot in (0, 1)]
        trailing, transfer = self._transfer(time_s)
        return GaitPhase(np.array(stance), trailing, transfer)

    def _stance(self, time_s: float, foot: int) -> float:
        if not self._on[foot]:
            return _NAN
        elapsed = (time_s - self._landed_s[foot]) / self._stance_s
        return min(elapsed, 1.0) if math.isfinite(elapsed) else 0.5

    def _learn(self, time_s: float, foot: int) -> None:
        lasted_s = time_s - self._landed_s[foot]
        if _STANCE_RANGE_S[0] <= lasted_s <= _STANCE_RANGE_S[1]:
            self._stance_s += _MEMORY * (lasted_s - self._stance_s)
        double_s = time_s - self._double_began_s
        if all(self._on) and 0.0 < double_s <= _LONGEST_DOUBLE * self._double_s:
            self._double_s += _MEMORY * (double_s - self._double_s)

    def _transfer(self, time_s: float) -> tuple[int | None, float]:
        phase = (time_s - self._double_began_s) / self._double_s
        if not all(self._on) or not phase <= _LONGEST_DOUBLE:
            return None, _NAN
        right_s, left_s = (-math.inf if math.isnan(s) else s for s in self._landed_s)
        return int(left_s < right_s), min(phase, 1.0)
