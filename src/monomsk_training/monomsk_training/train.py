"""Trains the lifter: python -m monomsk_training.train --data DATA --out FOLDER [--config FILE].

Ctrl-C and SIGTERM save after the step that runs, a second one ends at once: the same command
continues from the last checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path

from monomsk_training.config import TrainingConfig, load_config
from monomsk_training.evaluation import Evaluation
from monomsk_training.hardware import launched
from monomsk_training.library import Library, load_libraries, load_recipe
from monomsk_training.real_clips import load_real_clips
from monomsk_training.stop_request import StopRequest
from monomsk_training.trainer import FilmSource, Trainer, held_out_films

_LOG = logging.getLogger(__name__)
_VALIDATION_FILMS = 192


def validation(
    config: TrainingConfig, held_out: Library, arguments: argparse.Namespace
) -> Evaluation:
    """Held-out films, half of them of recorded motion as it was, and real clips that select."""
    clips = []
    if arguments.clips:
        clips = load_real_clips(
            arguments.clips, arguments.data, arguments.landmarks, selecting=True
        )
    films = held_out_films(config, held_out, _VALIDATION_FILMS)
    return Evaluation({f"held_out_{kind}": film for kind, film in films.items()}, clips)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the motions")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument(
        "--start-from", type=Path, nargs="+", help="checkpoints whose mean weights to start from"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--config", type=Path, help="training configuration, YAML")
    parser.add_argument("--recipe", type=Path, help="motion library, YAML")
    parser.add_argument("--clips", type=Path, help="real clips; those that select are scored, YAML")
    parser.add_argument("--landmarks", type=Path, help="folder of their detected landmarks")
    parser.add_argument("--minutes", type=float, help="instead of the configuration's")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> None:
    """Trains."""
    arguments = parse(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = load_config(arguments.config)
    if arguments.minutes is not None:
        optimizer = replace(config.optimizer, minutes=arguments.minutes)
        config = replace(config, optimizer=optimizer)
    fabric = launched(config.optimizer)
    training, held_out = load_libraries(
        arguments.data, load_recipe(arguments.recipe), arguments.prepared
    )
    _LOG.info(
        "%d clips, %.0f s to train with; %d clips, %.0f s held out",
        len(training.clips), training.duration_s, len(held_out.clips), held_out.duration_s,
    )  # fmt: skip
    # only the first process scores
    is_first = fabric.is_global_zero
    evaluation = validation(config, held_out, arguments) if is_first else Evaluation()
    source = FilmSource(training, config, config.seed, fabric.global_rank)
    trainer = Trainer(config, source, evaluation, arguments.out, fabric)
    if trainer.resume():
        _LOG.info("continued at step %d", trainer.step)
    elif arguments.start_from is not None:
        trainer.start_from(*arguments.start_from)
    with StopRequest() as request:
        ended = trainer.run(lambda: request.number is not None)
    # of several processes the first one speaks: the others' failure would have it killed
    if not ended and is_first:
        _LOG.info("saved at step %d; the same command continues", trainer.step)
        sys.exit(128 + (request.number or 0))


if __name__ == "__main__":
    main()
