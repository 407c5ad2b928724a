"""What a person looks like: colours of trunk and thighs, to tell people apart.

Clothes change neither with the pose nor, much, with the distance; a person seen from behind may
wear other colours than from the front, so the memory holds several looks.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float64]

_SHOULDERS, _HIPS, _KNEES = (11, 12), (23, 24), (25, 26)
_PATCH_PX = (16, 24)
_LEAST_LENGTH_PX = 12.0
_LEAST_VISIBILITY = 0.4
# Lightness, green to red, blue to yellow (8-bit Lab); colours of clothes lie near the middle.
_BINS = (4, 8, 8)
_RANGES = [0, 256, 88, 168, 88, 168]
_BLUR = 0.2  # share that leaks into neighbouring bins: light changes


def look(image_bgr: Image, pixels: FloatArray, visibility: FloatArray) -> FloatArray | None:
    """Colours of a person: root of the histogram of trunk and of thighs, (2, bins).

    Args:
        image_bgr: (height, width, 3).
        pixels: (33, 2) landmarks [px].
        visibility: (33,) their visibility.

    Returns:
        None where too little of the person is seen; a row of NaN for a part that is not.
    """
    shoulders, hips, knees = (pixels[list(pair)] for pair in (_SHOULDERS, _HIPS, _KNEES))
    width_px = float(np.linalg.norm(shoulders[0] - shoulders[1]))
    trunk = _patch(image_bgr, shoulders.mean(0), hips.mean(0), width_px)
    if trunk is None or visibility[[*_SHOULDERS, *_HIPS]].mean() < _LEAST_VISIBILITY:
        return None
    rows = [_histogram(trunk)]
    seen = visibility[list(_KNEES)] >= _LEAST_VISIBILITY
    thighs = [
        patch
        for side in np.flatnonzero(seen)
        if (patch := _patch(image_bgr, hips[side], knees[side], 0.0)) is not None
    ]
    rows.append(_histogram(np.concatenate(thighs)) if thighs else np.full_like(rows[0], np.nan))
    return np.array(rows)


def difference(look_a: FloatArray, look_b: FloatArray) -> float:
    """Hellinger distance of two looks, 0 (the same) to 1 (no colour in common)."""
    similarity = (look_a * look_b).sum(axis=1)
    mean = float(np.nanmean(similarity))
    return float(np.sqrt(max(0.0, 1.0 - mean)))


def _patch(image_bgr: Image, top: FloatArray, bottom: FloatArray, width_px: float) -> Image | None:
    """A limb's inner part, upright; None where it is too small or outside the image."""
    along = bottom - top
    length_px = float(np.linalg.norm(along))
    if not np.isfinite(length_px) or length_px < _LEAST_LENGTH_PX:
        return None
    across = np.array([along[1], -along[0]]) / length_px
    half_px = 0.35 * max(width_px, 0.4 * length_px)
    start, end = top + 0.15 * along, top + 0.85 * along
    corners = np.array([start - half_px * across, start + half_px * across, end - half_px * across])
    height, width = image_bgr.shape[:2]
    middle = 0.5 * (start + end)
    if not (0.0 <= middle[0] < width and 0.0 <= middle[1] < height):
        return None
    columns, rows = _PATCH_PX
    target = np.array([[0, 0], [columns, 0], [0, rows]], np.float32)
    matrix = cv2.getAffineTransform(target, corners.astype(np.float32))
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(
        image_bgr, matrix, _PATCH_PX, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(patch)


def _histogram(patch: Image) -> FloatArray:
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], 88, 167)
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(_BINS), _RANGES).astype(np.float64)
    for axis in range(3):
        near = np.zeros_like(counts)
        lower, upper = [slice(None)] * 3, [slice(None)] * 3
        lower[axis], upper[axis] = slice(None, -1), slice(1, None)
        near[tuple(lower)] += counts[tuple(upper)]
        near[tuple(upper)] += counts[tuple(lower)]
        counts = (1.0 - _BLUR) * counts + 0.5 * _BLUR * near
    return np.sqrt(counts.ravel() / counts.sum())
