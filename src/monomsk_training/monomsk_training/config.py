"""The training's configuration file as dataclasses; an unknown key is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml

from monomsk_training.errors import RecipeError
from monomsk_training.filming import FilmOptions
from monomsk_training.losses import LossOptions
from monomsk_training.network import NetworkOptions
from monomsk_training.physics_losses import PhysicsOptions
from monomsk_training.sampler import SamplerOptions

_T = TypeVar("_T")


@dataclass(frozen=True)
class OptimizerOptions:
    """How the weights are found.

    Attributes:
        batch: Windows a step.
        learning_rate: Its highest value.
        weight_decay: Of AdamW.
        warm_up: Steps until the learning rate is reached.
        minutes: Time after which it has fallen to nothing and training ends [min].
        steps: The same in steps, whichever comes first.
        fresh_every: Steps that share a new batch of films on average.
        kept_films: Batches of films kept for reuse.
        average: Memory of the averaged weights, as the share kept a step.
        cut_share: Share of steps whose windows end early, half of them like live ones, half
            anywhere, as when a camera has just started; physics looks at the others.
        device: Where the network is: cpu, cuda, or auto for a GPU if there is one.
        processes: GPUs or CPU processes that share the work, each with batches of its own; 0: all
            GPUs, or one process without any.
        threads: Threads of torch in each process.
        checkpoint_minutes: Time between checkpoints with evaluation [min].
    """

    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: int = 150
    minutes: float = 60.0
    steps: int = 200_000
    fresh_every: int = 2
    kept_films: int = 40
    average: float = 0.995
    cut_share: float = 0.4
    device: str = "auto"
    processes: int = 0
    threads: int = 1
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        for name in (
            "batch", "learning_rate", "warm_up", "minutes", "steps", "fresh_every", "kept_films",
            "threads", "checkpoint_minutes",
        ):  # fmt: skip
            if not getattr(self, name) > 0:
                raise RecipeError(f"optimizer.{name}", f"{getattr(self, name)} is not positive")
        if not 0.0 <= self.cut_share <= 1.0:
            raise RecipeError("optimizer.cut_share", f"{self.cut_share} is no share")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides which weights come out, with the seed and the data.

    Attributes:
        seed: Of all chance.
        network: Its size.
        motions: How motions are drawn.
        films: Cameras and noise.
        loss: What counts how much.
        physics: How much the physics of the answers counts; nothing unless the file says so.
        optimizer: How the weights are found.
    """

    seed: int = 1
    network: NetworkOptions = field(default_factory=NetworkOptions)
    motions: SamplerOptions = field(default_factory=SamplerOptions)
    films: FilmOptions = field(default_factory=FilmOptions)
    loss: LossOptions = field(default_factory=LossOptions)
    physics: PhysicsOptions = field(default_factory=PhysicsOptions)
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)


def load_config(path: Path | None) -> TrainingConfig:
    """The configuration of a file; what it leaves out has its default.

    Raises:
        RecipeError: A key is unknown, or its value of another kind.
    """
    entries = yaml.safe_load(path.read_text("utf-8")) if path else None
    return _build(TrainingConfig, entries or {}, "")


def _build(kind: type[_T], entries: Mapping[str, Any], where: str) -> _T:
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in entries.items():
        if key not in known:
            raise RecipeError(f"{where}{key}", f"unknown; known: {', '.join(sorted(known))}")
        values[key] = _value(hints[key], value, f"{where}{key}")
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise RecipeError(where, f"{value!r} are no entries")
        return _build(hint, value, f"{where}.")
    try:
        if hint is float:
            return float(value)  # a word, too: YAML reads 1e-3 as one
        if hint in (int, bool, str) and type(value) is not hint:
            raise TypeError
    except (TypeError, ValueError) as error:
        raise RecipeError(where, f"{value!r} is no {hint.__name__}") from error
    return tuple(value) if isinstance(value, list) else value
