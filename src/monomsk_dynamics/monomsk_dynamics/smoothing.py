"""Offline smoothing without lag: recorded configurations to q, v, a on the manifold.

A quintic smoothing spline with penalised jerk: minimise sum (x(t_i) - y_i)² + lambda int x'''² dt.
On even samples its frequency response is 1 / (1 + (f / f_c)⁶), that of a 3rd-order Butterworth
filter run forwards and backwards as OpenSim's inverse-dynamics tool does; but it needs no padding,
keeps the acceleration free at both ends, takes uneven stamps and bridges gaps, and its derivatives
are exact. The pelvis orientation is smoothed as a continuous quaternion curve, so it may turn
without limit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.linalg import solveh_banded
from scipy.sparse import csr_array

from monomsk_dynamics import rotations
from monomsk_dynamics.errors import ShapeError, TooShortError

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_DEGREE = 5
_PENALISED = 3  # the derivative whose square is kept small
#: A higher cut-off, as a share of the sampling rate, is cut to it: samples say nothing beyond.
_NYQUIST_SHARE = 0.45
#: Quaternions are made unit ones; one that is farther from it is a mistake.
_LENGTH_TOLERANCE = 0.1
MINIMUM_FRAMES = 2 * (_DEGREE + 1)


@dataclass(frozen=True)
class SmoothMotion:
    """A run of frames with derivatives.

    Attributes:
        stamps_ns: Times of the frames (n,) [ns], as recorded.
        q: Configurations (n, 38) [m, rad].
        v: Velocities (n, 37), pelvis part in the pelvis frame [m/s, rad/s].
        a: Time derivatives of `v` (n, 37) [m/s², rad/s²].
    """

    stamps_ns: Stamps
    q: Array
    v: Array
    a: Array

    @property
    def times_s(self) -> Array:
        """Seconds since the first frame (n,)."""
        seconds: Array = (self.stamps_ns - self.stamps_ns[0]) * 1e-9
        return seconds


def smooth_motion(
    stamps_ns: Stamps, q: Array, cutoff_hz: float, max_gap_s: float
) -> list[SmoothMotion]:
    """Smooth a recording and differentiate it twice.

    Args:
        stamps_ns: Strictly increasing times (n,) [ns]; need not be even.
        q: Configurations (n, 38), the pelvis quaternion of any sign [m, rad].
        cutoff_hz: Cut-off frequency, where half the amplitude is left [Hz].
        max_gap_s: Longer gaps between frames split the recording [s].

    Returns:
        One motion for each run of frames between long gaps; too short runs are left out.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, or `q` holds NaN.
        TooShortError: No run is long enough.
    """
    stamps_ns = np.asarray(stamps_ns, dtype=np.int64)
    check_recording(stamps_ns, q)
    gaps = np.flatnonzero(np.diff(stamps_ns) > max_gap_s * 1e9) + 1
    runs = np.split(np.arange(len(stamps_ns)), gaps)
    long_runs = [run for run in runs if len(run) >= MINIMUM_FRAMES]
    if not long_runs:
        raise TooShortError(max(len(run) for run in runs), MINIMUM_FRAMES)
    return [_smooth_run(stamps_ns[run], q[run], cutoff_hz) for run in long_runs]


def smoothing_spline(times_s: Array, samples: Array, cutoff_hz: float) -> BSpline:
    """The quintic smoothing spline of sampled curves.

    Args:
        times_s: Strictly increasing times (n,) [s].
        samples: Curves (n, k).
        cutoff_hz: Cut-off frequency [Hz].
    """
    knots = np.concatenate([[times_s[0]] * _DEGREE, times_s, [times_s[-1]] * _DEGREE])
    period_s = float(np.median(np.diff(times_s)))
    omega = 2.0 * np.pi * min(cutoff_hz, _NYQUIST_SHARE / period_s)
    values = BSpline.design_matrix(times_s, knots, _DEGREE)
    jerk = _jerk_roughness(knots)
    system = values.T @ values + jerk.T @ jerk / (period_s * omega ** (2 * _PENALISED))
    banded = np.zeros((_DEGREE + 1, system.shape[0]))
    for below in range(_DEGREE + 1):
        diagonal = system.diagonal(-below)
        banded[below, : len(diagonal)] = diagonal
    coefficients = solveh_banded(banded, np.asarray(values.T @ samples), lower=True)
    return BSpline(knots, coefficients, _DEGREE)


def _jerk_roughness(knots: Array) -> csr_array:
    """R with |R c|² = integral of the squared third derivative of the spline of coefficients c."""
    to_derivative = _differentiation(knots, 0)
    for order in range(1, _PENALISED):
        to_derivative = csr_array(_differentiation(knots, order) @ to_derivative)
    inner = knots[_PENALISED:-_PENALISED]
    breaks = np.unique(inner)
    # Three Gauss points an interval integrate the square of a quadratic exactly.
    nodes, weights = np.polynomial.legendre.leggauss(3)
    half = 0.5 * np.diff(breaks)
    at = (breaks[:-1] + half)[:, None] + half[:, None] * nodes
    weight = np.sqrt(half[:, None] * weights).ravel()
    values = BSpline.design_matrix(at.ravel(), inner, _DEGREE - _PENALISED)
    return csr_array((values @ to_derivative).multiply(weight[:, None]))


def _differentiation(knots: Array, order: int) -> csr_array:
    """From coefficients of the derivative of an order to those of the next order's."""
    degree = _DEGREE - order
    inner = knots[order : len(knots) - order]
    scale = degree / (inner[degree + 1 : -1] - inner[1 : -degree - 1])
    rows = np.arange(len(scale))
    entries = np.concatenate([-scale, scale])
    places = (np.concatenate([rows, rows]), np.concatenate([rows, rows + 1]))
    return csr_array((entries, places), shape=(len(scale), len(scale) + 1))


def check_recording(stamps_ns: Stamps, q: Array) -> None:
    """Check that stamps increase and that every configuration is one.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, or `q` holds NaN or a quaternion far
            from unit length.
    """
    if q.ndim != 2 or q.shape != (len(stamps_ns), 38) or len(q) == 0:
        raise ShapeError("q", f"shape {q.shape}, expected ({len(stamps_ns)}, 38), not empty")
    if not np.isfinite(q).all():
        raise ShapeError("q", f"frame {int(np.argmin(np.isfinite(q).all(axis=1)))} holds NaN")
    lengths = np.linalg.norm(q[:, 3:7], axis=1)
    if (np.abs(lengths - 1.0) > _LENGTH_TOLERANCE).any():
        wrong = int(np.argmax(np.abs(lengths - 1.0)))
        raise ShapeError("q", f"frame {wrong}: the quaternion has length {lengths[wrong]:.3g}")
    if (np.diff(stamps_ns) <= 0).any():
        raise ShapeError("stamps_ns", "stamps must increase from frame to frame")


def _smooth_run(stamps_ns: Stamps, q: Array, cutoff_hz: float) -> SmoothMotion:
    times_s = (stamps_ns - stamps_ns[0]) * 1e-9
    curves = q.copy()
    curves[:, 3:7] = rotations.continuous(q[:, 3:7] / np.linalg.norm(q[:, 3:7], axis=1)[:, None])
    spline = smoothing_spline(times_s, curves, cutoff_hz)
    values, first, second = (spline(times_s, order) for order in range(3))
    return SmoothMotion(stamps_ns, *_on_manifold(values, first, second))


def _on_manifold(x: Array, x_dot: Array, x_ddot: Array) -> tuple[Array, Array, Array]:
    """q, v, a of curves of pelvis position, pelvis quaternion and coordinates."""
    unit = x[:, 3:7] / np.linalg.norm(x[:, 3:7], axis=1)[:, None]
    omega, alpha = rotations.body_rates(x[:, 3:7], x_dot[:, 3:7], x_ddot[:, 3:7])
    to_pelvis = np.swapaxes(rotations.matrix(unit), 1, 2)
    linear = np.einsum("nij,nj->ni", to_pelvis, x_dot[:, :3])
    # The derivative of R' x' is R' x'' - omega x (R' x'): components in a turning frame.
    linear_rate = np.einsum("nij,nj->ni", to_pelvis, x_ddot[:, :3]) - np.cross(omega, linear)
    q = np.concatenate([x[:, :3], unit, x[:, 7:]], axis=1)
    v = np.concatenate([linear, omega, x_dot[:, 7:]], axis=1)
    a = np.concatenate([linear_rate, alpha, x_ddot[:, 7:]], axis=1)
    return q, v, a
