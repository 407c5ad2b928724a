"""The least-squares problem behind a consistent motion: its cost, and the system of a step.

Unknown: the coefficients of a quintic spline d(t) over all 37 coordinates. Each frame's rows reach
six coefficients, so that the normal equations are banded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.frame import FrameTerms, evaluate_frame
from monomsk_dynamics.frame_balance import FrameBalance, FrameValue
from monomsk_dynamics.image_fit import ImageFit
from monomsk_dynamics.moved_motion import moved_motion
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.spline_basis import SPAN, SplineBasis, add_block
from monomsk_dynamics.wrench_maps import world_to_root

Array = NDArray[np.float64]

_NV = 37
_ROOT = 6
_BLOCK = SPAN * _NV
#: As high as smoothing allows: a spline through the frames.
_NO_CUTOFF_HZ = 1e6


@dataclass(frozen=True)
class Beliefs:
    """How a motion may be moved.

    Attributes:
        sigma: Standard deviation of the correction (n, 37) [m, rad].
        acceleration_sigma: Of its second derivative (n, 37) [m/s², rad/s²].
        held: How firmly each sole point stands, its share of the body weight (n, 16).
        sightings: From where a camera saw the motion, n frames; None: no camera did.
    """

    sigma: Array
    acceleration_sigma: Array
    held: Array
    sightings: Sightings | None = None


@dataclass(frozen=True)
class Trial:
    """A motion that was tried.

    Attributes:
        coefficients: Of the spline (count, 37).
        correction: Tangent steps (n, 37) from the given motion [m, rad].
        motion: n frames; `v` and `a` are the derivatives of one curve through `q`.
        terms: Of each frame.
        values: The best forces of each frame.
        cost: Of all frames.
        image: Weighted distances of each frame's landmarks from the image (n, m).
    """

    coefficients: Array
    correction: Array
    motion: SmoothMotion
    terms: list[FrameTerms]
    values: list[FrameValue]
    cost: float
    image: Array

    @property
    def excess(self) -> Array:
        """Size of each frame's root residual in standard deviations (n,)."""
        return np.array([value.excess for value in self.values])


class MotionFit:
    """The problem for one motion.

    Args:
        skeleton: The person's.
        base: The given motion, n frames; its `v` and `a` are not used.
        balances: What is expected of each frame's loads.
        beliefs: How the motion may be moved.
        basis: Of the spline.
        options: Weights.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        base: SmoothMotion,
        balances: Sequence[FrameBalance],
        beliefs: Beliefs,
        basis: SplineBasis,
        options: ConsistentMotionOptions,
    ) -> None:
        self._skeleton, self._balances = skeleton, balances
        (self._base,) = smooth_motion(base.stamps_ns, base.q, _NO_CUTOFF_HZ, np.inf)
        self._beliefs, self._basis, self._options = beliefs, basis, options
        self._image: ImageFit | None = None
        if beliefs.sightings is not None:
            self._image = ImageFit(skeleton, base, beliefs.sightings, options)
        terms = [evaluate_frame(skeleton, q, np.zeros(_NV)) for q in base.q]
        self._places = np.array([frame.points for frame in terms])
        elsewhere = [
            frame.jacobians**2 @ (options.sole_share * sigma) ** 2
            for frame, sigma in zip(terms, beliefs.sigma, strict=True)
        ]
        self._place_sigma = np.sqrt(np.array(elsewhere) + options.sole_sigma_m**2)

    def start(self) -> Array:
        """Coefficients of no correction."""
        return np.zeros((self._basis.count, _NV))

    def trial(self, coefficients: Array, doubts: Array) -> Trial:
        """Try coefficients, with a factor on the variance of each frame's residual (n,).

        Raises:
            SolverError: The quadratic programme of a frame failed.
            numpy.linalg.LinAlgError: The motion is beyond numbers.
        """
        curves = [self._basis.curve(coefficients, order) for order in range(3)]
        motion = moved_motion(self._base, *curves)
        if not np.isfinite(motion.a).all():
            raise np.linalg.LinAlgError("the motion is not finite")
        states = zip(motion.q, motion.v, strict=True)
        terms = [evaluate_frame(self._skeleton, q, v) for q, v in states]
        image = self._image.errors(motion.q) if self._image else np.zeros((len(terms), 0))
        found = Trial(coefficients, curves[0], motion, terms, [], np.inf, image)
        return self.weighed(found, doubts)

    def weighed(self, trial: Trial, doubts: Array) -> Trial:
        """The same motion with other doubts of the frames."""
        values = [
            balance.value(terms, a, doubt)
            for balance, terms, a, doubt in zip(
                self._balances, trial.terms, trial.motion.a, doubts.tolist(), strict=True
            )
        ]
        # Doubted residuals pay for the doubt: so the cost bounds Huber's from above.
        price = self._options.free_residual**2 * np.sum(doubts - 1.0)
        cost = sum(value.cost for value in values) + price + self._closeness_cost(trial)
        cost += float(np.sum(trial.image**2))
        for k, terms in enumerate(trial.terms):
            for off, sigma in self._sole_errors(k, terms):
                cost += float(np.sum(self._beliefs.held[k][:, None] * (off / sigma) ** 2))
        return replace(trial, values=values, cost=float(cost))

    def doubts(self, trial: Trial) -> Array:
        """Factors (n,) by which residuals that have a price per force vary more."""
        return np.maximum(1.0, trial.excess / self._options.free_residual)

    def overreach(self, trial: Trial) -> Array:
        """How far each frame is moved, in its limits (n,), at least 1."""
        limit = self._options.limit_sigmas * self._beliefs.sigma
        return np.maximum(1.0, (np.abs(trial.correction) / limit).max(axis=1))

    def system(self, trial: Trial) -> tuple[Array, Array]:
        """Lower band of the normal equations at a trial, and their right side."""
        band, target = self._closeness(trial)
        frames = np.arange(len(self._base.q))
        for first in np.unique(self._basis.first):
            members = frames[self._basis.first == first]
            rows, sides = zip(*(self._rows(trial, k) for k in members.tolist()), strict=True)
            matrix, side = np.concatenate(rows), np.concatenate(sides)
            start = int(first) * _NV
            add_block(band, start, matrix.T @ matrix)
            target[start : start + _BLOCK] += matrix.T @ side
        return band, target

    def _bend(self, trial: Trial) -> Array:
        return self._basis.curve(trial.coefficients, 2)

    def _closeness_cost(self, trial: Trial) -> float:
        changed = (trial.correction / self._beliefs.sigma) ** 2
        bent = (self._bend(trial) / self._beliefs.acceleration_sigma) ** 2
        return float(np.sum(changed) + np.sum(bent))

    def _closeness(self, trial: Trial) -> tuple[Array, Array]:
        """Band and right side of small corrections alone."""
        basis, beliefs = self._basis, self._beliefs
        band, target = np.zeros((_BLOCK, basis.count * _NV)), np.zeros((basis.count, _NV))
        for order, sigma, now in (
            (0, beliefs.sigma, trial.correction),
            (2, beliefs.acceleration_sigma, self._bend(trial)),
        ):
            weights = sigma**-2.0
            for k, (first, reach) in enumerate(zip(basis.first, basis.values[order], strict=True)):
                target[first : first + SPAN] -= np.outer(reach, weights[k] * now[k])
                for below in range(SPAN):
                    pairs = reach[: SPAN - below] * reach[below:]
                    diagonal = band[below * _NV].reshape(-1, _NV)
                    diagonal[first : first + SPAN - below] += np.outer(pairs, weights[k])
        return band, target.ravel()

    def _sole_errors(self, k: int, terms: FrameTerms) -> tuple[tuple[Array, Array | float], ...]:
        """How far sole points are from where they were, how fast they slide, and deviations."""
        return (
            (terms.points - self._places[k], self._place_sigma[k]),
            (terms.point_velocities, self._options.slip_sigma_m_s),
        )

    def _rows(self, trial: Trial, k: int) -> tuple[Array, Array]:
        """Weighted rows over the six coefficients (m, 6 * 37) of one frame, and their targets."""
        reach = self._basis.values[:, k]
        terms, value = trial.terms[k], trial.values[k]
        parts = zip(reach, self._root_derivatives(trial, k), strict=True)
        blocks = [sum(w[None, :, None] * (value.rows @ by)[:, None] for w, by in parts)]
        sides = [value.side]
        loaded = np.flatnonzero(self._beliefs.held[k] > 0.0)
        firmness = np.sqrt(self._beliefs.held[k][loaded])[:, None]
        for order, (off, sigma) in enumerate(self._sole_errors(k, terms)):
            weights = firmness / np.broadcast_to(sigma, off.shape)[loaded]
            soles = (terms.jacobians[loaded] * weights[:, :, None]).reshape(-1, _NV)
            blocks.append(reach[order][None, :, None] * soles[:, None])
            sides.append(-(off[loaded] * weights).ravel())
        if self._image is not None:
            seen, side = self._image.rows(k, trial.motion.q[k])
            blocks.append(reach[0][None, :, None] * seen[:, None])
            sides.append(side)
        return np.concatenate(blocks).reshape(-1, _BLOCK), np.concatenate(sides)

    def _root_derivatives(self, trial: Trial, k: int) -> tuple[Array, Array, Array]:
        """Derivatives (6, 37) of the root's residual over a tangent step, velocity, acceleration.

        The forces keep their direction in the world and move with the soles: the wrench that they
        exert on the pelvis changes with both.
        """
        motion, terms, value = trial.motion, trial.terms[k], trial.values[k]
        by_q, by_v, by_a = (
            matrix[:_ROOT].copy()
            for matrix in self._skeleton.inverse_dynamics_derivatives(
                motion.q[k], motion.v[k], motion.a[k]
            )
        )
        load = np.tensordot(value.point_forces, terms.jacobians[:, :, :_ROOT], axes=2)
        load += world_to_root(terms, value.support)
        force, moment = skew(load[:3]), skew(load[3:])
        by_q[:3, 3:6] -= force
        by_q[3:, 3:6] -= moment
        by_q[3:, :3] -= force
        pushed = np.flatnonzero(value.point_forces.any(axis=1))
        turned = np.einsum("pij,pjk->ik", skew(value.point_forces[pushed]), terms.jacobians[pushed])
        by_q[3:] += terms.rotation_world_pelvis.T @ turned
        return by_q, by_v, by_a
