"""How many windows a second are filmed: python -m monomsk_training.film_speed [--data DATA].

Every process draws motions, bodies and films with one thread, as a training does. Without DATA all
motion is generated, which costs more than recorded motion does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from monomsk_training.config import TrainingConfig, load_config
from monomsk_training.library import Library, load_libraries, load_recipe
from monomsk_training.trainer import FilmSource


def windows_per_second(
    library: Library, config: TrainingConfig, batch: int, seconds: float
) -> float:
    """Windows filmed a second, by the wall clock, by one thread.

    Args:
        library: Recorded motions; generated ones only where it is empty.
        config: What is drawn and how it is filmed.
        batch: Windows at a time.
        seconds: How long to film [s].
    """
    torch.set_num_threads(1)
    if not library.clips:
        mixture = {kind: share for kind, share in config.motions.mixture.items() if kind != "clips"}
        config = replace(config, motions=replace(config.motions, mixture=mixture))
    source = FilmSource(library, config, seed=1)
    source.films(batch)
    windows, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        source.films(batch)
        windows += batch
    return windows / elapsed


def _film(words: tuple[Library, TrainingConfig, int, float]) -> float:
    return windows_per_second(*words)


def main(words: list[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the motions")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument("--config", type=Path, help="training configuration, YAML")
    parser.add_argument("--processes", type=int, default=2, help="that film at the same time")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to film")
    arguments = parser.parse_args(words)
    config = load_config(arguments.config)
    library = Library((), np.zeros(0))
    if arguments.data:
        library, _ = load_libraries(arguments.data, load_recipe(), arguments.prepared)
    task = (library, config, config.optimizer.batch, arguments.seconds)
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        rates = pool.map(_film, [task] * arguments.processes, chunksize=1)
    each = ", ".join(f"{rate:.0f}" for rate in rates)
    sys.stdout.write(f"{sum(rates):.0f} windows a second ({each} by each process)\n")


if __name__ == "__main__":
    main()
