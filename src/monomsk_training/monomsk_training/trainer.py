"""The training loop: films motions, follows the gradient, saves and scores along the way."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from monomsk_perception.lifter_answer import HISTORY_FRAMES, LIVE_EVERY, MAX_LOOK_AHEAD
from monomsk_training.checkpoints import read_checkpoint, run_record, write_checkpoint
from monomsk_training.config import TrainingConfig
from monomsk_training.curves import Curves
from monomsk_training.detector_noise import low_passed
from monomsk_training.evaluation import Evaluation
from monomsk_training.filming import Film, FilmStudio
from monomsk_training.library import Library
from monomsk_training.live_windows import live_window
from monomsk_training.losses import LifterLoss
from monomsk_training.network import LifterModel
from monomsk_training.physics_losses import PhysicsLoss
from monomsk_training.sampler import MotionSampler, as_recorded

_LOG = logging.getLogger(__name__)
_CLIP_NORM = 2.0
#: Of all held-out films, whatever a training draws.
_HELD_OUT_SEED = 77
#: Between the seeds of processes that train together.
_NEXT_PROCESS = 1_000_003


class FilmSource:
    """Fresh films from a library of motions.

    Args:
        library: Recorded motions.
        config: What is drawn and how it is filmed.
        seed: Of all chance.
        rank: Number of the process: each draws other films.
    """

    def __init__(self, library: Library, config: TrainingConfig, seed: int, rank: int = 0) -> None:
        self.studio = FilmStudio(config.films)
        frames, rate_hz = config.network.frames, config.films.rate_hz
        self._sampler = MotionSampler(library, config.motions, frames, rate_hz)
        self._rank = rank
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Begins with other chance."""
        seed += _NEXT_PROCESS * self._rank
        self.rng = np.random.default_rng(seed)
        self.draw = torch.Generator(torch.get_default_device()).manual_seed(seed)

    @torch.no_grad()
    def films(self, count: int) -> Film:
        """A batch of new films."""
        motion, travels = self._sampler.sample(self.rng, count)
        heights, proportions = self.studio.shapes.sample(self.rng, count)
        bodies = (_tensor(heights), _tensor(proportions))
        return self.studio.film(_tensor(motion), torch.as_tensor(travels), bodies, self.draw)


def held_out_films(config: TrainingConfig, held_out: Library, count: int) -> dict[str, Film]:
    """Films of recorded motion as it was, and of all that is drawn in training."""
    kinds = {"varied": config.motions, "recorded": as_recorded(config.motions)}
    return {
        name: FilmSource(held_out, replace(config, motions=motions), _HELD_OUT_SEED).films(count)
        for name, motions in kinds.items()
    }


class Trainer:
    """Trains a lifter.

    Args:
        config: What to do.
        source: Where films come from.
        evaluation: How checkpoints are scored.
        folder: Where checkpoints go; `last.pt` there is continued.
        fabric: Devices that were launched; None: this process' processor.
    """

    def __init__(
        self,
        config: TrainingConfig,
        source: FilmSource,
        evaluation: Evaluation,
        folder: Path,
        fabric: Fabric | None = None,
    ) -> None:
        self.config, self._source, self._evaluation = config, source, evaluation
        self._fabric = fabric or Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._curves = Curves(folder)
        torch.manual_seed(config.seed)
        self.model = LifterModel(config.network)
        self.averaged = copy.deepcopy(self.model)
        self._network = self._fabric.setup_module(self.model)
        options = config.optimizer
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=options.learning_rate,
            weight_decay=options.weight_decay,
            betas=(0.9, 0.98),
            fused=True,
        )
        self._loss = LifterLoss(config.loss, source.studio)
        self._physics = PhysicsLoss(config.physics, source.studio, config.seed)
        self._kept: deque[Film] = deque(maxlen=options.kept_films)
        self.step, self.elapsed_s, self.best = 0, 0.0, math.inf
        self._before: list[dict[str, float]] = []

    def resume(self) -> bool:
        """Continues from the folder's last checkpoint; whether there was one.

        Raises:
            CheckpointError: It is of another network.
        """
        path = self._folder / "last.pt"
        if not path.exists():
            return False
        saved = read_checkpoint(path, self.config.network)
        self.model.load_state_dict(saved["model"])
        self.averaged.load_state_dict(saved["averaged"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.step, self.elapsed_s, self.best = saved["step"], saved["elapsed_s"], saved["best"]
        self._before = saved.get("before", [])
        same_device = saved.get("device", "cpu") == self._fabric.device.type
        if self._fabric.is_global_zero and same_device:
            self._source.rng.bit_generator.state = saved["rng"]
            self._source.draw.set_state(saved["draw"])
        else:
            # other films than those of the start
            self._source.reseed(self.config.seed + self.step)
        if self._fabric.is_global_zero:
            self._curves.forget_after(self.step)
        return True

    def start_from(self, *paths: Path) -> None:
        """Takes over the averaged weights of other runs' checkpoints and the record of them.

        Of several runs the mean is taken: of runs that started alike it is better than each
        (Wortsman et al. 2022, Model soups).

        Raises:
            CheckpointError: One is of another network.
        """
        runs = [read_checkpoint(path, self.config.network) for path in paths]
        weights = {
            name: torch.stack([run["averaged"][name] for run in runs]).mean(0)
            for name in runs[0]["averaged"]
        }
        earlier = [*runs[0].get("before", [])]
        for run in runs[1:]:
            earlier += [record for record in run.get("before", []) if record not in earlier]
        self._before = [*earlier, *map(run_record, runs)]
        self.model.load_state_dict(weights)
        self.averaged.load_state_dict(weights)

    def run(self, stops: Callable[[], bool] = lambda: False) -> bool:
        """Trains until the time or the steps of the configuration are used up.

        Args:
            stops: Asked after each step in the first process: whether to save and end now.

        Returns:
            Whether it came to its end.
        """
        options = self.config.optimizer
        smooth: dict[str, float] = {}
        next_check_s = self.elapsed_s + 60.0 * options.checkpoint_minutes
        if self.step == 0:
            self.checkpoint()
        while self._progress() < 1.0:
            start = time.perf_counter()
            for name, value in self._train_step().items():
                if math.isfinite(value):
                    smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
            # all processes must find the same end
            self.elapsed_s, stopped = self._fabric.broadcast(
                (self.elapsed_s + time.perf_counter() - start, stops())
            )
            if self.step % 100 == 0:
                parts = " ".join(f"{name} {value:.3f}" for name, value in smooth.items())
                if self._fabric.is_global_zero:
                    _LOG.info("step %d %.0f s: %s", self.step, self.elapsed_s, parts)
                    self._curves.add(self.step, self.elapsed_s / 60.0, smooth)
            if stopped:
                self._save_unscored()
                return False
            if self.elapsed_s >= next_check_s:
                next_check_s += 60.0 * options.checkpoint_minutes
                self.checkpoint()
        self.checkpoint()
        return True

    def checkpoint(self) -> None:
        """Scores the averaged weights and saves; the best ones also as `best.pt`."""
        if self._fabric.is_global_zero:
            self._score_and_save()
        self._fabric.barrier()

    def _score_and_save(self) -> None:
        if self.step == 0:
            self._curves.forget_after(-1)
        scores = self._evaluation.score(self.averaged)
        _LOG.info("step %d scores: %s", self.step, scores.summary())
        marks = {**scores.values, "selection": scores.selection}
        marks = {f"score_{name}": value for name, value in marks.items()}
        self._curves.add(self.step, self.elapsed_s / 60.0, marks)
        self._curves.draw()
        improved = scores.selection < self.best
        self.best = min(self.best, scores.selection)
        saved = self._state(scores.values)
        # the best first: what is continued from `last.pt` knows of it
        if improved:
            kept = ("averaged", "step", "elapsed_s", "processes", "before", "config", "scores")
            write_checkpoint({name: saved[name] for name in kept}, self._folder / "best.pt")
        write_checkpoint(saved, self._folder / "last.pt")

    def _save_unscored(self) -> None:
        """Saves at once: who is told to end has little time."""
        if self._fabric.is_global_zero:
            write_checkpoint(self._state({}), self._folder / "last.pt")
        self._fabric.barrier()

    def _state(self, scores: Mapping[str, float]) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "rng": self._source.rng.bit_generator.state,
            "draw": self._source.draw.get_state(),
            "device": self._fabric.device.type,
            "processes": self._fabric.world_size,
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "before": self._before,
            "best": self.best,
            "config": asdict(self.config),
            "scores": scores,
        }

    def _progress(self) -> float:
        options = self.config.optimizer
        return max(self.elapsed_s / (60.0 * options.minutes), self.step / options.steps)

    def _train_step(self) -> dict[str, float]:
        options = self.config.optimizer
        film = self._next_film()
        rate = min(1.0, (self.step + 1) / options.warm_up)
        rate *= 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, self._progress())))
        for group in self._optimizer.param_groups:
            group["lr"] = rate * options.learning_rate
        is_cut = self._source.rng.random() < options.cut_share
        if is_cut:
            parts = self._cut_losses(film)
        else:
            film = self._recorded(film)
            lifted = self._network(*film.inputs)
            parts = {**self._loss(lifted, film), **self._physics(lifted, film, self.step)}
        total = torch.stack(list(parts.values())).sum()
        self._optimizer.zero_grad()
        self._fabric.backward(total)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP_NORM)
        # A step from a number that is not one would spoil all weights for good.
        if torch.isfinite(norm):
            self._optimizer.step()
        self.step += 1
        self._average()
        return {"total": float(total.detach()), **{n: float(p.detach()) for n, p in parts.items()}}

    def _cut_losses(self, film: Film) -> dict[str, Tensor]:
        """Of the beginnings of films: what live answers know, or all up to any frame."""
        rng, late = self._source.rng, MAX_LOOK_AHEAD + 1
        if rng.random() < 0.5:
            frames = film.rays.shape[1]
            look_ahead = int(rng.integers(min(late, frames)))
            window = live_window(film, min(HISTORY_FRAMES, frames - look_ahead) - 1, look_ahead)
            lifted = self._network(*window.film.inputs, None, window.numbers)
            return self._loss(lifted, window.film, late_frames=late // LIVE_EVERY + 1)
        film = film.part(slice(int(rng.integers(1, film.rays.shape[1] + 1))))
        return self._loss(self._network(*film.inputs), film, late_frames=late)

    def _recorded(self, film: Film) -> Film:
        """Films as they are lifted offline: most of them low-passed."""
        share = self.config.films.noise.smooth_share
        chosen = torch.rand(len(film.rays), 1, 1, 1, generator=self._source.draw) < share
        return replace(film, rays=torch.where(chosen, low_passed(film.rays), film.rays))

    def _next_film(self) -> Film:
        options = self.config.optimizer
        if self.step % options.fresh_every == 0 or not self._kept:
            self._kept.append(self._source.films(options.batch))
            return self._kept[-1]
        return self._kept[int(self._source.rng.integers(len(self._kept)))]

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.config.optimizer.average, self.step / (self.step + 20.0))
        pairs = zip(self.averaged.parameters(), self.model.parameters(), strict=True)
        for averaged, fresh in pairs:
            averaged.lerp_(fresh, 1.0 - keep)


def _tensor(values: np.ndarray) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)
