"""The person of a simulated device follows estimates: what a camera saw, a little later."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

_NANOSECONDS = 1e-9
#: A motion that waited for late samples catches up at this speed: nobody jumps.
_CATCH_UP = 1.5
#: Faster than a person: the samples belong to different motions [m/s, rad/s].
_FASTEST_M_S, _FASTEST_RAD_S = 6.0, 25.0


@dataclass(frozen=True, eq=False)
class MotionSample:
    """The person at one image.

    Attributes:
        stamp_ns: Of the image [ns].
        q: Configuration (38,).
        v: Velocity (37,).
    """

    stamp_ns: int
    q: Array
    v: Array


class FollowedPerson:
    """A motion between samples that came at camera rate.

    Args:
        skeleton: The person's.
        max_gap_s: Samples further apart belong to different motions [s].
        memory_s: How long samples are kept [s].
    """

    def __init__(self, skeleton: Skeleton, max_gap_s: float = 0.25, memory_s: float = 1.0) -> None:
        self._skeleton = skeleton
        self._max_gap_s = max_gap_s
        self._memory_s = memory_s
        self._samples: deque[MotionSample] = deque()
        self._played_ns: int | None = None

    def add(self, sample: MotionSample) -> bool:
        """Take in a sample; True: a new motion begins with it."""
        last = self._samples[-1] if self._samples else None
        gap_s = (sample.stamp_ns - last.stamp_ns) * _NANOSECONDS if last else 0.0
        begins = last is None or not 0.0 <= gap_s <= self._max_gap_s
        begins = begins or (last is not None and gap_s > 0.0 and self._leaps(last, sample, gap_s))
        if begins:
            self._samples.clear()
            self._played_ns = None
        elif gap_s == 0.0:
            return False
        self._samples.append(sample)
        while (sample.stamp_ns - self._samples[0].stamp_ns) * _NANOSECONDS > self._memory_s:
            self._samples.popleft()
        return begins

    def _leaps(self, last: MotionSample, sample: MotionSample, gap_s: float) -> bool:
        rates = self._skeleton.difference(last.q, sample.q) / gap_s
        too_far = float(np.linalg.norm(rates[:3])) > _FASTEST_M_S
        return too_far or float(np.abs(rates[6:]).max()) > _FASTEST_RAD_S

    def is_last(self, time_ns: int) -> bool:
        """Whether nothing later is known: the person rests there."""
        return bool(self._samples) and time_ns >= self._samples[-1].stamp_ns

    def play(self, wanted_ns: int, step_s: float) -> int | None:
        """The time to show next [ns]: the wanted one, unless samples were late; None: no samples.

        Args:
            wanted_ns: The time that should be shown [ns].
            step_s: Since the last call [s].
        """
        if not self._samples:
            return None
        shown_ns = min(wanted_ns, self._samples[-1].stamp_ns)
        if self._played_ns is not None:
            furthest_ns = self._played_ns + round(_CATCH_UP * step_s * 1e9)
            shown_ns = max(self._played_ns, min(shown_ns, furthest_ns))
        self._played_ns = shown_ns
        return shown_ns

    def at(self, time_ns: int) -> tuple[Array, Array] | None:
        """Configuration (38,) and velocity (37,) at a time [ns]; at rest beyond the samples.

        None: there are no samples.
        """
        if not self._samples:
            return None
        first, last = self._samples[0], self._samples[-1]
        if time_ns >= last.stamp_ns:
            return last.q, np.zeros_like(last.v)
        if time_ns <= first.stamp_ns:
            return first.q, np.zeros_like(first.v)
        later = next(k for k, sample in enumerate(self._samples) if sample.stamp_ns > time_ns)
        return self._between(self._samples[later - 1], self._samples[later], time_ns)

    def _between(
        self, before: MotionSample, after: MotionSample, time_ns: int
    ) -> tuple[Array, Array]:
        """Cubic in tangent coordinates at the earlier sample, with both samples' velocities."""
        span_s = (after.stamp_ns - before.stamp_ns) * _NANOSECONDS
        s = (time_ns - before.stamp_ns) * _NANOSECONDS / span_s
        whole = self._skeleton.difference(before.q, after.q)
        start, end = span_s * before.v, span_s * after.v
        moved = (s - 2 * s**2 + s**3) * start + (3 * s**2 - 2 * s**3) * whole
        moved += (s**3 - s**2) * end
        rate = (1 - 4 * s + 3 * s**2) * start + 6 * (s - s**2) * whole + (3 * s**2 - 2 * s) * end
        return self._skeleton.integrate(before.q, moved), rate / span_s
