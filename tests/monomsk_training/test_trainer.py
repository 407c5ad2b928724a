"""The training loop: it ends when asked to, and goes on only with what it fits."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from monomsk_perception.lifter_network import CARD_NAME, DATA_FOLDER, WEIGHTS_NAME, OnnxLifter
from monomsk_training import export
from monomsk_training.checkpoints import read_checkpoint, run_record
from monomsk_training.config import OptimizerOptions, TrainingConfig
from monomsk_training.curves import Curves
from monomsk_training.errors import CheckpointError
from monomsk_training.evaluation import Evaluation
from monomsk_training.filming import Film
from monomsk_training.library import Library
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import NetworkOptions
from monomsk_training.sampler import SamplerOptions
from monomsk_training.stop_request import StopRequest
from monomsk_training.trainer import FilmSource, Trainer

NOTHING = Library((), np.zeros(0))
SMALL = TrainingConfig(
    network=NetworkOptions(width=32, layers=1, heads=2),
    motions=SamplerOptions(mixture={"squat": 1.0}),
    optimizer=OptimizerOptions(batch=2, steps=6, warm_up=1, fresh_every=1),
)


class Signalling(FilmSource):
    """Films, with a signal to this process while the third batch is made."""

    number = signal.SIGTERM
    made = 0

    def films(self, count: int) -> Film:
        self.made += 1
        if self.made == 3:
            os.kill(os.getpid(), self.number)
        return super().films(count)


@pytest.fixture
def background() -> Iterator[None]:
    """As a shell starts what goes to the background: Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("background")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_to_end_saves_the_step_that_runs(
    tmp_path: Path, number: signal.Signals
) -> None:
    source = Signalling(NOTHING, SMALL, 1)
    source.number = number
    trainer = Trainer(SMALL, source, Evaluation(), tmp_path)
    with StopRequest() as request:
        assert not trainer.run(lambda: request.number is not None)
    assert request.number == number
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    second = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path)
    assert second.resume()
    assert second.step == 3
    for own, other in zip(second.model.parameters(), trainer.model.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=0.0, atol=0.0)
    assert second.run()
    assert second.step == SMALL.optimizer.steps


def test_a_second_signal_is_not_taken_for_a_wish() -> None:
    with StopRequest() as request, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
        assert request.number == signal.SIGINT
        signal.raise_signal(signal.SIGINT)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path).checkpoint()
    other = replace(SMALL, network=NetworkOptions(width=48, layers=1, heads=2))
    trainer = Trainer(other, FilmSource(NOTHING, other, 1), Evaluation(), tmp_path)
    with pytest.raises(CheckpointError, match="'width': 32.*'width': 48"):
        trainer.resume()
    with pytest.raises(CheckpointError, match="last.pt"):
        trainer.start_from(tmp_path / "last.pt")


def test_a_step_without_numbers_does_not_spoil_the_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=100))
    trainer = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path)

    def step() -> dict[str, float]:
        trainer.step += 1
        return {"total": float("nan") if trainer.step == 40 else 1.0}

    monkeypatch.setattr(trainer, "_train_step", step)
    trainer.run()
    assert Curves(tmp_path).read()["total"] == ([100], [1.0])


def test_windows_of_all_processes_count(tmp_path: Path) -> None:
    trainer = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path)
    trainer.step = 5
    trainer.checkpoint()
    saved = read_checkpoint(tmp_path / "best.pt")
    assert run_record(saved)["windows"] == 10
    assert run_record({**saved, "processes": 3})["windows"] == 30


def test_networks_of_shorter_windows_are_trained_scored_and_kept(tmp_path: Path) -> None:
    optimizer = replace(SMALL.optimizer, cut_share=1.0, steps=12)
    config = replace(SMALL, network=replace(SMALL.network, frames=24), optimizer=optimizer)
    source = FilmSource(NOTHING, config, 1)
    evaluation = Evaluation({"held out": source.films(2)})
    trainer = Trainer(config, source, evaluation, tmp_path)
    trainer.run()
    scores = read_checkpoint(tmp_path / "best.pt")["scores"]
    assert all(np.isfinite(value) for value in scores.values())


def test_a_checkpoint_becomes_weights_with_the_card_of_its_recipe(tmp_path: Path) -> None:
    films = {"held out": FilmSource(NOTHING, SMALL, 2).films(2)}
    trainer = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(films), tmp_path)
    trainer.run()
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "sources: [{name: own walks, licence: mine, files: '*.bvh', reader: bvh, weight: 1}]"
    )
    out = tmp_path / "made" / "here"
    words = ["--checkpoint", tmp_path / "best.pt", "--out", out, "--recipe", recipe]
    export.main([str(word) for word in words])
    card = yaml.safe_load((out / CARD_NAME).read_text())
    assert card["data"] == [{"name": "own walks", "licence": "mine", "held_out": []}]
    assert set(card["scores_deg"]) == {
        f"held out_{look}" for look in ("offline", "ahead0", "ahead8")
    }
    OnnxLifter(COORDINATE_NAMES, out)
    # and training goes on from them
    second = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path / "second")
    second.start_from(out / WEIGHTS_NAME)
    first = read_checkpoint(tmp_path / "best.pt")
    for name, value in second.model.state_dict().items():
        torch.testing.assert_close(value, first["averaged"][name], rtol=0.0, atol=0.0)
    second.checkpoint()
    assert read_checkpoint(tmp_path / "second" / "last.pt")["before"] == [run_record(first)]


def test_weights_without_their_card_are_no_start(tmp_path: Path) -> None:
    trainer = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path)
    shutil.copy(DATA_FOLDER / WEIGHTS_NAME, tmp_path)
    with pytest.raises(CheckpointError, match="card cannot be read"):
        trainer.start_from(tmp_path / WEIGHTS_NAME)
    shutil.copy(DATA_FOLDER / CARD_NAME, tmp_path)
    (tmp_path / WEIGHTS_NAME).write_bytes(b"another")
    with pytest.raises(CheckpointError, match="checksum"):
        trainer.start_from(tmp_path / WEIGHTS_NAME)


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint"])
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"last\.pt cannot be read"):
        read_checkpoint(tmp_path / "last.pt")


def test_weights_of_another_size_are_no_start(tmp_path: Path) -> None:
    trainer = Trainer(SMALL, FilmSource(NOTHING, SMALL, 1), Evaluation(), tmp_path)
    with pytest.raises(CheckpointError, match="of the network"):
        trainer.start_from(DATA_FOLDER / WEIGHTS_NAME)
