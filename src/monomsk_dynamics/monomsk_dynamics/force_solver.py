"""Accelerations, joint torques and contact forces that obey the equations of motion exactly.

    minimise   |a - a_obs|² + |slack|² + |tau - tau_prior|² + priors(f) + small |f|²
    such that  M a + h = [slack, tau] + sum J_i' f_i,   f_i = sum of non-negative generators

each term weighted by its variance. Torques and slack follow from the equations of motion, and
the accelerations, which meet no inequality, are eliminated in closed form: their variance joins
that of the rows (E = rows of M, C = E Sigma_a E' + D, a = a_obs - Sigma_a E' C^-1 r). What is left
is a quadratic programme over the generators of the loaded sole points. No approximation is made.
"""

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.qp import not_negative, solve_prepared
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.support_prior import SupportRows
from monomsk_dynamics.wrench_maps import move_wrench, root_to_world, world_to_root
from monomsk_dynamics.wrench_rows import FORCE, MOMENT, foot_slice, prior_rows

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_NV = 37
_ROOT = 6
#: Relative priors assume at least this share of the body weight.
_MINIMUM_LOAD = 0.3
#: The same beside another support, which may bear nearly all of it.
_MINIMUM_SUPPORTED_LOAD = 0.05
#: A foot with less of the body weight than this bears nothing.
_UNLOADED = 0.02
#: Of a generator's magnitude, relative to the reluctance of its point.
_RIDGE = 0.1


@dataclass(frozen=True)
class Observation:
    """What is known of one instant besides its kinematics.

    Attributes:
        acceleration: Observed tangent acceleration (37,) [m/s², rad/s²].
        sigma: Its standard deviations (37,).
        torque_prior: Expected generalised forces (37,) [N m]; NaN unknown.
        torque_prior_sigma: Their standard deviations (37,); NaN or zero unknown.
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
        to_mass_center: Map (6, 6) of the root's generalised force to a wrench about the centre of
            mass.
        support: What another support adds to the root's rows; None without one.
    """

    over_acceleration: Array
    value: Array
    whitener: Array
    joints: Indices
    to_mass_center: Array
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
        sigma = [self._options.slack_force_sigma, self._options.slack_moment_sigma_m]
        self._slack_variance = (np.repeat(sigma, 3) * self._weight) ** 2
        mu = self._options.friction
        edges = [[mu, -mu, 0.0, 0.0], [0.0, 0.0, mu, -mu], [1.0, 1.0, 1.0, 1.0]]
        self._edges = self._weight * np.array(edges)  # of the friction pyramid along the heading
        self._each_edge = np.tile(np.arange(4), feet.points.shape[1])

    def solve(self, terms: FrameTerms, observed: Observation, prior: LoadPrior) -> ForceSolution:
        """Find the forces of one instant.

        Raises:
            SolverError: The quadratic programme failed.
            ShapeError: Something not finite came in.
        """
        rows = self._observed_rows(terms, observed, prior)
        wrench_rows, targets = prior_rows(prior, self.vertical_load(rows, prior))
        forces = np.zeros_like(terms.points)
        feet = [foot for foot in (0, 1) if prior.in_contact[foot]]
        if feet:
            loaded = self._feet.points[feet]
            edges = prior.heading.dot(self._edges)
            matrix = self._generator_rows(terms, rows, prior, wrench_rows, edges)
            target = np.concatenate([rows.whitener.dot(rows.value), targets])
            reluctance = self._reluctance(terms.points[:, 2].take(loaded))
            forces[loaded.ravel()] = self._generator_forces(edges, matrix, target, reluctance)
            self._drop_unloaded(forces)
        return self._complete(terms, observed, rows, forces, wrench_rows)

    def vertical_load(self, rows: ObservedRows, prior: LoadPrior) -> float:
        """The vertical force that the motion asks of the soles, at least a share of weight [N]."""
        least = _MINIMUM_LOAD if prior.support is None else _MINIMUM_SUPPORTED_LOAD
        return max(float(rows.value[2]), least * self._weight)

    def _observed_rows(
        self, terms: FrameTerms, observed: Observation, prior: LoadPrior
    ) -> ObservedRows:
        to_mass_center = root_to_world(terms, terms.center_of_mass)
        inverse = terms.mass_matrix.dot(observed.acceleration) + terms.bias
        over_acceleration = to_mass_center.dot(terms.mass_matrix[:_ROOT])
        value = to_mass_center.dot(inverse[:_ROOT])
        noise = self._slack_variance
        sigma = observed.torque_prior_sigma
        known = np.isfinite(observed.torque_prior + sigma) & (sigma > 0.0)
        joints = _ROOT + np.flatnonzero(known[_ROOT:])
        if len(joints):
            off = inverse[joints] - observed.torque_prior[joints]
            over_acceleration = np.concatenate([over_acceleration, terms.mass_matrix[joints]])
            value = np.concatenate([value, off])
            noise = np.concatenate([noise, sigma[joints] ** 2])
        covariance = (over_acceleration * observed.sigma**2).dot(over_acceleration.T)
        covariance.reshape(-1)[:: len(noise) + 1] += noise
        support = prior.support.about(terms.center_of_mass) if prior.support else None
        if support is not None:
            value[:_ROOT] -= support.mean
            covariance[:_ROOT, :_ROOT] += support.covariance
        whitener = _inverse_factor(covariance)
        return ObservedRows(over_acceleration, value, whitener, joints, to_mass_center, support)

    def _generator_rows(
        self,
        terms: FrameTerms,
        rows: ObservedRows,
        prior: LoadPrior,
        wrench_rows: Array,
        edges: Array,
    ) -> Array:
        """Whitened equations of motion, then prior rows, over the loaded points' generators.

        A foot's wrench about its expected centre of pressure is the one about the centre of mass,
        moved; so one map from moments and forces of the generators serves all rows.
        """
        feet = np.flatnonzero(prior.in_contact).tolist()
        loaded = self._feet.points[feet]
        count = 4 * loaded.shape[1]
        whitener, center = rows.whitener, terms.center_of_mass
        arms = (terms.points.take(loaded, 0) - center).reshape(-1, 3)
        moments = skew(arms).dot(edges).reshape(*loaded.shape, 3, 4)
        moving = np.empty((len(feet), _ROOT, count))
        moving[:, :3] = moments.transpose(0, 2, 1, 3).reshape(len(feet), 3, count)
        moving[:, 3:] = edges.take(self._each_edge, 1)
        maps = np.empty((len(feet), len(whitener) + len(wrench_rows), _ROOT))
        maps[:, : len(whitener), :3] = whitener[:, 3:_ROOT]
        maps[:, : len(whitener), 3:] = whitener[:, :3]
        for place, foot in enumerate(feet):
            force, moment = (wrench_rows[:, foot_slice(foot)][:, part] for part in (FORCE, MOMENT))
            lever = skew(center - prior.center_of_pressure[foot])
            maps[place, len(whitener) :, :3] = moment
            maps[place, len(whitener) :, 3:] = force + moment.dot(lever)
        matrix = np.concatenate([a.dot(b) for a, b in zip(maps, moving, strict=True)], axis=1)
        if len(rows.joints):
            on_joints = terms.jacobians[loaded.ravel()][:, :, rows.joints].transpose(0, 2, 1)
            pushes = (on_joints @ edges).transpose(1, 0, 2).reshape(len(rows.joints), -1)
            matrix[: len(whitener)] += whitener[:, _ROOT:] @ pushes
        return matrix

    def _reluctance(self, heights: Array) -> Array:
        """Weight of each loaded point's own force (k n,) [1/N], at heights (k, n) of k feet [m].

        It is larger well above the floor.
        """
        climb = heights - heights.min(axis=1, keepdims=True)
        reluctance = 1.0 + climb.ravel() / self._options.point_height_scale_m
        return reluctance / (self._options.point_force_sigma * self._weight)

    def _generator_forces(
        self, edges: Array, matrix: Array, target: Array, reluctance: Array
    ) -> Array:
        """Point forces (n, 3) within their friction pyramids that meet the rows best."""
        hessian = matrix.T.dot(matrix)
        # The ridge makes the four magnitudes of a point unique: they reach every force twice.
        own = edges.T.dot(edges)
        own.reshape(-1)[::5] += (_RIDGE * self._weight) ** 2
        hessian.ravel()[_own_blocks(len(reluctance))] += own * (reluctance**2)[:, None, None]
        gradient = -target.dot(matrix)
        # What is not finite in the rows is neither in their squares.
        if not math.isfinite(hessian.trace() + gradient.dot(gradient)):
            raise ShapeError("instant", "holds NaN or infinity")
        magnitudes = solve_prepared(hessian, gradient, *not_negative(len(gradient)))
        forces: Array = np.maximum(magnitudes, 0.0).reshape(-1, 4).dot(edges.T)
        return forces

    def _drop_unloaded(self, forces: Array) -> None:
        feet = self._feet
        each = _UNLOADED * self._weight / feet.points.shape[1]
        vertical = feet.means[:2].dot(forces[:, 2]).tolist()
        for points, load in zip(feet.points, vertical, strict=True):
            if load < each:
                forces[points] = 0.0

    def _complete(
        self,
        terms: FrameTerms,
        observed: Observation,
        rows: ObservedRows,
        forces: Array,
        wrench_rows: Array,
    ) -> ForceSolution:
        """Acceleration, torques and slack of given forces."""
        contacts = forces.reshape(-1).dot(terms.jacobians.reshape(-1, _NV))
        explained = rows.to_mass_center.dot(contacts[:_ROOT])
        if len(rows.joints):
            explained = np.concatenate([explained, contacts[rows.joints]])
        multiplier = rows.whitener.T.dot(rows.whitener.dot(rows.value - explained))
        change = observed.sigma**2 * rows.over_acceleration.T.dot(multiplier)
        a = observed.acceleration - change
        tau = terms.mass_matrix.dot(a) + terms.bias - contacts
        slack = tau[:_ROOT].copy()
        tau[:_ROOT] = 0.0
        support = np.zeros(_ROOT)
        if rows.support is not None:
            # Support and slack correct the same rows: each takes what its variance allows.
            found = rows.support.mean + rows.support.covariance @ multiplier[:_ROOT]
            support = move_wrench(np.zeros(3), terms.center_of_mass) @ found
            slack -= world_to_root(terms, support)
        return ForceSolution(a, tau, forces, slack, rows, wrench_rows, support)


@cache
def _own_blocks(points: int) -> Indices:
    """Where each point's own block stands in a flat matrix over all generators (points, 4, 4)."""
    size = 4 * points
    first = (size + 1) * 4 * np.arange(points)
    each: Indices = size * np.arange(4)[:, None] + np.arange(4)
    return first[:, None, None] + each


def _inverse_factor(covariance: Array) -> Array:
    """W, lower triangular, with W' W the inverse of a covariance (k, k)."""
    factor = lapack.dpotrf(covariance, lower=1, clean=1)[0]
    inverse: Array = lapack.dtrtri(factor, lower=1)[0]
    return inverse
