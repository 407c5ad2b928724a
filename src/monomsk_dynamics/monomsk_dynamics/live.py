"""Dynamics as the states come: filter, contact, forces, check, within a few milliseconds.

A state takes hundreds of small products and sums, whose overhead decides how long it lasts. So the
modules behind multiply with `dot`, which costs half of `@` for a few numbers, and treat pairs of
feet as plain floats where there is little to compute. `sum`, `max` and `any` cost several times
as much as `dot` and `count_nonzero`.
"""

import math
import time

import numpy as np
from numpy.typing import NDArray

from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.assemble import Instant, body_dynamics, solved_frame
from monomsk_dynamics.errors import DivergedError, ShapeError
from monomsk_dynamics.force_solver import ForceSolver, Observation
from monomsk_dynamics.frame import FootGeometry, evaluate_frame
from monomsk_dynamics.gait_departure import ToeSample
from monomsk_dynamics.live_consistency import RollingConsistency
from monomsk_dynamics.live_contact import LiveContact
from monomsk_dynamics.live_uncertainty import LiveUncertainty
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.state_filter import FilteredState, ManifoldFilter, ResetReason
from monomsk_dynamics.uncertainty import Uncertainty

Array = NDArray[np.float64]


class LiveDynamics:
    """Torques and ground forces of one person, state by state.

    Not thread-safe: it shares the skeleton's buffers.

    Args:
        skeleton: The person's.
        options: Settings of every stage.

    Attributes:
        reset_reason: Why the last update forgot the past, or None if it did not.
        toes: How the toes moved at the last update, for the gait tracker; None before.
    """

    def __init__(self, skeleton: Skeleton, options: DynamicsOptions | None = None) -> None:
        options = options or DynamicsOptions()
        feet = FootGeometry.of(skeleton)
        self._skeleton = skeleton
        self._feet = feet
        self._filter = ManifoldFilter(options.filter)
        self._contact = LiveContact(skeleton, feet, options)
        self._use(options)
        self._uncertainty = LiveUncertainty(Uncertainty(skeleton, feet))
        self._consistency = RollingConsistency(skeleton, options.consistency)
        self.reset_reason: ResetReason | None = None
        self.toes: ToeSample | None = None

    def _use(self, options: DynamicsOptions) -> None:
        self._options = options
        self._solver = ForceSolver(self._feet, self._skeleton.mass_kg, options.solver)
        self._acceleration_sigma = options.solver.acceleration_sigmas()

    def adopt(self, options: DynamicsOptions) -> None:
        """Take other options from the next state on; what is known of the motion stays."""
        before = self._options
        self._filter.adopt(options.filter)
        self._contact.adopt(options)
        self._use(options)
        if options.consistency != before.consistency:
            self._consistency = RollingConsistency(self._skeleton, options.consistency)

    def reset(self) -> None:
        """Forget the past."""
        self._filter.reset()
        self._forget_steps()

    def _forget_steps(self) -> None:
        self._contact.reset()
        self._uncertainty.reset()
        self._consistency.reset()

    def update(self, state: BodyState) -> BodyDynamics:
        """Take in one state.

        The result belongs to the state's stamp. A jump back in time or a long gap resets the
        filters, see `reset_reason`.

        Raises:
            StampError: The state repeats or is slightly older than the previous one.
            ShapeError: The state is no person's, see `ManifoldFilter.update`; it changes nothing.
            SolverError: The quadratic programme failed.
            DivergedError: The numbers left every range, as absurd states make them; the past is
                forgotten.
        """
        timings = _Timings()
        filtered = self._filter.update(state.stamp_ns, state.q, state.sigma_q)
        self.reset_reason = filtered.reset
        if filtered.reset is not None:
            self._forget_steps()
        timings.mark("filter")
        try:
            result = self._solve(state, filtered, timings)
        except (np.linalg.LinAlgError, ShapeError):
            self.reset()
            raise DivergedError(state.stamp_ns) from None
        tau, residual = result.tau, result.root_residual
        if not math.isfinite(tau.dot(tau) + residual.dot(residual)):
            self.reset()
            raise DivergedError(state.stamp_ns)
        return result

    def _solve(
        self, state: BodyState, filtered: FilteredState, timings: "_Timings"
    ) -> BodyDynamics:
        """Everything after the filter."""
        terms = evaluate_frame(self._skeleton, filtered.q, filtered.v)
        timings.mark("model")
        expected = self._contact.update(state, terms, filtered.a)
        self.toes, prior = expected.toes, expected.prior
        timings.mark("contact")
        observed = self._observation(state, filtered)
        solution = self._solver.solve(terms, observed, prior)
        timings.mark("solver")
        spread = self._uncertainty.update(terms, observed, prior, solution)
        tau_variance = spread.torques(filtered.sigma_q, filtered.sigma_v)
        timings.mark("uncertainty")
        instant = Instant(
            state.stamp_ns, terms, expected.contact, solution, tau_variance, spread.forces
        )
        error_rad = self._consistency.update(solved_frame(instant))
        timings.mark("consistency")
        floor_m = 0.5 * sum(expected.floor_m.tolist())
        return body_dynamics(instant, self._feet, error_rad, timings.total(), floor_m)

    def _observation(self, state: BodyState, filtered: FilteredState) -> Observation:
        sigma_a = self._options.filter.acceleration_sigma_scale * filtered.sigma_a
        sigma = np.hypot(sigma_a, self._acceleration_sigma)
        return Observation(filtered.a, sigma, state.torque_prior, state.torque_prior_sigma)


class _Timings:
    """Seconds between marks."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._stages: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        now = time.perf_counter()
        self._stages[stage] = now - self._last
        self._last = now

    def total(self) -> dict[str, float]:
        """All stages and their sum, `total`."""
        return {**self._stages, "total": self._last - self._start}
