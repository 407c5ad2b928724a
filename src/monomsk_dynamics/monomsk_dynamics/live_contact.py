"""What is expected of the contacts at one live instant: who bears load, how, and on what floor."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.body_state import BodyState
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.contact import (
    Contact,
    ContactDetector,
    StandingLevel,
    WalkingSpeed,
    sole_motion,
)
from monomsk_dynamics.floor_plane import BeltVelocity, FloorPlane
from monomsk_dynamics.frame import SIDES, FootGeometry, FrameTerms
from monomsk_dynamics.gait_departure import ToeSample
from monomsk_dynamics.gait_phase import GaitClock
from monomsk_dynamics.inverse_dynamics_transformer import load_transformer
from monomsk_dynamics.live_sharing import LiveSharing
from monomsk_dynamics.load_sharing import LoadPrior, LoadSharing, given_forces
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.support import SupportModel, SupportTracker

Array = NDArray[np.float64]

#: Floor and other supports change slowly: they are looked at in turn, each every so many states.
_ROUND = 3


def _belt(options: DynamicsOptions) -> BeltVelocity | None:
    ground = options.ground
    return BeltVelocity(ground.belt_speed_m_s) if ground.treadmill else None


@dataclass(frozen=True)
class Expectation:
    """Of one instant.

    Attributes:
        contact: Of the soles.
        prior: Of the loads.
        toes: How they move, for the gait tracker.
        floor_m: Height of the floor below each sole (2,) [m].
    """

    contact: Contact
    prior: LoadPrior
    toes: ToeSample
    floor_m: Array


class LiveContact:
    """Follows contact, floor, gait phase and other supports of one person.

    Args:
        skeleton: The person's.
        feet: Of the skeleton.
        options: Of every stage.
    """

    def __init__(self, skeleton: Skeleton, feet: FootGeometry, options: DynamicsOptions) -> None:
        self._feet = feet
        self._mass_kg = skeleton.mass_kg
        self._weight_n = skeleton.mass_kg * GRAVITY_M_S2
        toes = [7 + skeleton.coordinate_index(f"mtp_angle_{side}") for side in SIDES]
        self._toe_joints = np.array(toes)
        self._floor = FloorPlane()
        self._clock = GaitClock()
        self._detector = ContactDetector(options.contact)
        self._standing = StandingLevel(options.contact.clearance_m)
        self._speed = WalkingSpeed(options.contact.speed_window_s)
        self._belt = _belt(options)
        self._skeleton = skeleton
        self._learned: LiveSharing | None = None
        self._use(options)
        self._support = SupportTracker(self._support_model)
        self.reset()

    def _use(self, options: DynamicsOptions) -> None:
        self._options = options
        self._sharing = LoadSharing(self._feet, self._weight_n, options.load_sharing)
        self._support_model = SupportModel(self._feet, self._mass_kg, options.support)
        wanted = options.load_sharing.learned_live
        if not wanted:
            self._learned = None
        elif self._learned is None:
            transformer = load_transformer(self._skeleton)
            self._learned = LiveSharing(transformer) if transformer else None

    def adopt(self, options: DynamicsOptions) -> None:
        """Take other options; what is known of contact, floor, supports and gait stays."""
        before = self._options
        if options == before:
            return
        self._detector.adopt(options.contact)
        self._standing.reach_m = options.contact.clearance_m
        if options.contact.speed_window_s != before.contact.speed_window_s:
            self._speed = WalkingSpeed(options.contact.speed_window_s)
        if options.ground != before.ground:
            self._belt = _belt(options)
            # On a belt nobody tells the network of the motion: what it saw before is no past.
            if self._learned is not None:
                self._learned.reset()
        self._use(options)
        self._support.adopt(self._support_model)

    def reset(self) -> None:
        """Forget the past."""
        stages = (self._detector, self._standing, self._speed, self._floor, self._clock)
        for stage in (*stages, self._support):
            stage.reset()
        if self._belt is not None:
            self._belt.reset()
        if self._learned is not None:
            self._learned.reset()
        self._updates = 0

    @property
    def belt_velocity(self) -> Array:
        """Of a treadmill's belt (2,) [m/s]; zero on the floor."""
        return np.zeros(2) if self._belt is None else self._belt.velocity

    def update(self, state: BodyState, terms: FrameTerms, acceleration: Array) -> Expectation:
        """Take in one instant.

        Args:
            state: With what perception expects.
            terms: Kinematics of the filtered state.
            acceleration: Filtered tangent acceleration (37,).
        """
        time_s = state.stamp_ns * 1e-9
        over_floor, pelvis_velocity = terms, terms.pelvis_velocity_world
        if self._belt is not None:
            belt = np.append(self._belt.velocity, 0.0)
            over_floor = replace(terms, point_velocities=terms.point_velocities - belt)
            pelvis_velocity = pelvis_velocity - belt
        velocity = self._speed.update(time_s, pelvis_velocity)
        floor_m = self._floor.heights_m(terms.calcaneus_positions[:, :2])
        motion = sole_motion(over_floor, self._feet, floor_m)
        level_m = self._standing.update(time_s, motion, float(terms.q[2] - floor_m.mean()))
        floor_m = floor_m + level_m
        motion = replace(motion, height=motion.height - level_m)
        speed = math.hypot(*velocity.tolist())
        load = float(terms.external_force(acceleration)[2]) / self._weight_n
        contact = self._detector.update(time_s, motion, speed, state.contact_probability, load)
        self._updates += 1
        self._follow_ground(time_s, terms, contact)
        phase = self._clock.update(time_s, contact.in_contact)
        prior = self._sharing.prior(terms, contact.in_contact, phase, velocity, floor_m)
        # The network saw nobody on a belt.
        if self._learned is not None and self._belt is None:
            gait = self._sharing.walking_weight(speed), float(floor_m.mean())
            scale = self._options.load_sharing.learned_sigma_scale
            prior = self._learned.update(state, terms, acceleration, prior, gait, scale)
        prior = prior.with_forces(
            given_forces(state.sole_force_prior, state.sole_force_prior_sigma)
        )
        if speed < self._support_model.options.seated_speed_m_s:
            prior = self._beside_support(time_s, terms, acceleration, prior, floor_m)
        else:
            self._support.reset()
        carried = np.zeros(2) if self._belt is None else self._belt.way_m
        angles = terms.q.take(self._toe_joints)
        toes = ToeSample(state.stamp_ns, motion.toe_speed, angles, speed, carried)
        return Expectation(contact, prior, toes, floor_m)

    def _follow_ground(self, time_s: float, terms: FrameTerms, contact: Contact) -> None:
        if self._updates % _ROUND == 1:
            heights = terms.points[self._feet.points, 2]
            lowest = terms.points[self._feet.points[(0, 1), heights.argmin(axis=1)]]
            self._floor.update(time_s, lowest, contact.in_contact)
        if self._belt is not None:
            soles = self._feet.means[:2] @ terms.point_velocities[:, :2]
            facing = terms.rotation_world_pelvis[:2, 0]
            self._belt.update(time_s, soles, contact.in_contact, facing)

    def _beside_support(
        self,
        time_s: float,
        terms: FrameTerms,
        acceleration: Array,
        prior: LoadPrior,
        floor_m: Array,
    ) -> LoadPrior:
        """The same expectation, with another support where the soles cannot explain the motion."""
        if not self._support.active and self._updates % _ROUND:
            return prior
        floor = float(floor_m.mean())
        evidence = self._support_model.evidence(terms, acceleration, prior.in_contact, floor)
        if self._support.update(time_s, evidence):
            return self._support_model.with_support(prior, evidence)
        return prior
