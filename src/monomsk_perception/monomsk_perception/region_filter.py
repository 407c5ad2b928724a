"""Steady regions: a filter on the two points that place the crop, never on the landmarks.

A crop that shakes with the network's noise feeds the noise back. The filter is the One Euro filter
(Casiez et al. 2012) with the constants of MediaPipe's published graph ``pose_landmark_filtering``:
nearly constant for a person at rest, without noticeable lag for one who moves.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from monomsk_perception.region import Region

FloatArray = npt.NDArray[np.float64]

_MIN_CUTOFF_HZ = 0.01
_CUTOFF_PER_SPEED = 10.0  # Hz per body diameter per second
_SPEED_CUTOFF_HZ = 1.0
_NOMINAL_STEP_S = 1.0 / 30.0


class RegionFilter:
    """Filters the alignment points of one person; make a new one for another person."""

    def __init__(self) -> None:
        self._stamp_ns: int | None = None
        self._raw: FloatArray = np.zeros(4)
        self._filtered: FloatArray = np.zeros(4)
        self._speed: FloatArray = np.zeros(4)

    def update(self, alignment: FloatArray, stamp_ns: int) -> Region:
        """Take in the points of an image, give the region for the next one.

        Args:
            alignment: (2, 2) middle of the hips, point on the circle around the body [px].
            stamp_ns: Stamp of the image [ns].
        """
        value = np.asarray(alignment, dtype=np.float64).reshape(4)
        if self._stamp_ns is None:
            self._filtered, self._speed = value, np.zeros(4)
        else:
            step_s = (stamp_ns - self._stamp_ns) * 1e-9
            if step_s <= 0.0:  # images without a clock
                step_s = _NOMINAL_STEP_S
            self._step(value, step_s)
        self._raw, self._stamp_ns = value, stamp_ns
        return Region.around_body(self._filtered[:2], self._filtered[2:])

    def _step(self, value: FloatArray, step_s: float) -> None:
        diameter_px = max(2.0 * math.dist(value[:2], value[2:]), 1e-6)
        speed = (value - self._raw) / (diameter_px * step_s)
        self._speed = self._speed + _gain(_SPEED_CUTOFF_HZ, step_s) * (speed - self._speed)
        cutoff_hz = _MIN_CUTOFF_HZ + _CUTOFF_PER_SPEED * np.abs(self._speed)
        self._filtered = self._filtered + _gain(cutoff_hz, step_s) * (value - self._filtered)


def _gain(cutoff_hz: float | FloatArray, step_s: float) -> FloatArray:
    """Gain of a first-order low-pass filter [-]."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2.0 * math.pi * np.asarray(cutoff_hz) * step_s)))
