"""Where the person will be: the body model forward from the last estimate, a short way."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monomsk_assist.estimate import Estimate
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

_ROOT_Q, _ROOT_V = 7, 6

#: Forces of the estimate, held, explain the motion for about this long; the accelerations that
#: they cause fade with this time constant, and so does the motion itself afterwards [s]. Chosen on
#: the measured walk `mocap_walking_3d` with noise, through the live filter, 50 to 120 ms ahead:
#: forces held for longer were up to 1.4 times as far off at knee and ankle.
FORCE_MEMORY_S = 0.05
MOTION_MEMORY_S = 0.05
#: No joint of a person turns faster [rad/s].
_FASTEST_RAD_S = 30.0
#: A simulation that leaves the ranges of the coordinates by more than this is implausible [rad].
_BEYOND_RANGE_RAD = 0.2


class Stepper(Protocol):
    """Takes a motion from one time to the next."""

    def start(self, estimate: Estimate) -> tuple[Array, Array]:
        """Coordinates (n,) [rad] and rates (n,) [rad/s] of an estimate, where the steps begin."""
        ...

    def step(self, period_s: float) -> tuple[Array, Array]:
        """Coordinates and rates one period [s] further."""
        ...


def coast(ahead_s: float) -> tuple[float, float]:
    """How a motion that nothing drives dies away.

    Args:
        ahead_s: How much later [s].

    Returns:
        For how long the rate at the beginning would have to last to lead as far [s], and the
        share of that rate that is left.
    """
    left = math.exp(-ahead_s / MOTION_MEMORY_S)
    return MOTION_MEMORY_S * (1.0 - left), left


class ForwardStepper:
    """Forward dynamics with the torques and sole forces of the estimate, by midpoint steps.

    The generalised forces (joint torques, and those of the soles and of the root residual) are
    those of the estimate, see `FORCE_MEMORY_S`. Where the simulation leaves what a person can do,
    the rest is kinematic.

    Args:
        skeleton: The person's; not shared with another thread.

    Attributes:
        is_kinematic: Whether the present prediction gave the simulation up.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._lower = skeleton.lower_limits - _BEYOND_RANGE_RAD
        self._upper = skeleton.upper_limits + _BEYOND_RANGE_RAD
        self.is_kinematic = False

    def start(self, estimate: Estimate) -> tuple[Array, Array]:
        """See `Stepper`."""
        self._q, self._v = estimate.q, estimate.v
        self._time_s = 0.0
        # With the contacts and the residual, the equations of motion hold: what drives the
        # estimate's acceleration is their sum with the joint torques.
        self._force = self._skeleton.inverse_dynamics(estimate.q, estimate.v, estimate.a)
        q, v = estimate.q[_ROOT_Q:], estimate.v[_ROOT_V:]
        self._lower_now = np.minimum(self._lower, q)
        self._upper_now = np.maximum(self._upper, q)
        self.is_kinematic = not bool(np.isfinite(self._force).all())
        return q, v

    def step(self, period_s: float) -> tuple[Array, Array]:
        """See `Stepper`."""
        if not self.is_kinematic:
            q, v = self._midpoint(period_s)
            if self._is_plausible(q, v):
                self._q, self._v = q, v
                self._time_s += period_s
                return q[_ROOT_Q:], v[_ROOT_V:]
            self.is_kinematic = True
        lasts_s, left = coast(period_s)
        self._q = self._q.copy()
        self._q[_ROOT_Q:] += lasts_s * self._v[_ROOT_V:]
        self._v = left * self._v
        return self._q[_ROOT_Q:], self._v[_ROOT_V:]

    def _midpoint(self, period_s: float) -> tuple[Array, Array]:
        half = 0.5 * period_s
        skeleton, q, v = self._skeleton, self._q, self._v
        v_half = v + half * self._acceleration(q, v, self._time_s)
        q_half = skeleton.integrate(q, half * v)
        a_half = self._acceleration(q_half, v_half, self._time_s + half)
        return skeleton.integrate(q, period_s * v_half), v + period_s * a_half

    def _acceleration(self, q: Array, v: Array, time_s: float) -> Array:
        share = math.exp(-time_s / FORCE_MEMORY_S)
        driven = self._skeleton.forward_dynamics(q, v, self._force)
        return share * driven - (1.0 - share) / MOTION_MEMORY_S * v

    def _is_plausible(self, q: Array, v: Array) -> bool:
        # Comparisons with NaN are false.
        in_range = (q[_ROOT_Q:] >= self._lower_now) & (q[_ROOT_Q:] <= self._upper_now)
        return bool(in_range.all() and (np.abs(v[_ROOT_V:]) <= _FASTEST_RAD_S).all())
