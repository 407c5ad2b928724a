"""Draws windows of motion: recorded or generated, warped, mirrored, bent to other habits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from monomsk_description.frames import Array
from monomsk_training.balance_motions import balance
from monomsk_training.chair_motions import bend, sit_to_stand, squat
from monomsk_training.errors import RecipeError
from monomsk_training.generators import Rng, chance, gait, smooth_weights, standing
from monomsk_training.library import LIBRARY_RATE_HZ, Library
from monomsk_training.motion_clip import ANGLES, COLUMN, MOTION_NAMES, at_rest, leaning, mirrored
from monomsk_training.posture import unseen
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
    "balance": balance,
    "chance": chance,
}


def _default_mixture() -> dict[str, float]:
    return {
        "clips": 0.40, "gait": 0.15, "sit_to_stand": 0.13, "squat": 0.06, "bend": 0.03,
        "stairs": 0.03, "jump": 0.02, "on_the_spot": 0.03, "standing": 0.04, "balance": 0.06,
        "chance": 0.05,
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
        posture_deg: Standard deviation of what is added to the pelvis' tilt of recorded clips with
            shoulders and thighs in place [deg], see `posture.unseen`.
    """

    mixture: Mapping[str, float] = field(default_factory=_default_mixture)
    tempo: tuple[float, float] = (0.6, 1.5)
    amplitude: tuple[float, float] = (0.75, 1.25)
    habit_deg: float = 5.0
    drift_deg: float = 3.0
    level_feet: float = 0.5
    posture_deg: float = 4.0


def as_recorded(options: SamplerOptions) -> SamplerOptions:
    """The same with recorded clips alone, as they are but for pace and mirror."""
    return replace(
        options, mixture={"clips": 1.0}, tempo=(1.0, 1.0), amplitude=(1.0, 1.0), habit_deg=0.0,
        drift_deg=0.0, posture_deg=0.0,
    )  # fmt: skip


#: Joints from the pelvis to the foot with the sense in which they turn it toes up.
_FOOT_CHAIN = (("hip_flexion", 1.0), ("knee_angle", -1.0), ("ankle_angle", 1.0))
#: What a habit does to coordinates, relative to the others; arms are held in any way.
_HABIT_GAIN = np.array(
    [
        0.0 if name.startswith("pelvis_t") and name != "pelvis_tilt" or name == "pelvis_rotation"
        else 0.7 if name.startswith("pelvis") else 0.6 if name.startswith("knee")
        else 3.0 if name.startswith("pro_sup") else 2.0 if name.startswith("elbow")
        else 1.5 if name.startswith("arm_") else 1.0
        for name in MOTION_NAMES
    ]
)  # fmt: skip
#: Drifts and the pace of recordings change over about this time [s].
_PERIOD_S = 0.7
_KNEES = [COLUMN["knee_angle_r"], COLUMN["knee_angle_l"]]
_ELBOWS = [COLUMN["elbow_flex_r"], COLUMN["elbow_flex_l"]]


class MotionSampler:
    """Draws windows of motion.

    Args:
        library: Recorded clips.
        options: How they are varied.
        frames: Length of a window.
        rate_hz: Its frames a second.

    Raises:
        RecipeError: The mixture is none of what there is.
    """

    def __init__(
        self, library: Library, options: SamplerOptions, frames: int, rate_hz: float
    ) -> None:
        _check_mixture(options.mixture, library)
        self._options = options
        self._times = np.arange(frames) / rate_hz
        self._rate_hz = rate_hz
        self._kinds = tuple(options.mixture)
        shares = np.array([options.mixture[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()
        self._slow = smooth_weights(self._times, _PERIOD_S)
        self._clip_weights = library.weights
        lengths = np.array([len(clip.values) for clip in library.clips], dtype=int)
        self._lasts, self._starts = lengths - 1, np.cumsum(lengths) - lengths
        frames_of_all = [clip.values for clip in library.clips] or [at_rest(0)]
        self._frames = np.concatenate(frames_of_all).astype(np.float32)

    def sample(self, rng: Rng, count: int) -> tuple[Array, Array]:
        """Windows (count, frames, 37), and whether each one's pelvis places are real (count,)."""
        drawn = rng.choice(len(self._kinds), size=count, p=self._shares)
        kinds = [self._kinds[number] for number in drawn]
        travels = np.array([kind == "clips" for kind in kinds])
        windows = np.empty((count, len(self._times), len(MOTION_NAMES)))
        if travels.any():
            windows[travels] = self._clips(rng, int(travels.sum()))
        for number in np.flatnonzero(~travels):
            windows[number] = GENERATORS[kinds[number]](rng, self._times)
        return self._varied(rng, windows, travels), travels

    def _clips(self, rng: Rng, count: int) -> Array:
        """Pieces of recordings at another tempo and amplitude; short ones go to and fro."""
        options = self._options
        clip = rng.choice(len(self._clip_weights), size=count, p=self._clip_weights)
        last = self._lasts[clip][:, None]
        uneven = np.exp(0.15 * rng.normal(size=(count, self._slow.shape[1])) @ self._slow.T)
        tempo = rng.uniform(*options.tempo, (count, 1)) * LIBRARY_RATE_HZ / self._rate_hz
        place = np.cumsum(uneven * tempo, axis=1) + rng.uniform(0.0, 1.0, (count, 1)) * last
        place = np.abs((place + last) % (2 * last) - last)
        index = np.minimum(place.astype(int), last - 1)
        share = (place - index)[..., None].astype(np.float32)
        rows = self._starts[clip][:, None] + index
        window = self._frames[rows]
        window += (self._frames[rows + 1] - window) * share
        gain = np.exp(0.1 * rng.normal(size=(count, 1, len(MOTION_NAMES))))
        gain = gain * rng.uniform(*options.amplitude, (count, 1, 1))
        gain[..., 2:6] = 1.0
        mean = window.mean(1, keepdims=True)
        return np.asarray(mean + (window - mean) * gain, dtype=np.float64)

    def _varied(self, rng: Rng, windows: Array, recorded: Array) -> Array:
        """Windows (count, frames, 37) of people with habits, half of them mirrored."""
        options, count, columns = self._options, len(windows), len(MOTION_NAMES)
        habit = options.habit_deg * rng.normal(size=(count, 1, columns))
        amount = options.drift_deg * rng.random((count, 1, 1))
        drift = self._slow @ (amount * rng.normal(size=(count, self._slow.shape[1], columns)))
        change = (habit + drift) * (np.radians(1.0) * _HABIT_GAIN * ANGLES)
        taken = rng.uniform(options.level_feet, 1.0, (count, 1))
        for side in "rl":
            pitch = change[..., COLUMN["pelvis_tilt"]] + sum(
                sense * change[..., COLUMN[f"{name}_{side}"]] for name, sense in _FOOT_CHAIN
            )
            change[..., COLUMN[f"ankle_angle_{side}"]] -= taken * pitch
        tilt = np.radians(options.posture_deg) * rng.normal(size=(count, 1)) * recorded[:, None]
        unseen(change, tilt)
        turned = leaning(windows[..., :3], change[..., :3])
        windows = windows + change
        windows[..., :3] = turned
        knees = windows[..., _KNEES]
        windows[..., _KNEES] = np.clip(np.where(knees < 0.0, 0.3 * knees, knees), -0.15, 2.5)
        windows[..., _ELBOWS] = np.clip(windows[..., _ELBOWS], 0.0, 2.6)
        flipped = rng.random(count) < 0.5
        windows[flipped] = mirrored(windows[flipped])
        return windows


def _check_mixture(mixture: Mapping[str, float], library: Library) -> None:
    known = {"clips", *GENERATORS}
    if unknown := set(mixture) - known:
        reason = f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        raise RecipeError("motions.mixture", reason)
    if min(mixture.values(), default=0.0) < 0.0 or not sum(mixture.values()) > 0.0:
        raise RecipeError("motions.mixture", "shares must not be negative, nor all of them zero")
    if mixture.get("clips", 0.0) > 0.0 and not library.clips:
        raise RecipeError("motions.mixture", "asks for clips, and the library has none")
