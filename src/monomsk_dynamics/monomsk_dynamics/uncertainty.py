"""Standard deviations of joint torques and sole forces, to first order.

Three sources: the accelerations and the open sharing of the load, as the solver weighs them
(posterior covariance of its least squares, inequalities ignored); errors of velocity and of
configuration, through the derivatives of inverse dynamics and of the contacts' moment arms.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from monomsk_description.coupling import from_upper
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.force_solver import ForceSolution, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.soles import foot_twist_jacobian
from monomsk_dynamics.wrench_rows import WRENCHES, foot_slice, total_wrench_map

Array = NDArray[np.float64]

_NV = 37
_ROOT = 6
#: Keeps the information matrix of feet in the air invertible [1/N²].
_NO_INFORMATION = 1e-12
_ONES = np.ones(WRENCHES)


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
        variance_a = observed.sigma**2
        root = solution.rows.over_acceleration[:_ROOT] * variance_a
        # Without the torque rows: they can only make the result more certain.
        whitener = solution.rows.whitener[:_ROOT, :_ROOT]
        total = whitener.dot(total_wrench_map(prior, terms.center_of_mass))
        known = np.concatenate([total, solution.wrench_rows])
        information = known.T.dot(known)
        in_air = np.repeat(~prior.in_contact, 6)
        information.reshape(-1)[:: WRENCHES + 1] += _NO_INFORMATION + in_air
        # L with L' L the covariance of the sole wrenches.
        factor = lapack.dtrtri(lapack.dpotrf(information, lower=1, clean=1)[0], lower=1)[0]
        gained = terms.mass_matrix.dot(root.T).dot(whitener.T)
        # M (Sigma - Sigma E' C^-1 E Sigma) M', its diagonal.
        variance = (terms.mass_matrix**2).dot(variance_a) - (gained**2).dot(_ONES[:_ROOT])
        by_wrench = gained.dot(total)
        for foot in np.flatnonzero(prior.in_contact).tolist():
            about = prior.center_of_pressure[foot]
            by_wrench[:, foot_slice(foot)] -= foot_twist_jacobian(terms, self._feet, foot, about).T
        variance += (by_wrench.dot(factor.T) ** 2).dot(_ONES)
        variance[:_ROOT] = 0.0
        diagonal = _ONES.dot(factor**2) * ~in_air
        return np.maximum(variance, 0.0), diagonal.reshape(2, 6)[:, :3]

    def sensitivity(self, terms: FrameTerms, solution: ForceSolution) -> "Sensitivity":
        """How torques follow from errors of the state around a solution."""
        by_q, by_v, _ = self._skeleton.inverse_dynamics_derivatives(terms.q, terms.v, solution.a)
        for foot in (0, 1):
            forces = solution.point_forces[self._feet.points[foot]]
            if forces[:, 2].sum() > 0.0:
                by_q -= contact_stiffness(terms, self._feet, foot, forces)
        return Sensitivity(by_q, by_v)


@dataclass(frozen=True)
class Sensitivity:
    """Derivatives of generalised forces.

    Attributes:
        by_q: Over a tangent step of the configuration (37, 37).
        by_v: Over the velocity (37, 37).
    """

    by_q: Array
    by_v: Array

    def variance(self, sigma_q: Array, sigma_v: Array) -> Array:
        """Variances of torques (37,) [N² m²] that errors of q (37,) and v (37,) contribute."""
        squared_q, squared_v = self._squares
        variance: Array = squared_q.dot(sigma_q**2) + squared_v.dot(sigma_v**2)
        variance[:_ROOT] = 0.0
        return variance

    @cached_property
    def _squares(self) -> tuple[Array, Array]:
        return self.by_q**2, self.by_v**2


def contact_stiffness(terms: FrameTerms, feet: FootGeometry, foot: int, forces: Array) -> Array:
    """Derivative (37, 37) of J' f over q, for one foot's force, fixed in the world.

    For rotations about axes z with columns J = z x (p - o): turning the more proximal of two
    joints turns the column of the more distal one, so both mixed derivatives of p are
    z_proximal x J_distal. Coordinates of a leg come in proximal to distal order. The foot is
    taken as one body and the knee as turning about its present axis.

    Args:
        terms: Kinematics.
        feet: Of the skeleton.
        foot: 0 right, 1 left.
        forces: On the foot's sole points (n, 3) [N], with a positive vertical sum.
    """
    total = forces.sum(axis=0)
    center = forces[:, 2].dot(terms.points[feet.points[foot]]) / total[2]
    twist = foot_twist_jacobian(terms, feet, foot, center)
    work = twist[3:].T.dot(skew(total).T.dot(twist[:3]))  # [a, b] = z_a . (J_b x f)
    return from_upper(work)
