"""Moves a motion, as little as possible, until its own derivatives obey the equations of motion.

A recorded motion and ground forces never fit each other exactly: what is left is a force at the
pelvis that nothing exerts. Residual reduction (Delp et al. 2007) alters the motion instead. Here
all 37 coordinates get a quintic spline d(t) that minimises, for given forces on the soles,

  sum |r(q + d, v + d', a + d'') / sigma_r|² + |d / sigma_q|² + |d'' / sigma_a|² + |J d / sigma_s|²

r: the six equations of motion of the pelvis; J d: how far loaded soles move. Gauss-Newton with
the analytical derivatives of inverse dynamics, one banded system an iteration. Frames that only an
implausibly large change could explain, as those of somebody who sits on a chair, keep their
residual.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.filter_options import per_group
from monomsk_dynamics.force_solver import ForceSolution
from monomsk_dynamics.frame import FrameTerms, evaluate_frame
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.spline_basis import SPAN, SplineBasis
from monomsk_dynamics.wrench_maps import world_to_root

Array = NDArray[np.float64]

_NV = 37
_ROOT = 6
_BLOCK = SPAN * _NV
#: How fast trust in a frame falls with the change that it asks for, over the limit.
_DISTRUST = 8
#: As high as smoothing allows: a spline through the frames.
_NO_CUTOFF_HZ = 1e6


@dataclass(frozen=True)
class ConsistentMotion:
    """A motion and what holds at its frames.

    Attributes:
        motion: n frames; `v` and `a` are the derivatives of a spline through `q`.
        terms: Rigid-body terms of each frame.
        correction: Tangent steps (n, 37) from the given to this motion [m, rad].
        root_residual: What no force explains (n, 6), generalised, pelvis frame [N, N m].
    """

    motion: SmoothMotion
    terms: list[FrameTerms]
    correction: Array
    root_residual: Array


def make_consistent(
    skeleton: Skeleton,
    motion: SmoothMotion,
    point_forces: Sequence[Array],
    weight_n: float,
    options: ConsistentMotionOptions | None = None,
    supports: Array | None = None,
) -> ConsistentMotion:
    """Move a motion until the given forces explain it.

    Args:
        skeleton: The person's.
        motion: n frames; its `v` and `a` are not used.
        point_forces: On the 16 sole points, world, one array (16, 3) a frame [N].
        weight_n: Of the person [N].
        options: How it may be moved.
        supports: Wrenches of other supports (n, 6) on the pelvis, about the world's origin
            [N, N m]; None without.
    """
    options = options or ConsistentMotionOptions()
    supports = np.zeros((len(motion.q), _ROOT)) if supports is None else supports
    fit = _Fit(skeleton, motion, point_forces, supports, weight_n, options)
    for _ in range(fit.options.iterations):
        fit.improve()
    return fit.result()


@dataclass
class _Fit:
    """The state between iterations."""

    skeleton: Skeleton
    base: SmoothMotion
    point_forces: Sequence[Array]
    supports: Array
    weight_n: float
    options: ConsistentMotionOptions
    trust: Array = field(init=False)

    def __post_init__(self) -> None:
        self._basis = SplineBasis.over(self.base.times_s, self.options.knot_period_s)
        self._coefficients = np.zeros((self._basis.count, _NV))
        self.trust = np.ones(len(self.base.q))
        self._move_to(np.zeros((len(self.base.q), _NV)))

    def result(self) -> ConsistentMotion:
        return ConsistentMotion(self._motion, self._terms, self._correction, self._residual)

    def improve(self) -> None:
        """One Gauss-Newton step."""
        band, target = self._closeness()
        frames = np.arange(len(self.base.q))
        for first in np.unique(self._basis.first):
            rows, sides = zip(
                *(self._rows(k) for k in frames[self._basis.first == first]), strict=True
            )
            matrix, side = np.concatenate(rows), np.concatenate(sides)
            start = first * _NV
            _add_block(band, start, matrix.T @ matrix)
            target[start : start + _BLOCK] += matrix.T @ side
        self._coefficients += solveh_banded(band, target, lower=True).reshape(-1, _NV)
        correction = self._basis.curve(self._coefficients)
        # Trust that was lost does not return, or the same frames would be tried again and again.
        excess = np.abs(correction) / per_group(*self.options.limit)
        self.trust *= np.maximum(excess.max(axis=1), 1.0) ** -_DISTRUST
        self._move_to(correction)

    def _move_to(self, correction: Array) -> None:
        moved = np.array(
            [self.skeleton.integrate(*row) for row in zip(self.base.q, correction, strict=True)]
        )
        (self._motion,) = smooth_motion(self.base.stamps_ns, moved, _NO_CUTOFF_HZ, np.inf)
        self._correction = correction
        frames = zip(self._motion.q, self._motion.v, strict=True)
        self._terms = [evaluate_frame(self.skeleton, q, v) for q, v in frames]
        self._loads = np.array(
            [
                np.tensordot(forces, terms.jacobians[:, :, :_ROOT], axes=2)
                + world_to_root(terms, support)
                for forces, support, terms in zip(
                    self.point_forces, self.supports, self._terms, strict=True
                )
            ]
        )
        needed = [
            (terms.mass_matrix @ a + terms.bias)[:_ROOT]
            for terms, a in zip(self._terms, self._motion.a, strict=True)
        ]
        self._residual = np.array(needed) - self._loads

    def _closeness(self) -> tuple[Array, Array]:
        """Band of the normal equations and their right side, of small corrections alone."""
        basis, options = self._basis, self.options
        band, target = np.zeros((_BLOCK, basis.count * _NV)), np.zeros((basis.count, _NV))
        for order, sigma in ((0, options.sigma), (2, options.acceleration_sigma)):
            weights = per_group(*sigma) ** -2
            gram = np.zeros((SPAN, basis.count))
            for first, values in zip(basis.first, basis.values[order], strict=True):
                for below in range(SPAN):
                    reach = values[: SPAN - below] * values[below:]
                    gram[below, first : first + SPAN - below] += reach
            for below, diagonal in enumerate(gram):
                band[below * _NV] += np.outer(diagonal, weights).ravel()
                pull = diagonal[: basis.count - below, None] * weights
                target[: basis.count - below] -= pull * self._coefficients[below:]
                if below:
                    target[below:] -= pull * self._coefficients[: basis.count - below]
        return band, target.ravel()

    def _rows(self, k: int) -> tuple[Array, Array]:
        """Weighted rows over the six coefficients (m, 6 * 37) of one frame, and their targets."""
        value, rate, acceleration = self._basis.values[:, k]
        by_q, by_v, by_a = self._root_derivatives(k)
        root = (
            value[None, :, None] * by_q[:, None]
            + rate[None, :, None] * by_v[:, None]
            + acceleration[None, :, None] * by_a[:, None]
        )
        sigma = np.repeat([self.options.force_sigma, self.options.moment_sigma_m], 3)
        weights = np.sqrt(self.trust[k]) / (sigma * self.weight_n)
        loaded = np.flatnonzero(self.point_forces[k][:, 2] > 0.0)
        soles = self._terms[k].jacobians[loaded].reshape(-1, _NV) / self.options.sole_sigma_m
        held = value[None, :, None] * soles[:, None]
        matrix = np.concatenate([root * weights[:, None, None], held]).reshape(-1, _BLOCK)
        side = np.concatenate([-self._residual[k] * weights, -soles @ self._correction[k]])
        return matrix, side

    def _root_derivatives(self, k: int) -> tuple[Array, Array, Array]:
        """Derivatives (6, 37) of the root's residual over a tangent step, velocity, acceleration.

        The forces stay where they are in the world: the wrench that they exert on the pelvis
        changes with the pelvis.
        """
        motion = self._motion
        by_q, by_v, by_a = (
            matrix[:_ROOT].copy()
            for matrix in self.skeleton.inverse_dynamics_derivatives(
                motion.q[k], motion.v[k], motion.a[k]
            )
        )
        force, moment = skew(self._loads[k, :3]), skew(self._loads[k, 3:])
        by_q[:3, 3:6] -= force
        by_q[3:, 3:6] -= moment
        by_q[3:, :3] -= force
        return by_q, by_v, by_a


def _add_block(band: Array, start: int, block: Array) -> None:
    """Add a symmetric block (k, k) at a diagonal place to a matrix stored as its lower band."""
    size = len(block)
    for column in range(size):
        band[: size - column, start + column] += block[column:, column]


def explained(moved: ConsistentMotion, solutions: Sequence[ForceSolution]) -> list[ForceSolution]:
    """The same forces, with the accelerations and torques of the moved motion."""
    changed = []
    for terms, a, solution in zip(moved.terms, moved.motion.a, solutions, strict=True):
        loads = np.tensordot(solution.point_forces, terms.jacobians, axes=2)
        tau = terms.mass_matrix @ a + terms.bias - loads
        slack = tau[:_ROOT] - world_to_root(terms, solution.support)
        tau[:_ROOT] = 0.0
        changed.append(replace(solution, a=a, tau=tau, root_slack=slack))
    return changed
