"""Dynamics of a whole recording, without lag: the same solver as live, with hindsight.

Hindsight means zero-lag smoothing, complete stance phases, a second pass over double support, in
which the trailing foot's forward force follows from its value at the landing of the other foot
(Ren, Jones, Howard 2008), and a motion whose own derivatives obey the equations of motion
(consistent_motion.py).
"""

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
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.filter_options import per_group
from monomsk_dynamics.floor_frame import FloorFrame
from monomsk_dynamics.force_solver import ForceSolution, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.frame_balance import frame_balances
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.load_expectations import ExpectedLoads, LoadExpectations, leg_sigma_rad
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.motion_fit import Beliefs
from monomsk_dynamics.noisy_recording import denoised, options_for
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.recorded_floor import recording_floor
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import SmoothMotion, check_recording, smooth_motion
from monomsk_dynamics.uncertainty import Uncertainty

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_NV = 37

Progress = Callable[[int, int], None]


def _no_progress(done: int, total: int) -> None:
    """Tells nobody."""


def analyze_motion(
    skeleton: Skeleton,
    stamps_ns: Stamps,
    q: Array,
    options: DynamicsOptions | None = None,
    sigma_q: Array | None = None,
    progress: Progress = _no_progress,
    transformer: InverseDynamicsTransformer | None = None,
    sightings: Sightings | None = None,
) -> list[BodyDynamics]:
    """Find the torques and ground forces behind a recorded motion.

    Args:
        skeleton: The person's.
        stamps_ns: Strictly increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        options: Settings of every stage.
        sigma_q: Standard deviations (n, 37) or (37,) in tangent space [m, rad]; None: estimated
            from the motion; NaN: those of marker-based motion capture.
        progress: Called during an optimisation with how many windows of a run are done, and how
            many it has.
        transformer: Shares the load of two feet in gait; None: the curves of load_sharing.py.
        sightings: From where a camera saw the n frames: the motion keeps its image; None: none did.

    Returns:
        One result a frame. Frames in runs too short to differentiate have none: compare stamps.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, or `q` holds NaN.
        TooShortError: No run of frames is long enough.
        SolverError: The quadratic programme of a frame failed.
    """
    options = options or DynamicsOptions()
    stamps_ns = np.asarray(stamps_ns, dtype=np.int64)
    check_recording(stamps_ns, q)
    floor = recording_floor(skeleton, stamps_ns, q, options, sigma_q)
    if not floor.is_elsewhere:
        return _analyze_level(
            skeleton, stamps_ns, q, options, sigma_q, progress, transformer, sightings
        )
    world = FloorFrame(floor)
    leaning = world.skeleton(skeleton)
    results = _analyze_level(
        leaning, stamps_ns, world.configurations(q), world.options(options), sigma_q, progress,
        transformer and transformer.of(leaning), sightings and _moved(sightings, world),
    )  # fmt: skip
    return [world.in_world(result) for result in results]


def _analyze_level(
    skeleton: Skeleton,
    stamps_ns: Stamps,
    q: Array,
    options: DynamicsOptions,
    sigma_q: Array | None,
    progress: Progress,
    transformer: InverseDynamicsTransformer | None,
    sightings: Sightings | None,
) -> list[BodyDynamics]:
    """The same for a floor that is level at height zero."""
    if sigma_q is None:
        q, sigma_q = denoised(skeleton, stamps_ns, q, options)
        options = options_for(sigma_q, options)
    sigmas = _sigmas(sigma_q, len(stamps_ns))
    smoothing = options.smoothing
    known = sigmas[:, :3][np.isfinite(sigmas[:, :3])]
    pelvis_sigma_m = float(np.median(known)) if known.size else float("nan")
    cutoff_hz, acceleration_cutoff_hz = smoothing.cutoffs_hz(pelvis_sigma_m)
    runs = smooth_motion(stamps_ns, q, cutoff_hz, smoothing.max_gap_s)
    accelerations = smooth_motion(stamps_ns, q, acceleration_cutoff_hz, smoothing.max_gap_s)
    sigma_v = smoothing.velocity_sigma(sigmas, cutoff_hz)
    sigma_a = _acceleration_sigmas(sigmas, acceleration_cutoff_hz, options)
    results: list[BodyDynamics] = []
    for motion, slow in zip(runs, accelerations, strict=True):
        own = np.searchsorted(stamps_ns, motion.stamps_ns)
        given = _Given(
            replace(motion, a=slow.a),
            sigmas[own],
            sigma_v[own],
            sigma_a[own],
            cutoff_hz,
            sightings.at(own) if sightings is not None else None,
        )
        run = _Run(skeleton, options, given, progress, transformer)
        results.extend(run.results())
    return results


def _moved(sightings: Sightings, world: FloorFrame) -> Sightings:
    """The same in the world of a floor."""
    return replace(sightings, camera_positions=world.places(sightings.camera_positions))


def _sigmas(sigma_q: Array, count: int) -> Array:
    given = np.asarray(sigma_q, dtype=float)
    if given.shape not in ((_NV,), (count, _NV)):
        raise ShapeError("sigma_q", f"shape {given.shape}, expected ({count}, {_NV}) or ({_NV},)")
    return np.broadcast_to(given, (count, _NV))


def _acceleration_sigmas(sigmas: Array, cutoff_hz: float, options: DynamicsOptions) -> Array:
    """Standard deviations of the observed accelerations (n, 37): never below the default."""
    from_noise = options.smoothing.acceleration_sigma(np.nan_to_num(sigmas), cutoff_hz)
    return np.hypot(from_noise, options.solver.acceleration_sigmas())


@dataclass(frozen=True)
class _Given:
    """What is known of n frames: smoothed motion, standard deviations (n, 37), the camera."""

    motion: SmoothMotion
    sigma_q: Array
    sigma_v: Array
    sigma_a: Array
    cutoff_hz: float
    sightings: Sightings | None


class _Run:
    """One uninterrupted run of frames."""

    def __init__(
        self,
        skeleton: Skeleton,
        options: DynamicsOptions,
        given: _Given,
        progress: Progress = _no_progress,
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
        return self._assemble(instants, per_frame_s)

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

    def _assemble(self, instants: list[Instant], per_frame_s: float) -> list[BodyDynamics]:
        frames = [solved_frame(instant) for instant in instants]
        check = self._options.consistency
        return [
            body_dynamics(
                instant,
                self._feet,
                consistency_error(
                    self._skeleton,
                    frames[max(0, k - check.frames) : k + 1],
                    check.armature_kg_m2,
                ),
                {"frame": per_frame_s},
            )
            for k, instant in enumerate(instants)
        ]
