"""Camera parameters from a file: what camera_calibration writes, or a CameraInfo as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from monomsk_analysis.errors import FileFormatError
from monomsk_perception.camera import CameraIntrinsics

#: The same quantity in camera_calibration's files and in `ros2 topic echo camera_info`.
_MATRIX_KEYS = ("camera_matrix", "k", "K")
_DISTORTION_KEYS = ("distortion_coefficients", "d", "D")
_WIDTH_KEYS = ("image_width", "width")
_HEIGHT_KEYS = ("image_height", "height")


def read_camera_file(path: Path) -> CameraIntrinsics:
    """Read a camera's parameters from YAML.

    Raises:
        FileFormatError: the file is missing, is no YAML, or lacks an entry.
        CameraError: its numbers are those of no camera.
    """
    entries = _load(path)
    return CameraIntrinsics.from_matrix(
        _numbers(path, entries, _MATRIX_KEYS),
        _numbers(path, entries, _DISTORTION_KEYS, optional=True),
        _integer(path, entries, _WIDTH_KEYS),
        _integer(path, entries, _HEIGHT_KEYS),
        str(entries.get("distortion_model", "plumb_bob")),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        # `ros2 topic echo` ends every message with a document separator.
        entries = next(iter(yaml.safe_load_all(path.read_text(encoding="utf-8"))), None)
    except OSError as error:
        raise FileFormatError(path, f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise FileFormatError(path, "not YAML", line) from error
    if not isinstance(entries, dict):
        raise FileFormatError(path, "no camera parameters in it")
    return entries


def _find(path: Path, entries: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in entries:
            return entries[key]
    raise FileFormatError(path, f"no entry {' or '.join(keys)}")


def _numbers(
    path: Path, entries: dict[str, Any], keys: tuple[str, ...], *, optional: bool = False
) -> list[float]:
    if optional and not any(key in entries for key in keys):
        return []
    value = _find(path, entries, keys)
    if isinstance(value, dict):
        value = value.get("data")
    try:
        return [float(number) for number in value]
    except (TypeError, ValueError) as error:
        raise FileFormatError(path, f"{keys[0]} is not a list of numbers") from error


def _integer(path: Path, entries: dict[str, Any], keys: tuple[str, ...]) -> int:
    try:
        return int(_find(path, entries, keys))
    except (TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(path, f"{keys[0]} is not a whole number") from error
