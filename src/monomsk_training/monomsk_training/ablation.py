"""What each part of the physics contributes: trains variants alike and tabulates their scores.

    make ablation DATA=DATA START=CHECKPOINT

Every variant starts from the same weights, sees the same films in the same order and trains for the
same number of steps; only the losses differ. A variant whose last checkpoint lies in the folder is
not trained again; one that was interrupted begins anew.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from monomsk_training.config import TrainingConfig, load_config
from monomsk_training.evaluation import Evaluation, TorchNetwork
from monomsk_training.export import load_model
from monomsk_training.filming import Film
from monomsk_training.library import Library, load_libraries, load_recipe
from monomsk_training.motion_physics import MotionPhysics
from monomsk_training.network import LifterModel
from monomsk_training.physics_scores import ClipScore, PhysicsScore, clip_score, physics_score
from monomsk_training.real_clips import RealClip, load_real_clips
from monomsk_training.trainer import FilmSource, Trainer, held_out_films

_LOG = logging.getLogger(__name__)
_PARTS = ("velocity", "contact", "residual", "force", "torque", "consistency")
_ANSWERED_DEPTH = ", answered depth"
#: Parts of the physics in each variant; with distances from the camera as the configuration says,
#: unless they are as answered.
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "as trained": (),
    "velocity": ("velocity",),
    "contact": ("contact",),
    "residual": ("residual",),
    "force and torque": ("force", "torque"),
    "consistency": ("consistency",),
    "all but consistency": _PARTS[:-1],
    "all": _PARTS,
    "consistency, answered depth": ("consistency",),
    "all, answered depth": _PARTS,
    "without speed": (),
}


def variant(config: TrainingConfig, name: str) -> TrainingConfig:
    """The configuration of a variant: the configuration's own weights of its parts, else zero."""
    kept = VARIANTS[name]
    dropped: dict[str, Any] = {part: 0.0 for part in _PARTS if part not in kept}
    if name.endswith(_ANSWERED_DEPTH):
        dropped["true_depth"] = False
    loss = replace(config.loss, speed=0.0) if name == "without speed" else config.loss
    return replace(config, loss=loss, physics=replace(config.physics, **dropped))


class StoredFilms(FilmSource):
    """Films made once, given out in the same order to everybody who begins anew.

    Args:
        source: Where they come from.
        config: Whose seed, batch and steps say how many.
    """

    def __init__(self, source: FilmSource, config: TrainingConfig) -> None:
        self.studio, self.rng, self.draw = source.studio, source.rng, source.draw
        options = config.optimizer
        batches = -(-options.steps // options.fresh_every)
        self._films = [source.films(options.batch) for _ in range(batches)]
        self._seed, self._next = config.seed, 0

    def begin(self) -> StoredFilms:
        """From the first film and with the same chance again."""
        self.rng, self._next = np.random.default_rng(self._seed), 0
        return self

    def films(self, count: int) -> Film:
        """The next batch."""
        self._next += 1
        return self._films[(self._next - 1) % len(self._films)]


@dataclass(frozen=True)
class Scoring:
    """What variants are scored on.

    Attributes:
        films: Held-out films by name.
        clips: Real clips by name of the set.
        physics: Of the films' studio.
    """

    films: Mapping[str, Film]
    clips: Mapping[str, Sequence[RealClip]]
    physics: MotionPhysics

    def row(self, model: LifterModel) -> Row:
        """The scores of a model."""
        model.eval()
        films = {}
        for name, film in self.films.items():
            films[name] = physics_score(model, film, self.physics)
            films[f"{name}, true depth"] = physics_score(model, film, self.physics, True)
        network = TorchNetwork(model)
        return Row(films, {n: clip_score(network, clips) for n, clips in self.clips.items()})


@dataclass(frozen=True)
class Row:
    """Scores of one variant, by set."""

    films: Mapping[str, PhysicsScore]
    clips: Mapping[str, ClipScore]

    def cells(self) -> list[str]:
        """Numbers in the order of `header`."""
        return [f"{value:.2f}" for _, values in self._scores() for value in values.values()]

    def header(self) -> list[str]:
        """Names of the numbers."""
        return [f"{name} {score}" for name, values in self._scores() for score in values]

    def _scores(self) -> list[tuple[str, dict[str, float]]]:
        films = [(name, asdict(score)) for name, score in self.films.items()]
        return films + [(name, asdict(score)) for name, score in self.clips.items()]


def train_variant(
    config: TrainingConfig, films: StoredFilms, start: Path | None, folder: Path
) -> LifterModel:
    """The averaged weights of one variant, trained unless its folder has those of the end."""
    done = folder / "last.pt"
    if not done.exists() or not _ended(load_model(done)[1], config):
        trainer = Trainer(config, films.begin(), Evaluation(), folder)
        if start is not None:
            trainer.start_from(start)
        trainer.run()
        _LOG.info("%s: %.2f s a step", folder.name, trainer.elapsed_s / config.optimizer.steps)
    return load_model(done)[0]


def _ended(saved: Mapping[str, Any], config: TrainingConfig) -> bool:
    """Whether a checkpoint is that of a run's end, by steps or by time."""
    options = config.optimizer
    return bool(saved["step"] >= options.steps or saved["elapsed_s"] >= 60.0 * options.minutes)


def table(rows: Mapping[str, Row]) -> str:
    """Variants and their scores, one line a score, as Markdown."""
    header = next(iter(rows.values())).header()
    columns = [row.cells() for row in rows.values()]
    lines = ["| score | " + " | ".join(rows) + " |", "|---|" + "---:|" * len(rows)]
    for name, *cells in zip(header, *columns, strict=True):
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def run(
    config: TrainingConfig, library: Library, scoring: Scoring, arguments: argparse.Namespace
) -> dict[str, Row]:
    """Trains and scores all variants that are asked for."""
    films = StoredFilms(FilmSource(library, config, config.seed), config)
    rows = {}
    if arguments.start_from is not None:
        rows["start"] = scoring.row(load_model(arguments.start_from)[0])
    for name in VARIANTS:
        if arguments.only and arguments.only not in name:
            continue
        folder = arguments.out / name.replace(" ", "_")
        model = train_variant(variant(config, name), films, arguments.start_from, folder)
        rows[name] = scoring.row(model)
        (arguments.out / "ablation.md").write_text(table(rows))
        _LOG.info("%s: %s", name, " ".join(rows[name].cells()))
    return rows


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the motions")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument("--start-from", type=Path, help="checkpoint that all variants start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--config", type=Path, default=Path("config/ablation.yaml"))
    parser.add_argument("--clips", type=Path, help="list of real clips to score, YAML")
    parser.add_argument("--landmarks", type=Path, help="folder of their detected landmarks")
    parser.add_argument("--test", action="store_true", help="score the clips that only report too")
    parser.add_argument("--films", type=int, default=128, help="held-out films of each kind")
    parser.add_argument("--only", default="", help="a piece of the names of variants to train")
    arguments = parser.parse_args(words)
    if not any(arguments.only in name for name in VARIANTS):
        parser.error(f"no variant is called {arguments.only!r}: {', '.join(VARIANTS)}")
    return arguments


def real_sets(arguments: argparse.Namespace) -> dict[str, list[RealClip]]:
    """The real clips that may choose, and those that only report if they are asked for."""
    if arguments.clips is None:
        return {}
    clips = load_real_clips(arguments.clips, arguments.data, arguments.landmarks)
    sets = {"selection": [clip for clip in clips if clip.selects]}
    if arguments.test:
        sets["test"] = [clip for clip in clips if not clip.selects]
    return {name: chosen for name, chosen in sets.items() if chosen}


def main(words: list[str] | None = None) -> None:
    """Trains, scores, prints the table."""
    arguments = parse(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = load_config(arguments.config)
    torch.set_num_threads(config.optimizer.threads)
    library, held_out = load_libraries(arguments.data, load_recipe(), arguments.prepared)
    films = held_out_films(config, held_out, arguments.films)
    physics = MotionPhysics(FilmSource(held_out, config, config.seed).studio)
    rows = run(config, library, Scoring(films, real_sets(arguments), physics), arguments)
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    main()
