"""Reads OpenSim's .mot and .sto files of coordinates, and npz files with OpenSim's names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monomsk_description.frames import Array
from monomsk_training.errors import MotionFileError
from monomsk_training.motion_clip import ANGLES, COLUMN, MotionClip, at_rest, unwrapped


def read_opensim(path: Path, subject: str, *, knee_flexion_negative: bool = False) -> MotionClip:
    """A clip from a .mot or .sto file.

    Args:
        path: The file.
        subject: Whose motion it is.
        knee_flexion_negative: As in Gait2392 and older models.

    Raises:
        MotionFileError: The file has no header or no coordinate of the skeleton, or its times
            are not even.
    """
    names, table, in_degrees = read_table(path)
    times = table[:, 0]
    steps = np.diff(times)
    # Rounded times are even enough, a frame that is missing is not.
    if not len(steps) or not 0.0 < steps.min() <= steps.max() < 1.9 * np.median(steps):
        raise MotionFileError(path, "times must rise evenly, frame by frame")
    columns = {}
    for number, name in enumerate(names):
        # States files spell a coordinate /jointset/hip_r/hip_flexion_r/value.
        short = name.split("/")[-2] if name.endswith("/value") else name
        columns[short] = table[:, number]
    values = _to_motion(columns, len(times), in_degrees, path)
    if knee_flexion_negative:
        values[:, [COLUMN["knee_angle_r"], COLUMN["knee_angle_l"]]] *= -1.0
    rate_hz = (len(times) - 1) / (times[-1] - times[0])
    return MotionClip(path.stem, subject, float(rate_hz), unwrapped(values))


def read_named_arrays(path: Path, subject: str, rate_hz: float) -> MotionClip:
    """A clip from an npz whose arrays are called q_<coordinate> (loco-mujoco) [rad, m]."""
    with np.load(path) as file:
        columns = {n.removeprefix("q_"): file[n] for n in file.files if n.startswith("q_")}
    frames = len(next(iter(columns.values())))
    values = unwrapped(_to_motion(columns, frames, False, path))
    return MotionClip(path.stem, subject, rate_hz, values)


def read_table(path: Path) -> tuple[list[str], Array, bool]:
    """Column names, numbers (rows, columns) and whether angles are in degrees.

    Raises:
        MotionFileError: There is no header, or not one number a column in each row.
    """
    lines = path.read_text("utf-8", errors="replace").splitlines()
    ends = [n for n, line in enumerate(lines) if line.strip().lower() == "endheader"]
    if not ends:
        raise MotionFileError(path, "no endheader line")
    header = "".join(lines[: ends[0]]).lower().replace(" ", "")
    names, *rows = (line.split() for line in lines[ends[0] + 1 :] if line.strip())
    try:
        table = np.array(rows, dtype=float).reshape(-1, len(names))
    except ValueError as error:
        raise MotionFileError(path, "not one number a column in each row") from error
    return names, table, "indegrees=yes" in header


def _to_motion(columns: dict[str, Array], frames: int, in_degrees: bool, path: Path) -> Array:
    values = at_rest(frames)
    known = [name for name in COLUMN if name in columns]
    if "hip_flexion_r" not in known:
        raise MotionFileError(path, "no column hip_flexion_r")
    for name in known:
        to_radians = in_degrees and bool(ANGLES[COLUMN[name]])
        values[:, COLUMN[name]] = np.radians(columns[name]) if to_radians else columns[name]
    return values
