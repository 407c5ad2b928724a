"""The skeleton of one person: kinematics and rigid-body dynamics over 37 degrees of freedom.

A configuration q (38,) is the pelvis position in the world [m], its quaternion x y z w, and 31
coordinates [rad]. A tangent vector (37,) is the pelvis linear and angular part, both in the
pelvis frame, and 31 coordinates; generalised forces have the same order. World: z up, floor z = 0.
"""

from functools import cache

import numpy as np
import pinocchio as pin

from monomsk_description.anatomy import Anatomy, Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.assembly import assemble
from monomsk_description.body_terms import BodyTerms
from monomsk_description.coupling import ROOT_NQ, ROOT_NV, Coupling, ForceDerivatives, from_upper
from monomsk_description.errors import IncompleteSkeletonError, UnknownNameError
from monomsk_description.frames import Array, to_rep103
from monomsk_description.landmarks import LANDMARK_NAMES, load_landmark_sites, place_landmarks
from monomsk_description.mass_distribution import distribute_mass
from monomsk_description.points import PointSet, PointSetFactory, SegmentSet
from monomsk_description.proportions import check_proportions
from monomsk_description.scaling import scale
from monomsk_description.subject import Subject
from monomsk_description.urdf import to_urdf

PELVIS_TANGENT_NAMES = (
    "pelvis_linear_x", "pelvis_linear_y", "pelvis_linear_z",
    "pelvis_angular_x", "pelvis_angular_y", "pelvis_angular_z",
)  # fmt: skip


def _free_body() -> pin.Model:
    model = pin.Model()
    model.addJoint(0, pin.JointModelFreeFlyer(), pin.SE3.Identity(), "pelvis")
    return model


#: Nothing but the manifold of the pelvis: positions and unit quaternions.
_FREE_BODY = _free_body()


class Skeleton:
    """A scaled skeleton.

    Not thread-safe: every thread builds its own. Returned arrays belong to the caller.

    Attributes:
        subject: Whose skeleton it is.
        anatomy: The scaled anatomy behind it.
        assembly: The rigid-body model and what connects it to the anatomy.
        model: Pinocchio's model, one joint an axis (more axes than coordinates).
        mass_kg: Total mass [kg].
        coordinate_names: The 31 coordinates in order.
        tangent_names: The 37 components of a tangent vector.
        lower_limits, upper_limits: Range of each coordinate [rad], (31,).
        soles: Contact points, 8 right ones, then 8 left ones.
        landmarks: The 33 BlazePose landmarks; those whose segment is missing are left out.
        markers: Skin markers of the anatomy; the shipped one has none.
        joint_centers: The origin of every segment but the pelvis, and the pelvis.
    """

    def __init__(self, subject: Subject, anatomy: Anatomy) -> None:
        self.subject = subject
        self.anatomy = anatomy
        assembly = assemble(anatomy)
        self.assembly = assembly
        self.model: pin.Model = assembly.model
        self.mass_kg: float = anatomy.mass_kg
        self.coordinate_names = assembly.coordinates
        self.tangent_names = PELVIS_TANGENT_NAMES + assembly.coordinates
        self.nq = ROOT_NQ + len(assembly.coordinates)
        self.nv = ROOT_NV + len(assembly.coordinates)
        ranges = np.array([anatomy.coordinate_ranges_rad[n] for n in assembly.coordinates])
        self.lower_limits, self.upper_limits = ranges.T.copy()
        self._data = self.model.createData()
        self._coupling = Coupling(assembly.axes, assembly.coordinates)
        self._segments = assembly.segments
        self._segment_sets: dict[tuple[str, ...], SegmentSet] = {}
        self._sole_frames = [
            (frame.joint, frame.placement * pin.SE3(np.eye(3), to_rep103(site.location_m)))
            for site in anatomy.sole_frames
            for frame in (assembly.segments[site.segment],)
        ]
        point_sets = PointSetFactory(assembly)
        self.soles = point_sets.make(anatomy.sole_points)
        self.landmarks = _landmarks(point_sets, anatomy)
        self.markers = point_sets.make(anatomy.markers)
        self.joint_centers = point_sets.make(
            [Site(name, name, np.zeros(3)) for name in anatomy.segments]
        )

    # Names and configurations -------------------------------------------------------------------

    def coordinate_index(self, name: str) -> int:
        """Index of a coordinate among the 31.

        Raises:
            UnknownNameError: There is no such coordinate.
        """
        try:
            return self.coordinate_names.index(name)
        except ValueError:
            raise UnknownNameError("coordinate", name, self.coordinate_names) from None

    def require_full_body(self) -> None:
        """Makes sure that there are the 37 degrees of freedom and 33 landmarks of the full body.

        Raises:
            IncompleteSkeletonError: Some are missing, as in a model without arms; see `complete`.
        """
        coordinates = _full_body_coordinates()
        if self.coordinate_names != coordinates or self.landmarks.names != LANDMARK_NAMES:
            wanted, present = (*coordinates, *LANDMARK_NAMES), self.coordinate_names
            names = {*present, *self.landmarks.names}
            raise IncompleteSkeletonError(
                self.anatomy.name, tuple(name for name in wanted if name not in names)
            )

    def neutral(self) -> Array:
        """Upright with all coordinates zero, facing x, the soles on the floor: q (38,)."""
        q = np.zeros(self.nq)
        q[6] = 1.0
        q[2] = -self.points(q, self.soles)[:, 2].min()
        return q

    def integrate(self, q: Array, tangent: Array) -> Array:
        """The configuration (38,) reached from q along a tangent vector (37,)."""
        moved = np.empty(self.nq)
        moved[7:] = q[7:] + tangent[6:]
        # Normalised, and in the hemisphere of the quaternion before, so that logs stay continuous.
        moved[:7] = pin.integrate(_FREE_BODY, q[:7], tangent[:6])
        return moved

    def difference(self, q_from: Array, q_to: Array) -> Array:
        """The tangent vector (37,) that leads from one configuration to another."""
        step = pin.difference(_FREE_BODY, q_from[:7], q_to[:7])
        return np.concatenate([step, q_to[7:] - q_from[7:]])

    # Kinematics ---------------------------------------------------------------------------------

    def points(self, q: Array, points: PointSet) -> Array:
        """World positions (n, 3) [m] of a point set."""
        pin.forwardKinematics(self.model, self._data, self._coupling.expand(q).q)
        return points.positions(self._data.oMi)

    def point_jacobians(self, q: Array, points: PointSet) -> Array:
        """Jacobians (n, 3, 37) of the points' world positions over tangent vectors."""
        return self.points_with_jacobians(q, points)[1]

    def points_with_jacobians(self, q: Array, points: PointSet) -> tuple[Array, Array]:
        """World positions (n, 3) [m] and their Jacobians (n, 3, 37)."""
        axes = self._coupling.expand(q)
        pin.computeJointJacobians(self.model, self._data, axes.q)
        positions = points.positions(self._data.oMi)
        spatial = self._coupling.reduce_columns(axes, self._data.J)
        return positions, points.jacobians(positions, spatial)

    def point_velocities(self, q: Array, v: Array, points: PointSet) -> Array:
        """World velocities (n, 3) [m/s] of a point set."""
        return self.point_jacobians(q, points) @ v

    def segment_poses(self, q: Array) -> dict[str, pin.SE3]:
        """Each segment's pose in the world."""
        pin.forwardKinematics(self.model, self._data, self._coupling.expand(q).q)
        joint_poses = self._data.oMi
        return {n: joint_poses[f.joint] * f.placement for n, f in self._segments.items()}

    def segment_set(self, segments: tuple[str, ...]) -> SegmentSet:
        """Some segments whose poses are asked for together, time and again."""
        if segments not in self._segment_sets:
            self._segment_sets[segments] = SegmentSet([self._segments[name] for name in segments])
        return self._segment_sets[segments]

    def sole_poses(self, q: Array) -> tuple[pin.SE3, pin.SE3]:
        """REP-120 sole frames in the world, right and left: x towards the toes, z up."""
        pin.forwardKinematics(self.model, self._data, self._coupling.expand(q).q)
        joint_poses = self._data.oMi
        right, left = (joint_poses[joint] * placement for joint, placement in self._sole_frames)
        return right, left

    def center_of_mass(self, q: Array) -> Array:
        """World position (3,) [m] of the whole body's centre of mass."""
        return np.array(pin.centerOfMass(self.model, self._data, self._coupling.expand(q).q))

    def body_terms(self, q: Array, v: Array) -> BodyTerms:
        """Mass matrix, bias forces, Jacobians and centre of mass, quicker than one by one."""
        axes, data = self._coupling.expand(q), self._data
        v_axes, drift = self._coupling.expand_velocity(axes, v)
        # In this convention it leaves joint poses and Jacobians behind, too.
        pin.crba(self.model, data, axes.q, pin.Convention.WORLD)
        center = pin.centerOfMass(self.model, data, False)
        bias = pin.rnea(self.model, data, axes.q, v_axes, drift)
        gains = self._coupling.gains(axes)
        return BodyTerms(
            mass_matrix=gains.T.dot(from_upper(data.M)).dot(gains),
            bias=self._coupling.reduce_forces(axes, bias),
            columns=data.J.dot(gains),
            joint_poses=data.oMi,
            center_of_mass=np.array(center),
        )

    # Dynamics -----------------------------------------------------------------------------------

    def inverse_dynamics(self, q: Array, v: Array, a: Array) -> Array:
        """Generalised forces (37,) [N, N m] that cause the acceleration a, without contacts."""
        axes = self._coupling.expand(q)
        v_axes, a_axes = self._coupling.expand_motion(axes, v, a)
        tau = pin.rnea(self.model, self._data, axes.q, v_axes, a_axes)
        return self._coupling.reduce_forces(axes, tau)

    def bias_forces(self, q: Array, v: Array) -> Array:
        """Gravity, centrifugal and Coriolis forces (37,): inverse dynamics at a = 0."""
        axes = self._coupling.expand(q)
        v_axes, drift = self._coupling.expand_velocity(axes, v)
        bias = pin.rnea(self.model, self._data, axes.q, v_axes, drift)
        return self._coupling.reduce_forces(axes, bias)

    def mass_matrix(self, q: Array) -> Array:
        """Mass matrix (37, 37)."""
        axes = self._coupling.expand(q)
        return self._coupling.reduce_mass_matrix(axes, pin.crba(self.model, self._data, axes.q))

    def forward_dynamics(self, q: Array, v: Array, tau: Array) -> Array:
        """Acceleration (37,) under generalised forces (37,), contacts included in them."""
        free = np.linalg.solve(self.mass_matrix(q), tau - self.bias_forces(q, v))
        return np.asarray(free, dtype=np.float64)

    def inverse_dynamics_derivatives(
        self, q: Array, v: Array, a: Array
    ) -> tuple[Array, Array, Array]:
        """Derivatives (37, 37) of inverse dynamics over a tangent step in q, over v, and over a."""
        axes = self._coupling.expand(q)
        v_axes, a_axes = self._coupling.expand_motion(axes, v, a)
        data = self._data
        pin.computeRNEADerivatives(self.model, data, axes.q, v_axes, a_axes)
        over_axes = ForceDerivatives(data.tau, data.dtau_dq, data.dtau_dv, data.M)
        reduced = self._coupling.reduce_derivatives(axes, v, a, over_axes)
        return reduced.by_q, reduced.by_v, reduced.by_a

    def urdf(self) -> str:
        """The skeleton as URDF text; see `monomsk_description.urdf` for what it simplifies."""
        return to_urdf(self.anatomy)


def _landmarks(point_sets: PointSetFactory, anatomy: Anatomy) -> PointSet:
    sigma_m = {site.name: site.sigma_m for site in load_landmark_sites()}
    sites = place_landmarks(anatomy)
    return point_sets.make(sites, np.array([sigma_m[site.name] for site in sites]))


@cache
def _default_anatomy() -> Anatomy:
    return load_anatomy()


@cache
def _full_body_coordinates() -> tuple[str, ...]:
    return assemble(_default_anatomy()).coordinates


def build_skeleton(subject: Subject, anatomy: Anatomy | None = None) -> Skeleton:
    """The skeleton of a subject, from Rajagopal 2016 unless another anatomy is given.

    The subject's sex, if it is known, redistributes the anatomy's mass.

    Raises:
        ImplausibleSubjectError: A length of the subject does not fit the others.
        IncompleteSkeletonError: The sex is known and the anatomy is not a full body.
        UnknownNameError: A measured length that the anatomy does not have.
    """
    check_proportions(subject)
    own = distribute_mass(anatomy or _default_anatomy(), subject.sex)
    return Skeleton(subject, scale(own, subject))


def personal_skeleton(anatomy: Anatomy, height_m: float | None = None) -> Skeleton:
    """The skeleton of an anatomy that already has a person's size, such as a scaled OpenSim model.

    Nothing is scaled. A height that nobody gives is the anatomy's own estimate, and listed among
    what the subject assumes.

    Raises:
        ImplausibleSubjectError: Height or mass are no human's, as in a model in millimetres.
    """
    assumed = frozenset({"height_m"} if height_m is None else ())
    height_m = anatomy.height_m if height_m is None else height_m
    return Skeleton(Subject(height_m, anatomy.mass_kg, assumed=assumed), anatomy)
