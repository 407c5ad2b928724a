"""Weights read back from the file that a network was exported to, to train on from them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from monomsk_perception.errors import LifterWeightsError
from monomsk_perception.lifter_network import CARD_NAME, OnnxLifter
from monomsk_training.errors import CheckpointError
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import LifterModel, NetworkOptions


def read_exported(path: Path) -> dict[str, Any]:
    """What an exported `lifter.onnx` and the model card beside it tell of a run, as a checkpoint.

    Needs the package `onnx`.

    Args:
        path: The ONNX file.

    Raises:
        CheckpointError: File or card cannot be read, do not belong together, or are of no such
            network; or the package is missing.
    """
    try:
        OnnxLifter(COORDINATE_NAMES, path.parent)
    except LifterWeightsError as error:
        raise CheckpointError(path, f"is no start: {error}") from error
    weights = _initializers(path)
    try:
        card = yaml.safe_load((path.parent / CARD_NAME).read_text("utf-8"))
        network = NetworkOptions(**card["network"])
        named = _named(weights, LifterModel(network))
        record, before = dict(card["trained"]), list(card["trained_before"])
        scores = dict(card["scores_deg"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(path, f"is no lifter of this version ({error!r})") from error
    return {
        "config": {"network": asdict(network)},
        "averaged": named,
        "record": record,
        "before": before,
        "scores": scores,
    }


def _initializers(path: Path) -> dict[str, Tensor]:
    try:
        # only who starts from such a file needs the package
        import onnx
    except ImportError as error:
        raise CheckpointError(path, "needs the package onnx: pip install onnx") from error
    graph = onnx.load(path).graph
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def _named(weights: dict[str, Tensor], model: LifterModel) -> dict[str, Tensor]:
    """Weights by the model's names: the exporter transposes and renames one of the matrices."""
    named = {name: weights.pop(name) for name in model.state_dict() if name in weights}
    shape = model.person.weight.T.shape
    (turned,) = (value for value in weights.values() if value.shape == shape)
    named["person.weight"] = turned.T.contiguous()
    model.load_state_dict(named)
    return named
