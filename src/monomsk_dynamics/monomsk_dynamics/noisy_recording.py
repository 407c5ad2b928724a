"""Recordings of unknown quality: noise estimated, and noisy gait moved until loaded soles rest.

Under noise the momentum is the worst witness: the inverse-dynamics transformer has heard it and
weighed it by the noise it was told of, so that its forces count more and the momentum less, and the
centre of pressure stays tied to the foot.

Motion capture passes unchanged. Standard deviations that come with a recording are believed, and
its motion is taken as it is: who estimated them has used the floor already.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.floor_frame import lean
from monomsk_dynamics.frame import FootGeometry, evaluate_frame
from monomsk_dynamics.gait_phase import offline_phases
from monomsk_dynamics.load_sharing import LoadPrior, LoadSharing
from monomsk_dynamics.motion_noise import estimated_sigma
from monomsk_dynamics.offline_terms import floor_height, mean_velocity
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.recorded_contact import recorded_contacts
from monomsk_dynamics.resting_soles import RestOptions, rest_soles
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

#: A sole point rests the less the further it is from the centre of pressure, as a share of the
#: foot's length; between these phases of stance the whole sole is flat.
_REACH = 0.5
_FLAT_PHASES = (0.15, 0.5)
_FLAT_WEIGHT = 0.7
#: Phases over which a landing sole comes to rest and a leaving one ceases to.
_LANDING, _LEAVING = 0.08, 0.15
_EDGE = 0.03
_LEAST_WEIGHT = 0.05

#: What becomes of the options under noise. Chosen on HC002D, HC031A and mocap_walking_3d with
#: networks that had not seen them: deviations of the network's forces and of the centre of pressure
#: as shares of what they are in motion capture, and the residual that may remain [body weights,
#: body weights times metres].
_LEARNED_SCALE, _PRESSURE_SCALE = 0.4, 0.4
_RESIDUAL = (0.01, 0.003)
#: What resting soles leave of the error of the pelvis' height, on which the forces depend most: 3
#: to 6 mm of 6 to 8 in turns of HC002D, HC031A and HC036A.
_LEFT_BY_REST = 0.6


@dataclass(frozen=True)
class Denoised:
    """A recording of n frames, better if it was noisy.

    Attributes:
        q: Configurations (n, 38) [m, rad].
        sigma: Standard deviations of what was recorded (37,) [m, rad]; NaN: motion capture.
        pelvis_sigma_m: Of the pelvis' place in `q`, as smoothing should know it [m]; NaN likewise.
    """

    q: Array
    sigma: Array
    pelvis_sigma_m: float


def options_for(sigma: Array, options: DynamicsOptions) -> DynamicsOptions:
    """Settings for a recording of estimated standard deviations (37,); NaN: motion capture."""
    if not np.isfinite(sigma).all():
        return options
    sharing, consistent = options.load_sharing, options.consistent_motion
    forward, sideways = sharing.walking_cop_sigma_m
    return replace(
        options,
        load_sharing=replace(
            sharing,
            walking_cop_sigma_m=(_PRESSURE_SCALE * forward, _PRESSURE_SCALE * sideways),
            learned_sigma_scale=_LEARNED_SCALE * sharing.learned_sigma_scale,
        ),
        # A person's own path of pressure is drowned in a single recording's noise.
        pressure_calibration=replace(options.pressure_calibration, gains=(0.0, 0.0)),
        consistent_motion=replace(
            consistent, force_sigma=_RESIDUAL[0], moment_sigma_m=_RESIDUAL[1], rounds=1
        ),
    )


def denoised(skeleton: Skeleton, stamps_ns: Stamps, q: Array, options: DynamicsOptions) -> Denoised:
    """Estimate the noise of a recording, and take from noisy gait what resting soles tell of it.

    Args:
        skeleton: The person's.
        stamps_ns: Strictly increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        options: Settings of every stage.
    """
    gap_s = options.smoothing.max_gap_s
    rest = RestOptions()
    # Smoothing also checks what comes in.
    runs = smooth_motion(stamps_ns, q, rest.cutoff_hz, gap_s)
    sigma = _sigma(stamps_ns, q, runs)
    if not np.isfinite(sigma).all():
        return Denoised(q, sigma, float("nan"))
    cutoff_hz = options.smoothing.cutoffs_hz(float(sigma[0]))[1]
    slow = smooth_motion(stamps_ns, q, cutoff_hz, gap_s)
    better, rested = q.copy(), False
    for motion, slower in zip(runs, slow, strict=True):
        run = replace(motion, a=slower.a)
        weights, floor_m = _resting(skeleton, run, options)
        if weights.any():
            rows = np.searchsorted(stamps_ns, motion.stamps_ns)
            better[rows] = rest_soles(skeleton, run, (weights, floor_m), sigma, rest)
            rested = True
    left = _LEFT_BY_REST if rested else 1.0
    return Denoised(better, sigma, left * float(sigma[0]))


def _sigma(stamps_ns: Stamps, q: Array, runs: list[SmoothMotion]) -> Array:
    """Of the longest run."""
    longest = max(runs, key=lambda run: len(run.stamps_ns))
    rows = np.searchsorted(stamps_ns, longest.stamps_ns)
    return estimated_sigma(longest.stamps_ns, q[rows])


def _resting(
    skeleton: Skeleton, motion: SmoothMotion, options: DynamicsOptions
) -> tuple[Array, float]:
    """How surely every sole point rests (n, 16), and the floor's height [m]."""
    feet = FootGeometry.of(skeleton)
    weight_n = skeleton.mass_kg * GRAVITY_M_S2
    terms = [evaluate_frame(skeleton, *row) for row in zip(motion.q, motion.v, strict=True)]
    velocity = mean_velocity(terms, motion.times_s, options.contact.speed_window_s)
    floor_m = floor_height(terms, feet, velocity, options)
    contacts = recorded_contacts(
        motion, terms, feet, (velocity, floor_m), weight_n, options.contact
    )
    loaded = np.array([contact.in_contact for contact in contacts])
    phases = offline_phases(motion.times_s, loaded)
    sharing = LoadSharing(feet, weight_n, options.load_sharing, lean(skeleton))
    weights = np.zeros((len(terms), feet.points.size))
    for k, (frame, phase) in enumerate(zip(terms, phases, strict=True)):
        # Somebody who stands has no phases of stance, whatever noise makes of it.
        if sharing.walking_weight(float(np.hypot(*velocity[k]))) <= 0.0:
            continue
        for foot in np.flatnonzero(loaded[k] & np.isfinite(phase.stance)):
            prior = sharing.prior(frame, loaded[k], phase, velocity[k], floor_m)
            own = feet.points[foot]
            weights[k, own] = _weights(
                frame.points[own], prior, int(foot), float(phase.stance[foot]), feet
            )
    return weights, floor_m


def _weights(
    points: Array, prior: LoadPrior, foot: int, stance: float, feet: FootGeometry
) -> Array:
    """Of the points (8, 3) of one loaded sole."""
    along = (points - prior.center_of_pressure[foot]) @ prior.foot_axes[foot][:, 0]
    near = np.exp(-0.5 * (along / (_REACH * feet.length_m[foot])) ** 2)
    if _FLAT_PHASES[0] < stance < _FLAT_PHASES[1]:
        near = np.maximum(near, _FLAT_WEIGHT)
    edge = min((stance - _EDGE) / _LANDING, (1.0 - _EDGE - stance) / _LEAVING, 1.0)
    weights = max(edge, 0.0) * near
    return np.where(weights > _LEAST_WEIGHT, weights, 0.0)
