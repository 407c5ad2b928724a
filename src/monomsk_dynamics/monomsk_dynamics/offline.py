"""Dynamics of a whole recording, without lag: the same solver as live, with hindsight.

Hindsight means zero-lag smoothing, complete stance phases, a second pass over double support, in
which the trailing foot's forward force follows from its value at the landing of the other foot
(Ren, Jones, Howard 2008), and a motion whose own derivatives obey the equations of motion
(consistent_motion.py).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.floor_frame import FloorFrame
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.noisy_recording import denoised, options_for
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.recorded_floor import recording_floor
from monomsk_dynamics.recording_run import GivenMotion, Progress, RecordingRun, no_progress
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import check_recording, smooth_motion

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_NV = 37


def analyze_motion(
    skeleton: Skeleton,
    stamps_ns: Stamps,
    q: Array,
    options: DynamicsOptions | None = None,
    sigma_q: Array | None = None,
    progress: Progress = no_progress,
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
            The solver "optimization" does not look at them.

    Returns:
        One result a frame. Frames in runs too short to differentiate have none: compare stamps.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, `q` holds NaN, or `sigma_q` zeros.
        TooShortError: No run of frames is long enough.
        SolverError: The quadratic programme of a frame failed.
    """
    options = options or DynamicsOptions()
    stamps_ns = np.asarray(stamps_ns, dtype=np.int64)
    check_recording(stamps_ns, q)
    if sightings is not None and len(sightings) != len(stamps_ns):
        raise ShapeError("sightings", f"of {len(sightings)} frames, expected {len(stamps_ns)}")
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
        found = denoised(skeleton, stamps_ns, q, options)
        q, sigmas = found.q, _sigmas(found.sigma, len(stamps_ns))
        options, pelvis_sigma_m = options_for(found.sigma, options), found.pelvis_sigma_m
    else:
        sigmas = _sigmas(sigma_q, len(stamps_ns))
        known = sigmas[:, :3][np.isfinite(sigmas[:, :3])]
        pelvis_sigma_m = float(np.median(known)) if known.size else float("nan")
    smoothing = options.smoothing
    cutoff_hz, acceleration_cutoff_hz = smoothing.cutoffs_hz(pelvis_sigma_m)
    runs = smooth_motion(stamps_ns, q, cutoff_hz, smoothing.max_gap_s)
    accelerations = smooth_motion(stamps_ns, q, acceleration_cutoff_hz, smoothing.max_gap_s)
    sigma_v = smoothing.velocity_sigma(sigmas, cutoff_hz)
    sigma_a = _acceleration_sigmas(sigmas, acceleration_cutoff_hz, options)
    results: list[BodyDynamics] = []
    for motion, slow in zip(runs, accelerations, strict=True):
        own = np.searchsorted(stamps_ns, motion.stamps_ns)
        given = GivenMotion(
            replace(motion, a=slow.a),
            sigmas[own],
            sigma_v[own],
            sigma_a[own],
            cutoff_hz,
            sightings.at(own) if sightings is not None else None,
        )
        run = RecordingRun(skeleton, options, given, progress, transformer)
        results.extend(run.results())
    return results


def _moved(sightings: Sightings, world: FloorFrame) -> Sightings:
    """The same in the world of a floor."""
    return replace(sightings, camera_positions=world.places(sightings.camera_positions))


def _sigmas(sigma_q: Array, count: int) -> Array:
    given = np.asarray(sigma_q, dtype=float)
    if given.shape not in ((_NV,), (count, _NV)):
        raise ShapeError("sigma_q", f"shape {given.shape}, expected ({count}, {_NV}) or ({_NV},)")
    if (given <= 0.0).any() or np.isinf(given).any():
        raise ShapeError("sigma_q", "must be positive, NaN where nothing is known")
    return np.broadcast_to(given, (count, _NV))


def _acceleration_sigmas(sigmas: Array, cutoff_hz: float, options: DynamicsOptions) -> Array:
    """Standard deviations of the observed accelerations (n, 37): never below the default."""
    from_noise = options.smoothing.acceleration_sigma(np.nan_to_num(sigmas), cutoff_hz)
    return np.hypot(from_noise, options.solver.acceleration_sigmas())
