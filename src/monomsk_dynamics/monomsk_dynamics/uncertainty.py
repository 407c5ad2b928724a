"""Standard deviations of joint torques and sole forces, to first order.

Three sources: the accelerations and the open sharing of the load, as the solver weighs them
(posterior covariance of its least squares, inequalities ignored); errors of velocity and of
configuration, through the derivatives of inverse dynamics and of the contacts' moment arms.
"""

import numpy as np
from monomsk_description.skeleton import Skeleton
from numpy.typing import NDArray
from scipy.linalg import cho_solve

from monomsk_dynamics.force_solver import ForceSolution, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.soles import foot_twist_jacobian
from monomsk_dynamics.wrench_rows import foot_slice, total_wrench_map

Array = NDArray[np.float64]

_NV = 37
_ROOT = 6
#: Keeps the information matrix of feet in the air invertible [1/N²].
_NO_INFORMATION = 1e-12


class Uncertainty:
    """Propagates variances for one skeleton.

    Args:
        skeleton: The person's.
        feet: Of the skeleton.
    """

    def __init__(self, skeleton: Skeleton, feet: FootGeometry) -> None:
        self._skeleton = skeleton
        self._feet = feet

    def of_forces(
        self, terms: FrameTerms, observed: Observation, prior: LoadPrior, solution: ForceSolution
    ) -> tuple[Array, Array]:
        """Variances of torques (37,) [N² m²] and of sole forces (2, 3) [N²].

        What the accelerations and the sharing of the load contribute.
        """
        sigma_2 = observed.sigma**2
        root = solution.rows.over_acceleration[:_ROOT]
        # Without the torque rows: they can only make the result more certain.
        factor = solution.rows.factor[:_ROOT, :_ROOT]
        gain = cho_solve((factor, True), root * sigma_2).T
        total = total_wrench_map(prior, terms.center_of_mass)
        information = total.T @ cho_solve((factor, True), total)
        information += solution.wrench_rows.T @ solution.wrench_rows
        in_air = np.repeat(~prior.in_contact, 6)
        information[np.diag_indices(12)] += _NO_INFORMATION + in_air
        wrench_covariance = np.linalg.inv(information)
        wrench_covariance[in_air] = wrench_covariance[:, in_air] = 0.0
        posterior = np.diag(sigma_2) - gain @ (root * sigma_2)
        by_acceleration = np.einsum(
            "ij,jk,ik->i", terms.mass_matrix, posterior, terms.mass_matrix, optimize=True
        )
        by_wrench = terms.mass_matrix @ gain @ total - self._wrench_jacobian(terms, prior).T
        variance = by_acceleration + np.sum((by_wrench @ wrench_covariance) * by_wrench, axis=1)
        variance[:_ROOT] = 0.0
        diagonal = np.diagonal(wrench_covariance).reshape(2, 6)[:, :3]
        return np.maximum(variance, 0.0), diagonal.copy()

    def of_state(
        self, terms: FrameTerms, solution: ForceSolution, sigma_q: Array, sigma_v: Array
    ) -> Array:
        """Variances of torques (37,) [N² m²] that errors of q (37,) and v (37,) contribute."""
        by_q, by_v, _ = self._skeleton.inverse_dynamics_derivatives(terms.q, terms.v, solution.a)
        for foot in (0, 1):
            by_q = by_q - self._contact_stiffness(terms, solution.point_forces, foot)
        variance: Array = by_q**2 @ sigma_q**2 + by_v**2 @ sigma_v**2
        variance[:_ROOT] = 0.0
        return variance

    def _wrench_jacobian(self, terms: FrameTerms, prior: LoadPrior) -> Array:
        """Velocities (12, 37) that the sole wrenches about the expected centres work on."""
        jacobian = np.zeros((12, _NV))
        even = np.ones(8)
        for foot in (int(f) for f in np.flatnonzero(prior.in_contact)):
            about = prior.center_of_pressure[foot]
            jacobian[foot_slice(foot)] = foot_twist_jacobian(
                terms, self._feet, foot, about, even
            )
        return jacobian

    def _contact_stiffness(self, terms: FrameTerms, point_forces: Array, foot: int) -> Array:
        """Derivative (37, 37) of J' f over q, for a foot's force fixed in the world.

        For rotations about axes z with columns J = z x (p - o): turning the more proximal of two
        joints turns the column of the more distal one, so both mixed derivatives of p are
        z_proximal x J_distal. Coordinates of a leg are in proximal to distal order.
        """
        points = self._feet.points[foot]
        forces = point_forces[points]
        total = forces.sum(axis=0)
        if total[2] <= 0.0:
            return np.zeros((_NV, _NV))
        center = forces[:, 2] @ terms.points[points] / total[2]
        weights = forces[:, 2] / total[2] + 0.01
        twist = foot_twist_jacobian(terms, self._feet, foot, center, weights)
        work = twist[3:].T @ np.cross(twist[:3].T, total).T  # [a, b] = f . (z_a x J_b)
        upper = np.triu(work)
        stiffness: Array = upper + np.triu(work, 1).T
        return stiffness
