"""Windows of measured walking and running: features of the motion, forces and torques behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.filter_options import SmoothingOptions
from monomsk_dynamics.inverse_dynamics_transformer import (
    RATE_HZ,
    WINDOW_FRAMES,
    window_rows,
)
from monomsk_dynamics.kinetics_features import (
    COLUMNS,
    FEATURES,
    LEG_COORDINATES,
    KineticsFeatures,
)
from monomsk_dynamics.noisy_recording import denoised
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.smoothing import smooth_motion
from monomsk_training.errors import RecipeError

LEGS = len(LEG_COORDINATES)
#: Share of the weight from which a foot's centre of pressure counts.
_LOADED = 0.05
_NOISE_CORRELATION_S = 0.2
_SHORTEST_FRAMES = 24


@dataclass(frozen=True)
class Noise:
    """Errors of a pose as video makes them: slow, coloured, the same kind for all coordinates.

    Attributes:
        angle_deg: Standard deviation of the pelvis' orientation and every coordinate [deg].
        pelvis_cm: Of the pelvis' place [cm].
        told: Whether the standard deviation comes with the motion, as from video; else it is
            estimated and noisy gait is moved until its soles rest, as in a file of motion.
    """

    angle_deg: float
    pelvis_cm: float
    told: bool = False

    @property
    def told_sigma_m(self) -> float:
        """What the smoothing and the network are told [m]; NaN for none, as in motion capture."""
        return self.pelvis_cm / 100.0 if self.pelvis_cm else float("nan")

    def applied(
        self, skeleton: Skeleton, q: Array, rate_hz: float, rng: np.random.Generator
    ) -> Array:
        """The configurations (n, 38) with noise."""
        keep = float(np.exp(-1.0 / (rate_hz * _NOISE_CORRELATION_S)))
        sigma = np.full(37, np.radians(self.angle_deg))
        sigma[:3] = self.pelvis_cm / 100.0
        state = rng.normal(size=37)
        rows = []
        for row in q:
            rows.append(skeleton.integrate(row, sigma * state))
            state = keep * state + np.sqrt(1.0 - keep**2) * rng.normal(size=37)
        return np.array(rows)


#: Motion capture as it is, and what video adds; drawn for every trial.
NOISES = (
    Noise(0.0, 0.0), Noise(0.0, 0.0), Noise(0.2, 0.1), Noise(0.5, 0.3), Noise(0.5, 0.3, told=True),
    Noise(1.0, 0.6), Noise(1.0, 0.6, told=True), Noise(1.5, 1.0), Noise(1.5, 1.0),
    Noise(1.5, 1.0), Noise(1.5, 1.0, told=True),
)  # fmt: skip


class KineticsBatch(NamedTuple):
    """Windows, batch first, `WINDOW_FRAMES` frames each.

    Attributes:
        features: (batch, frames, FEATURES).
        force: (batch, frames, 2, 3), heading frame, per weight.
        torque: (batch, frames, 14), per weight and stature.
        known: Frames with labels (batch, frames).
        seen: Frames with features (batch, frames).
    """

    features: Tensor
    force: Tensor
    torque: Tensor
    known: Tensor
    seen: Tensor


@dataclass(frozen=True, eq=False)
class KineticsClip:
    """A trial at `RATE_HZ` with one draw of noise.

    Attributes:
        trial: Its name; splits go by its first word.
        noise: What was added.
        features: (n, FEATURES).
        force: (n, 6), right and left, heading frame, per weight.
        torque: (n, 14), per weight and stature.
        known: (n,) whether the plates saw everything.
    """

    trial: str
    noise: Noise
    features: Array
    force: Array
    torque: Array
    known: np.ndarray


def load_clips(folder: Path, noises: Sequence[Noise] = NOISES, seed: int = 3) -> list[KineticsClip]:
    """All trials of a folder that `monomsk_analysis.plate_trials` wrote, once for each noise.

    Raises:
        RecipeError: The folder holds none.
    """
    rng = np.random.default_rng(seed)
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise RecipeError(str(folder), "no trials; run monomsk_analysis.plate_trials first")
    return [
        clip
        for path in paths
        for noise in noises
        if (clip := load_clip(path, noise, rng)) is not None
    ]


def load_clip(path: Path, noise: Noise, rng: np.random.Generator) -> KineticsClip | None:
    """One trial; None if it is too short."""
    with np.load(path) as file:
        data = {name: file[name] for name in file.files}
    skeleton = trial_skeleton(data)
    stamps = data["stamps_ns"]
    if len(stamps) < _SHORTEST_FRAMES:
        return None
    rate_hz = 1e9 / float(np.median(np.diff(stamps)))
    q, sigma_m = data["q"], noise.told_sigma_m
    left_m = sigma_m
    if noise.angle_deg:
        q = noise.applied(skeleton, q, rate_hz, rng)
        if not noise.told:
            found = denoised(skeleton, stamps, q, DynamicsOptions())
            q, sigma_m, left_m = found.q, float(found.sigma[0]), found.pelvis_sigma_m
    cutoffs = SmoothingOptions().cutoffs_hz(left_m)
    (motion,) = smooth_motion(stamps, q, cutoffs[0], 1.0)
    (slow,) = smooth_motion(stamps, q, cutoffs[1], 1.0)
    builder = KineticsFeatures(skeleton)
    features, heading = builder.motion(motion.q, motion.v, slow.a, 0.0, sigma_m)
    force = np.einsum("nij,nfi->nfj", heading, data["force"]) / builder.scales.force_n
    torque = data["torque"][:, builder.leg_columns] / builder.scales.moment_n_m
    times = motion.times_s
    even = np.arange(0.0, times[-1], 1.0 / RATE_HZ)
    known = np.interp(even, times, data["complete"].astype(float)) > 0.99
    return KineticsClip(
        str(data["trial"]), noise, _at(even, times, features),
        _at(even, times, force.reshape(-1, 6)), _at(even, times, torque), known,
    )  # fmt: skip


def trial_skeleton(data: dict[str, np.ndarray]) -> Skeleton:
    """The person of a trial's file."""
    lengths = dict(zip(data["length_names"].tolist(), data["lengths_m"].tolist(), strict=True))
    subject = Subject(float(data["height_m"]), float(data["mass_kg"]), str(data["sex"]), lengths)
    return build_skeleton(subject)


def _at(even: Array, times: Array, values: Array) -> Array:
    return np.stack([np.interp(even, times, column) for column in values.T], axis=1)


class KineticsSampler:
    """Draws windows around labelled frames, mirrored half of the time.

    Args:
        clips: To draw from; those without a labelled frame are left out.
        seed: Of all chance.
        weight_error: Standard deviation of the mass that a user gives, as a share.

    Raises:
        RecipeError: No frame is labelled.
    """

    def __init__(
        self, clips: Sequence[KineticsClip], seed: int = 1, weight_error: float = 0.02
    ) -> None:
        self._clips = [clip for clip in clips if clip.known.any()]
        if not self._clips:
            raise RecipeError("trials", "none of those that may train has a labelled frame")
        self._rng = np.random.default_rng(seed)
        self._weight_error = weight_error

    def batch(self, count: int) -> KineticsBatch:
        """A batch of windows."""
        return collated([self._window() for _ in range(count)])

    def _window(self) -> tuple[np.ndarray, ...]:
        rng = self._rng
        clip = self._clips[rng.integers(len(self._clips))]
        start = int(rng.choice(np.flatnonzero(clip.known))) - int(rng.integers(WINDOW_FRAMES))
        features, force, torque, known, seen = cut(clip, start)
        gain = 1.0 + self._weight_error * rng.normal()
        for name in ("force", "moment", "leg_torques"):
            features[:, COLUMNS[name]] *= gain
        if rng.random() < 0.5:
            features, force, torque = mirrored(features, force, torque)
        return features, force, torque, known, seen


def cut(clip: KineticsClip, start: int) -> tuple[np.ndarray, ...]:
    """Features, force, torque, known, seen of a window that may reach beyond the clip."""
    rows, seen = window_rows(start, len(clip.features))
    return (
        clip.features[rows].copy(), clip.force[rows], clip.torque[rows],
        clip.known[rows] & seen, seen,
    )  # fmt: skip


def collated(windows: Sequence[tuple[np.ndarray, ...]]) -> KineticsBatch:
    """Windows as one batch."""
    features, force, torque, known, seen = (np.array(part) for part in zip(*windows, strict=True))
    return KineticsBatch(
        torch.as_tensor(features, dtype=torch.float32),
        torch.as_tensor(force.reshape(*force.shape[:2], 2, 3), dtype=torch.float32),
        torch.as_tensor(torque, dtype=torch.float32),
        torch.as_tensor(known),
        torch.as_tensor(seen),
    )


def mirrored(features: Array, force: Array, torque: Array) -> tuple[Array, Array, Array]:
    """The same motion with left and right exchanged; frames first."""
    order, sign = mirror_of_features()
    swapped = np.concatenate([force[:, 3:], force[:, :3]], axis=1) * [1, -1, 1, 1, -1, 1]
    other = np.concatenate([torque[:, LEGS // 2 :], torque[:, : LEGS // 2]], axis=1)
    return (features * sign)[:, order], swapped, other


def mirror_of_features() -> tuple[np.ndarray, Array]:
    """Order and sign with which (features * sign)[order] are those of the mirrored motion."""
    order, sign = np.arange(FEATURES), np.ones(FEATURES)
    for name in ("legs", "leg_rates", "sole_places", "sole_heights", "sole_velocities",
                 "leg_torques"):  # fmt: skip
        block = np.arange(FEATURES)[COLUMNS[name]]
        order[block] = np.roll(block, len(block) // 2)
    for name in ("gravity", "velocity", "force", "mass_center"):
        sign[COLUMNS[name].start + 1] = -1.0
    for name in ("rotation", "moment"):
        sign[COLUMNS[name].start] = sign[COLUMNS[name].start + 2] = -1.0
    sign[COLUMNS["lumbar"].start + 1 : COLUMNS["lumbar"].stop] = -1.0
    for name in ("sole_places", "sole_velocities"):
        sign[COLUMNS[name].start + 1 : COLUMNS[name].stop : 3] = -1.0
    return order, sign
