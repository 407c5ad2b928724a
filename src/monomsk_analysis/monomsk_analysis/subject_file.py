"""A person's size from a YAML file, for measured segment lengths.

height_m: 1.75
mass_kg: 70
sex: female            # optional
segment_lengths_m:     # optional, any of the skeleton's lengths
  thigh: 0.41
  shank: 0.40
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from monomsk_analysis.errors import FileFormatError
from monomsk_description.subject import Subject

_KEYS = frozenset({"height_m", "mass_kg", "sex", "segment_lengths_m"})


def read_subject_file(
    path: Path, height_m: float | None = None, mass_kg: float | None = None
) -> Subject:
    """Read a subject.

    Args:
        path: the file.
        height_m: replaces the file's height [m].
        mass_kg: replaces the file's mass [kg].

    Raises:
        FileFormatError: it is missing, is no YAML, or has unknown or malformed entries.
        ImplausibleSubjectError: its numbers are no human's.
    """
    entries = _load(path)
    unknown = sorted(str(key) for key in entries if key not in _KEYS)
    if unknown:
        raise FileFormatError(
            path, f"unknown entry {', '.join(unknown)}; known: {', '.join(sorted(_KEYS))}"
        )
    lengths = entries.get("segment_lengths_m") or {}
    if not isinstance(lengths, dict):
        raise FileFormatError(path, "segment_lengths_m is not a list of names with lengths")
    subject = Subject.assume(
        height_m if height_m is not None else _number(path, entries, "height_m"),
        mass_kg if mass_kg is not None else _number(path, entries, "mass_kg"),
        str(entries.get("sex", "unspecified")),
    )
    empty = [str(name) for name, length_m in lengths.items() if length_m is None]
    if empty:
        raise FileFormatError(path, f"no length given for {', '.join(empty)}")
    return subject.with_lengths({str(name): _number(path, lengths, name) for name in lengths})


def _load(path: Path) -> dict[str, Any]:
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(path, f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileFormatError(path, "not YAML") from error
    if not isinstance(entries, dict):
        raise FileFormatError(path, "no subject in it")
    return entries


def _number(path: Path, entries: dict[str, Any], key: str) -> Any:
    value = entries.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise FileFormatError(path, f"{key} is not a number: {value!r}")
    return value
