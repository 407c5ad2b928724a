"""Reading a motion: a file of OpenSim coordinates as configurations of the skeleton."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import FileFormatError, MissingColumnsError
from monomsk_analysis.opensim_kinematics import (
    PELVIS_COORDINATES,
    PELVIS_TRANSLATIONS,
    configuration_from_opensim,
)
from monomsk_analysis.storage import Table, read_storage

Array = NDArray[np.float64]

#: Joints that models often lock or leave out; zero is their anatomical neutral position.
OPTIONAL_COORDINATES = frozenset(
    f"{name}_{side}"
    for name in ("subtalar_angle", "mtp_angle", "wrist_flex", "wrist_dev")
    for side in "rl"
)
#: The patella's coordinates in Rajagopal's models, which follow the knee's.
_FOLLOWING_SUFFIX = "_beta"
_MAX_JOINT_ANGLE = 4 * np.pi


@dataclass(frozen=True)
class ImportedMotion:
    """A motion from a file.

    Attributes:
        times: (n,) as in the file [s].
        stamps_ns: (n,) the same [ns].
        q: (n, 38) configurations.
        defaulted: coordinates that the file does not have and that were set to zero.
        ignored: columns of the file that were not used, but for those that follow another.
    """

    times: Array
    stamps_ns: NDArray[np.int64]
    q: Array
    defaulted: tuple[str, ...]
    ignored: tuple[str, ...]


def read_motion(path: Path, coordinate_names: Sequence[str]) -> ImportedMotion:
    """Read a .mot or .sto file of coordinates.

    Columns are matched by name, in whatever order they come.

    Args:
        path: the file; degrees or radians, as its header says.
        coordinate_names: the skeleton's 31 joint coordinates.

    Raises:
        FileFormatError: it is no such file, or holds NaN or impossible values.
        MissingColumnsError: naming the coordinates that it lacks.
    """
    table = read_storage(path)
    required = [name for name in coordinate_names if name not in OPTIONAL_COORDINATES]
    missing = [n for n in (*PELVIS_COORDINATES, *required) if n not in table.labels]
    if missing:
        raise MissingColumnsError(str(path), missing, table.labels)
    names = (*PELVIS_COORDINATES, *coordinate_names)
    coordinates = _coordinates(path, table, names)
    return ImportedMotion(
        times=table.times,
        stamps_ns=np.round(1e9 * table.times).astype(np.int64),
        q=configuration_from_opensim(coordinates),
        defaulted=tuple(name for name in names if name not in table.labels),
        ignored=tuple(
            label
            for label in table.labels
            if label not in names and not label.endswith(_FOLLOWING_SUFFIX)
        ),
    )


def _coordinates(path: Path, table: Table, names: Sequence[str]) -> Array:
    """The named columns (n, m) in radians and metres; zero where the file has none."""
    coordinates = np.zeros((len(table.times), len(names)))
    for k, name in enumerate(names):
        if name not in table.labels:
            continue
        column = table.column(name)
        is_rotation = name not in PELVIS_TRANSLATIONS
        coordinates[:, k] = np.deg2rad(column) if table.in_degrees and is_rotation else column
        if not np.isfinite(column).all():
            row = int(np.argmin(np.isfinite(column)))
            raise FileFormatError(path, f"{name} is unknown at {table.times[row]:g} s")
    angles = np.abs(coordinates[:, len(PELVIS_COORDINATES) :])
    if angles.size and angles.max() > _MAX_JOINT_ANGLE:
        name = names[len(PELVIS_COORDINATES) + int(angles.max(axis=0).argmax())]
        raise FileFormatError(
            path,
            f"{name} reaches {angles.max():.0f} rad; are these degrees without "
            "'inDegrees=yes' in the header?",
        )
    return coordinates
