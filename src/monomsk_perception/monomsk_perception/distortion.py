"""OpenCV's lens distortion on ideal image coordinates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


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
    k1, k2, p1, p2, k3, k4, k5, k6 = coefficients + (0.0,) * (8 - len(coefficients))
    x, y = normalized.T
    r2 = x * x + y * y
    radial = (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1.0 + r2 * (k4 + r2 * (k5 + r2 * k6)))
    return np.column_stack(
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ]
    )


def turn_distortion(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """Return the coefficients after a clockwise quarter turn: only the tangential two change."""
    if not coefficients:
        return ()
    # New axes x' = -y, y' = x: p1 belongs to y and p2 to x, so p1' = p2 and p2' = -p1.
    return (*coefficients[:2], coefficients[3], -coefficients[2], *coefficients[4:])
