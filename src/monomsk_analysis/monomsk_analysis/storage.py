"""OpenSim's storage files (.mot, .sto): one text table over time.

A header of `key=value` lines up to `endheader`, a line of tab-separated column labels, one line
per time. Three dialects exist: version 1 (OpenSim 3), version 3 (OpenSim 4, whose coordinate
labels are paths such as `/jointset/hip_r/hip_flexion_r/value`), and the older one with
`datacolumns` and `datarows`. All are read; version 1 is written, which every OpenSim reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import FileFormatError, MissingColumnsError

_COORDINATE_PATH = re.compile(r"^/(?:jointset/)?[^/]+(?:/[^/]+)*?/?([^/]+)/value$")
_NUMBER_FORMAT = "%.8f"
_MAX_HEADER_LINES = 1000


@dataclass(frozen=True)
class Table:
    """Columns of numbers over time.

    Attributes:
        times: (n,) strictly increasing [s].
        labels: m column names, without `time`.
        values: (n, m).
        in_degrees: whether rotations among the columns are in degrees (else radians).
        name: the header's first line.
        comments: sentences for the header, for people; not read back.
    """

    times: NDArray[np.float64]
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    in_degrees: bool = False
    name: str = ""
    comments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expected = (len(self.times), len(self.labels))
        if self.values.shape != expected:
            raise ValueError(f"values have shape {self.values.shape}, expected {expected}")

    def column(self, label: str) -> NDArray[np.float64]:
        """Return one column (n,) by its label.

        Raises:
            MissingColumnsError: no such column.
        """
        return self.columns((label,))[:, 0]

    def columns(self, labels: tuple[str, ...] | list[str]) -> NDArray[np.float64]:
        """Return columns (n, k) by label, in the order asked for.

        Raises:
            MissingColumnsError: naming every label that is not there.
        """
        position = {label: k for k, label in enumerate(self.labels)}
        missing = [label for label in labels if label not in position]
        if missing:
            raise MissingColumnsError(self.name or "table", missing, self.labels)
        return self.values[:, [position[label] for label in labels]]


def coordinate_label(label: str) -> str:
    """Return the coordinate's bare name of a column label.

    `/jointset/hip_r/hip_flexion_r/value` becomes `hip_flexion_r`; any other label stays.
    """
    match = _COORDINATE_PATH.match(label)
    return match.group(1) if match else label


def read_storage(path: Path) -> Table:
    """Read a .mot or .sto file.

    Coordinate paths are shortened to the coordinate's name. The counts in the header are not
    trusted (real files disagree with their own headers); the label line rules.

    Raises:
        FileFormatError: naming the file and the line.
    """
    lines = _read_lines(path)
    header_end = _find_header_end(path, lines)
    name, in_degrees = _parse_header(lines[:header_end])
    label_line = _next_filled(lines, header_end + 1)
    if label_line is None:
        raise FileFormatError(path, "no column labels after endheader")
    labels = _parse_labels(path, lines[label_line], label_line + 1)
    rows = _parse_rows(path, lines, label_line + 1, len(labels))
    check_times(path, [(number, values[0]) for number, values in rows])
    table_rows = np.array([values for _, values in rows], dtype=float)
    return Table(table_rows[:, 0], labels[1:], table_rows[:, 1:], in_degrees, name)


def write_storage(path: Path, table: Table) -> None:
    """Write a version 1 storage file that OpenSim opens; NaN is written as `NaN`.

    Raises:
        OSError: the file cannot be written (a full disk among others).
    """
    header = (
        f"{table.name or path.stem}\nversion=1\n"
        f"nRows={len(table.times)}\nnColumns={len(table.labels) + 1}\n"
        f"inDegrees={'yes' if table.in_degrees else 'no'}\n\n"
    )
    # OpenSim takes every header line with an equals sign for a setting.
    comments = "".join(f"{comment.replace('=', ':')}\n" for comment in table.comments)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{header}{comments}endheader\n")
        file.write("\t".join(("time", *table.labels)) + "\n")
        for time_s, row in zip(table.times, table.values, strict=True):
            cells = ["NaN" if np.isnan(value) else _NUMBER_FORMAT % value for value in row]
            file.write("\t".join([_NUMBER_FORMAT % time_s, *cells]) + "\n")


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError as error:
        raise FileFormatError(path, "no such file") from error
    except OSError as error:
        raise FileFormatError(path, f"cannot be read: {error.strerror}") from error


def _find_header_end(path: Path, lines: list[str]) -> int:
    for number, line in enumerate(lines[:_MAX_HEADER_LINES]):
        if line.strip().lower() == "endheader":
            return number
    raise FileFormatError(path, "no 'endheader' line: not an OpenSim storage file")


def _parse_header(lines: list[str]) -> tuple[str, bool]:
    name = ""
    in_degrees = False
    for line in lines:
        key, separator, value = line.strip().partition("=")
        if separator and key.strip().lower() == "indegrees":
            in_degrees = value.strip().lower() in ("yes", "true", "1")
        elif not separator and not name:
            name = re.sub(r"^name\s+", "", key.strip())
    return name, in_degrees


def _next_filled(lines: list[str], start: int) -> int | None:
    return next((k for k in range(start, len(lines)) if lines[k].strip()), None)


def _parse_labels(path: Path, line: str, line_number: int) -> tuple[str, ...]:
    labels = tuple(coordinate_label(label) for label in line.split())
    if labels[0].lower() != "time":
        raise FileFormatError(path, f"first column is '{labels[0]}', expected 'time'", line_number)
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        raise FileFormatError(path, f"repeated column {', '.join(repeated)}", line_number)
    return labels


def _parse_rows(
    path: Path, lines: list[str], start: int, column_count: int
) -> list[tuple[int, list[float]]]:
    rows = []
    for index in range(start, len(lines)):
        cells = lines[index].split()
        if not cells:
            continue
        if len(cells) != column_count:
            reason = f"{len(cells)} values, but {column_count} columns are labelled"
            raise FileFormatError(path, reason, index + 1)
        try:
            rows.append((index + 1, [float(cell) for cell in cells]))
        except ValueError as error:
            raise FileFormatError(path, f"not a number: {error}", index + 1) from error
    if not rows:
        raise FileFormatError(path, "no rows of data")
    return rows


def check_times(path: Path, times: Iterable[tuple[int, float]]) -> None:
    """Make sure that time goes forward in a file.

    Args:
        path: the file.
        times: number of each line, and its time [s].

    Raises:
        FileFormatError: naming the line.
    """
    previous = -math.inf
    for line_number, time_s in times:
        if not math.isfinite(time_s):
            raise FileFormatError(path, f"time is {time_s}", line_number)
        if time_s <= previous:
            raise FileFormatError(path, f"time {time_s} does not follow {previous}", line_number)
        previous = time_s
