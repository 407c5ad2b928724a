"""What to expect of the loads of a recording: contacts, phases of gait, priors, other supports."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.contact import Contact
from monomsk_dynamics.floor_frame import lean
from monomsk_dynamics.frame import FootGeometry, FrameTerms, evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase, offline_phases
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.learned_sharing import with_expectation
from monomsk_dynamics.load_sharing import LoadPrior, LoadSharing
from monomsk_dynamics.offline_terms import floor_height, mean_velocity
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.pressure_calibration import calibrate_pressure
from monomsk_dynamics.recorded_contact import recorded_contacts
from monomsk_dynamics.recorded_support import supported_frames
from monomsk_dynamics.smoothing import SmoothMotion
from monomsk_dynamics.support import SupportModel

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Legs that are known no better than this were seen by a camera [rad].
CAMERA_SIGMA_RAD = 0.05


@dataclass(frozen=True)
class ExpectedLoads:
    """What is expected of the n frames of a motion.

    Attributes:
        terms: Kinematics.
        contacts: Of the soles.
        phases: Of gait.
        priors: Expected loads.
        supported: Whether something else than the soles bears load too (n,).
        floor_m: Height of the floor [m].
    """

    terms: list[FrameTerms]
    contacts: list[Contact]
    phases: list[GaitPhase]
    priors: list[LoadPrior]
    supported: Flags
    floor_m: float


class LoadExpectations:
    """Finds them, for one person.

    Args:
        skeleton: The person's.
        feet: Of the skeleton.
        options: Settings of every stage.
        transformer: Shares the load of two feet in gait; None: the curves of load_sharing.py.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        feet: FootGeometry,
        options: DynamicsOptions,
        transformer: InverseDynamicsTransformer | None = None,
    ) -> None:
        self._skeleton, self._feet, self._options = skeleton, feet, options
        self._transformer = transformer
        self._weight = skeleton.mass_kg * GRAVITY_M_S2
        standing = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(skeleton.nv))
        self._standing_hips_m = float(standing.hip_center[2])

    def of(
        self, motion: SmoothMotion, sigma_q: Array, supported: Flags | None = None
    ) -> ExpectedLoads:
        """The expectations of a motion.

        Args:
            motion: n frames.
            sigma_q: Standard deviations (n, 37) [m, rad]; NaN unknown.
            supported: Frames (n,) whose supports were recognised before this motion was made
                consistent with what bears it.
        """
        terms = [
            evaluate_frame(self._skeleton, q, v) for q, v in zip(motion.q, motion.v, strict=True)
        ]
        velocity = mean_velocity(terms, motion.times_s, self._options.contact.speed_window_s)
        floor_m = floor_height(terms, self._feet, velocity, self._options)
        # A camera tells heights badly: there is no sole too high to stand, the floor is below it.
        from_camera = leg_sigma_rad(sigma_q) > CAMERA_SIGMA_RAD
        options, ground = self._options.contact, (velocity, floor_m)
        if from_camera:
            options = options.before_camera()
        contacts = recorded_contacts(motion, terms, self._feet, ground, self._weight, options)
        phases = offline_phases(
            motion.times_s, np.array([contact.in_contact for contact in contacts])
        )
        sharing = LoadSharing(
            self._feet, self._weight, self._options.load_sharing, lean(self._skeleton)
        )
        priors = [
            sharing.prior(
                frame,
                contact.in_contact,
                phase,
                going,
                frame.points[self._feet.points, 2].min(axis=1) if from_camera else floor_m,
            )
            for frame, contact, phase, going in zip(terms, contacts, phases, velocity, strict=True)
        ]
        if supported is None:
            supported = np.zeros(len(terms), dtype=bool)
        expected = ExpectedLoads(terms, contacts, phases, priors, supported, floor_m)
        expected = self._beside_supports(motion, expected, floor_m, velocity, sigma_q)
        walking = [sharing.walking_weight(float(np.hypot(*going))) for going in velocity]
        priors = self._calibrated(motion, expected, velocity, walking)
        priors = self._learned(motion, priors, walking, floor_m, sigma_q[:, :3])
        return replace(expected, priors=priors)

    def _beside_supports(
        self,
        motion: SmoothMotion,
        expected: ExpectedLoads,
        floor_m: float,
        velocity: Array,
        sigma_q: Array,
    ) -> ExpectedLoads:
        """The same, with another support where the soles cannot explain the motion."""
        terms = expected.terms
        hip_height_m = float(np.median([frame.hip_center[2] for frame in terms])) - floor_m
        options = self._options.support.for_noise(
            leg_sigma_rad(sigma_q), hip_height_m, self._standing_hips_m
        )
        model = SupportModel(self._feet, self._skeleton.mass_kg, options)
        evidence = [
            model.evidence(frame, a, contact.in_contact, floor_m)
            for frame, a, contact in zip(terms, motion.a, expected.contacts, strict=True)
        ]
        still = np.hypot(*velocity.T) < options.seated_speed_m_s
        supported = supported_frames(model, motion.times_s, evidence) & still
        supported |= expected.supported
        priors = [
            model.with_support(prior, one) if there else prior
            for prior, one, there in zip(expected.priors, evidence, supported, strict=True)
        ]
        return replace(expected, priors=priors, supported=supported)

    def _calibrated(
        self,
        motion: SmoothMotion,
        expected: ExpectedLoads,
        velocity: Array,
        walking: list[float],
    ) -> list[LoadPrior]:
        """The same priors with the centre of pressure where this person's runs in gait."""
        options = self._options.pressure_calibration
        speed = float(np.median(np.linalg.norm(velocity, axis=1)))
        frames = zip(expected.terms, motion.a, expected.priors, expected.phases, strict=True)
        calibration = calibrate_pressure(
            [frame for frame, weight in zip(frames, walking, strict=True) if weight > 0.5],
            motion.times_s,
            self._weight,
            options,
            running=speed > options.running_speed_m_s,
        )
        return [
            calibration.of(prior, phase, weight)
            for prior, phase, weight in zip(expected.priors, expected.phases, walking, strict=True)
        ]

    def _learned(
        self,
        motion: SmoothMotion,
        priors: list[LoadPrior],
        walking: list[float],
        floor_m: float,
        sigmas_m: Array,
    ) -> list[LoadPrior]:
        """The same priors with the transformer's opinion of gait."""
        if self._transformer is None or not any(walking):
            return priors
        known = np.isfinite(sigmas_m)
        sigma_m = float(np.median(sigmas_m[known])) if known.any() else float("nan")
        states = (motion.q, motion.v, motion.a)
        expected = self._transformer.expect(motion.times_s, states, floor_m, sigma_m)
        scale = self._options.load_sharing.learned_sigma_scale
        return with_expectation(priors, expected, walking, scale)


def leg_sigma_rad(sigma_q: Array) -> float:
    """Median standard deviation of the legs' angles; NaN for motion capture."""
    legs = sigma_q[:, 6:20]
    return float(np.median(legs)) if np.isfinite(legs).all() else float("nan")
