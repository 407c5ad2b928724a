"""Writes trained weights as ONNX with their model card.

    python -m monomsk_training.export --checkpoint best.pt --out DATA_FOLDER [--recipe LIBRARY]

Needs the package `onnx` besides torch. The file is compared with the network it came from.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from monomsk_description.anatomy_file import load_anatomy
from monomsk_perception.lifter_answer import USED_LANDMARKS, Track, live_numbers
from monomsk_perception.lifter_network import CARD_NAME, INPUTS, WEIGHTS_NAME, OnnxLifter
from monomsk_training.checkpoints import read_checkpoint, run_record
from monomsk_training.errors import TrainingError
from monomsk_training.evaluation import TorchNetwork
from monomsk_training.library import Source, load_recipe
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import Lifted, LifterModel, NetworkOptions

_LOG = logging.getLogger(__name__)
#: Windows may be shorter than the longest, and not every frame is asked for.
_FREE_AXES = {
    **{name: {0: "frames"} for name in ("rays", "visibility", "seen")},
    "asked": {0: "answers"},
    **{name: {0: "frames"} for name in ("numbers", "windows")},
    **{name: {0: "answers"} for name in Lifted._fields if name != "proportions"},
}
#: Largest difference of an angle between the file and the network [deg].
_TOLERANCE_DEG = 1e-3


def load_model(checkpoint: Path) -> tuple[LifterModel, dict[str, Any]]:
    """The averaged weights of a checkpoint and what was saved with them."""
    saved = read_checkpoint(checkpoint)
    model = LifterModel(NetworkOptions(**saved["config"]["network"]))
    model.load_state_dict(saved["averaged"])
    return model.eval(), saved


def write_weights(model: LifterModel, path: Path) -> str:
    """Writes the ONNX file; its SHA-256, hexadecimal."""
    frames = model.options.frames
    example = (
        torch.zeros(frames, len(USED_LANDMARKS), 2),
        torch.ones(frames, len(USED_LANDMARKS)),
        torch.ones(frames),
        torch.zeros(17),
        torch.arange(frames),
        torch.arange(frames),
        torch.zeros(frames, dtype=torch.int64),
    )
    with warnings.catch_warnings():
        # The exporter that follows a trace is called old; it is the one without more packages.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=list(INPUTS),
            output_names=list(Lifted._fields),
            dynamic_axes=_FREE_AXES,
        )
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_card(saved: dict[str, Any], sources: Sequence[Source], sha256: str, path: Path) -> None:
    """Writes the model card: what the weights are, where they come from, how good they are."""
    card = {
        "name": "monomsk lifter",
        "what": "temporal transformer: windows of up to 64 frames at 30 Hz of 19 landmark rays to "
        "pelvis pose, 31 coordinates with spreads, lengths, sole contacts of the frames asked for",
        "sha256": sha256,
        "network": dict(saved["config"]["network"]),
        "skeleton": load_anatomy().name,
        "coordinates": list(COORDINATE_NAMES),
        "landmarks": list(USED_LANDMARKS),
        "licence": "Apache-2.0",
        "trained": run_record(saved),
        "trained_before": list(saved.get("before", [])),
        "data": [
            {"name": s.name, "licence": s.licence, "held_out": list(s.validation)} for s in sources
        ],
        "scores_deg": {name: round(float(v), 2) for name, v in saved["scores"].items()},
        "scores_note": "mean error of eight leg coordinates, offline and with so many frames of "
        "look-ahead; held_out_recorded: films of people who never trained, held_out_varied: of the "
        "mixture that trains, with their motions, network alone; select_*: Pose2Sim demo, with the "
        "mirror image; the mean of all is the selection score",
        "limits": "trained on walking (impaired too), running, squats, chairs, stairs, jumps and "
        "everyday motion, one person of 1.2 to 2.05 m, cameras that stand or move slowly; "
        "not on lying, crawling, or walking aids",
    }
    text = yaml.safe_dump(card, sort_keys=False, width=100, default_flow_style=None)
    path.write_text("# Model card of lifter.onnx, written by monomsk_training.export.\n" + text)


def largest_difference_deg(model: LifterModel, folder: Path) -> float:
    """Largest difference of a coordinate between file and network on random windows [deg]."""
    rng = np.random.default_rng(5)
    exported = OnnxLifter(COORDINATE_NAMES, folder)
    whole, worst = model.options.frames, 0.0
    every, live = np.arange(whole), live_numbers(40, 4)
    windows_and_rows = ((every, None), (every, [whole - 1]), (every[:30], [21]), (live, [12]))
    for numbers, asked in windows_and_rows:
        rays = 0.2 * rng.normal(size=(len(numbers), len(USED_LANDMARKS), 2))
        seen = (rng.random(len(numbers)) > 0.1).astype(float)
        windows = np.arange(len(numbers)) // 10
        track = Track(rays, rng.random(rays.shape[:2]), seen, numbers, windows)
        subject = rng.normal(size=17) * 0.1
        answers = [network(track, subject, asked) for network in (TorchNetwork(model), exported)]
        worst = max(worst, float(np.abs(answers[0].coordinates - answers[1].coordinates).max()))
    return float(np.degrees(worst))


def main(words: list[str] | None = None) -> None:
    """Exports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, help="motion library of the training, if another")
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model, saved = load_model(arguments.checkpoint)
    sources = load_recipe(arguments.recipe)
    arguments.out.mkdir(parents=True, exist_ok=True)
    sha256 = write_weights(model, arguments.out / WEIGHTS_NAME)
    write_card(saved, sources, sha256, arguments.out / CARD_NAME)
    difference = largest_difference_deg(model, arguments.out)
    if difference > _TOLERANCE_DEG:
        raise TrainingError(f"the exported file differs from the network by {difference:.2g} deg")
    _LOG.info("written; differs from the network by at most %.1e deg", difference)


if __name__ == "__main__":
    main()
