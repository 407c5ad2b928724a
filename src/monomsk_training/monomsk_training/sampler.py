"""Draws windows of motion: recorded or generated, warped, mirrored, bent to other habits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_training.chair_motions import bend, sit_to_stand, squat
from monomsk_training.generators import Rng, chance, gait, smooth_noise, standing
from monomsk_training.library import LIBRARY_RATE_HZ, Library
from monomsk_training.motion_clip import ANGLES, COLUMN, MOTION_NAMES, mirrored
from monomsk_training.step_motions import jump, on_the_spot, stairs

GENERATORS: Mapping[str, Callable[[Rng, Array], Array]] = {
    "gait": gait,
    "sit_to_stand": sit_to_stand,
    "squat": squat,
    "bend": bend,
    "stairs": stairs,
    "jump": jump,
    "on_the_spot": on_the_spot,
    "standing": standing,
    "chance": chance,
}


def _default_mixture() -> dict[str, float]:
    return {
        "clips": 0.42, "gait": 0.16, "sit_to_stand": 0.14, "squat": 0.07, "bend": 0.03,
        "stairs": 0.03, "jump": 0.02, "on_the_spot": 0.03, "standing": 0.04, "chance": 0.06,
    }  # fmt: skip


@dataclass(frozen=True)
class SamplerOptions:
    """How motions are drawn and varied.

    Attributes:
        mixture: Share of recorded clips ("clips") and of each generator.
        tempo: Slowest and fastest speed relative to the recording.
        amplitude: Smallest and largest excursion from the window's mean relative to the recording.
        habit_deg: Standard deviation of a constant added to each coordinate [deg].
        drift_deg: The same of a slowly changing one, at most [deg].
        level_feet: Least share of what habits turn the feet by that the ankles take back: people
            of any habit put their feet flat on the floor.
    """

    mixture: Mapping[str, float] = field(default_factory=_default_mixture)
    tempo: tuple[float, float] = (0.6, 1.5)
    amplitude: tuple[float, float] = (0.75, 1.25)
    habit_deg: float = 5.0
    drift_deg: float = 3.0
    level_feet: float = 0.5


#: Joints from the pelvis to the foot with the sense in which they turn it toes up.
_FOOT_CHAIN = (("hip_flexion", 1.0), ("knee_angle", -1.0), ("ankle_angle", 1.0))
#: What a habit does less to, relative to the others.
_HABIT_GAIN = np.array(
    [
        0.0 if name.startswith("pelvis_t") and name != "pelvis_tilt" or name == "pelvis_rotation"
        else 0.7 if name.startswith("pelvis") else 0.6 if name.startswith("knee")
        else 3.0 if name.startswith("pro_sup") else 1.0
        for name in MOTION_NAMES
    ]
)  # fmt: skip
_KNEES = [COLUMN["knee_angle_r"], COLUMN["knee_angle_l"]]
_ELBOWS = [COLUMN["elbow_flex_r"], COLUMN["elbow_flex_l"]]


class MotionSampler:
    """Draws windows of motion.

    Args:
        library: Recorded clips.
        options: How they are varied.
        frames: Length of a window.
        rate_hz: Its frames a second.
    """

    def __init__(
        self, library: Library, options: SamplerOptions, frames: int, rate_hz: float
    ) -> None:
        self._library, self._options = library, options
        self._times = np.arange(frames) / rate_hz
        self._rate_hz = rate_hz
        self._kinds = tuple(options.mixture)
        shares = np.array([options.mixture[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()

    def sample(self, rng: Rng, count: int) -> tuple[Array, Array]:
        """Windows (count, frames, 37), and whether each one's pelvis places are real (count,)."""
        windows, travels = [], np.zeros(count, dtype=bool)
        for number in range(count):
            kind = self._kinds[rng.choice(len(self._kinds), p=self._shares)]
            travels[number] = kind == "clips"
            window = self._clip(rng) if kind == "clips" else GENERATORS[kind](rng, self._times)
            windows.append(self._varied(rng, window))
        return np.array(windows), travels

    def _clip(self, rng: Rng) -> Array:
        """A piece of a recording at another tempo and amplitude; short ones go to and fro."""
        options = self._options
        clip = self._library.clips[rng.choice(len(self._library.clips), p=self._library.weights)]
        values, last = clip.values, len(clip.values) - 1
        uneven = np.exp(0.15 * smooth_noise(rng, self._times, 1, 0.7)[:, 0])
        pace = uneven * rng.uniform(*options.tempo) * LIBRARY_RATE_HZ / self._rate_hz
        place = np.cumsum(pace) + rng.uniform(0, last)
        place = np.abs((place + last) % (2 * last) - last)
        index = np.minimum(place.astype(int), last - 1)
        share = (place - index)[:, None]
        window = values[index] * (1.0 - share) + values[index + 1] * share
        gain = rng.uniform(*options.amplitude) * np.exp(0.1 * rng.normal(size=len(MOTION_NAMES)))
        gain[2:6] = 1.0
        mean = window.mean(0)
        return np.asarray(mean + (window - mean) * gain, dtype=np.float64)

    def _varied(self, rng: Rng, window: Array) -> Array:
        options = self._options
        habit = options.habit_deg * rng.normal(size=len(MOTION_NAMES))
        drift = smooth_noise(rng, self._times, len(MOTION_NAMES), 0.7) * options.drift_deg
        change = np.radians(habit + drift * rng.random()) * _HABIT_GAIN * ANGLES
        keep = 1.0 - rng.uniform(options.level_feet, 1.0)
        for side in "rl":
            pitch = change[:, COLUMN["pelvis_tilt"]] + sum(
                sense * change[:, COLUMN[f"{name}_{side}"]] for name, sense in _FOOT_CHAIN
            )
            change[:, COLUMN[f"ankle_angle_{side}"]] -= (1.0 - keep) * pitch
        turned = leaning(window[:, :3], change[:, :3])
        window = window + change
        window[:, :3] = turned
        knees = window[:, _KNEES]
        window[:, _KNEES] = np.clip(np.where(knees < 0.0, 0.3 * knees, knees), -0.15, 2.5)
        window[:, _ELBOWS] = np.clip(window[:, _ELBOWS], 0.0, 2.6)
        if rng.random() < 0.5:
            window = mirrored(window)
        return window


def leaning(angles: Array, change: Array) -> Array:
    """Pelvis angles (frames, 3) [rad] after tilting and listing in the pelvis' own axes."""
    own = Rotation.from_euler("ZX", change[:, :2])
    result = (Rotation.from_euler("ZXY", angles) * own).as_euler("ZXY", suppress_warnings=True)
    return np.asarray(result + change * [0.0, 0.0, 1.0], dtype=np.float64)
