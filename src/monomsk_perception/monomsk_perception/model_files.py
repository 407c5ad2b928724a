"""Where the pose networks lie on this machine, and whether they are the right ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from monomsk_perception.errors import ModelFileError

DETECTOR_MODEL = "pose_detection"
LANDMARK_MODELS = {
    "lite": "pose_landmark_lite",
    "full": "pose_landmark_full",
    "heavy": "pose_landmark_heavy",
}
"""Landmark networks by their short name: from fastest to most accurate."""


@dataclass(frozen=True)
class ModelRecord:
    """What data/models.yaml knows of one file.

    Attributes:
        bytes: Size of the file [bytes].
        sha256: Checksum, hexadecimal.
    """

    bytes: int
    sha256: str


def model_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Folder of the models: $MONOMSK_MODEL_DIR, else ``monomsk/models`` in the user's cache."""
    chosen = environment.get("MONOMSK_MODEL_DIR")
    if chosen:
        return Path(chosen).expanduser()
    return Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "monomsk/models"


@cache
def model_records() -> Mapping[str, ModelRecord]:
    """The known models by name, such as ``"pose_landmark_full"``."""
    text = (resources.files("monomsk_perception") / "data" / "models.yaml").read_text("utf-8")
    return {
        name.removesuffix(".tflite"): ModelRecord(int(entry["bytes"]), str(entry["sha256"]))
        for name, entry in yaml.safe_load(text).items()
    }


def find_model(name: str, directory: Path | None = None) -> Path:
    """Path of a model, verified against its checksum.

    Args:
        name: Name without suffix, such as ``"pose_detection"``.
        directory: Where to look instead of ``model_directory()``.

    Raises:
        ModelFileError: If the file is unknown, missing or not the expected one.
    """
    path = (directory or model_directory()) / f"{name}.tflite"
    record = model_records().get(name)
    if record is None:
        raise ModelFileError(name, path, f"unknown model, known: {', '.join(model_records())}")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(name, path, "the file is missing") from None
    except OSError as error:
        raise ModelFileError(name, path, f"cannot be read ({error.strerror})") from error
    if len(content) != record.bytes:
        reason = f"{len(content)} bytes instead of {record.bytes}: another or an incomplete file"
        raise ModelFileError(name, path, reason)
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise ModelFileError(name, path, "checksum mismatch: another or a damaged file")
    return path
