"""One run of a recording: expected loads, forces of each frame, a motion that obeys them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.assemble import Instant, body_dynamics, solved_frame
from monomsk_dynamics.balance import Balance
from monomsk_dynamics.consistency import consistency_error
from monomsk_dynamics.consistent_motion import ConsistentMotion, explained, make_consistent
from monomsk_dynamics.contact import Contact
from monomsk_dynamics.filter_options import per_group
from monomsk_dynamics.force_solver import ForceSolution, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.frame_balance import frame_balances
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.load_expectations import ExpectedLoads, LoadExpectations, leg_sigma_rad
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.motion_fit import Beliefs
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import SmoothMotion
from monomsk_dynamics.uncertainty import Uncertainty

Array = NDArray[np.float64]

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class GivenMotion:
    """What is known of a run of n frames.

    Attributes:
        motion: Smoothed; its accelerations more than its positions.
        sigma_q: Standard deviations of configurations (n, 37) [m, rad]; NaN: motion capture,
        sigma_v: of velocities,
        sigma_a: and of accelerations.
        cutoff_hz: Of the positions' smoothing [Hz].
        sightings: From where a camera saw the frames; None: none did.
    """

    motion: SmoothMotion
    sigma_q: Array
    sigma_v: Array
    sigma_a: Array
    cutoff_hz: float
    sightings: Sightings | None


class RecordingRun:
    """Solves one uninterrupted run of frames.

    Args:
        skeleton: The person's.
        options: Settings of every stage.
        given: What is known of the frames.
        progress: Called during an optimisation with windows done and windows in all.
        transformer: Shares the load of two feet in gait; None: the curves of load_sharing.py.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        options: DynamicsOptions,
        given: GivenMotion,
        progress: Progress = no_progress,
        transformer: InverseDynamicsTransformer | None = None,
    ) -> None:
        self._skeleton = skeleton
        self._options = options
        self._motion, self._cutoff_hz = given.motion, given.cutoff_hz
        self._sigma_q, self._sigma_v = given.sigma_q, given.sigma_v
        self._sigma_a, self._sightings = given.sigma_a, given.sightings
        self._progress = progress
        self._feet = FootGeometry.of(skeleton)
        self._expectations = LoadExpectations(skeleton, self._feet, options, transformer)
        self._weight = skeleton.mass_kg * GRAVITY_M_S2
        self._uncertainty = Uncertainty(skeleton, self._feet)

    def results(self) -> list[BodyDynamics]:
        """Solve every frame."""
        start_s = time.perf_counter()
        motion, start, supported = self._motion, None, None
        for _ in range(self._rounds()):
            # Contacts and expected loads are those of the motion found so far.
            expected = self._expectations.of(motion, self._sigma_q, supported)
            balance = Balance(
                self._feet, self._skeleton.mass_kg, motion, self._sigma_a, self._options
            )
            solutions = balance.solve(expected.terms, expected.priors, expected.phases)
            moved, solutions = self._consistent(balance, expected, solutions, start)
            motion, start, supported = moved.motion, moved.coefficients, expected.supported
        instants = [
            self._instant(
                (k, balance.observation(k)),
                moved.terms[k],
                expected.contacts[k],
                expected.priors[k],
                solutions[k],
            )
            for k in range(len(solutions))
        ]
        per_frame_s = (time.perf_counter() - start_s) / len(instants)
        return self._assemble(instants, per_frame_s, expected.floor_m)

    def _rounds(self) -> int:
        """How often contacts are found: motion capture shows them at once."""
        seen = np.isfinite(self._sigma_q).all() and self._options.offline_solver == "balance"
        return self._options.consistent_motion.rounds if seen else 1

    def _consistent(
        self,
        balance: Balance,
        expected: ExpectedLoads,
        solutions: list[ForceSolution],
        start: Array | None,
    ) -> tuple[ConsistentMotion, list[ForceSolution]]:
        """The motion that the forces explain, or motion and forces optimised together."""
        if self._options.offline_solver == "optimization":
            # Only this solver needs CasADi.
            from monomsk_dynamics.optimization import optimize_run

            return optimize_run(
                self._skeleton, balance, self._motion, (expected.priors, solutions),
                self._options, self._progress,
            )  # fmt: skip
        options = self._options.consistent_motion
        sigma = np.repeat([options.force_sigma, options.moment_sigma_m], 3) * self._weight
        loads = [
            (self._bearing(prior, solution), balance.solver.vertical_load(solution.rows, prior))
            for prior, solution in zip(expected.priors, solutions, strict=True)
        ]
        balances = frame_balances(
            self._feet, expected.terms, loads, sigma, self._options.solver, self._weight,
            options.expectation_trust(leg_sigma_rad(self._sigma_q)),
        )  # fmt: skip
        moved = make_consistent(
            self._skeleton, self._motion, balances, self._beliefs(solutions), self._cutoff_hz,
            options, start,
        )  # fmt: skip
        return moved, explained(moved, solutions)

    def _bearing(self, prior: LoadPrior, solution: ForceSolution) -> LoadPrior:
        """The expected loads, in motion capture without a foot that touches but bears nothing."""
        if self._rounds() > 1:
            return prior
        upright = solution.point_forces[self._feet.points, 2].sum(axis=1)
        return replace(prior, in_contact=prior.in_contact & (upright > 0.0))

    def _beliefs(self, solutions: list[ForceSolution]) -> Beliefs:
        """How the motion may be moved, its soles standing as firmly as they are loaded."""
        usual = per_group(*self._options.consistent_motion.sigma)
        own = self._options.smoothing.noise_share * self._sigma_q
        upright = np.array([solution.point_forces[:, 2] for solution in solutions])
        return Beliefs(
            sigma=np.where(np.isfinite(own), own, usual),
            acceleration_sigma=self._sigma_a,
            held=np.maximum(upright, 0.0) / self._weight,
            sightings=self._sightings,
        )

    def _instant(
        self,
        which: tuple[int, Observation],
        terms: FrameTerms,
        contact: Contact,
        prior: LoadPrior,
        solution: ForceSolution,
    ) -> Instant:
        k, observed = which
        tau_variance, force_variance = self._uncertainty.of_forces(terms, observed, prior, solution)
        if np.isfinite(self._sigma_q[k]).any():
            tau_variance += self._uncertainty.sensitivity(terms, solution).variance(
                np.nan_to_num(self._sigma_q[k]), np.nan_to_num(self._sigma_v[k])
            )
        stamp_ns = int(self._motion.stamps_ns[k])
        return Instant(stamp_ns, terms, contact, solution, tau_variance, force_variance)

    def _assemble(
        self, instants: list[Instant], per_frame_s: float, floor_m: float
    ) -> list[BodyDynamics]:
        frames = [solved_frame(instant) for instant in instants]
        armature_kg_m2 = self._options.consistency.armature_kg_m2
        return [
            body_dynamics(
                instant,
                self._feet,
                consistency_error(
                    self._skeleton, frames[self._simulated_from(k) : k + 1], armature_kg_m2
                ),
                {"frame": per_frame_s},
                floor_m,
            )
            for k, instant in enumerate(instants)
        ]

    def _simulated_from(self, k: int) -> int:
        """The frame from which a simulation leads to frame k."""
        check, times_s = self._options.consistency, self._motion.times_s
        in_horizon = int(np.searchsorted(times_s, times_s[k] - check.horizon_s))
        return max(0, k - check.frames, min(in_horizon, k - 1))
