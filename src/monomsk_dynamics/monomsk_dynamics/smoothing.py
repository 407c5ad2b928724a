"""Offline smoothing without lag: recorded configurations to q, v, a on the manifold.

Each run of frames without a long gap is brought to an even grid, reflected at its ends,
low-passed forwards and backwards (3rd-order Butterworth), and joined by quintic splines, whose
derivatives are exact. This matches the filtering of OpenSim's inverse-dynamics tool. The pelvis
orientation is filtered as a continuous quaternion curve, so it may turn without limit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, filtfilt

from monomsk_dynamics import rotations
from monomsk_dynamics.errors import ShapeError, TooShortError
from monomsk_dynamics.options import SmoothingOptions

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_ORDER = 3
_SPLINE_DEGREE = 5
_NYQUIST_SHARE = 0.45  # a cut-off above this share of the sampling rate would filter nothing
MINIMUM_FRAMES = 2 * (_SPLINE_DEGREE + 1)


@dataclass(frozen=True)
class SmoothMotion:
    """A run of frames with derivatives.

    Attributes:
        stamps_ns: Times of the frames (n,) [ns], as recorded.
        q: Configurations (n, 38) [m, rad].
        v: Velocities (n, 37), pelvis part in the pelvis frame [m/s, rad/s].
        a: Time derivatives of `v` (n, 37) [m/s², rad/s²].
        period_s: Typical time between frames [s].
    """

    stamps_ns: Stamps
    q: Array
    v: Array
    a: Array
    period_s: float

    @property
    def times_s(self) -> Array:
        """Seconds since the first frame (n,)."""
        seconds: Array = (self.stamps_ns - self.stamps_ns[0]) * 1e-9
        return seconds


def low_pass(samples: Array, rate_hz: float, cutoff_hz: float) -> Array:
    """Zero-lag low-pass of evenly sampled curves, with reflected ends.

    Args:
        samples: Curves (n, k).
        rate_hz: Sampling rate [Hz].
        cutoff_hz: Cut-off frequency of each of the two passes [Hz]; one too close to half the
            sampling rate leaves the samples as they are.

    Returns:
        The filtered curves (n, k).
    """
    if cutoff_hz >= _NYQUIST_SHARE * rate_hz:
        return samples
    pad = max(1, len(samples) // 2)
    before = 2.0 * samples[0] - samples[pad:0:-1]
    after = 2.0 * samples[-1] - samples[-2 : -pad - 2 : -1]
    b, a = butter(_ORDER, 2.0 * cutoff_hz / rate_hz)
    padded = filtfilt(b, a, np.concatenate([before, samples, after]), axis=0, padlen=0)
    filtered: Array = padded[pad : pad + len(samples)]
    return filtered


def smooth_motion(stamps_ns: Stamps, q: Array, options: SmoothingOptions) -> list[SmoothMotion]:
    """Smooth a recording and differentiate it twice.

    Args:
        stamps_ns: Strictly increasing times (n,) [ns]; need not be even.
        q: Configurations (n, 38), the pelvis quaternion of any sign [m, rad].
        options: Cut-off and gap limits.

    Returns:
        One motion for each run of frames between long gaps; too short runs are left out.

    Raises:
        ShapeError: Shapes do not fit, stamps do not increase, or `q` holds NaN.
        TooShortError: No run is long enough.
    """
    stamps_ns = np.asarray(stamps_ns, dtype=np.int64)
    _check(stamps_ns, q)
    gaps = np.flatnonzero(np.diff(stamps_ns) > options.max_gap_s * 1e9) + 1
    runs = np.split(np.arange(len(stamps_ns)), gaps)
    long_runs = [run for run in runs if len(run) >= MINIMUM_FRAMES]
    if not long_runs:
        raise TooShortError(max(len(run) for run in runs), MINIMUM_FRAMES)
    return [_smooth_run(stamps_ns[run], q[run], options) for run in long_runs]


def _check(stamps_ns: Stamps, q: Array) -> None:
    if q.ndim != 2 or q.shape != (len(stamps_ns), 38) or len(q) == 0:
        raise ShapeError("q", f"shape {q.shape}, expected ({len(stamps_ns)}, 38), not empty")
    if not np.isfinite(q).all():
        raise ShapeError("q", f"frame {int(np.argmin(np.isfinite(q).all(axis=1)))} holds NaN")
    if (np.diff(stamps_ns) <= 0).any():
        raise ShapeError("stamps_ns", "stamps must increase from frame to frame")


def _smooth_run(stamps_ns: Stamps, q: Array, options: SmoothingOptions) -> SmoothMotion:
    times_s = (stamps_ns - stamps_ns[0]) * 1e-9
    period_s = float(np.median(np.diff(times_s)))
    curves = q.copy()
    curves[:, 3:7] = rotations.continuous(q[:, 3:7] / np.linalg.norm(q[:, 3:7], axis=1)[:, None])
    count = max(len(q), round(times_s[-1] / period_s) + 1)
    grid_s = np.linspace(0.0, times_s[-1], count)
    even = make_interp_spline(times_s, curves, k=3)(grid_s)
    rate_hz = (count - 1) / times_s[-1]
    spline = make_interp_spline(grid_s, low_pass(even, rate_hz, options.cutoff_hz), k=_SPLINE_DEGREE)
    values, first, second = (spline(times_s, order) for order in range(3))
    return SmoothMotion(stamps_ns, *_on_manifold(values, first, second), period_s)


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
