"""What it costs one frame to need a wrench at its root: the best forces, and the cost's slope.

    V(w) = min over f of (w - A f)' C^-1 (w - A f) + |P f - b|²,  f sums of pyramid edges

w: the wrench that the motion needs, about the centre of mass; A f: what the soles give; C: the
small variance of the root residual, and that of another support; P, b: what is expected of the
loads. On the face of the edges in use V is a parabola of curvature (C + A (P'P)^-1 A')^-1: where
the expectations leave the forces open, the motion may need what it likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.generators import GeneratorMap
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.qp import not_negative, solve_prepared
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.support_prior import SupportPrior
from monomsk_dynamics.wrench_maps import move_wrench, root_to_world
from monomsk_dynamics.wrench_rows import prior_rows

Array = NDArray[np.float64]

_ROOT = 6
_POINTS = 16
#: An edge with less of the body weight than this is not in use.
_UNUSED = 1e-7


@dataclass(frozen=True)
class FrameValue:
    """The best forces of a frame at one motion.

    Attributes:
        cost: V.
        point_forces: World (16, 3) [N].
        support: Wrench of another support about the world's origin (6,) [N, N m].
        residual: What remains (6,), generalised, pelvis frame [N, N m].
        excess: Its size in standard deviations.
        rows: Weights L (6, 6) over a change of the generalised force that the root needs,
        side: and targets (6,): V changes as |L dw - side|².
    """

    cost: float
    point_forces: Array
    support: Array
    residual: Array
    excess: float
    rows: Array
    side: Array


@dataclass(frozen=True)
class FrameBalance:
    """What is expected of one frame's loads; it moves along with the feet.

    Attributes:
        generators: The loaded points and their friction pyramids.
        rows: Expectations P over the edges' magnitudes (m, k).
        targets: b (m,).
        sigma: Of the root residual, force and moment (6,) [N, N m].
        support: What is expected of another support; None without one.
    """

    generators: GeneratorMap
    rows: Array
    targets: Array
    sigma: Array
    support: SupportPrior | None = None

    def value(self, terms: FrameTerms, acceleration: Array, doubt: float = 1.0) -> FrameValue:
        """The best forces of a motion.

        Args:
            terms: Kinematics.
            acceleration: Of the motion, tangent (37,).
            doubt: Factor on the variance of the root residual.

        Raises:
            SolverError: The quadratic programme failed.
            numpy.linalg.LinAlgError: The motion is beyond numbers.
        """
        needed = terms.mass_matrix[:_ROOT] @ acceleration + terms.bias[:_ROOT]
        about = root_to_world(terms, terms.center_of_mass)
        wrench, variance = about @ needed, doubt * self.sigma**2
        covariance = np.diag(variance)
        support = self.support.about(terms.center_of_mass) if self.support else None
        if support is not None:
            wrench = wrench - support.mean
            covariance += support.covariance
        inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
        reach = self._reach(terms)
        magnitudes = self._magnitudes(reach, inverse, wrench)
        left = wrench - reach @ magnitudes
        price, off = inverse @ left, self.rows @ magnitudes - self.targets
        carried = np.zeros(_ROOT)
        if support is not None:
            # Support and residual share what the soles leave, each as its variance allows.
            found = support.mean + support.covariance @ price
            carried = move_wrench(np.zeros(3), terms.center_of_mass) @ found
        residual = np.asarray(np.linalg.solve(about, variance * price), dtype=np.float64)
        factor = np.linalg.cholesky(self._curvature(reach, covariance, magnitudes)).T
        return FrameValue(
            cost=float(left @ price + off @ off),
            point_forces=self.generators.all_forces(magnitudes),
            support=carried,
            residual=residual,
            excess=float(np.linalg.norm(variance * price / self.sigma)),
            rows=factor @ about,
            side=-np.linalg.solve(factor.T, price),
        )

    def _reach(self, terms: FrameTerms) -> Array:
        """Wrench about the centre of mass of the edges' magnitudes (6, k)."""
        arms = skew(terms.points - terms.center_of_mass).transpose(1, 0, 2).reshape(3, -1)
        return self.generators.pull_back(np.concatenate([np.tile(np.eye(3), _POINTS), arms]))

    def _magnitudes(self, reach: Array, inverse: Array, wrench: Array) -> Array:
        count = self.generators.size
        if not count:
            return np.zeros(0)
        hessian = reach.T @ inverse @ reach + self.rows.T @ self.rows
        gradient = -(reach.T @ (inverse @ wrench) + self.rows.T @ self.targets)
        if not np.isfinite(hessian.sum() + gradient.sum()):
            raise np.linalg.LinAlgError("a frame's loads are not finite")
        scale = 1.0 / hessian.diagonal().max()
        found = solve_prepared(hessian * scale, gradient * scale, *not_negative(count))
        return np.maximum(found, 0.0)

    def _curvature(self, reach: Array, covariance: Array, magnitudes: Array) -> Array:
        used = np.flatnonzero(magnitudes > _UNUSED)
        if len(used):
            rows, own = self.rows[:, used], reach[:, used]
            covariance = covariance + own @ np.linalg.solve(rows.T @ rows, own.T)
        curvature = np.linalg.inv(covariance)
        symmetric: Array = 0.5 * (curvature + curvature.T)
        return symmetric


def frame_balances(
    feet: FootGeometry,
    terms: Sequence[FrameTerms],
    expected: Sequence[tuple[LoadPrior, float]],
    sigma: Array,
    options: SolverOptions,
    weight_n: float,
    trust: float = 1.0,
) -> list[FrameBalance]:
    """The balances of n frames.

    Args:
        feet: Of the skeleton.
        terms: Kinematics.
        expected: Of each frame the expected loads, and about how much the soles bear [N].
        sigma: Of the root residual, force and moment (6,) [N, N m].
        options: Friction, and how reluctant a point is to bear load.
        weight_n: Of the person [N].
        trust: Factor on the weight of expectations, as an inverse standard deviation.
    """
    balances = []
    for frame, (prior, load_n) in zip(terms, expected, strict=True):
        generators = GeneratorMap.of(feet, prior, options.friction, weight_n)
        rows, targets = prior_rows(prior, load_n)
        weighted = generators.expectation(frame, prior, (trust * rows, trust * targets), options)
        balances.append(FrameBalance(generators, *weighted, sigma, prior.support))
    return balances
