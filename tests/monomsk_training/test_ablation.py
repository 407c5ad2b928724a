"""The ablation of the physics losses, end to end on a small scale."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from monomsk_training import ablation
from monomsk_training.config import OptimizerOptions, TrainingConfig, load_config
from monomsk_training.evaluation import Evaluation
from monomsk_training.library import Library
from monomsk_training.motion_physics import MotionPhysics
from monomsk_training.network import NetworkOptions
from monomsk_training.physics_losses import PhysicsOptions
from monomsk_training.sampler import SamplerOptions
from monomsk_training.trainer import FilmSource, Trainer

NOTHING = Library((), np.zeros(0))
SMALL = TrainingConfig(
    network=NetworkOptions(width=32, layers=1, heads=2),
    motions=SamplerOptions(mixture={"squat": 0.5, "standing": 0.5}),
    physics=PhysicsOptions(*[0.05] * 6, films=2, frames=8, simulations=1, true_depth=True),
    optimizer=OptimizerOptions(batch=4, steps=3, warm_up=1, kept_films=2, fresh_every=1),
)


def test_variants_differ_in_their_losses_only() -> None:
    for name, kept in ablation.VARIANTS.items():
        config = ablation.variant(SMALL, name)
        weights = {p: getattr(config.physics, p) for p in ablation.VARIANTS["all"]}
        assert {p for p, weight in weights.items() if weight > 0.0} == set(kept)
        assert config.physics.true_depth == (not name.endswith("answered depth"))
        assert (config.loss.speed == 0.0) == (name == "without speed")
        assert replace(config, loss=SMALL.loss, physics=SMALL.physics) == SMALL


def test_every_variant_sees_the_same_films() -> None:
    stored = ablation.StoredFilms(FilmSource(NOTHING, SMALL, 3), SMALL)
    first = [stored.begin().films(4), stored.films(4)]
    drawn = stored.rng.random()
    second = [stored.begin().films(4), stored.films(4)]
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert not torch.equal(first[0].rays, first[1].rays)
    assert stored.rng.random() == drawn


def test_the_table_comes_out(tmp_path: Path) -> None:
    source = FilmSource(NOTHING, SMALL, 9)
    films = {"standing": source.films(6)}
    scoring = ablation.Scoring(films, {}, MotionPhysics(source.studio))
    words = ["--data", ".", "--out", str(tmp_path), "--only", "all"]
    rows = ablation.run(SMALL, NOTHING, scoring, ablation.parse(words))
    assert list(rows) == ["all but consistency", "all", "all, answered depth"]
    values = np.array([[float(cell) for cell in row.cells()] for row in rows.values()])
    assert values.shape == (3, 2 * 11)
    text = (tmp_path / "ablation.md").read_text()
    assert len(text.splitlines()) == 2 + 2 * 11
    assert "standing torque" in text
    # Trained once: what lies in the folder is scored, not trained again.
    again = ablation.run(SMALL, NOTHING, scoring, ablation.parse(words))
    assert [row.cells() for row in again.values()] == [row.cells() for row in rows.values()]


def test_a_variant_that_was_interrupted_begins_anew(tmp_path: Path) -> None:
    config = replace(SMALL, physics=PhysicsOptions())
    stored = ablation.StoredFilms(FilmSource(NOTHING, config, 3), config)
    Trainer(config, stored.begin(), Evaluation(), tmp_path).checkpoint()
    ablation.train_variant(config, stored, None, tmp_path)
    saved = torch.load(tmp_path / "last.pt", weights_only=False)
    assert saved["step"] == config.optimizer.steps


def test_weights_of_zero_train_as_if_there_were_no_physics(tmp_path: Path) -> None:
    def trained(name: str, without: bool) -> torch.Tensor:
        config = replace(SMALL, physics=PhysicsOptions())
        trainer = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path / name)
        if without:
            trainer._physics = lambda lifted, film, step: {}  # type: ignore[assignment]
        trainer.run()
        return torch.cat([p.detach().flatten() for p in trainer.model.parameters()])

    assert torch.equal(trained("off", False), trained("none", True))


def test_the_shipped_configuration_switches_every_part_on() -> None:
    config = load_config(Path(__file__).parents[2] / "config" / "ablation.yaml")
    assert all(getattr(config.physics, part) > 0.0 for part in ablation.VARIANTS["all"])
    assert 3 <= config.physics.span <= 6


def test_a_variant_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ablation.parse(["--data", ".", "--out", ".", "--only", "torques"])
    assert "no variant is called 'torques': as trained" in capsys.readouterr().err
