"""The skeleton of one person: kinematics and rigid-body dynamics over 37 degrees of freedom.

A configuration q (38,) is the pelvis position in the world [m], its quaternion x y z w, and 31
coordinates [rad]. A tangent vector (37,) is the pelvis linear and angular part, both in the
pelvis frame, and 31 coordinates; generalised forces have the same order. World: z up, floor z = 0.
"""

from functools import cache

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.anatomy import Anatomy, Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.assembly import ROOT_SEGMENT, assemble
from monomsk_description.coupling import Coupling
from monomsk_description.errors import UnknownNameError
from monomsk_description.frames import Array, to_rep103
from monomsk_description.landmarks import LandmarkSite, load_landmark_sites
from monomsk_description.points import PointSet
from monomsk_description.scaling import scale
from monomsk_description.subject import Subject

#: Degrees of freedom of the pelvis in tangent space, and numbers in its configuration.
_ROOT_NV, _ROOT_NQ = 6, 7

PELVIS_TANGENT_NAMES = (
    "pelvis_linear_x", "pelvis_linear_y", "pelvis_linear_z",
    "pelvis_angular_x", "pelvis_angular_y", "pelvis_angular_z",
)  # fmt: skip


class Skeleton:
    """A scaled skeleton.

    Not thread-safe: every thread builds its own. Returned arrays belong to the caller.

    Attributes:
        subject: Whose skeleton it is.
        anatomy: The scaled anatomy behind it.
        model: Pinocchio's model, one joint an axis (more axes than coordinates).
        mass_kg: Total mass [kg].
        coordinate_names: The 31 coordinates in order.
        tangent_names: The 37 components of a tangent vector.
        lower_limits, upper_limits: Range of each coordinate [rad], (31,).
        soles: Contact points, 8 right ones, then 8 left ones.
        landmarks: The 33 BlazePose landmarks.
        joint_centers: The origin of every segment but the pelvis, and the pelvis.
    """

    def __init__(self, subject: Subject, anatomy: Anatomy) -> None:
        self.subject = subject
        self.anatomy = anatomy
        assembly = assemble(anatomy)
        self.model: pin.Model = assembly.model
        self.mass_kg: float = anatomy.mass_kg
        self.coordinate_names = assembly.coordinates
        self.tangent_names = PELVIS_TANGENT_NAMES + assembly.coordinates
        self.nq = _ROOT_NQ + len(assembly.coordinates)
        self.nv = _ROOT_NV + len(assembly.coordinates)
        ranges = np.array([anatomy.coordinate_ranges_rad[n] for n in assembly.coordinates])
        self.lower_limits, self.upper_limits = ranges.T.copy()
        self._data = self.model.createData()
        self._coupling = Coupling(list(assembly.axes), assembly.coordinates)
        self._segments = assembly.segments
        self._support = _support(self.model)
        self.soles = self._point_set(anatomy.sole_points)
        self.landmarks = self._landmark_set(load_landmark_sites())
        self.joint_centers = self._point_set(
            tuple(Site(name, name, np.zeros(3)) for name in anatomy.segments)
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
        step = pin.exp6(pin.Motion(tangent[:3], tangent[3:6]))
        moved[:7] = pin.SE3ToXYZQUAT(pin.XYZQUATToSE3(q[:7]) * step)
        # Keep the quaternion in the hemisphere of the one before, so that logs stay continuous.
        if moved[3:7] @ q[3:7] < 0:
            moved[3:7] *= -1.0
        return moved

    def difference(self, q_from: Array, q_to: Array) -> Array:
        """The tangent vector (37,) that leads from one configuration to another."""
        step = pin.log6(pin.XYZQUATToSE3(q_from[:7]).actInv(pin.XYZQUATToSE3(q_to[:7])))
        return np.concatenate([step.linear, step.angular, q_to[7:] - q_from[7:]])

    # Kinematics ---------------------------------------------------------------------------------

    def points(self, q: Array, points: PointSet) -> Array:
        """World positions (n, 3) [m] of a point set."""
        pin.forwardKinematics(self.model, self._data, self._expand(q)[0])
        return self._world_points(points)

    def point_jacobians(self, q: Array, points: PointSet) -> Array:
        """Jacobians (n, 3, 37) of the points' world positions over tangent vectors."""
        return self.points_with_jacobians(q, points)[1]

    def points_with_jacobians(self, q: Array, points: PointSet) -> tuple[Array, Array]:
        """World positions (n, 3) [m] and their Jacobians (n, 3, 37)."""
        expanded, first = self._expand(q)[:2]
        pin.computeJointJacobians(self.model, self._data, expanded)
        positions = self._world_points(points)
        # The columns give a spatial velocity about the world's origin: v = linear + angular x p.
        linear, angular = self._data.J[:3], self._data.J[3:]
        columns = linear + np.cross(angular[None], positions[:, :, None], axis=1)
        columns = columns * points.support[:, None, :]
        return positions, self._reduce_columns(columns, first)

    def point_velocities(self, q: Array, v: Array, points: PointSet) -> Array:
        """World velocities (n, 3) [m/s] of a point set."""
        return self.point_jacobians(q, points) @ v

    def segment_poses(self, q: Array) -> dict[str, pin.SE3]:
        """Each segment's pose in the world."""
        pin.forwardKinematics(self.model, self._data, self._expand(q)[0])
        return {n: self._data.oMi[f.joint] * f.placement for n, f in self._segments.items()}

    def sole_poses(self, q: Array) -> tuple[pin.SE3, pin.SE3]:
        """REP-120 sole frames in the world, right and left: x towards the toes, z up."""
        segments = self.segment_poses(q)
        right, left = (
            segments[s.segment] * pin.SE3(np.eye(3), to_rep103(s.location_m))
            for s in self.anatomy.sole_frames
        )
        return right, left

    def center_of_mass(self, q: Array) -> Array:
        """World position (3,) [m] of the whole body's centre of mass."""
        return np.array(pin.centerOfMass(self.model, self._data, self._expand(q)[0]))

    # Dynamics -----------------------------------------------------------------------------------

    def inverse_dynamics(self, q: Array, v: Array, a: Array) -> Array:
        """Generalised forces (37,) [N, N m] that cause the acceleration a, without contacts."""
        expanded, first, second, _ = self._expand(q)
        v_axes, a_axes = self._expand_motion(v, a, first, second)
        return self._reduce(pin.rnea(self.model, self._data, expanded, v_axes, a_axes), first)

    def bias_forces(self, q: Array, v: Array) -> Array:
        """Gravity, centrifugal and Coriolis forces (37,): inverse dynamics at a = 0."""
        return self.inverse_dynamics(q, v, np.zeros(self.nv))

    def mass_matrix(self, q: Array) -> Array:
        """Mass matrix (37, 37)."""
        expanded, first = self._expand(q)[:2]
        upper = np.triu(pin.crba(self.model, self._data, expanded))
        full = upper + np.triu(upper, 1).T
        return self._reduce_columns(self._reduce_columns(full, first).T, first)

    def forward_dynamics(self, q: Array, v: Array, tau: Array) -> Array:
        """Acceleration (37,) under generalised forces (37,), contacts included in them."""
        return np.linalg.solve(self.mass_matrix(q), tau - self.bias_forces(q, v))

    def inverse_dynamics_derivatives(
        self, q: Array, v: Array, a: Array
    ) -> tuple[Array, Array, Array]:
        """Derivatives (37, 37) of inverse dynamics over a tangent step in q, over v, and over a."""
        expanded, first, second, third = self._expand(q)
        v_axes, a_axes = self._expand_motion(v, a, first, second)
        pin.computeRNEADerivatives(self.model, self._data, expanded, v_axes, a_axes)
        by_q, by_v = np.array(self._data.dtau_dq), np.array(self._data.dtau_dv)
        by_a = np.triu(self._data.M) + np.triu(self._data.M, 1).T
        tau_axes = np.array(self._data.tau)
        select = self._coupling.selection
        speed, acceleration = select @ v[6:], select @ a[6:]

        def columns(matrix: Array, gains: Array) -> Array:
            return (matrix[:, 6:] * gains) @ select

        def rows(matrix: Array) -> Array:
            return np.vstack([matrix[:6], select.T @ (first[:, None] * matrix[6:])])

        dq = np.hstack([by_q[:, :6], columns(by_q, first)])
        dq[:, 6:] += columns(by_v, second * speed)
        dq[:, 6:] += columns(by_a, second * acceleration + third * speed**2)
        dq = rows(dq)
        dq[6:, 6:] += np.diag(select.T @ (second * tau_axes[6:]))
        dv = np.hstack([by_v[:, :6], columns(by_v, first)])
        dv[:, 6:] += columns(by_a, 2.0 * second * speed)
        da = np.hstack([by_a[:, :6], columns(by_a, first)])
        return dq, rows(dv), rows(da)

    # From coordinates to axes and back ----------------------------------------------------------

    def _expand(self, q: Array) -> tuple[Array, Array, Array, Array]:
        """Configuration over axes, and the axes' three derivatives by their coordinates."""
        axes = self._coupling.evaluate(q[_ROOT_NQ:])
        return np.concatenate([q[:_ROOT_NQ], axes.value]), axes.first, axes.second, axes.third

    def _expand_motion(
        self, v: Array, a: Array, first: Array, second: Array
    ) -> tuple[Array, Array]:
        select = self._coupling.selection
        speed, acceleration = select @ v[_ROOT_NV:], select @ a[_ROOT_NV:]
        v_axes = np.concatenate([v[:_ROOT_NV], first * speed])
        a_axes = np.concatenate([a[:_ROOT_NV], first * acceleration + second * speed**2])
        return v_axes, a_axes

    def _reduce(self, forces: Array, first: Array) -> Array:
        joints = self._coupling.selection.T @ (first * forces[_ROOT_NV:])
        return np.concatenate([forces[:_ROOT_NV], joints])

    def _reduce_columns(self, matrix: Array, first: Array) -> Array:
        """Columns over axes (..., axes) as columns over tangent vectors (..., 37)."""
        joints = (matrix[..., _ROOT_NV:] * first) @ self._coupling.selection
        return np.concatenate([matrix[..., :_ROOT_NV], joints], axis=-1)

    # Point sets ---------------------------------------------------------------------------------

    def _world_points(self, points: PointSet) -> Array:
        rotations, translations = self._joint_stack(points.joints)
        return np.einsum("nij,nj->ni", rotations, points.offsets) + translations

    def _joint_stack(self, joints: NDArray) -> tuple[Array, Array]:
        unique, inverse = np.unique(joints, return_inverse=True)
        poses = [self._data.oMi[int(joint)] for joint in unique]
        rotations = np.array([pose.rotation for pose in poses])
        translations = np.array([pose.translation for pose in poses])
        return rotations[inverse], translations[inverse]

    def _point_set(self, sites: tuple[Site, ...], sigma_m: Array | None = None) -> PointSet:
        """Points from sites in scaled segment axes (OpenSim's)."""
        frames = [self._segments[site.segment] for site in sites]
        offsets = [
            f.placement.act(to_rep103(s.location_m)) for f, s in zip(frames, sites, strict=True)
        ]
        joints = np.array([frame.joint for frame in frames])
        return PointSet(
            names=tuple(site.name for site in sites),
            segments=tuple(site.segment for site in sites),
            sigma_m=np.full(len(sites), np.nan) if sigma_m is None else sigma_m,
            joints=joints,
            offsets=np.array(offsets),
            support=self._support[joints],
        )

    def _landmark_set(self, landmarks: tuple[LandmarkSite, ...]) -> PointSet:
        factors = self.anatomy.scale_factors
        sites = tuple(
            Site(s.name, s.segment, s.location_m * factors.get(s.segment, np.ones(3)))
            for s in landmarks
        )
        return self._point_set(sites, np.array([s.sigma_m for s in landmarks]))


def _support(model: pin.Model) -> Array:
    """1.0 where a joint (row) moves with a velocity component (column)."""
    support = np.zeros((model.njoints, model.nv))
    for joint in range(1, model.njoints):
        for ancestor in model.supports[joint]:
            if ancestor:
                start = model.joints[ancestor].idx_v
                support[joint, start : start + model.joints[ancestor].nv] = 1.0
    return support


@cache
def _default_anatomy() -> Anatomy:
    return load_anatomy()


def build_skeleton(subject: Subject, anatomy: Anatomy | None = None) -> Skeleton:
    """The skeleton of a subject, from Rajagopal 2016 unless another anatomy is given.

    Raises:
        ImplausibleSubjectError: A length of the subject does not fit the others.
    """
    return Skeleton(subject, scale(anatomy or _default_anatomy(), subject))


__all__ = ["PELVIS_TANGENT_NAMES", "ROOT_SEGMENT", "Skeleton", "build_skeleton"]
