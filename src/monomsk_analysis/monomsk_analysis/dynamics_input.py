"""What `monomsk dynamics` starts from: coordinates in a file, or markers and inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.body_choice import Body, make_body
from monomsk_analysis.errors import InputError
from monomsk_analysis.marker_motion import MarkerMotion, MarkerRequest, read_marker_motion
from monomsk_analysis.marker_recording import MARKER_SUFFIXES
from monomsk_analysis.motion_file import ImportedMotion, read_motion
from monomsk_analysis.progress import Stages
from monomsk_description.subject import Subject

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DynamicsInput:
    """A motion and whose it is.

    Attributes:
        body: the person.
        times: (n,) as in the file [s].
        stamps_ns: (n,) the same [ns].
        configurations: n of (38,), None where the person was not seen.
        assumptions: sentences about what was assumed.
        warnings: sentences about what looks wrong.
        markers: what the motion came from; None for a file of coordinates.
    """

    body: Body
    times: Array
    stamps_ns: NDArray[np.int64]
    configurations: tuple[Array | None, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    markers: MarkerMotion | None = None

    @property
    def known(self) -> Array:
        """The configurations that there are (k, 38)."""
        return np.array([q for q in self.configurations if q is not None])

    def entries(self) -> dict[str, Any]:
        """Entries of a summary about the markers; none without."""
        return {"markers": self.markers.entries()} if self.markers else {}


def read_input(
    path: Path,
    subject: Subject,
    model: Path | None,
    markers: MarkerRequest | None = None,
    stages: Stages | None = None,
) -> DynamicsInput:
    """Read a motion by the kind of its file.

    Args:
        path: .mot or .sto of coordinates, .c3d or .trc of markers.
        subject: whose.
        model: the person's OpenSim model, if there is one.
        markers: how markers are to be read; only for markers.
        stages: shows the progress.

    Raises:
        AnalysisError: a file cannot be used.
        DescriptionError: the person or the model does not fit.
    """
    if path.suffix.lower() in MARKER_SUFFIXES:
        found = read_marker_motion(path, subject, model, markers or MarkerRequest(), stages)
        recording = found.recording
        return DynamicsInput(
            found.body, recording.times, recording.stamps_ns, found.fit.configurations,
            found.notes, found.warnings, found,
        )  # fmt: skip
    if markers not in (None, MarkerRequest()):
        reason = f"a static trial, marker set or forces belong to {' or '.join(MARKER_SUFFIXES)}"
        raise InputError(path, reason)
    body = make_body(subject, model)
    motion = read_motion(path, body.skeleton.coordinate_names)
    notes = _column_notes(motion)
    return DynamicsInput(body, motion.times, motion.stamps_ns, tuple(motion.q), notes, ())


def _column_notes(motion: ImportedMotion) -> tuple[str, ...]:
    """Sentences about columns that a file lacks, and those that nobody needs."""
    notes = []
    if motion.defaulted:
        notes.append(f"Not in the file, held at zero: {', '.join(motion.defaulted)}.")
    if motion.ignored:
        notes.append(f"Columns that are not used: {', '.join(motion.ignored)}.")
    return tuple(notes)
