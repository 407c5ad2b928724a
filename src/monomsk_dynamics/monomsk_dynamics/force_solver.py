"""Accelerations, joint torques and contact forces that obey the equations of motion exactly.

    minimise   |a - a_obs|² + |slack|² + |tau - tau_prior|² + priors(f) + small |f|²
    such that  M a + h = [slack, tau] + sum J_i' f_i,   f_i = sum of non-negative generators

each term weighted by its variance. Torques and slack follow from the equations of motion, and
the accelerations, which meet no inequality, are eliminated in closed form: their variance joins
that of the rows (E = rows of M, C = E Sigma_a E' + D, a = a_obs - Sigma_a E' C^-1 r). What is left
is a quadratic programme over the generators of the loaded sole points. No approximation is made.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.qp import solve_qp
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.support_prior import SupportRows
from monomsk_dynamics.wrench_maps import move_wrench, root_to_world, world_to_root
from monomsk_dynamics.wrench_rows import prior_rows, total_wrench_map

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_NV = 37
_ROOT = 6
GRAVITY_M_S2 = 9.81
#: Relative priors assume at least this share of the body weight.
_MINIMUM_LOAD = 0.3
#: The same beside another support, which may bear nearly all of it.
_MINIMUM_SUPPORTED_LOAD = 0.05
#: A foot with less of the body weight than this bears nothing.
_UNLOADED = 0.02
#: Of a generator's magnitude, relative to the reluctance of its point.
_RIDGE = 0.1
_IDENTITY = np.eye(3)


@dataclass(frozen=True)
class Observation:
    """What is known of one instant besides its kinematics.

    Attributes:
        acceleration: Observed tangent acceleration (37,) [m/s², rad/s²].
        sigma: Its standard deviations (37,).
        torque_prior: Expected generalised forces (37,) [N m]; NaN unknown.
        torque_prior_sigma: Their standard deviations (37,); NaN unknown.
    """

    acceleration: Array
    sigma: Array
    torque_prior: Array = field(default_factory=lambda: np.full(_NV, np.nan))
    torque_prior_sigma: Array = field(default_factory=lambda: np.full(_NV, np.nan))


@dataclass(frozen=True)
class ObservedRows:
    """Equations of motion whose right-hand side is known: the root's, and torques' with a prior.

    Attributes:
        over_acceleration: E (k, 37): derivative of the rows by the acceleration.
        value: What they amount to at the observed acceleration, minus what is expected (k,).
        whitener: W (k, k), lower triangular, with W' W the inverse of C = E Sigma_a E' + D.
        joints: Tangent indices of the torque rows (k - 6,).
        support: What another support adds to the root's rows; None without one.
    """

    over_acceleration: Array
    value: Array
    whitener: Array
    joints: Indices
    support: SupportRows | None = None


@dataclass(frozen=True)
class ForceSolution:
    """A solution of the equations of motion.

    Attributes:
        a: Acceleration (37,).
        tau: Generalised forces (37,); the first six are zero.
        point_forces: On each sole point (16, 3), world [N].
        root_slack: Generalised force (6,) at the pelvis, pelvis frame, that nothing explains.
        rows: The observed rows, for the propagation of variances.
        wrench_rows: Prior rows over the sole wrenches (m, 12), likewise.
        support: Wrench (6,) of other supports than the soles, about the world's origin, world
            axes [N, N m]; zero without one.
    """

    a: Array
    tau: Array
    point_forces: Array
    root_slack: Array
    rows: ObservedRows
    wrench_rows: Array
    support: Array = field(default_factory=lambda: np.zeros(_ROOT))


class ForceSolver:
    """Solves one instant at a time, without memory.

    Args:
        feet: Of the skeleton.
        mass_kg: Of the person [kg].
        options: Friction and weights.
    """

    def __init__(
        self, feet: FootGeometry, mass_kg: float, options: SolverOptions | None = None
    ) -> None:
        self._feet = feet
        self._options = options or SolverOptions()
        self._weight = mass_kg * GRAVITY_M_S2

    def solve(self, terms: FrameTerms, observed: Observation, prior: LoadPrior) -> ForceSolution:
        """Find the forces of one instant.

        Raises:
            SolverError: The quadratic programme failed.
            ShapeError: Something not finite came in.
        """
        rows = self._observed_rows(terms, observed, prior)
        wrench_rows, targets = prior_rows(prior, self.vertical_load(rows, prior))
        forces = np.zeros_like(terms.points)
        loaded = self._loaded_points(prior)
        if len(loaded):
            spread = self._point_maps(terms, prior, loaded)
            total = total_wrench_map(prior, terms.center_of_mass) @ spread
            motion, motion_target = self._motion_rows(terms, rows, loaded, total)
            matrix = np.concatenate([motion, wrench_rows @ spread])
            target = np.concatenate([motion_target, targets])
            reluctance = self._reluctance(terms, prior)
            forces[loaded] = self._generator_forces(prior.heading, matrix, target, reluctance)
        forces = self._drop_unloaded(forces)
        return self._complete(terms, observed, rows, forces, wrench_rows)

    def vertical_load(self, rows: ObservedRows, prior: LoadPrior) -> float:
        """The vertical force that the motion asks of the soles, at least a share of weight [N]."""
        least = _MINIMUM_LOAD if prior.support is None else _MINIMUM_SUPPORTED_LOAD
        return max(float(rows.value[2]), least * self._weight)

    def _observed_rows(
        self, terms: FrameTerms, observed: Observation, prior: LoadPrior
    ) -> ObservedRows:
        to_mass_center = root_to_world(terms, terms.center_of_mass)
        inverse = terms.mass_matrix @ observed.acceleration + terms.bias
        known = np.isfinite(observed.torque_prior) & np.isfinite(observed.torque_prior_sigma)
        joints = np.flatnonzero(known[_ROOT:]) + _ROOT
        over_acceleration = np.concatenate(
            [to_mass_center @ terms.mass_matrix[:_ROOT], terms.mass_matrix[joints]]
        )
        value = np.concatenate(
            [to_mass_center @ inverse[:_ROOT], inverse[joints] - observed.torque_prior[joints]]
        )
        slack = np.repeat([self._options.slack_force_sigma, self._options.slack_moment_sigma_m], 3)
        noise = np.concatenate([slack * self._weight, observed.torque_prior_sigma[joints]])
        covariance = (over_acceleration * observed.sigma**2) @ over_acceleration.T
        covariance[np.diag_indices_from(covariance)] += noise**2
        support = prior.support.about(terms.center_of_mass) if prior.support else None
        if support is not None:
            value[:_ROOT] -= support.mean
            covariance[:_ROOT, :_ROOT] += support.covariance
        whitener = np.linalg.inv(np.linalg.cholesky(covariance))
        return ObservedRows(over_acceleration, value, whitener, joints, support)

    def _loaded_points(self, prior: LoadPrior) -> Indices:
        return self._feet.points[prior.in_contact].ravel()

    def _point_maps(self, terms: FrameTerms, prior: LoadPrior, loaded: Indices) -> Array:
        """Map (12, 3 n) from forces on the loaded points to the sole wrenches."""
        spread = np.zeros((2, 6, 3 * len(loaded)))
        each = self._feet.points.shape[1]
        for place, foot in enumerate(np.flatnonzero(prior.in_contact)):
            own = loaded[place * each : (place + 1) * each]
            arms = skew(terms.points[own] - prior.center_of_pressure[foot])
            block = spread[foot, :, 3 * place * each : 3 * (place + 1) * each]
            block[:3] = np.tile(_IDENTITY, each)
            block[3:] = arms.transpose(1, 0, 2).reshape(3, -1)
        return spread.reshape(12, -1)

    def _motion_rows(
        self, terms: FrameTerms, rows: ObservedRows, loaded: Indices, total: Array
    ) -> tuple[Array, Array]:
        """Whitened equations of motion over point forces, given their total wrench (6, 3 n)."""
        on_joints = terms.jacobians[loaded].reshape(3 * len(loaded), _NV)[:, rows.joints].T
        return rows.whitener @ np.concatenate([total, on_joints]), rows.whitener @ rows.value

    def _reluctance(self, terms: FrameTerms, prior: LoadPrior) -> Array:
        """Weight of each loaded point's own force (n,) [1/N]; larger well above the floor."""
        heights = terms.points[self._feet.points[prior.in_contact], 2]
        climb = heights - heights.min(axis=1, keepdims=True)
        reluctance = 1.0 + climb.ravel() / self._options.point_height_scale_m
        return reluctance / (self._options.point_force_sigma * self._weight)

    def _generator_forces(
        self, heading: Array, matrix: Array, target: Array, reluctance: Array
    ) -> Array:
        """Point forces (n, 3) within their friction pyramids that meet the rows best."""
        generators = self._generators(heading) * self._weight
        count = len(reluctance)
        rows = (matrix.reshape(-1, count, 3) @ generators).reshape(len(matrix), -1)
        hessian = rows.T @ rows
        size = 4 * count
        # The ridge makes the four magnitudes of a point unique: they reach every force twice.
        own = generators.T @ generators + np.eye(4) * (_RIDGE * self._weight) ** 2
        blocks = hessian.reshape(count, 4, count, 4)
        each = np.arange(count)
        blocks[each, :, each, :] += own * (reluctance**2)[:, None, None]
        magnitudes = solve_qp(
            hessian,
            -(rows.T @ target),
            np.zeros((0, size)),
            np.zeros(0),
            np.zeros(0),
            np.zeros(size),
            np.full(size, np.inf),
        )
        forces: Array = np.maximum(magnitudes, 0.0).reshape(count, 4) @ generators.T
        return forces

    def _generators(self, heading: Array) -> Array:
        """The four edges of the friction pyramid as columns (3, 4), world axes."""
        mu = self._options.friction
        edges = np.array([[mu, -mu, 0.0, 0.0], [0.0, 0.0, mu, -mu], [1.0, 1.0, 1.0, 1.0]])
        turned: Array = heading @ edges
        return turned

    def _drop_unloaded(self, forces: Array) -> Array:
        for points in self._feet.points:
            if forces[points, 2].sum() < _UNLOADED * self._weight:
                forces[points] = 0.0
        return forces

    def _complete(
        self,
        terms: FrameTerms,
        observed: Observation,
        rows: ObservedRows,
        forces: Array,
        wrench_rows: Array,
    ) -> ForceSolution:
        """Acceleration, torques and slack of given forces."""
        generalised = np.tensordot(forces, terms.jacobians, axes=2)
        to_mass_center = root_to_world(terms, terms.center_of_mass)
        explained = np.concatenate([to_mass_center @ generalised[:_ROOT], generalised[rows.joints]])
        multiplier = rows.whitener.T @ (rows.whitener @ (rows.value - explained))
        change = observed.sigma**2 * (rows.over_acceleration.T @ multiplier)
        a = observed.acceleration - change
        tau = terms.mass_matrix @ a + terms.bias - generalised
        slack = tau[:_ROOT].copy()
        tau[:_ROOT] = 0.0
        support = np.zeros(_ROOT)
        if rows.support is not None:
            # Support and slack correct the same rows: each takes what its variance allows.
            found = rows.support.mean + rows.support.covariance @ multiplier[:_ROOT]
            support = move_wrench(np.zeros(3), terms.center_of_mass) @ found
            slack -= world_to_root(terms, support)
        return ForceSolution(a, tau, forces, slack, rows, wrench_rows, support)
