"""A marker recording as a motion of a person's skeleton, with the force plates beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.body_choice import Body, make_body
from monomsk_analysis.errors import (
    FileFormatError,
    InputError,
    MarkerPairError,
    UnknownMarkersError,
)
from monomsk_analysis.force_plates import read_plate_table
from monomsk_analysis.marker_calibration import calibrate
from monomsk_analysis.marker_ik import MarkerFit, MarkerSolver, solve_markers
from monomsk_analysis.marker_recording import (
    MarkerRecording,
    PlateRecord,
    fill_gaps,
    read_markers,
)
from monomsk_analysis.marker_scaling import Calibration
from monomsk_analysis.marker_sets import (
    MIN_MARKERS,
    MarkerSet,
    choose_marker_set,
    load_marker_set,
    set_of_model,
)
from monomsk_analysis.plate_feet import FootLoads, loads_of_feet
from monomsk_analysis.progress import Stages
from monomsk_analysis.standing_weight import weighed_mass_kg
from monomsk_analysis.treadmill import belt_velocity
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject

Array = NDArray[np.float64]

_WARN_RMS_M = 0.025
_MAX_NAMED = 12


@dataclass(frozen=True)
class MarkerRequest:
    """How a marker recording is to be read.

    Attributes:
        statics: recordings of the same person standing still; for lengths all, for the markers'
            places the last.
        marker_set: name of the shipped set; found by the markers' names if None.
        up: the file's axis that points up; found if None.
        forces: OpenSim's ground reaction file of the same recording, instead of its own plates.
        exchanged: pairs of markers whose labels are exchanged in the recording of the motion.
    """

    statics: tuple[Path, ...] = ()
    marker_set: str | None = None
    up: str | None = None
    forces: Path | None = None
    exchanged: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MarkerMotion:
    """What inverse kinematics made of a recording.

    Attributes:
        body: the person's skeleton.
        recording: as read.
        markers: the set.
        fit: configurations and residuals.
        calibration: None if the body is an OpenSim model.
        loads: of the force plates by foot; None without plates.
        notes: sentences about what was assumed.
        warnings: sentences about what looks wrong.
    """

    body: Body
    recording: MarkerRecording
    markers: MarkerSet
    fit: MarkerFit
    calibration: Calibration | None
    loads: FootLoads | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def entries(self) -> dict[str, Any]:
        """Entries of a summary."""
        calibration = self.calibration
        return {
            "set": self.markers.name,
            "used": list(self.fit.names),
            "unknown": list(self.markers.unknown(self.recording.names)),
            "residual_rms_mm": 1e3 * self.fit.rms_m,
            "often_left_out": list(self.fit.often_rejected()),
            "residual_mm": {
                name: {"rms": 1e3 * rms, "max": 1e3 * largest}
                for name, (rms, largest) in self.fit.by_marker().items()
            },
            "segment_lengths_m": calibration.lengths_m if calibration else None,
            "calibration_rms_mm": 1e3 * calibration.residual_m if calibration else None,
            "stored_events": [
                {"time_s": event.time_s, "side": event.side, "label": event.label}
                for event in self.recording.events
            ],
        }

    def sentence(self) -> str:
        """How well the markers fit, in one line."""
        table = {
            name: row
            for name, row in self.fit.by_marker().items()
            if self.markers.places[name].weight > 0.0
        }
        worst = max(table, key=lambda name: table[name][0])
        return (
            f"{len(table)} markers of {self.markers.name}: {1e3 * self.fit.rms_m:.1f} mm RMS, "
            f"worst {worst} {1e3 * table[worst][0]:.0f} mm RMS, {1e3 * table[worst][1]:.0f} mm max"
        )


def marker_pair(text: str) -> tuple[str, str]:
    """Two markers from `A,B`.

    Raises:
        MarkerPairError: They are not two.
    """
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise MarkerPairError(text)
    return names[0], names[1]


def read_marker_motion(
    path: Path,
    subject: Subject,
    model: Path | None,
    request: MarkerRequest,
    stages: Stages | None = None,
) -> MarkerMotion:
    """Read markers and find the motion.

    Args:
        path: .c3d or .trc.
        subject: what was said of the person; what was assumed of it, a C3D file may know.
        model: OpenSim model of this person with its markers; None to scale the shipped skeleton.
        request: see there.
        stages: shows the progress.

    Raises:
        AnalysisError: a file cannot be used, or its markers are not known.
        DescriptionError: the person or the model does not fit.
    """
    stages = stages or Stages()
    recording = read_markers(path, request.up).exchanged(request.exchanged)
    statics = [read_markers(static, request.up) for static in request.statics]
    plates = read_plate_table(request.forces) if request.forces else recording.plates
    given = subject
    subject = stored_subject(given, (recording, *statics))
    subject, weighed = _weighed(given, subject, statics)
    stored = (*_stored(given, subject), *weighed)
    with stages.stage("Scaling", 1) as advance:
        body, markers, calibration = _body(subject, model, request, (recording, *statics))
        advance()
    names = markers.known(recording.names)
    skeleton = body.skeleton
    points = _points(skeleton, names)
    solver = MarkerSolver(*points, markers.weights(names))
    positions = fill_gaps(recording.times, recording.of(names))
    guess = skeleton.neutral() if calibration is None else calibration.pose
    with stages.stage("Inverse kinematics", len(positions)) as advance:
        fit = solve_markers(solver, positions, guess, names, advance=advance)
    if all(q is None for q in fit.configurations):
        raise FileFormatError(path, _no_fit(fit))
    fit, plates, belt = _over_ground(recording, fit, plates, skeleton)
    loads = None
    if plates:
        loads = loads_of_feet(plates, recording.times, fit.configurations, skeleton)
    notes = (*recording.notes, *stored, f"Markers by the set {markers.name}.", *belt)
    warnings = _warnings(markers, recording, fit)
    return MarkerMotion(body, recording, markers, fit, calibration, loads, notes, warnings)


def stored_subject(subject: Subject, recordings: tuple[MarkerRecording, ...]) -> Subject:
    """The subject, with a height and mass that a file stores where nobody gave one."""
    height_m = None if "height_m" in subject.assumed else subject.height_m
    mass_kg = None if "mass_kg" in subject.assumed else subject.mass_kg
    for one in recordings:
        height_m = height_m or one.height_m
        mass_kg = mass_kg or one.mass_kg
    known = Subject.assume(height_m, mass_kg, subject.sex)
    return known.with_lengths(subject.segment_lengths_m)


def _weighed(
    given: Subject, subject: Subject, statics: list[MarkerRecording]
) -> tuple[Subject, tuple[str, ...]]:
    """The subject with the mass that the plates weighed, where only a file knew one."""
    if "mass_kg" not in given.assumed or "mass_kg" in subject.assumed:
        return subject, ()
    mass_kg = weighed_mass_kg(statics, subject.mass_kg)
    if mass_kg is None:
        return subject, ()
    note = f"Standing still, the person weighed {mass_kg:.1f} kg on the plates; this is used."
    return replace(subject, mass_kg=mass_kg), (note,)


def _no_fit(fit: MarkerFit) -> str:
    if not np.isfinite(fit.residual_m).any():
        return "no frame shows enough of the markers"
    away_mm = 1e3 * float(np.sqrt(np.nanmean(fit.residual_m**2)))
    return f"the skeleton fits the markers in no frame: {away_mm:.0f} mm RMS"


def _stored(given: Subject, subject: Subject) -> tuple[str, ...]:
    """Sentences about what came out of a file."""
    values = {"height_m": f"{subject.height_m:.2f} m", "mass_kg": f"{subject.mass_kg:.1f} kg"}
    return tuple(
        f"The {name.split('_')[0]} is the file's: {values[name]}."
        for name in sorted(given.assumed - subject.assumed)
    )


def _body(
    subject: Subject,
    model: Path | None,
    request: MarkerRequest,
    recordings: tuple[MarkerRecording, ...],
) -> tuple[Body, MarkerSet, Calibration | None]:
    names = recordings[0].names
    if model is not None:
        if request.statics:
            reason = "a model has its markers already: leave out the static trial"
            raise InputError(model, reason)
        body = make_body(subject, model)
        markers = set_of_model(body.skeleton.anatomy, model.name)
        if len(markers.known(names)) < MIN_MARKERS:
            reason = f"{model} has {len(markers.known(names))} of the recording's markers"
            raise UnknownMarkersError(reason, markers.unknown(names))
        return body, markers, None
    chosen = load_marker_set(request.marker_set) if request.marker_set else None
    markers = chosen or choose_marker_set(names)
    calibration = calibrate(subject, markers, recordings[0], recordings[1:])
    return Body(calibration.skeleton), markers, calibration


def _points(skeleton: Skeleton, names: tuple[str, ...]) -> tuple[Skeleton, Any]:
    """A skeleton whose markers are the named ones, and them as points."""
    sites = {site.name: site for site in skeleton.anatomy.markers}
    anatomy = replace(skeleton.anatomy, markers=tuple(sites[name] for name in names))
    own = Skeleton(skeleton.subject, anatomy)
    return own, own.markers


def _over_ground(
    recording: MarkerRecording,
    fit: MarkerFit,
    plates: tuple[PlateRecord, ...],
    skeleton: Skeleton,
) -> tuple[MarkerFit, tuple[PlateRecord, ...], tuple[str, ...]]:
    """The same motion seen by somebody who rides on the belt, if there is a treadmill."""
    belt = belt_velocity(recording.times, fit.configurations, skeleton)
    if belt is None:
        return fit, plates, ()
    moved: list[Array | None] = []
    for time_s, q in zip(recording.times, fit.configurations, strict=True):
        own = None if q is None else q.copy()
        if own is not None:
            own[:3] -= belt * (time_s - recording.times[0])
        moved.append(own)
    shifted = tuple(
        replace(
            plate,
            center_of_pressure=plate.center_of_pressure
            - belt * (plate.times - recording.times[0])[:, None],
            corners=None,
        )
        for plate in plates
    )
    speed = float(np.linalg.norm(belt))
    note = f"A treadmill at {speed:.2f} m/s was found; the motion is given as seen from its belt."
    return replace(fit, configurations=tuple(moved)), shifted, (note,)


def _warnings(markers: MarkerSet, recording: MarkerRecording, fit: MarkerFit) -> tuple[str, ...]:
    warnings = []
    unknown = markers.unknown(recording.names)
    if unknown:
        more = f" and {len(unknown) - _MAX_NAMED} more" if len(unknown) > _MAX_NAMED else ""
        warnings.append(f"Not in the marker set: {', '.join(unknown[:_MAX_NAMED])}{more}.")
    strange = fit.often_rejected()
    if strange:
        warnings.append(
            f"Often left out, far from their places: {', '.join(strange)}. Are labels exchanged?"
        )
    if fit.rms_m > _WARN_RMS_M:
        warnings.append(
            f"Markers lie {1e3 * fit.rms_m:.0f} mm (RMS) from where the skeleton has them; "
            "a static trial, or another marker set, may fit better."
        )
    return tuple(warnings)
