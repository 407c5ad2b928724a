"""Weights read back from the file that a network was exported to, to train on from them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from monomsk_perception.lifter_network import CARD_NAME
from monomsk_training.errors import CheckpointError
from monomsk_training.network import LifterModel, NetworkOptions


def read_exported(path: Path) -> dict[str, Any]:
    """What an exported `lifter.onnx` and the model card beside it tell of a run, as a checkpoint.

    Needs the package `onnx`.

    Args:
        path: The ONNX file.

    Raises:
        CheckpointError: File or card cannot be read, or are of no such network.
    """
    weights = _initializers(path)
    try:
        card = yaml.safe_load((path.parent / CARD_NAME).read_text("utf-8"))
        network = NetworkOptions(**card["network"])
        model = LifterModel(network)
        model.load_state_dict(_named(weights, model))
        record, before = dict(card["trained"]), list(card["trained_before"])
        scores = dict(card["scores_deg"])
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, yaml.YAMLError) as error:
        raise CheckpointError(path, f"is no exported lifter with its card ({error})") from error
    return {
        "config": {"network": asdict(network)},
        "averaged": model.state_dict(),
        "record": record,
        "before": before,
        "scores": scores,
    }


def _initializers(path: Path) -> dict[str, Tensor]:
    # only who starts from such a file needs the package
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise CheckpointError(path, f"cannot be read ({error})") from error
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def _named(weights: dict[str, Tensor], model: LifterModel) -> dict[str, Tensor]:
    """Weights by the model's names: the exporter transposes and renames one of the matrices."""
    named = {name: weights[name] for name in model.state_dict() if name in weights}
    shape = model.person.weight.T.shape
    (turned,) = (value for value in weights.values() if value.shape == shape)
    return {**named, "person.weight": turned.T.contiguous()}
