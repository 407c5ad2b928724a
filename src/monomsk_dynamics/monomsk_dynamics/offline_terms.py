"""What a whole recording tells: the floor's height, the walking velocity, slow parts of curves."""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.contact import ContactDetector, FloorHeight, sole_motion
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.options import DynamicsOptions

Array = NDArray[np.float64]


def floor_height(
    terms: list[FrameTerms], feet: FootGeometry, velocity: Array, options: DynamicsOptions
) -> float:
    """Where the soles rest [m]: the median height of the lower of the slow soles.

    Kinematics of another skeleton can leave the soles some centimetres off the floor z = 0. A
    recording without a resting sole has its floor at 0, and so has one whose floor was given or
    found to slope: it is looked at in the world of that floor (floor_frame.py).
    """
    floor = options.ground.floor
    if floor is not None and floor.source != "level":
        return 0.0
    detector = ContactDetector(options.contact)
    heights: list[float] = []
    for frame, going in zip(terms, velocity, strict=True):
        motion = sole_motion(frame, feet)
        strike, _ = detector.thresholds(float(np.hypot(*going)))
        resting = (motion.sole_speed < strike) & (np.abs(motion.height) < FloorHeight.RANGE_M)
        if resting.any():
            heights.append(float(motion.height[resting].min()))
    return float(np.median(heights)) if heights else 0.0


def moving_mean(times_s: Array, values: Array, window_s: float) -> Array:
    """Mean of values (n, k) around each time, weighted by a Gaussian of that width [s]."""
    first = np.searchsorted(times_s, times_s - 3.0 * window_s)
    last = np.searchsorted(times_s, times_s + 3.0 * window_s, side="right")
    means = []
    for time_s, low, high in zip(times_s, first, last, strict=True):
        weights = np.exp(-0.5 * ((times_s[low:high] - time_s) / window_s) ** 2)
        means.append(weights @ values[low:high] / weights.sum())
    return np.array(means)


def mean_velocity(terms: list[FrameTerms], times_s: Array, window_s: float) -> Array:
    """Horizontal pelvis velocity (n, 2) averaged over a window around each frame [m/s]."""
    velocities = np.array([frame.pelvis_velocity_world[:2] for frame in terms])
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(velocities, axis=0)])
    first = np.searchsorted(times_s, times_s - 0.5 * window_s)
    last = np.searchsorted(times_s, times_s + 0.5 * window_s, side="right")
    mean: Array = (sums[last] - sums[first]) / (last - first)[:, None]
    return mean
