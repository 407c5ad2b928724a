"""Marker trajectories of a file, in the world: metres, z up, short gaps filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.trc import read_trc

Array = NDArray[np.float64]

MARKER_SUFFIXES = (".c3d", ".trc")
#: Longer times without a marker are not filled [s].
MAX_FILLED_GAP_S = 0.15
#: Rotations of the file's axes to z up, by the axis that points up.
_TO_Z_UP = {
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
}
UP_AXES = tuple(_TO_Z_UP)
#: Reach of a person's markers [m]: whatever is far outside is in another unit.
_SPAN_RANGE_M = (0.4, 3.5)


@dataclass(frozen=True)
class PlateRecord:
    """What one force plate measured.

    Attributes:
        times: (k,) [s].
        force: (k, 3) on the person, world [N].
        center_of_pressure: (k, 3) world [m]; NaN without load.
        free_torque: (k, 3) on the person at the centre of pressure, world [N m].
        corners: (4, 3) world [m]; None where the file tells of none.
    """

    times: Array
    force: Array
    center_of_pressure: Array
    free_torque: Array
    corners: Array | None = None


@dataclass(frozen=True)
class GaitEvent:
    """An event that a file stores: `Foot Strike` of the `Left`, say."""

    time_s: float
    side: str
    label: str


@dataclass(frozen=True)
class MarkerRecording:
    """Markers over time.

    Attributes:
        path: the file.
        times: (n,) [s].
        names: m markers.
        positions: (n, m, 3) world, z up [m]; NaN where a marker was not seen.
        plates: force plates of the same recording.
        events: as stored.
        height_m: of the person, as stored [m]; None if not.
        mass_kg: of the person, as stored [kg]; None if not.
        notes: sentences about what was assumed.
    """

    path: Path
    times: Array
    names: tuple[str, ...]
    positions: Array
    plates: tuple[PlateRecord, ...] = ()
    events: tuple[GaitEvent, ...] = ()
    height_m: float | None = None
    mass_kg: float | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def stamps_ns(self) -> NDArray[np.int64]:
        """The times (n,) [ns]."""
        return np.round(1e9 * self.times).astype(np.int64)

    def exchanged(self, pairs: Sequence[tuple[str, str]]) -> MarkerRecording:
        """The same with the labels of some pairs of markers exchanged.

        Raises:
            FileFormatError: The recording lacks one of them.
        """
        other: dict[str, str] = {}
        for one, two in pairs:
            other |= {one: two, two: one}
        missing = sorted(set(other) - set(self.names))
        if missing:
            reason = f"markers to exchange are not among its {len(self.names)}"
            raise FileFormatError(self.path, f"{reason}: {', '.join(missing)}")
        if not other:
            return self
        sentence = ", ".join(f"{one} with {two}" for one, two in pairs)
        notes = (*self.notes, f"Labels were exchanged: {sentence}.")
        return replace(self, names=tuple(other.get(n, n) for n in self.names), notes=notes)

    def of(self, names: Sequence[str]) -> Array:
        """Positions (n, k, 3) [m] of some markers; NaN for those that the file does not have."""
        found = np.full((len(self.times), len(names), 3), np.nan)
        for column, name in enumerate(names):
            if name in self.names:
                found[:, column] = self.positions[:, self.names.index(name)]
        return found


def read_markers(path: Path, up: str | None = None) -> MarkerRecording:
    """Read a C3D or TRC file.

    Args:
        path: the file.
        up: its axis (`x`, `y` or `z`) that points up; found in the file if None.

    Raises:
        FileFormatError: it cannot be read, or holds no person.
    """
    if path.suffix.lower() == ".c3d":
        from monomsk_analysis.c3d_file import read_c3d

        recording, stored_up = read_c3d(path)
    else:
        table = read_trc(path)
        recording = MarkerRecording(path, table.times, table.names, table.positions)
        stored_up = None
    recording = _unseen(_in_person_units(recording))
    found_up = up or stored_up or up_axis(recording.positions)
    if found_up not in _TO_Z_UP:
        raise FileFormatError(path, f"the up axis {found_up!r} is none of {', '.join(UP_AXES)}")
    how = "as given" if up else "as stored" if stored_up else "where the markers reach furthest"
    notes = (*recording.notes, f"The file's {found_up} axis points up, {how}.")
    return replace(turned(recording, _TO_Z_UP[found_up]), notes=notes)


def turned(recording: MarkerRecording, rotation: Array) -> MarkerRecording:
    """A recording with everything turned by a rotation (3, 3)."""
    plates = tuple(
        PlateRecord(
            plate.times,
            plate.force @ rotation.T,
            plate.center_of_pressure @ rotation.T,
            plate.free_torque @ rotation.T,
            None if plate.corners is None else plate.corners @ rotation.T,
        )
        for plate in recording.plates
    )
    return replace(recording, positions=recording.positions @ rotation.T, plates=plates)


def up_axis(positions: Array) -> str:
    """The axis along which an upright person reaches furthest.

    Args:
        positions: (n, m, 3); NaN where unknown.
    """
    seen = positions[np.isfinite(positions).all(axis=2).sum(axis=1) > 2]
    with np.errstate(all="ignore"):
        reach = np.nanmedian(np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1), axis=0)
    return "xyz"[int(np.argmax(reach))]


def fill_gaps(times: Array, positions: Array, max_gap_s: float = MAX_FILLED_GAP_S) -> Array:
    """Positions (n, m, 3) with short gaps filled by cubic curves; long ones stay NaN."""
    from scipy.interpolate import PchipInterpolator

    filled = positions.copy()
    for marker in range(positions.shape[1]):
        known = np.isfinite(positions[:, marker]).all(axis=1)
        if known.sum() < 2 or known.all():
            continue
        at = times[known]
        curve = PchipInterpolator(at, positions[known, marker], extrapolate=False)
        after = np.clip(np.searchsorted(at, times), 1, len(at) - 1)
        short = (at[after] - at[after - 1] <= max_gap_s) & ~known
        filled[short, marker] = curve(times[short])
    return filled


def _unseen(recording: MarkerRecording) -> MarkerRecording:
    """Markers at exactly zero were not seen: files without NaN write that."""
    positions = recording.positions.copy()
    positions[(positions == 0.0).all(axis=2)] = np.nan
    return replace(recording, positions=positions)


def _in_person_units(recording: MarkerRecording) -> MarkerRecording:
    """A recording whose markers span a person; a wrong unit in the header is put right.

    Raises:
        FileFormatError: no unit makes it a person.
    """
    seen = np.where(
        (recording.positions == 0.0).all(axis=2)[..., None], np.nan, recording.positions
    )
    enough = np.isfinite(seen).all(axis=2).sum(axis=1) > 2
    if not enough.any():
        raise FileFormatError(recording.path, "no frame with more than two markers")
    with np.errstate(all="ignore"):
        span = np.nanmax(seen[enough], axis=1) - np.nanmin(seen[enough], axis=1)
    span_m = float(np.median(span.max(axis=1)))
    for factor, meaning in ((1.0, ""), (1e-3, "millimetres"), (1e3, "metres")):
        if _SPAN_RANGE_M[0] <= factor * span_m <= _SPAN_RANGE_M[1]:
            if not meaning:
                return recording
            note = f"Markers span {span_m:.3g} m by the header's unit: read as {meaning}."
            return replace(
                recording, positions=factor * recording.positions, notes=(*recording.notes, note)
            )
    raise FileFormatError(recording.path, f"markers span {span_m:.3g} m: no person")
