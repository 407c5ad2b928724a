"""Noisy kinematics moved, as little as their noise allows, until loaded soles rest on the floor.

A foot that bears load neither slides nor sinks: that ties the pelvis to the floor through a leg,
and tells of errors of both. All 37 coordinates get a quintic spline d(t) that minimises

  1/(2 T) integral |d / sigma|² + |T d' / sigma|²          (errors with correlation time T)
  + 1/T_s integral sum w² (|v_p / sigma_v|² + (h_p / sigma_h)²)

over sole points p with weight w, v_p their velocity and h_p their height after the correction.
Gauss-Newton, one banded system an iteration.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.filter_options import require_positive
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.spline_basis import SPAN, SplineBasis, add_block

Array = NDArray[np.float64]

_NV = 37
_BLOCK = SPAN * _NV
#: As high as smoothing allows: a spline through the frames.
_NO_CUTOFF_HZ = 1e6


@dataclass(frozen=True)
class RestOptions:
    """How closely loaded soles rest.

    Attributes:
        cutoff_hz: Smoothing before soles are looked at [Hz].
        error_correlation_s: How long an error of the pose lasts [s].
        knot_period_s: Between the knots of the correction [s].
        iterations: Of Gauss-Newton.
        speed_sigma_m_s: How fast a loaded sole point may seem to move [m/s].
        height_sigma_m: How far from the floor it may seem [m].
        sole_correlation_s: How long such a departure lasts [s].
    """

    cutoff_hz: float = 6.0
    error_correlation_s: float = 0.2
    knot_period_s: float = 0.06
    iterations: int = 2
    speed_sigma_m_s: float = 0.1
    height_sigma_m: float = 0.01
    sole_correlation_s: float = 0.1

    def __post_init__(self) -> None:
        require_positive(self)


def rest_soles(
    skeleton: Skeleton,
    motion: SmoothMotion,
    loaded: tuple[Array, float],
    sigma: Array,
    options: RestOptions | None = None,
) -> Array:
    """Configurations (n, 38) of a motion whose loaded soles rest.

    Args:
        skeleton: The person's.
        motion: n frames with derivatives.
        loaded: Weight from 0 to 1 of every sole point's rest (n, 16), and the floor's height [m].
        sigma: Standard deviations of the motion's errors (37,) [m, rad].
        options: How closely.
    """
    fit = _Fit(skeleton, motion, loaded, sigma, options or RestOptions())
    for _ in range(fit.options.iterations):
        fit.improve()
    return fit.q


class _Fit:
    """The state between iterations."""

    def __init__(
        self,
        skeleton: Skeleton,
        motion: SmoothMotion,
        loaded: tuple[Array, float],
        sigma: Array,
        options: RestOptions,
    ) -> None:
        self.options = options
        self._skeleton, self._base, self._now = skeleton, motion, motion
        self._weights, self._floor_m = loaded
        times_s = motion.times_s
        self._basis = SplineBasis.over(times_s, options.knot_period_s)
        self._coefficients = np.zeros((self._basis.count, _NV))
        period_s = float(np.median(np.diff(times_s)))
        correlation_s = options.error_correlation_s
        self._value_weight = 0.5 * period_s / correlation_s / sigma**2
        self._rate_weight = 0.5 * period_s * correlation_s / sigma**2
        self._share = np.sqrt(period_s / options.sole_correlation_s)

    @property
    def q(self) -> Array:
        """Configurations after the last step (n, 38)."""
        return self._now.q

    def improve(self) -> None:
        """One Gauss-Newton step."""
        frames = zip(self._now.q, self._now.v, strict=True)
        terms = [evaluate_frame(self._skeleton, q, v) for q, v in frames]
        jacobians = np.array([frame.jacobians for frame in terms])
        places = np.array([frame.points for frame in terms])
        turning = np.gradient(jacobians, self._base.times_s, axis=0)
        band, target = self._closeness()
        resting = np.flatnonzero(self._weights.any(axis=1))
        for first in np.unique(self._basis.first[resting]):
            own = resting[self._basis.first[resting] == first]
            rows = [self._rest_rows(k, places[k], jacobians[k], turning[k]) for k in own]
            matrix, side = (np.concatenate(part) for part in zip(*rows, strict=True))
            start = first * _NV
            add_block(band, start, matrix.T @ matrix)
            target[start : start + _BLOCK] += matrix.T @ side
        self._coefficients += solveh_banded(band, target, lower=True).reshape(-1, _NV)
        moved = [
            self._skeleton.integrate(*row)
            for row in zip(self._base.q, self._basis.curve(self._coefficients), strict=True)
        ]
        stamps_ns = self._base.stamps_ns
        (self._now,) = smooth_motion(stamps_ns, np.array(moved), _NO_CUTOFF_HZ, np.inf)

    def _closeness(self) -> tuple[Array, Array]:
        """Band of the normal equations and their right side, of small corrections alone."""
        basis = self._basis
        band, target = np.zeros((_BLOCK, basis.count * _NV)), np.zeros(basis.count * _NV)
        for order, weight in ((0, self._value_weight), (1, self._rate_weight)):
            curve = basis.curve(self._coefficients, order) * weight
            for first, values, pull in zip(basis.first, basis.values[order], curve, strict=True):
                start = first * _NV
                for below in range(SPAN):
                    reach = (values[: SPAN - below] * values[below:])[:, None] * weight
                    band[below * _NV, start : start + reach.size] += reach.ravel()
                target[start : start + _BLOCK] -= np.outer(values, pull).ravel()
        return band, target

    def _rest_rows(
        self, k: int, places: Array, jacobians: Array, turning: Array
    ) -> tuple[Array, Array]:
        """Weighted rows over the six coefficients (m, 6 * 37) of one frame, and their targets."""
        on = np.flatnonzero(self._weights[k])
        places, jacobians, turning = places[on], jacobians[on], turning[on]
        value, rate, _ = self._basis.values[:, k]
        weights = self._share * self._weights[k, on]
        speed = weights[:, None] / self.options.speed_sigma_m_s
        height = weights / self.options.height_sigma_m
        velocity = jacobians @ self._now.v[k]
        moving = (
            rate[None, None, :, None] * jacobians[:, :, None]
            + value[None, None, :, None] * turning[:, :, None]
        ) * speed[..., None, None]
        sinking = value[None, :, None] * jacobians[:, 2][:, None] * height[:, None, None]
        matrix = np.concatenate([moving.reshape(-1, _BLOCK), sinking.reshape(-1, _BLOCK)])
        side = [-(velocity * speed).ravel(), -(places[:, 2] - self._floor_m) * height]
        return matrix, np.concatenate(side)
