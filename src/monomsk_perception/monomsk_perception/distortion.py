"""OpenCV's lens distortion on ideal image coordinates, and its inverse.

The inverse is a Newton iteration: OpenCV's own (undistortPoints, a fixed-point iteration) stalls
1.5 px off in the corners of a lens with a rational model.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_MOST_ITERATIONS = 30
_TOLERANCE = 1e-9  # of image coordinates; a pixel is about 1e-3
_MOST_RADIUS = 20.0  # tangent of 87 degrees off the optical axis


def distort(normalized: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    """Apply OpenCV's rational model (plumb_bob is the case k4 = k5 = k6 = 0).

    Args:
        normalized: (n, 2) ideal image coordinates x / z, y / z [-].
        coefficients: k1, k2, p1, p2[, k3[, k4, k5, k6]].

    Returns:
        (n, 2) distorted coordinates [-].
    """
    if not coefficients:
        return normalized
    p1, p2 = coefficients[2:4]
    x, y = normalized.T
    r2 = x * x + y * y
    radial = _radial(r2, coefficients)[0]
    return np.column_stack(
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ]
    )


def undistort(distorted: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    """Invert `distort`.

    Args:
        distorted: (n, 2) distorted coordinates [-].
        coefficients: As in `distort`.

    Returns:
        (n, 2) ideal coordinates; NaN where there are none: where the iteration does not converge,
        or only to a point beyond the radius at which the distortion folds the image back.
    """
    if not coefficients or not len(distorted):
        return distorted.copy()
    ideal = distorted.copy()
    limit = _fold_radius(coefficients)
    with np.errstate(all="ignore"):
        for _ in range(_MOST_ITERATIONS):
            error = distort(ideal, coefficients) - distorted
            if not (np.abs(error) > _TOLERANCE).any():
                break
            ideal -= _newton_step(ideal, error, coefficients)
            # Steps from far out are kept on the near side of the fold.
            if limit < _MOST_RADIUS:
                radius = np.hypot(ideal[:, 0], ideal[:, 1])
                ideal *= np.minimum(1.0, 0.999 * limit / np.maximum(radius, 1e-300))[:, None]
        error = np.abs(distort(ideal, coefficients) - distorted).max(axis=1)
    ideal[~(error < _TOLERANCE)] = np.nan
    return ideal


def turn_distortion(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """Return the coefficients after a clockwise quarter turn: only the tangential two change."""
    if not coefficients:
        return ()
    # New axes x' = -y, y' = x: p1 belongs to y and p2 to x, so p1' = p2 and p2' = -p1.
    return (*coefficients[:2], coefficients[3], -coefficients[2], *coefficients[4:])


def _radial(r2: FloatArray, coefficients: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Radial factor and its derivative with respect to the squared radius."""
    k1, k2, _, _, k3, k4, k5, k6 = coefficients + (0.0,) * (8 - len(coefficients))
    above = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    below = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6))
    d_above = k1 + r2 * (2.0 * k2 + 3.0 * k3 * r2)
    d_below = k4 + r2 * (2.0 * k5 + 3.0 * k6 * r2)
    return above / below, (d_above * below - above * d_below) / (below * below)


def _newton_step(
    ideal: FloatArray, error: FloatArray, coefficients: tuple[float, ...]
) -> FloatArray:
    """Solve the 2x2 systems jacobian @ step = error."""
    p1, p2 = coefficients[2:4]
    x, y = ideal.T
    radial, slope = _radial(x * x + y * y, coefficients)
    j_xx = radial + 2.0 * slope * x * x + 2.0 * p1 * y + 6.0 * p2 * x
    j_xy = 2.0 * slope * x * y + 2.0 * p1 * x + 2.0 * p2 * y
    j_yy = radial + 2.0 * slope * y * y + 6.0 * p1 * y + 2.0 * p2 * x
    determinant = j_xx * j_yy - j_xy * j_xy
    e_x, e_y = error.T
    return (
        np.column_stack([j_yy * e_x - j_xy * e_y, j_xx * e_y - j_xy * e_x]) / (determinant[:, None])
    )


@lru_cache(maxsize=8)  # lenses may change all the time
def _fold_radius(coefficients: tuple[float, ...]) -> float:
    """Ideal radius from which on the distorted radius shrinks again; infinite if it never does."""
    radius = np.linspace(0.0, _MOST_RADIUS, 2001)
    distorted = radius * _radial(radius * radius, coefficients)[0]
    folded = np.flatnonzero(np.diff(distorted) <= 0.0)
    return float(radius[folded[0]]) if len(folded) else float("inf")
