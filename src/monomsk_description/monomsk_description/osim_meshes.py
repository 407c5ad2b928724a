"""The bones that OpenSim draws for each segment, and how large it draws them."""

from functools import cache
from importlib import resources
from typing import Any

import yaml


def mesh_files(segment: str) -> tuple[str, ...]:
    """Names of the mesh files, which come with OpenSim; none for a segment that is not known."""
    side = segment[-1] if segment.endswith(("_r", "_l")) else ""
    names: list[str] = _table()["meshes"].get(_as_right(segment), [])
    return tuple(name.format(side=side) for name in names)


def unscaled_size(segment: str) -> float:
    """The scale at which the unscaled Rajagopal model draws a segment's bones."""
    return float(_table()["unscaled_size"].get(_as_right(segment), 1.0))


def _as_right(segment: str) -> str:
    return f"{segment[:-2]}_r" if segment.endswith("_l") else segment


@cache
def _table() -> dict[str, Any]:
    file = resources.files("monomsk_description") / "data" / "opensim_meshes.yaml"
    table: dict[str, Any] = yaml.safe_load(file.read_text())
    return table
