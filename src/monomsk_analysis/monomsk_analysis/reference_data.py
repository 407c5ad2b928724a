"""Reference recordings that results are scored against, as they lie in the data folder."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_analysis.errors import AnalysisError, FileFormatError
from monomsk_analysis.storage import Table

DATA_VARIABLE = "MONOMSK_SHARED_DATA"
_DEFAULT_FOLDER = Path("..") / "shared" / "data"


class ReferenceDataMissingError(AnalysisError):
    """The folder of reference recordings is not there.

    Attributes:
        folder: where it was looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"no reference recordings at {folder}; set {DATA_VARIABLE}")


@dataclass(frozen=True)
class ClipFacts:
    """A video with its reference.

    Attributes:
        name: name of the clip's folder.
        video: the video file.
        height_m: of the person [m].
        mass_kg: of the person [kg].
        focal_px: of the camera [px].
    """

    name: str
    video: Path
    height_m: float
    mass_kg: float
    focal_px: float


def reference_folder() -> Path:
    """Return the folder of reference recordings.

    Raises:
        ReferenceDataMissingError: it is not there.
    """
    folder = Path(os.environ.get(DATA_VARIABLE, _DEFAULT_FOLDER))
    if not folder.is_dir():
        raise ReferenceDataMissingError(folder)
    return folder


def read_clip(folder: Path) -> ClipFacts:
    """Read a clip's `subject.json`.

    Raises:
        FileFormatError: it cannot be read.
    """
    path = folder / "subject.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return ClipFacts(
            folder.name,
            folder / "video.mp4",
            float(entries["height_m"]),
            float(entries["mass_kg"]),
            float(entries["focal_px"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise FileFormatError(path, f"not a clip's description: {error}") from error


def read_angles_csv(path: Path) -> Table:
    """Read coordinates in degrees and metres over time from CSV.

    Raises:
        FileFormatError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            labels, *rows = [row for row in csv.reader(file) if row]
        values = np.array(rows, dtype=float)
        if labels[0] != "time" or values.ndim != 2 or values.shape[1] != len(labels):
            raise FileFormatError(path, "not a table that begins with time")
    except (OSError, ValueError) as error:
        raise FileFormatError(path, f"not a table of angles: {error}") from error
    return Table(values[:, 0], tuple(labels[1:]), values[:, 1:], True, path.stem)
