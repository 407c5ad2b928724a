"""Files of a training run: all that it takes to go on, and its weights."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from monomsk_training.errors import CheckpointError
from monomsk_training.exported_weights import read_exported
from monomsk_training.network import NetworkOptions


def read_checkpoint(path: Path, network: NetworkOptions | None = None) -> dict[str, Any]:
    """What `last.pt` or `best.pt` holds, wherever it was trained; weights of a `lifter.onnx` too.

    Args:
        path: The file.
        network: That its weights are for; None: any.

    Raises:
        CheckpointError: It cannot be read, or its weights are for another network.
    """
    saved: dict[str, Any]
    if path.suffix == ".onnx":
        saved = read_exported(path)
    else:
        try:
            saved = torch.load(path, map_location="cpu", weights_only=False)
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise CheckpointError(path, f"cannot be read ({error})") from error
    own = saved["config"]["network"]
    if network is not None and own != asdict(network):
        raise CheckpointError(path, f"is of the network {own}, not of {asdict(network)}")
    return saved


def write_checkpoint(saved: Mapping[str, Any], path: Path) -> None:
    """Puts a checkpoint in the place of the one before: whoever reads meanwhile reads that one."""
    unfinished = path.with_suffix(".part")
    torch.save(saved, unfinished)
    unfinished.replace(path)


def run_record(saved: Mapping[str, Any]) -> dict[str, float]:
    """How long the run of a checkpoint was: steps, windows, minutes, seed."""
    if "record" in saved:
        return dict(saved["record"])
    config = saved["config"]
    return {
        "steps": saved["step"],
        "windows": saved["step"] * config["optimizer"]["batch"] * saved.get("processes", 1),
        "minutes": round(saved["elapsed_s"] / 60.0, 1),
        "seed": config["seed"],
    }
