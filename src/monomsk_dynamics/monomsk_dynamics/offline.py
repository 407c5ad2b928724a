"""Dynamics of a whole recording, without lag: the same solver as live, with hindsight.

Hindsight means zero-lag smoothing, complete stance phases, a second pass over double support, in
which the trailing foot's forward force follows from its value at the landing of the other foot
(Ren, Jones, Howard 2008), and a motion whose own derivatives obey the equations of motion
(consistent_motion.py).
"""

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.assemble import Instant, body_dynamics, solved_frame
from monomsk_dynamics.consistency import consistency_error
from monomsk_dynamics.consistent_motion import explained, make_consistent
from monomsk_dynamics.contact import Contact, ContactDetector, FloorHeight, sole_motion
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.force_solver import GRAVITY_M_S2, ForceSolution, ForceSolver, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms, evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase, offline_phases
from monomsk_dynamics.load_sharing import ForcePrior, LoadPrior, LoadSharing, trailing_shear
from monomsk_dynamics.options import ContactOptions, DynamicsOptions
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.support import SupportModel, supported_frames
from monomsk_dynamics.uncertainty import Uncertainty

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_NV = 37


def analyze_motion(
    skeleton: Skeleton,
    stamps_ns: Stamps,
    q: Array,
    options: DynamicsOptions | None = None,
    sigma_q: Array | None = None,
) -> list[BodyDynamics]:
    """Find the torques and ground forces behind a recorded motion.

    Args:
        skeleton: The person's.
        stamps_ns: Strictly increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        options: Settings of every stage.
        sigma_q: Standard deviations (n, 37) or (37,) in tangent space [m, rad]; None or NaN:
            those of marker-based motion capture.

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
            skeleton, options, replace(motion, a=slow.a), (sigmas[own], sigma_v[own], sigma_a[own])
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
    ) -> None:
        self._skeleton = skeleton
        self._options = options
        self._motion = motion
        self._sigma_q, self._sigma_v, self._sigma_a = sigmas
        self._feet = FootGeometry.of(skeleton)
        self._solver = ForceSolver(self._feet, skeleton.mass_kg, options.solver)
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
        priors = self._beside_supports(terms, contacts, priors, floor_m)
        solutions = self._solve(terms, priors, phases)
        moved = make_consistent(
            self._skeleton,
            self._motion,
            [solution.point_forces for solution in solutions],
            self._weight,
            self._options.consistent_motion,
            np.array([solution.support for solution in solutions]),
        )
        terms, solutions = moved.terms, explained(moved, solutions)
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
    ) -> list[LoadPrior]:
        """The same priors, with another support where the soles cannot explain the motion."""
        model = SupportModel(self._feet, self._skeleton.mass_kg, self._options.support)
        evidence = [
            model.evidence(frame, a, contact.in_contact, floor_m)
            for frame, a, contact in zip(terms, self._motion.a, contacts, strict=True)
        ]
        supported = supported_frames(model, self._motion.times_s, evidence)
        return [
            model.with_support(prior, one) if there else prior
            for prior, one, there in zip(priors, evidence, supported, strict=True)
        ]

    def _observation(self, k: int) -> Observation:
        return Observation(self._motion.a[k], self._sigma_a[k])

    def _solve(
        self, terms: list[FrameTerms], priors: list[LoadPrior], phases: list[GaitPhase]
    ) -> list[ForceSolution]:
        """Solve all frames, then double support once more with the trailing foot's shear."""
        solutions = [
            self._solver.solve(frame, self._observation(k), priors[k])
            for k, frame in enumerate(terms)
        ]
        for k, expected in self._trailing_shears(priors, phases, solutions):
            priors[k] = priors[k].with_forces((expected,))
            solutions[k] = self._solver.solve(terms[k], self._observation(k), priors[k])
        for k, force in self._balanced_forces(terms, priors, solutions):
            sigma = self._options.load_sharing.momentum_sigma * self._weight
            priors[k] = priors[k].with_total(force, sigma)
            solutions[k] = self._solver.solve(terms[k], self._observation(k), priors[k])
        return solutions

    def _balanced_forces(
        self, terms: list[FrameTerms], priors: list[LoadPrior], solutions: list[ForceSolution]
    ) -> list[tuple[int, Array]]:
        """Total forces (3,) [N] of supported frames, their slow part that of the momentum."""
        supported = np.flatnonzero(
            [prior.in_contact.any() and prior.support is None for prior in priors]
        )
        if not len(supported):
            return []
        found = np.array([solutions[k].point_forces.sum(axis=0) for k in supported])
        observed = np.array([terms[k].external_force(self._motion.a[k]) for k in supported])
        window_s = self._options.load_sharing.momentum_window_s
        excess = moving_mean(self._motion.times_s[supported], found - observed, window_s)
        return list(zip(supported.tolist(), found - excess, strict=True))

    def _trailing_shears(
        self, priors: list[LoadPrior], phases: list[GaitPhase], solutions: list[ForceSolution]
    ) -> list[tuple[int, ForcePrior]]:
        options = self._options.load_sharing
        sigma = options.trailing_shear_sigma * self._weight
        expected: list[tuple[int, ForcePrior]] = []
        at_landing = None
        for k, (before, now) in enumerate(pairwise(phases), start=1):
            if now.trailing is None:
                at_landing = None
                continue
            if before.trailing is None and not np.isfinite(before.stance).all():
                points = self._feet.points[now.trailing]
                force = solutions[k - 1].point_forces[points].sum(axis=0)
                at_landing = float(force @ priors[k - 1].heading[:, 0])
            if at_landing is not None:
                share = trailing_shear(now.transfer, options.share_phase_shift)
                target = np.array([at_landing * share, 0.0, 0.0])
                spread = np.array([sigma, np.inf, np.inf])
                expected.append((k, ForcePrior(now.trailing, target, spread, in_heading=True)))
        return expected

    def _instant(
        self,
        k: int,
        terms: FrameTerms,
        contact: Contact,
        prior: LoadPrior,
        solution: ForceSolution,
    ) -> Instant:
        observed = self._observation(k)
        tau_variance, force_variance = self._uncertainty.of_forces(terms, observed, prior, solution)
        if np.isfinite(self._sigma_q[k]).any():
            tau_variance += self._uncertainty.sensitivity(terms, solution).variance(
                np.nan_to_num(self._sigma_q[k]), np.nan_to_num(self._sigma_v[k])
            )
        stamp_ns = int(self._motion.stamps_ns[k])
        return Instant(stamp_ns, terms, contact, solution, tau_variance, force_variance)

    def _assemble(self, instants: list[Instant], per_frame_s: float) -> list[BodyDynamics]:
        frames = [solved_frame(instant) for instant in instants]
        span = self._options.consistency.frames
        return [
            body_dynamics(
                instant,
                self._feet,
                consistency_error(self._skeleton, frames[max(0, k - span) : k + 1]),
                {"frame": per_frame_s},
            )
            for k, instant in enumerate(instants)
        ]


def floor_height(
    terms: list[FrameTerms], feet: FootGeometry, velocity: Array, options: ContactOptions
) -> float:
    """Where the soles rest [m]: the median height of the lower of the slow soles.

    Kinematics of another skeleton can leave the soles some centimetres off the floor z = 0. A
    recording without a resting sole has its floor at 0.
    """
    detector = ContactDetector(options)
    heights: list[float] = []
    for frame, going in zip(terms, velocity, strict=True):
        motion = sole_motion(frame, feet)
        strike, _ = detector.thresholds(float(np.hypot(*going)))
        resting = (motion.sole_speed < strike) & (np.abs(motion.height) < FloorHeight.RANGE_M)
        if resting.any():
            heights.append(float(motion.height[resting].min()))
    return float(np.median(heights)) if heights else 0.0


def moving_mean(times_s: Array, values: Array, window_s: float) -> Array:
    """Mean of values (n, k) around each time, weighted by a Gaussian of that width [s]."""
    first = np.searchsorted(times_s, times_s - 3.0 * window_s)
    last = np.searchsorted(times_s, times_s + 3.0 * window_s, side="right")
    means = []
    for time_s, low, high in zip(times_s, first, last, strict=True):
        weights = np.exp(-0.5 * ((times_s[low:high] - time_s) / window_s) ** 2)
        means.append(weights @ values[low:high] / weights.sum())
    return np.array(means)


def mean_velocity(terms: list[FrameTerms], times_s: Array, window_s: float) -> Array:
    """Horizontal pelvis velocity (n, 2) averaged over a window around each frame [m/s]."""
    velocities = np.array([frame.pelvis_velocity_world[:2] for frame in terms])
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(velocities, axis=0)])
    first = np.searchsorted(times_s, times_s - 0.5 * window_s)
    last = np.searchsorted(times_s, times_s + 0.5 * window_s, side="right")
    mean: Array = (sums[last] - sums[first]) / (last - first)[:, None]
    return mean
