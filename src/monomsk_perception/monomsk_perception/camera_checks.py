"""What a camera matrix, its distortion and its image size must fulfil."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monomsk_perception.errors import CameraError

FloatArray = npt.NDArray[np.float64]

DISTORTION_LENGTHS = (0, 4, 5, 8)
"""Numbers of coefficients of none, ``plumb_bob`` (4 or 5) and ``rational_polynomial`` (8)."""

_FOCAL_RANGE = (0.1, 50.0)  # over the longer side: 157 to 1.1 degrees of field of view


def check_size(width_px: int, height_px: int) -> None:
    """Raise CameraError unless both sides are positive."""
    for field, value in (("width_px", width_px), ("height_px", height_px)):
        if not value > 0:
            raise CameraError(field, value, "must be positive")


def check_focal(field: str, focal_px: float, longer_px: int) -> None:
    """Raise CameraError unless the focal length gives a possible field of view."""
    if not math.isfinite(focal_px) or focal_px <= 0.0:
        raise CameraError(field, focal_px, "must be positive and finite (is it calibrated?)")
    least, most = _FOCAL_RANGE
    if not least <= focal_px / longer_px <= most:
        raise CameraError(field, focal_px, f"implausible for an image {longer_px} px long")


def check_center(field: str, center_px: float, side_px: int) -> None:
    """Raise CameraError unless the principal point is in or near the image."""
    if not math.isfinite(center_px) or not -0.5 * side_px <= center_px <= 1.5 * side_px:
        raise CameraError(field, center_px, f"far outside an image side of {side_px} px")


def check_distortion(coefficients: tuple[float, ...]) -> None:
    """Raise CameraError unless the coefficients are finite and as many as a model has."""
    if len(coefficients) not in DISTORTION_LENGTHS:
        raise CameraError(
            "distortion", coefficients, f"{len(coefficients)} coefficients, not 0, 4, 5 or 8"
        )
    if not all(math.isfinite(c) for c in coefficients):
        raise CameraError("distortion", coefficients, "must be finite")


def check_matrix(matrix: Sequence[float] | FloatArray) -> FloatArray:
    """Return the camera matrix as (3, 3), or raise CameraError if it cannot be one."""
    values = np.asarray(matrix, dtype=np.float64)
    if values.size != 9:
        raise CameraError("matrix", values.shape, "must hold 9 numbers")
    k = values.reshape(3, 3)
    if not np.isfinite(k).all():
        raise CameraError("matrix", k.tolist(), "must be finite")
    if not k.any():
        raise CameraError("matrix", "all zero", "the camera is not calibrated")
    if k[2, 0] or k[2, 1] or k[1, 0] or k[2, 2] != 1.0:
        raise CameraError("matrix", k.tolist(), "must be [fx 0 cx; 0 fy cy; 0 0 1], row by row")
    if abs(k[0, 1]) > 1e-3 * abs(k[0, 0]):
        raise CameraError("matrix", k.tolist(), "skewed pixels are not supported")
    return k
