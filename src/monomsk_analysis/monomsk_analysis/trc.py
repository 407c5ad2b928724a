"""Marker trajectories in the .trc format of OpenSim and Motion Analysis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.storage import check_times

_METRES_PER_UNIT = {"m": 1.0, "mm": 1e-3, "cm": 1e-2}
_HEADER_LINES = 5


@dataclass(frozen=True)
class MarkerTable:
    """Trajectories of named markers.

    Attributes:
        times: (n,) [s].
        names: m marker names.
        positions: (n, m, 3) [m], y-up ground frame of OpenSim; NaN where a marker was not seen.
        rate_hz: nominal frame rate [Hz].
    """

    times: NDArray[np.float64]
    names: tuple[str, ...]
    positions: NDArray[np.float64]
    rate_hz: float

    def __post_init__(self) -> None:
        expected = (len(self.times), len(self.names), 3)
        if self.positions.shape != expected:
            raise ValueError(f"positions have shape {self.positions.shape}, expected {expected}")


def read_trc(path: Path) -> MarkerTable:
    """Read a .trc file in millimetres, centimetres or metres.

    Raises:
        FileFormatError: naming the file and the line.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise FileFormatError(path, f"cannot be read: {error.strerror}") from error
    if len(lines) < _HEADER_LINES + 1 or not lines[0].startswith("PathFileType"):
        raise FileFormatError(path, "does not begin with 'PathFileType': not a .trc file", 1)
    scale, rate_hz = _parse_settings(path, lines)
    names = tuple(cell.strip() for cell in lines[3].split("\t")[2:] if cell.strip())
    if not names:
        raise FileFormatError(path, "no marker names", 4)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileFormatError(path, f"repeated marker {', '.join(repeated)}", 4)
    times, positions = _parse_frames(path, lines, len(names))
    return MarkerTable(times, names, scale * positions, rate_hz)


def write_trc(path: Path, markers: MarkerTable) -> None:
    """Write a .trc file in millimetres.

    A marker that was not seen is written as NaN: OpenSim refuses a line that ends in empty cells.

    Raises:
        OSError: the file cannot be written.
    """
    count = len(markers.times)
    rate = f"{markers.rate_hz:.6g}"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"PathFileType\t4\t(X/Y/Z)\t{path.name}\n")
        file.write(
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
            "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
        )
        file.write(f"{rate}\t{rate}\t{count}\t{len(markers.names)}\tmm\t{rate}\t1\t{count}\n")
        file.write("Frame#\tTime\t" + "\t\t\t".join(markers.names) + "\t\t\n")
        axes = (f"{axis}{k + 1}" for k in range(len(markers.names)) for axis in "XYZ")
        file.write("\t\t" + "\t".join(axes) + "\n\n")
        for index, (time_s, row) in enumerate(zip(markers.times, markers.positions, strict=True)):
            cells = ["NaN" if np.isnan(value) else f"{1e3 * value:.5f}" for value in row.ravel()]
            file.write("\t".join([str(index + 1), f"{time_s:.8f}", *cells]) + "\n")


def _parse_settings(path: Path, lines: list[str]) -> tuple[float, float]:
    settings = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    unit = settings.get("Units", "")
    if unit not in _METRES_PER_UNIT:
        raise FileFormatError(path, f"units are '{unit}', expected mm, cm or m", 3)
    try:
        return _METRES_PER_UNIT[unit], float(settings["DataRate"])
    except (KeyError, ValueError) as error:
        raise FileFormatError(path, "no DataRate that is a number", 3) from error


def _parse_frames(
    path: Path, lines: list[str], marker_count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    times: list[tuple[int, float]] = []
    positions: list[list[float]] = []
    for index in range(_HEADER_LINES, len(lines)):
        if not lines[index].strip():
            continue
        cells = lines[index].split("\t")
        coordinates = cells[2 : 2 + 3 * marker_count]
        surplus = [cell for cell in cells[2 + 3 * marker_count :] if cell.strip()]
        if len(cells) < 2 or surplus:
            reason = f"{len(cells)} cells for {marker_count} markers"
            raise FileFormatError(path, reason, index + 1)
        # Trailing empty cells are often left out.
        coordinates += [""] * (3 * marker_count - len(coordinates))
        try:
            times.append((index + 1, float(cells[1])))
            positions.append([float(c) if c.strip() else np.nan for c in coordinates])
        except ValueError as error:
            raise FileFormatError(path, f"not a number: {error}", index + 1) from error
    if not times:
        raise FileFormatError(path, "no frames")
    check_times(path, times)
    seconds = np.array([time_s for _, time_s in times])
    return seconds, np.array(positions).reshape(len(times), marker_count, 3)
