"""Force plates: from channels to the wrench on the person in the world (C3D types 2 and 4).

A plate's axes follow from its corners (c3d.org, FORCE_PLATFORM): x from corner 2 to 1, y from
corner 4 to 1, z into the floor. ORIGIN leads from the sensor's origin to the middle of the top,
which lies above it; files disagree about the sign, so z is taken to point up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import MissingColumnsError
from monomsk_analysis.marker_recording import PlateRecord
from monomsk_analysis.storage import Table, read_storage
from monomsk_description.frames import to_rep103

Array = NDArray[np.float64]

#: Below this load a centre of pressure is noise [N].
MIN_LOAD_N = 20.0
#: How OpenSim's files name the two plates' columns: force, point, torque.
_NAMINGS = (
    ("ground_force_{s}_v", "ground_force_{s}_p", "ground_torque_{s}_", ("r", "l")),
    ("{s}_ground_force_v", "{s}_ground_force_p", "{s}_ground_torque_", ("R", "L")),
    ("{s}ground_force_v", "{s}ground_force_p", "{s}ground_torque_", ("", "1_")),
)


@dataclass(frozen=True)
class PlateChannels:
    """What a plate's file says.

    Attributes:
        signals: (k, 6) forces along and moments about the sensor's axes, or raw for type 4.
        corners_m: (4, 3) in the file's axes [m].
        origin_m: (3,) ORIGIN in the plate's axes [m].
        moment_unit_n_m: of the moments [N m].
        calibration: (6, 6) of type 4, from raw signals to forces and moments.
    """

    signals: Array
    corners_m: Array
    origin_m: Array
    moment_unit_n_m: float
    calibration: Array | None = None


def plate_record(channels: PlateChannels, first_s: float, rate_hz: float) -> PlateRecord:
    """The wrench on the person at the centre of pressure, in the file's axes.

    Args:
        channels: of the plate.
        first_s: time of the first sample [s].
        rate_hz: of the samples [Hz].
    """
    signals = channels.signals
    if channels.calibration is not None:
        signals = signals @ channels.calibration.T
    force, moment = signals[:, :3], channels.moment_unit_n_m * signals[:, 3:]
    origin = channels.origin_m
    if origin[2] > 0.0:
        origin = -origin
    moment = moment - np.cross(origin, force)
    # Some programs store the reaction, some the action; a person can only push down.
    if np.sum(force[:, 2]) < 0.0:
        force, moment = -force, -moment
    loaded = force[:, 2] > MIN_LOAD_N
    vertical = np.where(loaded, force[:, 2], np.nan)
    x, y = -moment[:, 1] / vertical, moment[:, 0] / vertical
    free = moment[:, 2] - x * force[:, 1] + y * force[:, 0]
    zero = np.zeros(len(force))
    axes = plate_axes(channels.corners_m)
    center = channels.corners_m.mean(axis=0)
    # The sum says what the person does to the plate: z into the floor; the person gets the other.
    return PlateRecord(
        times=first_s + np.arange(len(force)) / rate_hz,
        force=-np.where(loaded[:, None], force, 0.0) @ axes.T,
        center_of_pressure=center + np.stack([x, y, np.where(loaded, zero, np.nan)], 1) @ axes.T,
        free_torque=-np.stack([zero, zero, np.where(loaded, free, 0.0)], 1) @ axes.T,
        corners=channels.corners_m,
    )


def plate_axes(corners_m: Array) -> Array:
    """The plate's axes as columns (3, 3): x, y, and z into the floor."""
    x = corners_m[0] - corners_m[1]
    y = corners_m[0] - corners_m[3]
    x = x / np.linalg.norm(x)
    z = np.cross(x, y)
    z /= np.linalg.norm(z)
    return np.stack([x, np.cross(z, x), z], axis=1)


def read_plate_table(path: Path) -> tuple[PlateRecord, ...]:
    """Two plates from one of OpenSim's ground reaction files, in a z-up world.

    Raises:
        FileFormatError: the file cannot be read.
        MissingColumnsError: it has none of the usual columns.
    """
    table = replace(read_storage(path), name=str(path))
    for force, point, torque, sides in _NAMINGS:
        if force.format(s=sides[0]) + "x" in table.labels:
            return tuple(
                _from_table(table, (force.format(s=s), point.format(s=s), torque.format(s=s)))
                for s in sides
            )
    raise MissingColumnsError(table.name, ["ground_force_r_vx"], table.labels)


def _from_table(table: Table, stems: tuple[str, str, str]) -> PlateRecord:
    force, point, torque = (
        to_rep103(table.columns([f"{stem}{axis}" for axis in "xyz"])) for stem in stems
    )
    loaded = force[:, 2] > MIN_LOAD_N
    return PlateRecord(
        times=table.times,
        force=np.where(loaded[:, None], force, 0.0),
        center_of_pressure=np.where(loaded[:, None], point, np.nan),
        free_torque=np.where(loaded[:, None], torque, 0.0),
    )
