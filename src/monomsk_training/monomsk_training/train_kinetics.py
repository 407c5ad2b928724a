"""Trains the inverse-dynamics transformer: python -m monomsk_training.train_kinetics --trials DIR.

The trials come from `python -m monomsk_analysis.plate_trials DIR`. The people of `HELD_OUT` never
train: their scores are what strangers can expect.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from monomsk_dynamics.inverse_dynamics_transformer import CARD_NAME, WEIGHTS_NAME, WINDOW_FRAMES
from monomsk_dynamics.kinetics_features import FEATURES, LEG_COORDINATES
from monomsk_training.errors import TrainingError
from monomsk_training.kinetics_data import KineticsBatch, KineticsClip, KineticsSampler, load_clips
from monomsk_training.kinetics_network import Kinetics, KineticsModel, KineticsNetworkOptions
from monomsk_training.kinetics_score import KineticsScore, mean_score
from monomsk_training.kinetics_symmetry import SymmetricKinetics

_LOG = logging.getLogger(__name__)
#: First words of the trials of people who never train.
HELD_OUT = ("HC039A", "HC040A", "HC050A", "HC055A", "BMC")
_GROUPS = ("Straight", "Turn", "run")
_CLIP_NORM = 1.0
_LARGEST_DIFFERENCE = 1e-4


@dataclass(frozen=True)
class KineticsTraining:
    """How the weights are found.

    Attributes:
        steps: Of the optimiser.
        batch: Windows a step.
        learning_rate: Its highest value.
        weight_decay: Of AdamW.
        warm_up: Steps until the learning rate is reached.
        seed: Of all chance.
    """

    steps: int = 900
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warm_up: int = 100
    seed: int = 1


def held_out(clip: KineticsClip) -> bool:
    """Whether a clip's person never trains."""
    return clip.trial.startswith(HELD_OUT)


def new_model(clips: Sequence[KineticsClip], options: KineticsNetworkOptions) -> KineticsModel:
    """A network that knows the features' mean and spread."""
    features = np.concatenate([clip.features for clip in clips])
    mean, spread = features.mean(0), features.std(0)
    # What hardly varies among a few people must not become a sign of who it is.
    spread = np.maximum(spread, 0.02)
    as_tensor = (torch.as_tensor(part, dtype=torch.float32) for part in (mean, spread))
    return KineticsModel(options, *as_tensor)


def data_loss(found: Kinetics, batch: KineticsBatch) -> Tensor:
    """Laplace likelihood of forces and torques where plates saw everything."""
    force = _laplace(found.force, batch.force.flatten(-2), found.force_log_scale)
    torque = _laplace(found.torque, batch.torque, found.torque_log_scale)
    known = batch.known
    return force[known].mean() + torque[known].mean()


def _laplace(found: Tensor, wanted: Tensor, log_scale: Tensor) -> Tensor:
    return (found - wanted).abs() * torch.exp(-log_scale) + log_scale


def train(
    clips: Sequence[KineticsClip],
    options: KineticsTraining,
    network: KineticsNetworkOptions | None = None,
) -> KineticsModel:
    """Weights from clips."""
    torch.manual_seed(options.seed)
    sampler = KineticsSampler(clips, options.seed)
    model = new_model(clips, network or KineticsNetworkOptions())
    optimizer = torch.optim.AdamW(
        model.parameters(), options.learning_rate, weight_decay=options.weight_decay
    )
    model.train()
    for step in range(options.steps):
        rate = min(1.0, (step + 1) / options.warm_up)
        rate *= 0.02 + 0.49 * (1.0 + math.cos(math.pi * step / options.steps))
        for group in optimizer.param_groups:
            group["lr"] = rate * options.learning_rate
        batch = sampler.batch(options.batch)
        loss = data_loss(model(batch.features, batch.seen.float()), batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), _CLIP_NORM)
        optimizer.step()
        if step % 100 == 99:
            _LOG.info("step %d: loss %.3f", step + 1, loss.item())
    return model.eval()


def scores(model: nn.Module, clips: Sequence[KineticsClip]) -> dict[str, KineticsScore]:
    """Mean scores of the held-out people by kind of motion and noise."""
    table = {}
    labelled = [clip for clip in clips if held_out(clip) and clip.known.any()]
    for group in _GROUPS:
        for noise in dict.fromkeys(clip.noise for clip in labelled):
            own = [c for c in labelled if group in c.trial and c.noise == noise]
            if own:
                name = f"{group.lower()}, noise {noise.angle_deg} deg {noise.pelvis_cm} cm"
                name += ", told" if noise.told else ""
                table[name] = mean_score(model, own)
    return table


def export(model: nn.Module, folder: Path, notes: dict[str, Any]) -> None:
    """Write weights and model card; the file is compared with the network."""
    path = folder / WEIGHTS_NAME
    example = (torch.randn(1, WINDOW_FRAMES, FEATURES), torch.ones(1, WINDOW_FRAMES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example, str(path), dynamo=False, opset_version=17,
            input_names=["features", "seen"], output_names=list(Kinetics._fields),
        )  # fmt: skip
    _compare(model, path, example)
    card = {
        "name": "monomsk inverse-dynamics transformer",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "features": FEATURES,
        "coordinates": list(LEG_COORDINATES),
        "licence": "Apache-2.0",
        **notes,
    }
    text = yaml.safe_dump(card, sort_keys=False, width=100, default_flow_style=None)
    head = f"# Model card of {WEIGHTS_NAME}, written by monomsk_training.train_kinetics.\n"
    (folder / CARD_NAME).write_text(head + text)


def _compare(model: nn.Module, path: Path, example: tuple[Tensor, Tensor]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {"features": example[0].numpy(), "seen": example[1].numpy()}
    with torch.no_grad():
        wanted = model(*example)
    for found, own in zip(session.run(None, inputs), wanted, strict=True):
        difference = float(np.abs(found - own.numpy()).max())
        if difference > _LARGEST_DIFFERENCE:
            raise TrainingError(f"the exported file differs from the network by {difference:.2g}")


def main(words: list[str] | None = None) -> None:
    """Train, score, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, required=True, help="folder of plate_trials")
    parser.add_argument("--out", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--steps", type=int, default=KineticsTraining.steps)
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    clips = load_clips(arguments.trials)
    options = KineticsTraining(steps=arguments.steps)
    trained = train([clip for clip in clips if not held_out(clip)], options)
    model = SymmetricKinetics(trained).eval()
    table = scores(model, clips)
    for name, row in table.items():
        _LOG.info("%s: %s", name, " ".join(f"{k} {v:.2f}" for k, v in row.__dict__.items()))
    arguments.out.mkdir(parents=True, exist_ok=True)
    notes = {
        "trained": {"steps": options.steps, "batch": options.batch, "seed": options.seed},
        "held_out": list(HELD_OUT),
        "data": sorted({clip.trial for clip in clips}),
        "scores": {
            name: {key: round(float(value), 2) for key, value in asdict(row).items()}
            for name, row in table.items()
        },
        "limits": "walking, turning and running of ten people on force plates; nothing else",
    }
    export(model, arguments.out, notes)


if __name__ == "__main__":
    main()
