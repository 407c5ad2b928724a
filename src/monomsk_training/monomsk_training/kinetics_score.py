"""Scores of the inverse-dynamics transformer on force-plate trials, before any solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from monomsk_dynamics.inverse_dynamics_transformer import mean_of_windows, window_starts
from monomsk_dynamics.kinetics_features import LEG_COORDINATES
from monomsk_training.kinetics_data import KineticsClip, collated, cut

_SCORED = ("hip_flexion", "hip_adduction", "knee_angle", "ankle_angle")
SCORED_LEGS = np.array([name[:-2] in _SCORED for name in LEG_COORDINATES])


@dataclass(frozen=True)
class KineticsScore:
    """Root mean square errors of one trial.

    Attributes:
        vertical: Vertical force per foot [% body weight].
        vertical_mae: Its mean absolute error [% body weight].
        fore_aft: [% body weight].
        lateral: [% body weight].
        torque: Mean over hip flexion, adduction, knee and ankle [% body weight x stature].
        covered: Share of vertical forces within the 90 % interval [%].
    """

    vertical: float
    vertical_mae: float
    fore_aft: float
    lateral: float
    torque: float
    covered: float

    def row(self) -> np.ndarray:
        """As numbers, in the order of the attributes."""
        return np.array(list(self.__dict__.values()))


def answers(model: nn.Module, clip: KineticsClip) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Force (n, 6), its log scale (n, 6) and torque (n, 14) of a clip, means of its windows."""
    starts = window_starts(len(clip.features))
    batch = collated([cut(clip, start) for start in starts])
    with torch.no_grad():
        found = model(batch.features, batch.seen.float())
    joined = torch.cat([found.force, found.force_log_scale, found.torque], -1).numpy()
    by_start = dict(zip(starts, joined, strict=True))
    means = mean_of_windows(len(clip.features), by_start.__getitem__)
    return means[:, :6], means[:, 6:12], means[:, 12:]


def score(model: nn.Module, clip: KineticsClip) -> KineticsScore:
    """The errors of a clip over its labelled frames."""
    model.eval()
    force, log_scale, torque = (part[clip.known] for part in answers(model, clip))
    error = 100.0 * (force - clip.force[clip.known])
    off = 100.0 * (torque - clip.torque[clip.known])[:, SCORED_LEGS]
    vertical = error[:, [2, 5]]
    # 90 % of a Laplace distribution lie within ln(10) scales.
    inside = np.abs(vertical) < 100.0 * np.log(10.0) * np.exp(log_scale[:, [2, 5]])
    return KineticsScore(
        _rms(vertical), float(np.abs(vertical).mean()), _rms(error[:, [0, 3]]),
        _rms(error[:, [1, 4]]), float(np.sqrt((off**2).mean(0)).mean()),
        100.0 * float(inside.mean()),
    )  # fmt: skip


def mean_score(model: nn.Module, clips: Sequence[KineticsClip]) -> KineticsScore:
    """Mean over clips."""
    return KineticsScore(*np.mean([score(model, clip).row() for clip in clips], axis=0))


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))
