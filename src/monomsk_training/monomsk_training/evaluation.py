"""Scores a network on held-out synthetic films and on real clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from monomsk_description.frames import Array
from monomsk_perception.lifter_answer import Answer, Track
from monomsk_training.detector_noise import low_passed
from monomsk_training.filming import Film
from monomsk_training.live_windows import LiveWindow, live_window
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import LifterModel
from monomsk_training.real_clips import LEG_NAMES, RealClip, leg_means

_LEG_COLUMNS = [COORDINATE_NAMES.index(name) for name in LEG_NAMES]


@dataclass(frozen=True)
class Scores:
    """Errors of a network.

    Attributes:
        values: By name [deg].
        selection: What weights are chosen by: never the clips that are only reported [deg].
    """

    values: Mapping[str, float]
    selection: float

    def summary(self) -> str:
        """One line."""
        values = " ".join(f"{name} {value:.2f}" for name, value in self.values.items())
        return f"selection {self.selection:.3f} | {values}"


class TorchNetwork:
    """A model as the window network that the lifter's code expects."""

    def __init__(self, model: LifterModel) -> None:
        self._model = model

    @torch.no_grad()
    def __call__(self, track: Track, subject: Array, asked: Sequence[int] | None = None) -> Answer:
        """The answer for the frames asked for (None: all) of a window."""
        inputs = [track.rays, track.visibility, track.seen, subject]
        tensors = [torch.as_tensor(value, dtype=torch.float32) for value in inputs]
        rows = None if asked is None else torch.tensor(asked)
        numbers, windows = (
            None if values is None else torch.as_tensor(values)
            for values in (track.numbers, track.windows)
        )
        lifted = self._model(*tensors, rows, numbers, windows)
        values = {name: value.double().cpu().numpy() for name, value in lifted._asdict().items()}
        return Answer.for_frames(values)


#: How many frames before a film's end the windows end that stand for live ones.
_LIVE_ENDS = (0, 4, 8, 12)


@dataclass(frozen=True)
class Evaluation:
    """What checkpoints are scored on, offline and with delays; all of it selects.

    Attributes:
        films: Held-out synthetic films, by name.
        clips: Real clips.
        look_ahead: Delays (frames at 30 Hz).
    """

    films: Mapping[str, Film] = field(default_factory=dict)
    clips: Sequence[RealClip] = ()
    look_ahead: Sequence[int] = (0, 8)

    def score(self, model: LifterModel) -> Scores:
        """The errors of a model; the selection is their mean, each delay counts as offline does."""
        model.eval()
        values: dict[str, float] = {}
        for look in (None, *self.look_ahead):
            label = "offline" if look is None else f"ahead{look}"
            for name, film in self.films.items():
                values[f"{name}_{label}"] = leg_error_deg(model, film, look)
            if self.clips:
                network = TorchNetwork(model)
                raw, centred = leg_means(
                    [clip.errors(*clip.angles(network, look)) for clip in self.clips]
                )
                values[f"select_{label}_raw"] = raw
                values[f"select_{label}_centred"] = centred
        model.train()
        return Scores(values, float(np.mean(list(values.values()))) if values else 0.0)


@torch.no_grad()
def leg_error_deg(model: LifterModel, film: Film, look_ahead: int | None = None) -> float:
    """Root mean square error of the eight leg coordinates on films [deg].

    Args:
        model: The network.
        film: What it lifts.
        look_ahead: Later frames that it may know; None: all, offline.
    """
    frames = film.coordinates.shape[1]
    if look_ahead is None:
        smooth = replace(film, rays=low_passed(film.rays))
        errors = [model(*smooth.inputs).coordinates - film.coordinates]
    else:
        ends = [max(frames - 1 - look_ahead - back, 0) for back in _LIVE_ENDS]
        errors = [_live_error(model, live_window(film, own, look_ahead)) for own in ends]
    error = torch.cat(errors, dim=1)[..., _LEG_COLUMNS]
    return float(torch.rad2deg(torch.sqrt((error**2).mean((0, 1))).mean()))


def _live_error(model: LifterModel, window: LiveWindow) -> Tensor:
    """Of the coordinates of the frame that is asked for (batch, 1, 31) [rad]."""
    own = torch.tensor([window.own])
    found = model(*window.film.inputs, own, window.numbers).coordinates
    return found - window.film.coordinates[:, own]
