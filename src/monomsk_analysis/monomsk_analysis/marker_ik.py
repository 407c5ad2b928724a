"""Inverse kinematics: the configuration whose markers lie closest to the measured ones.

Weighted least squares over all 37 degrees of freedom, each frame started from the one before,
by Gauss-Newton with the skeleton's analytical Jacobians and box limits. A weak pull to the frame
before, and a weaker one to rest, hold what no marker tells of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.progress import Advance
from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

_ROOT = 6


@dataclass(frozen=True)
class IkOptions:
    """Settings of inverse kinematics.

    Attributes:
        marker_sigma_m: error of a marker of weight one [m].
        hold_sigma_rad: how far a coordinate strays from the frame before [rad].
        rest_sigma_rad: how far from zero [rad].
        limit_slack_rad: how far beyond its range a coordinate may go: people's ranges differ [rad].
        max_iterations: for one frame.
        tolerance: largest component of a step at convergence [m, rad].
        min_seen: share of the markers' weight that a frame needs.
        max_residual_m: root mean square beyond which a frame has no result [m].
        reject_m: a marker this far off is taken for another one and left out of the frame [m].
        max_rejected: so many in a frame, the worst first.
    """

    marker_sigma_m: float = 0.01
    hold_sigma_rad: float = 10.0
    rest_sigma_rad: float = 30.0
    limit_slack_rad: float = 0.1
    max_iterations: int = 30
    tolerance: float = 1e-5
    min_seen: float = 0.6
    max_residual_m: float = 0.06
    reject_m: float = 0.06
    max_rejected: int = 8


@dataclass(frozen=True)
class MarkerFit:
    """Inverse kinematics of a recording.

    Attributes:
        configurations: n of (38,); None where too few markers were seen or the fit was bad.
        residual_m: (n, m) distance of each marker from its measured place [m]; NaN if not seen.
        rejected: (n, m) markers that were too far off to be counted.
        names: m markers.
        weights: (m,); of weight 0 are those that only scaled the skeleton.
    """

    configurations: tuple[Array | None, ...]
    residual_m: Array
    rejected: NDArray[np.bool_]
    names: tuple[str, ...]
    weights: Array

    @property
    def rms_m(self) -> float:
        """Root mean square distance over solved frames and counted markers [m]."""
        solved = np.array([q is not None for q in self.configurations])
        left_out = self.rejected | (self.weights <= 0.0)
        counted = np.where(left_out, np.nan, self.residual_m)[solved]
        return float(np.sqrt(np.nanmean(counted**2))) if solved.any() else np.nan

    def often_rejected(self, share: float = 0.2) -> tuple[str, ...]:
        """Markers that were left out of more than a share of the frames that show them."""
        seen = np.isfinite(self.residual_m).sum(axis=0)
        often = self.rejected.sum(axis=0) > share * np.maximum(seen, 1)
        return tuple(name for name, bad in zip(self.names, often, strict=True) if bad)

    def by_marker(self) -> dict[str, tuple[float, float]]:
        """Root mean square and largest distance [m] of each marker that was seen."""
        rows = self.residual_m[[q is not None for q in self.configurations]]
        table = {}
        for column, name in enumerate(self.names):
            known = rows[np.isfinite(rows[:, column]), column]
            if known.size:
                table[name] = (float(np.sqrt(np.mean(known**2))), float(known.max()))
        return table


class MarkerSolver:
    """Finds configurations of one skeleton from markers on it."""

    def __init__(
        self,
        skeleton: Skeleton,
        markers: PointSet,
        weights: Array,
        options: IkOptions | None = None,
    ) -> None:
        self._skeleton = skeleton
        self._markers = markers
        self.weights = np.asarray(weights, dtype=float)
        self._options = options or IkOptions()
        slack = self._options.limit_slack_rad
        self._lower = skeleton.lower_limits - slack
        self._upper = skeleton.upper_limits + slack

    def solve(self, q: Array, measured: Array) -> Array:
        """The configuration (38,) closest to measured places (m, 3) [m], from a guess (38,)."""
        options, skeleton = self._options, self._skeleton
        start = q[7:].copy()
        seen = np.isfinite(measured).all(axis=1) & (self.weights > 0.0)
        scale = np.sqrt(np.repeat(self.weights[seen], 3)) / options.marker_sigma_m
        hold, rest = options.hold_sigma_rad**-2, options.rest_sigma_rad**-2
        damping = 1e-9
        for _ in range(options.max_iterations):
            places, jacobians = skeleton.points_with_jacobians(q, self._markers)
            rows = jacobians[seen].reshape(-1, skeleton.nv) * scale[:, None]
            error = (measured[seen] - places[seen]).ravel() * scale
            hessian = rows.T @ rows
            gradient = rows.T @ error
            gradient[_ROOT:] += hold * (start - q[7:]) - rest * q[7:]
            hessian[np.arange(_ROOT, skeleton.nv), np.arange(_ROOT, skeleton.nv)] += hold + rest
            step = self._bounded_step(hessian, gradient, q[7:], damping)
            q = skeleton.integrate(q, step)
            q[7:] = np.clip(q[7:], self._lower, self._upper)
            if np.abs(step).max() < options.tolerance:
                break
        return q

    def _bounded_step(
        self, hessian: Array, gradient: Array, coordinates: Array, damping: float
    ) -> Array:
        """A Gauss-Newton step; coordinates that it would push out of their range stand still."""
        free = np.ones(len(gradient), dtype=bool)
        damped = hessian + damping * np.trace(hessian) / len(hessian) * np.eye(len(hessian))
        step = np.zeros(len(gradient))
        for _ in range(4):
            step[:] = 0.0
            index = np.flatnonzero(free)
            step[index] = np.linalg.solve(damped[np.ix_(index, index)], gradient[index])
            # Far from the solution a full step may turn a limb around.
            step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12))
            reached = coordinates + step[_ROOT:]
            stuck = ((reached < self._lower) & (coordinates <= self._lower)) | (
                (reached > self._upper) & (coordinates >= self._upper)
            )
            if not (stuck & free[_ROOT:]).any():
                break
            free[_ROOT:] &= ~stuck
        return step

    def solve_robustly(self, q: Array, measured: Array) -> tuple[Array, NDArray[np.bool_]]:
        """The same, and the markers (m,) that were left out for being somewhere else."""
        rejected = np.zeros(len(measured), dtype=bool)
        q = self.solve(q, measured)
        for _ in range(self._options.max_rejected):
            away = np.where(rejected | (self.weights <= 0.0), np.nan, self.residuals(q, measured))
            if not np.nanmax(away, initial=0.0) > self._options.reject_m:
                break
            rejected[np.nanargmax(away)] = True
            q = self.solve(q, np.where(rejected[:, None], np.nan, measured))
        return q, rejected

    def residuals(self, q: Array, measured: Array) -> Array:
        """Distances (m,) [m] of the markers from their measured places (m, 3)."""
        places = self._skeleton.points(q, self._markers)
        return np.asarray(np.linalg.norm(places - measured, axis=1))

    def placed(self, q: Array, measured: Array) -> Array:
        """A configuration moved as a whole so that its markers fit; for a first guess."""
        seen = np.isfinite(measured).all(axis=1) & (self.weights > 0.0)
        own = self._skeleton.points(q, self._markers)[seen]
        rotation, translation = rigid_fit(own, measured[seen], np.array([0.0, 0.0, 1.0]))
        moved = q.copy()
        pose = pin.SE3(rotation, translation) * pin.XYZQUATToSE3(q[:7])
        moved[:7] = pin.SE3ToXYZQUAT(pose)
        return moved


def rigid_fit(points: Array, targets: Array, axis: Array) -> tuple[Array, Array]:
    """Rotation about an axis (3,), and translation, that bring points (n, 3) closest to targets."""
    from_mean, to_mean = points.mean(axis=0), targets.mean(axis=0)
    own, other = points - from_mean, targets - to_mean
    across = np.cross(own, other) @ axis
    along = np.sum(own * other, axis=1) - (own @ axis) * (other @ axis)
    rotation = pin.exp3(axis * float(np.arctan2(across.sum(), along.sum())))
    return rotation, to_mean - rotation @ from_mean


def solve_markers(
    solver: MarkerSolver,
    positions: Array,
    guess: Array,
    names: tuple[str, ...],
    options: IkOptions | None = None,
    advance: Advance = lambda: None,
) -> MarkerFit:
    """Solve all frames of a recording.

    Args:
        solver: of the person's skeleton and the markers.
        positions: (n, m, 3) measured places [m]; NaN where not seen.
        guess: a configuration (38,) in any place and heading.
        names: of the m markers.
        options: settings; the solver's weights decide which markers count.
        advance: called after each frame.
    """
    options = options or IkOptions()
    weights = solver.weights
    present = np.where(np.isfinite(positions).all(axis=2).any(axis=0), weights, 0.0)
    found: list[Array | None] = []
    residual = np.full(positions.shape[:2], np.nan)
    rejected = np.zeros(positions.shape[:2], dtype=bool)
    before: Array | None = None
    for frame, measured in enumerate(positions):
        advance()
        seen = np.isfinite(measured).all(axis=1)
        if present[seen].sum() < options.min_seen * present.sum() or not present.sum():
            found.append(None)
            before = None
            continue
        start = solver.placed(guess, measured) if before is None else before
        q, rejected[frame] = solver.solve_robustly(start, measured)
        residual[frame] = solver.residuals(q, measured)
        counted = residual[frame][seen & (weights > 0.0) & ~rejected[frame]]
        bad = np.sqrt(np.mean(counted**2)) > options.max_residual_m
        found.append(None if bad else q)
        before = None if bad else q
        guess = guess if bad else q
    return MarkerFit(tuple(found), residual, rejected, names, weights)
