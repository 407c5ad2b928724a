"""The proof by forward simulation, live: one step a frame, a new value every few frames.

The scheme is Kutta's of third order (1901), whose last stage also begins the next step, a little
off its velocity. On a walk at 30 Hz that costs hundredths of a degree beside a fine integration:
far less than the filter's lag, which is what the check shows live.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.consistency import (
    ForwardDynamics,
    SolvedFrame,
    accelerated,
    distance,
    has_diverged,
)
from monomsk_dynamics.options import ConsistencyOptions

Array = NDArray[np.float64]


class _State(NamedTuple):
    """Of a simulation: configuration (38,), velocity (37,) and acceleration (37,)."""

    q: Array
    v: Array
    a: Array


class _Step(NamedTuple):
    """A step but for the acceleration at its end, which only a next step asks for.

    Attributes:
        begin: Where it began.
        middle_a: Acceleration in its middle (37,).
        duration_s: How long it is [s].
        end_q: Configuration that it leads to (38,).
    """

    begin: _State
    middle_a: Array
    duration_s: float
    end_q: Array

    @property
    def early_v(self) -> Array:
        """Velocity (37,) of the scheme's last stage, roughly that at the end."""
        _, v, a = self.begin
        early: Array = v + self.duration_s * (2.0 * self.middle_a - a)
        return early

    def end(self, a: Array) -> _State:
        """Where it leads, given the acceleration (37,) there."""
        _, v, begin_a = self.begin
        mean_a = (begin_a + 4.0 * self.middle_a + a) / 6.0
        return _State(self.end_q, v + self.duration_s * mean_a, a)


class RollingConsistency:
    """Follows the newest frames by simulation, from one of them until the horizon, time and again.

    Args:
        skeleton: The person's.
        options: How far a simulation goes.
    """

    def __init__(self, skeleton: Skeleton, options: ConsistencyOptions | None = None) -> None:
        self._options = options or ConsistencyOptions()
        self._dynamics = ForwardDynamics(skeleton, self._options.armature_kg_m2)
        self._integrate = skeleton.integrate
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._begin: _State | None = None
        self._began_s = self._time_s = 0.0
        self._drive = np.zeros(0)
        self._steps = 0
        self._error_rad = float("nan")

    def update(self, frame: SolvedFrame) -> float:
        """The latest error [rad] after one more frame; NaN until the first simulation ended."""
        drive = self._dynamics.drive(frame)
        if self._begin is None:
            self._start(frame, drive)
            return self._error_rad
        step = self._step(self._begin, frame.time_s - self._time_s, 0.5 * (self._drive + drive))
        self._steps += 1
        self._time_s, self._drive = frame.time_s, drive
        if self._is_last() or has_diverged(step.early_v):
            self._error_rad = distance(frame.q, step.end_q, step.early_v)
            self._start(frame, drive)
        else:
            self._begin = step.end(self._acceleration(step.end_q, step.early_v, drive))
        return self._error_rad

    def _start(self, frame: SolvedFrame, drive: Array) -> None:
        if frame.mass_matrix is None or frame.bias is None:
            a = self._acceleration(frame.q, frame.v, drive)
        else:
            mass = self._dynamics.with_armature(frame.mass_matrix)
            a = accelerated(mass, drive - frame.bias)
        self._begin = _State(frame.q, frame.v, a)
        self._time_s = self._began_s = frame.time_s
        self._drive, self._steps = drive, 0

    def _step(self, begin: _State, h: float, drive: Array) -> _Step:
        """A step over a time h [s], given what drives in its middle (37,)."""
        q, v, a = begin
        q2 = self._integrate(q, 0.5 * h * (v + 0.25 * h * a))
        a2 = self._acceleration(q2, v + 0.5 * h * a, drive)
        q3 = self._integrate(q, h * (v + (h / 6.0) * (a + 2.0 * a2)))
        return _Step(begin, a2, h, q3)

    def _acceleration(self, q: Array, v: Array, drive: Array) -> Array:
        return self._dynamics.acceleration(self._dynamics.mass_matrix(q), q, v, drive)

    def _is_last(self) -> bool:
        """After its frames, or so long that another one would exceed the longest horizon."""
        elapsed_s = self._time_s - self._began_s
        next_s = elapsed_s * (self._steps + 1) / self._steps
        return self._steps >= self._options.frames or next_s > self._options.horizon_s
