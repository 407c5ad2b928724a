"""How noisy a recorded motion is, from what changes faster than a body does.

The error of a pose from video wanders: a spectrum that falls with the square of the frequency,
4 sigma² / (T (2 pi f)²) above 1 / (2 pi T) (Ornstein-Uhlenbeck). Movement falls much faster. What a
motion holds above a cut-off therefore tells sigma, if the correlation time T is that of video.
"""

import math

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics import rotations
from monomsk_dynamics.smoothing import MINIMUM_FRAMES, smoothing_spline

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

#: Faster than gait and running move a pelvis [Hz].
CUTOFF_HZ = 10.0
#: How long an error of the pose lasts [s].
CORRELATION_S = 0.2
#: Movement itself and motion capture seem to have so much noise: pelvis [m], orientation and
#: joints [rad].
MOVEMENT_SIGMA_M = 0.0035
MOVEMENT_SIGMA_RAD = math.radians(0.8)
#: Where angles seem clean and the pelvis' place does not: less cannot be told from movement [rad].
_LEAST_SIGMA_RAD = math.radians(0.2)
#: The band above the cut-off is at least this wide, as a share of the cut-off.
_LEAST_BAND = 0.2
#: Standard deviation of a normal distribution over its median absolute deviation.
_MEDIAN_TO_SIGMA = 1.4826
#: Median length of a vector of three such numbers, in their standard deviations.
_MEDIAN_LENGTH = 1.5382


def estimated_sigma(stamps_ns: Stamps, q: Array) -> Array:
    """Standard deviations (37,) of a motion's errors in tangent space [m, rad].

    NaN for a motion as clean as motion capture, and where too few or too slow frames cannot tell.

    Args:
        stamps_ns: Strictly increasing times (n,) [ns].
        q: Configurations (n, 38), without NaN [m, rad].
    """
    unknown = np.full(q.shape[1] - 1, np.nan)
    if len(q) < MINIMUM_FRAMES:
        return unknown
    times_s = (stamps_ns - stamps_ns[0]) * 1e-9
    highest_hz = 0.5 / float(np.median(np.diff(times_s)))
    if highest_hz < (1.0 + _LEAST_BAND) * CUTOFF_HZ:
        return unknown
    fast = _fast_part(times_s, q)
    band = 1.0 / CUTOFF_HZ - 1.0 / highest_hz
    to_sigma = 2.0 * math.pi * math.sqrt(CORRELATION_S / (4.0 * band))
    place = to_sigma * _spread_in_space(fast[:, :3])
    if place <= MOVEMENT_SIGMA_M:
        return unknown
    # A small turn changes a quaternion by half of it, across the four numbers.
    turn = to_sigma * 2.0 * _spread_in_space(fast[:, 3:7])
    angles = np.concatenate([np.full(3, turn), to_sigma * _spread(fast[:, 7:])])
    # No angle of a noisy motion is known better than the median one could be.
    known = np.sqrt(np.maximum(angles**2 - MOVEMENT_SIGMA_RAD**2, 0.0))
    least = max(float(np.median(known)), _LEAST_SIGMA_RAD)
    own = math.sqrt(place**2 - MOVEMENT_SIGMA_M**2)
    return np.concatenate([np.full(3, own), np.maximum(known, least)])


def _fast_part(times_s: Array, q: Array) -> Array:
    """What of the curves (n, 38) is faster than the cut-off."""
    curves = q.copy()
    curves[:, 3:7] = rotations.continuous(q[:, 3:7] / np.linalg.norm(q[:, 3:7], axis=1)[:, None])
    fast: Array = curves - smoothing_spline(times_s, curves, CUTOFF_HZ)(times_s)
    return fast


def _spread(values: Array) -> Array:
    """Standard deviation of columns, whatever single impacts and glitches do."""
    away = np.abs(values - np.median(values, axis=0))
    return np.asarray(_MEDIAN_TO_SIGMA * np.median(away, axis=0))


def _spread_in_space(values: Array) -> float:
    """Standard deviation along each of three axes, the same whichever way these lie."""
    away = np.linalg.norm(values - np.median(values, axis=0), axis=1)
    return float(np.median(away)) / _MEDIAN_LENGTH
