"""A plain slow walk without end, from mean joint angles: input for demonstrations and tests.

Angles over the stride follow the means of D. A. Winter, The Biomechanics and Motor Control of Human
Gait (1991), read off at tenths of the cycle. The pelvis is where the lower foot stands on the
floor, smoothed; feet slip by some millimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

STRIDE_S = 1.1
#: Angles [deg] at 0, 10, ... 90 % of a leg's stride.
_STRIDE_DEG = {
    "hip_flexion": (28, 24, 15, 5, -5, -11, -4, 13, 26, 31),
    "hip_adduction": (0, 4, 6, 5, 3, 1, -4, -6, -4, -1),
    "knee_angle": (6, 16, 16, 9, 5, 10, 34, 62, 55, 20),
    "ankle_angle": (0, -4, 3, 7, 10, 8, -14, -8, 1, 2),
    "mtp_angle": (2, 0, 0, 0, 4, 18, 22, 4, 2, 3),
}
_SIDES = (("r", 0.0), ("l", 0.5))
#: Arms swing against the leg of their side, by this share of its hip angle.
_ARM_SWING = -0.6
_PLACES = 200
#: Harmonics of the stride that are left of the pelvis' height and of its uneven progress.
_HEIGHT_HARMONICS, _PROGRESS_HARMONICS = 4, 2
_ROOT_Q = 7


class PlainWalk:
    """Configurations of a walking person at any time.

    Args:
        skeleton: The person's.

    Attributes:
        advance_m: How far a stride leads [m].
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._curves = {
            name: _periodic(np.deg2rad(np.array(values, dtype=float)))
            for name, values in _STRIDE_DEG.items()
        }
        places = np.arange(_PLACES) / _PLACES
        soles = np.array([self._soles(place) for place in places])
        lowest = soles[:, :, 2]
        standing = np.argmin(lowest, axis=1)
        steps = -(np.roll(soles[:, :, 0], -1, axis=0) - soles[:, :, 0])
        progress = steps[np.arange(_PLACES), standing]
        self.advance_m = float(progress.sum())
        uneven = np.concatenate([[0.0], np.cumsum(progress)[:-1]]) - self.advance_m * places
        self._height = _periodic(_smooth(-lowest.min(axis=1), _HEIGHT_HARMONICS))
        self._uneven = _periodic(_smooth(uneven, _PROGRESS_HARMONICS))

    def configuration(self, time_s: float) -> Array:
        """Configuration (38,) at a time [s]: along x, the right heel strikes at zero."""
        place = (time_s / STRIDE_S) % 1.0
        q = self._posture(place)
        q[0] = self.advance_m * time_s / STRIDE_S + float(self._uneven(place))
        q[2] = float(self._height(place))
        return q

    def _posture(self, place: float) -> Array:
        """Configuration with the pelvis at the origin."""
        q = self._skeleton.neutral()
        q[:3] = 0.0
        for side, shift in _SIDES:
            for name, curve in self._curves.items():
                index = self._skeleton.coordinate_index(f"{name}_{side}")
                q[_ROOT_Q + index] = curve((place + shift) % 1.0)
            hip = float(self._curves["hip_flexion"]((place + shift) % 1.0))
            q[_ROOT_Q + self._skeleton.coordinate_index(f"arm_flex_{side}")] = _ARM_SWING * hip
        return q

    def _soles(self, place: float) -> Array:
        """Mean x and lowest z of the right and the left sole (2, 3) [m], from the pelvis."""
        points = self._skeleton.points(self._posture(place), self._skeleton.soles)
        feet = points.reshape(2, -1, 3)
        return np.stack([np.array([*foot.mean(axis=0)[:2], foot[:, 2].min()]) for foot in feet])


def _periodic(values: Array) -> CubicSpline:
    """A curve over one cycle through evenly spaced values."""
    places = np.linspace(0.0, 1.0, len(values) + 1)
    return CubicSpline(places, np.append(values, values[0]), bc_type="periodic")


def _smooth(values: Array, harmonics: int) -> Array:
    """What the lowest harmonics of a cycle make."""
    spectrum = np.fft.rfft(values)
    spectrum[harmonics + 1 :] = 0.0
    return np.asarray(np.fft.irfft(spectrum, len(values)))
