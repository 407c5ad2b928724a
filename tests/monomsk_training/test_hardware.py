"""Training on other hardware than one processor, as far as one processor can tell."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from monomsk_training import filming, hardware
from monomsk_training.config import OptimizerOptions, TrainingConfig, load_config
from monomsk_training.filming import Film
from monomsk_training.hardware import launched
from monomsk_training.library import Library
from monomsk_training.losses import LifterLoss
from monomsk_training.motion_physics import following
from monomsk_training.network import LifterModel
from monomsk_training.trainer import FilmSource

NOTHING = Library((), np.zeros(0))
_CONFIG = """
network: {width: 32, layers: 2, heads: 2}
motions: {mixture: {gait: 0.5, sit_to_stand: 0.5}}
optimizer: {batch: 2, steps: 3, warm_up: 2, device: cpu, processes: 2}
"""
_TWO_PROCESSES = """
import sys
from pathlib import Path

import numpy as np
import torch

from monomsk_training import filming
from monomsk_training.config import load_config
from monomsk_training.evaluation import Evaluation
from monomsk_training.hardware import launched
from monomsk_training.library import Library
from monomsk_training.trainer import FilmSource, Trainer

folder = Path(sys.argv[1])
config = load_config(folder / "training.yaml")
fabric = launched(config.optimizer)
source = FilmSource(Library((), np.zeros(0)), config, 1, fabric.global_rank)
first = source.films(2).rays
trainer = Trainer(config, source, Evaluation(), folder, fabric)
trainer.resume()
trainer.run()
weights = torch.cat([values.flatten() for values in trainer.model.parameters()])
torch.save((first, weights.detach()), folder / f"process{fabric.global_rank}.pt")
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrainingConfig:
    path = tmp_path_factory.mktemp("config") / "training.yaml"
    path.write_text(_CONFIG)
    return load_config(path)


def test_processes_film_for_themselves_and_share_their_gradients(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(_TWO_PROCESSES)
    (tmp_path / "training.yaml").write_text(_CONFIG)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (films, weights), (other_films, other_weights) = (
        torch.load(tmp_path / f"process{rank}.pt") for rank in (0, 1)
    )
    assert not torch.equal(films, other_films)
    torch.testing.assert_close(weights, other_weights, rtol=0.0, atol=0.0)
    saved = torch.load(tmp_path / "last.pt", weights_only=False)
    assert saved["step"] == 3


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A default device other than the processor, as with a GPU.

    Torch's meta device has shapes but no numbers, and refuses what mixes it with the processor.
    """
    generator = torch.Generator
    monkeypatch.setattr(torch, "Generator", lambda _device=None: generator("cpu"))
    with torch.device("meta"):
        yield


@pytest.mark.usefixtures("elsewhere")
def test_a_film_is_made_on_one_device(
    config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # these two decide by numbers
    monkeypatch.setattr(filming, "disturbed", lambda rays, seen, *_: (rays, seen, seen[..., 0]))
    monkeypatch.setattr(
        filming, "body_paths", lambda *_: (torch.zeros(4, 64, 3), torch.zeros(4, 64, 4))
    )
    film = FilmSource(NOTHING, config, 3).films(4)
    assert {getattr(film, item.name).device.type for item in fields(film)} == {"meta"}


@pytest.mark.usefixtures("elsewhere")
def test_a_step_is_made_on_one_device(config: TrainingConfig) -> None:
    with torch.device("cpu"):
        here = FilmSource(NOTHING, config, 3).films(4)
    film = Film(**{f.name: getattr(here, f.name).to("meta") for f in fields(Film)})
    studio = FilmSource(NOTHING, config, 3).studio
    lifted = LifterModel(config.network)(
        film.rays, film.visibility, film.seen.float(), film.subject
    )
    parts = LifterLoss(config.loss, studio)(lifted, film)
    torch.stack(list(parts.values())).sum().backward()
    assert {part.device.type for part in parts.values()} == {"meta"}


@pytest.mark.usefixtures("elsewhere")
def test_frames_of_simulations_are_counted_where_their_first_ones_are() -> None:
    starts = torch.tensor([4, 0], device="cpu")
    assert following(starts, 3).tolist() == [[4, 5, 6, 7], [0, 1, 2, 3]]


def test_each_process_has_the_threads_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    class Launching:
        """Shares all cores out, as Fabric does for several processes."""

        device = torch.device("cpu")

        def __init__(self, **_options: object) -> None:
            pass

        def launch(self) -> None:
            torch.set_num_threads(3)

    before = torch.get_num_threads()
    monkeypatch.setattr(hardware, "Fabric", Launching)
    try:
        launched(OptimizerOptions(device="cpu", processes=2, threads=2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_chance_of_a_process_can_begin_anew(config: TrainingConfig) -> None:
    first, second = FilmSource(NOTHING, config, 3), FilmSource(NOTHING, config, 3, rank=1)
    again = first.films(2).rays
    assert not torch.equal(again, second.films(2).rays)
    first.reseed(3)
    assert torch.equal(again, first.films(2).rays)
