"""C3D files (c3d.org): markers, force plates, events and what is stored about the person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.force_plates import PlateChannels, plate_record
from monomsk_analysis.marker_recording import GaitEvent, MarkerRecording, PlateRecord

Array = NDArray[np.float64]

_METRES = {"m": 1.0, "mm": 1e-3, "cm": 1e-2}
_NEWTON_METRES = {"nm": 1.0, "nmm": 1e-3, "ncm": 1e-2}
#: Groups of point labels that are a program's results, not markers.
_RESULT_GROUPS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
_PLATE_CHANNELS = 6


def read_c3d(path: Path) -> tuple[MarkerRecording, str | None]:
    """Read a C3D file in its own axes, and which of them it says points up (None: it does not).

    Raises:
        FileFormatError: it cannot be read, or the reader is not installed.
    """
    try:
        import ezc3d
    except ImportError as error:
        reason = "C3D needs the Python package ezc3d (no wheel for ARM); export to .trc instead"
        raise FileFormatError(path, reason) from error
    if not path.is_file():
        raise FileFormatError(path, "no such file")
    try:
        file = ezc3d.c3d(str(path))
    except (OSError, RuntimeError, ValueError, IndexError) as error:
        raise FileFormatError(path, f"not a C3D file: {error}") from error
    parameters = file["parameters"]
    unit = _text(parameters, "POINT", "UNITS", ["m"])[0].lower()
    if unit not in _METRES:
        raise FileFormatError(path, f"units are '{unit}', expected mm, cm or m")
    rate_hz = float(parameters["POINT"]["RATE"]["value"][0])
    if not rate_hz > 0.0:
        raise FileFormatError(path, f"the point rate is {rate_hz} Hz")
    names, positions = _markers(parameters, file["data"]["points"])
    first_s = float(file["header"]["points"]["first_frame"]) / rate_hz
    times = first_s + np.arange(positions.shape[0]) / rate_hz
    plates, notes = _plates(parameters, file["data"]["analogs"][0], first_s, _METRES[unit])
    height_m, mass_kg = _person(parameters)
    recording = MarkerRecording(
        path, times, names, _METRES[unit] * positions,
        plates, _events(parameters), height_m, mass_kg, notes,
    )  # fmt: skip
    return recording, _up(parameters)


def _markers(parameters: Any, points: Array) -> tuple[tuple[str, ...], Array]:
    results = {label for group in _RESULT_GROUPS for label in _text(parameters, "POINT", group, [])}
    labels = [
        label
        for key, entry in sorted(parameters["POINT"].items(), key=lambda item: len(item[0]))
        if key.startswith("LABELS")
        for label in entry["value"]
    ]
    # Vicon writes `Subject:LASI`; the same marker of a second subject loses.
    kept: dict[str, int] = {}
    for column, label in enumerate(labels[: points.shape[1]]):
        if label not in results and not label.startswith("*"):
            kept.setdefault(label.split(":")[-1].strip(), column)
    columns = np.array(list(kept.values()), dtype=int)
    return tuple(kept), points[:3][:, columns].transpose(2, 1, 0)


def _plates(
    parameters: Any, analogs: Array, first_s: float, metres: float
) -> tuple[tuple[PlateRecord, ...], tuple[str, ...]]:
    group = parameters.get("FORCE_PLATFORM")
    used = int(group["USED"]["value"][0]) if group and len(group["USED"]["value"]) else 0
    records, notes = [], []
    for plate in range(used):
        kind = int(group["TYPE"]["value"][plate])
        channels = _plate_channels(group, plate, used)
        if kind not in (2, 4) or len(channels) < _PLATE_CHANNELS:
            notes.append(f"Force plate {plate + 1} is of type {kind}, which is not read.")
            continue
        if channels.max() >= len(analogs):
            notes.append(f"Force plate {plate + 1} has no signals in the file.")
            continue
        units = _text(parameters, "ANALOG", "UNITS", [])
        moment_unit = units[channels[3]].lower() if len(units) > channels[3] else ""
        moment = _NEWTON_METRES.get(moment_unit.replace(".", "").replace("*", ""), metres)
        matrix = None
        if kind == 4:
            matrix = np.array(group["CAL_MATRIX"]["value"])[:, :, plate]
        record = plate_record(
            PlateChannels(
                signals=_without_offset(analogs[channels[:_PLATE_CHANNELS]].T, group),
                corners_m=metres * np.array(group["CORNERS"]["value"])[:, :, plate].T,
                origin_m=metres * np.array(group["ORIGIN"]["value"])[:, plate],
                moment_unit_n_m=moment,
                calibration=matrix,
            ),
            first_s,
            float(parameters["ANALOG"]["RATE"]["value"][0]),
        )
        records.append(record)
    return tuple(records), tuple(notes)


def _plate_channels(group: Any, plate: int, used: int) -> NDArray[np.int64]:
    """Positions (k,) of a plate's signals among the analog ones; none where the file is silent."""
    numbers = np.asarray(group.get("CHANNEL", {}).get("value", ()), dtype=np.int64)
    if numbers.size % used:
        return np.empty(0, dtype=np.int64)
    return numbers.reshape(-1, used)[:, plate] - 1


def _without_offset(signals: Array, group: Any) -> Array:
    """Signals (k, 6) less their mean over the frames that ZERO names, if it names any."""
    zero = group.get("ZERO", {}).get("value", [])
    if len(zero) == 2 and 1 <= zero[0] <= zero[1]:
        return np.asarray(signals - signals[int(zero[0]) - 1 : int(zero[1])].mean(axis=0))
    return signals


def _events(parameters: Any) -> tuple[GaitEvent, ...]:
    group = parameters.get("EVENT")
    if not group or "TIMES" not in group or not np.size(group["TIMES"]["value"]):
        return ()
    minutes, seconds = np.atleast_2d(group["TIMES"]["value"])
    rows = zip(
        60.0 * minutes + seconds, group["CONTEXTS"]["value"], group["LABELS"]["value"], strict=False
    )
    events = [GaitEvent(float(t), str(side), str(label)) for t, side, label in rows]
    return tuple(sorted(events, key=lambda event: event.time_s))


def _person(parameters: Any) -> tuple[float | None, float | None]:
    """Height [m] and mass [kg] that Vicon's PROCESSING group stores."""
    height_mm = _number(parameters, "PROCESSING", "Height")
    mass_kg = _number(parameters, "PROCESSING", "Bodymass")
    height_m = None
    if height_mm:
        height_m = height_mm / 1e3 if height_mm > 10.0 else height_mm
    return height_m, mass_kg or None


def _up(parameters: Any) -> str | None:
    """X_SCREEN and Y_SCREEN are the axes to the right and up on a screen."""
    up = "".join(_text(parameters, "POINT", "Y_SCREEN", [])).strip().lower()
    return up[-1] if up in ("+x", "+y", "+z", "x", "y", "z") else None


def _text(parameters: Any, group: str, name: str, default: list[str]) -> list[str]:
    entry = parameters.get(group, {}).get(name)
    return list(entry["value"]) if entry and len(entry["value"]) else default


def _number(parameters: Any, group: str, name: str) -> float | None:
    entry = parameters.get(group, {}).get(name)
    if not entry or not len(entry["value"]):
        return None
    value = float(entry["value"][0])
    return value if np.isfinite(value) and value > 0.0 else None
