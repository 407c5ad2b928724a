"""Dynamics of a whole recording, without lag: the same solver as live, with hindsight.

Hindsight means zero-lag smoothing, complete stance phases, a second pass over double support, in
which the trailing foot's forward force follows from its value at the landing of the other foot
(Ren, Jones, Howard 2008), and a motion whose own derivatives obey the equations of motion
(consistent_motion.py).
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.assemble import Instant, body_dynamics, solved_frame
from monomsk_dynamics.balance import Balance
from monomsk_dynamics.consistency import consistency_error
from monomsk_dynamics.consistent_motion import ConsistentMotion, explained, make_consistent
from monomsk_dynamics.contact import Contact, ContactDetector, sole_motion
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.force_solver import GRAVITY_M_S2, ForceSolution
from monomsk_dynamics.frame import FootGeometry, FrameTerms, evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase, offline_phases
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.learned_sharing import with_expectation
from monomsk_dynamics.load_sharing import LoadPrior, LoadSharing
from monomsk_dynamics.offline_terms import floor_height, mean_velocity
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.pressure_calibration import calibrate_pressure
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.support import SupportModel, supported_frames
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
) -> list[BodyDynamics]:
    """Find the torques and ground forces behind a recorded motion.

    Args:
        skeleton: The person's.
        stamps_ns: Strictly increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        options: Settings of every stage.
        sigma_q: Standard deviations (n, 37) or (37,) in tangent space [m, rad]; None or NaN:
            those of marker-based motion capture.
        progress: Called during an optimisation with how many windows of a run are done, and how
            many it has.
        transformer: Shares the load of two feet in gait; None: the curves of load_sharing.py.

    Returns:
        One result a frame. Frames in runs too short to differentiate have none: compare stamps.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, or `q` holds NaN.
        TooShortError: No run of frames is long enough.
        SolverError: The quadratic programme of a frame failed.
    """
    options = options or DynamicsOptions()
    stamps_ns = np.asarray(stamps_ns, dtype=np.int64)
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
        run = _Run(
            skeleton,
            options,
            replace(motion, a=slow.a),
            (sigmas[own], sigma_v[own], sigma_a[own]),
            progress,
            transformer,
        )
        results.extend(run.results())
    return results


def _sigmas(sigma_q: Array | None, count: int) -> Array:
    if sigma_q is None:
        return np.full((count, _NV), np.nan)
    given = np.asarray(sigma_q, dtype=float)
    if given.shape not in ((_NV,), (count, _NV)):
        raise ShapeError("sigma_q", f"shape {given.shape}, expected ({count}, {_NV}) or ({_NV},)")
    return np.broadcast_to(given, (count, _NV))


def _acceleration_sigmas(sigmas: Array, cutoff_hz: float, options: DynamicsOptions) -> Array:
    """Standard deviations of the observed accelerations (n, 37): never below the default."""
    from_noise = options.smoothing.acceleration_sigma(np.nan_to_num(sigmas), cutoff_hz)
    return np.hypot(from_noise, options.solver.acceleration_sigmas())


class _Run:
    """One uninterrupted run of frames."""

    def __init__(
        self,
        skeleton: Skeleton,
        options: DynamicsOptions,
        motion: SmoothMotion,
        sigmas: tuple[Array, Array, Array],
        progress: Progress = _no_progress,
        transformer: InverseDynamicsTransformer | None = None,
    ) -> None:
        self._skeleton = skeleton
        self._options = options
        self._motion = motion
        self._sigma_q, self._sigma_v, self._sigma_a = sigmas
        self._progress = progress
        self._transformer = transformer
        self._feet = FootGeometry.of(skeleton)
        self._balance = Balance(self._feet, skeleton.mass_kg, motion, self._sigma_a, options)
        self._weight = skeleton.mass_kg * GRAVITY_M_S2
        self._uncertainty = Uncertainty(skeleton, self._feet)

    def results(self) -> list[BodyDynamics]:
        """Solve every frame."""
        start_s = time.perf_counter()
        terms = [
            evaluate_frame(self._skeleton, q, v)
            for q, v in zip(self._motion.q, self._motion.v, strict=True)
        ]
        velocity = mean_velocity(terms, self._motion.times_s, self._options.contact.speed_window_s)
        floor_m = floor_height(terms, self._feet, velocity, self._options.contact)
        contacts = self._contacts(terms, velocity, floor_m)
        phases = offline_phases(
            self._motion.times_s, np.array([contact.in_contact for contact in contacts])
        )
        sharing = LoadSharing(self._feet, self._weight, self._options.load_sharing)
        priors = [
            sharing.prior(frame, contact.in_contact, phase, going, floor_m)
            for frame, contact, phase, going in zip(terms, contacts, phases, velocity, strict=True)
        ]
        priors = self._beside_supports(terms, contacts, priors, floor_m, velocity)
        walking = [sharing.walking_weight(float(np.hypot(*going))) for going in velocity]
        priors = self._calibrated(terms, priors, phases, velocity, walking)
        priors = self._learned(priors, walking, floor_m)
        solutions = self._balance.solve(terms, priors, phases)
        moved, solutions = self._consistent(priors, solutions)
        terms = moved.terms
        instants = [
            self._instant(k, terms[k], contacts[k], priors[k], solutions[k])
            for k in range(len(terms))
        ]
        per_frame_s = (time.perf_counter() - start_s) / len(instants)
        return self._assemble(instants, per_frame_s)

    def _contacts(self, terms: list[FrameTerms], velocity: Array, floor_m: float) -> list[Contact]:
        detector = ContactDetector(self._options.contact)
        speeds = np.linalg.norm(velocity, axis=1)
        unknown = np.full(2, np.nan)
        return [
            detector.update(
                time_s,
                sole_motion(frame, self._feet, floor_m),
                speed,
                unknown,
                frame.external_force(a)[2] / self._weight,
            )
            for time_s, frame, speed, a in zip(
                self._motion.times_s, terms, speeds, self._motion.a, strict=True
            )
        ]

    def _beside_supports(
        self,
        terms: list[FrameTerms],
        contacts: list[Contact],
        priors: list[LoadPrior],
        floor_m: float,
        velocity: Array,
    ) -> list[LoadPrior]:
        """The same priors, with another support where the soles cannot explain the motion."""
        hip_height_m = float(np.median([frame.hip_center[2] for frame in terms])) - floor_m
        options = self._options.support.for_noise(self._leg_sigma_rad(), hip_height_m)
        model = SupportModel(self._feet, self._skeleton.mass_kg, options)
        evidence = [
            model.evidence(frame, a, contact.in_contact, floor_m)
            for frame, a, contact in zip(terms, self._motion.a, contacts, strict=True)
        ]
        still = np.hypot(*velocity.T) < options.seated_speed_m_s
        supported = supported_frames(model, self._motion.times_s, evidence) & still
        return [
            model.with_support(prior, one) if there else prior
            for prior, one, there in zip(priors, evidence, supported, strict=True)
        ]

    def _leg_sigma_rad(self) -> float:
        """Median standard deviation of the legs' angles; NaN for motion capture."""
        legs = self._sigma_q[:, 6:20]
        return float(np.median(legs)) if np.isfinite(legs).all() else float("nan")

    def _calibrated(
        self,
        terms: list[FrameTerms],
        priors: list[LoadPrior],
        phases: list[GaitPhase],
        velocity: Array,
        walking: list[float],
    ) -> list[LoadPrior]:
        """The same priors with the centre of pressure where this person's runs in gait."""
        options = self._options.pressure_calibration
        speed = float(np.median(np.linalg.norm(velocity, axis=1)))
        calibration = calibrate_pressure(
            [
                frame
                for frame, weight in zip(
                    zip(terms, self._motion.a, priors, phases, strict=True), walking, strict=True
                )
                if weight > 0.5
            ],
            self._motion.times_s,
            self._weight,
            options,
            running=speed > options.running_speed_m_s,
        )
        return [
            calibration.of(prior, phase, weight)
            for prior, phase, weight in zip(priors, phases, walking, strict=True)
        ]

    def _learned(
        self, priors: list[LoadPrior], walking: list[float], floor_m: float
    ) -> list[LoadPrior]:
        """The same priors with the transformer's opinion of gait."""
        if self._transformer is None or not any(walking):
            return priors
        motion, sigmas_m = self._motion, self._sigma_q[:, :3]
        known = np.isfinite(sigmas_m)
        sigma_m = float(np.median(sigmas_m[known])) if known.any() else float("nan")
        expected = self._transformer.expect(
            motion.times_s, (motion.q, motion.v, motion.a), floor_m, sigma_m
        )
        return with_expectation(priors, expected, walking)

    def _consistent(
        self, priors: list[LoadPrior], solutions: list[ForceSolution]
    ) -> tuple[ConsistentMotion, list[ForceSolution]]:
        """The motion that the forces explain, or motion and forces optimised together."""
        if self._options.offline_solver == "optimization":
            # Only this solver needs CasADi.
            from monomsk_dynamics.optimization import optimize_run

            return optimize_run(
                self._skeleton, self._balance, self._motion, (priors, solutions), self._options,
                self._progress,
            )  # fmt: skip
        moved = make_consistent(
            self._skeleton,
            self._motion,
            [solution.point_forces for solution in solutions],
            self._weight,
            self._options.consistent_motion,
            np.array([solution.support for solution in solutions]),
        )
        return moved, explained(moved, solutions)

    def _instant(
        self,
        k: int,
        terms: FrameTerms,
        contact: Contact,
        prior: LoadPrior,
        solution: ForceSolution,
    ) -> Instant:
        observed = self._balance.observation(k)
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
