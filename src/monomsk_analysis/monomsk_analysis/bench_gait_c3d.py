"""Gait events of children's walks, from markers by inverse kinematics, no threshold chosen on them.

Against the force plates at 20 N where one foot stood on a plate of its own, and against the
events that the laboratory stored. `python -m monomsk_analysis.bench_gait` prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_analysis.analysis import analyse
from monomsk_analysis.gait_replay import live_events
from monomsk_analysis.gait_scoring import Event, EventScore, score_events
from monomsk_analysis.marker_motion import MarkerMotion, MarkerRequest, read_marker_motion
from monomsk_analysis.motion import split_motion
from monomsk_description.subject import Subject
from monomsk_dynamics.gait_steps import GaitEventKind

FOLDER = "gait_c3d"
#: Kinds of trial, by their file names.
KINDS = ("Straight", "Turn")
_STRIKE, _OFF = GaitEventKind.HEEL_STRIKE, GaitEventKind.TOE_OFF
_STORED = {"Foot Strike": _STRIKE, "Foot Off": _OFF}
#: An event so long before the first label, or after the last one, may be theirs [s].
_LABELLED_S = 0.1
_FEET = {"Right": 0, "Left": 1}


@dataclass(frozen=True)
class MarkerWalk:
    """Events of one recording.

    Attributes:
        name: Of its file, without suffix.
        found: By this project, from markers alone, with hindsight.
        live: So, live.
        plates: Where a foot stood on a plate from landing to leaving.
        stored: By the laboratory.
        span_s: Begin and end of the motion, where enough markers were seen.
    """

    name: str
    found: tuple[Event, ...]
    live: tuple[Event, ...]
    plates: tuple[Event, ...]
    stored: tuple[Event, ...]
    span_s: tuple[float, float]


def read_walk(path: Path) -> MarkerWalk:
    """Find the events of a walk; the static trial of the same person lies beside it.

    Raises:
        AnalysisError: the recording cannot be used.
    """
    person = path.name.split("_")[0]
    statics = tuple(sorted(path.parent.glob(f"{person}_Static_*.c3d")))
    motion = read_marker_motion(path, Subject.assume(), None, MarkerRequest(statics=statics))
    times = motion.recording.times
    stamps_ns = np.round(1e9 * times).astype(np.int64)
    split = split_motion(stamps_ns, list(motion.fit.configurations), motion.body.skeleton)
    analysis = analyse(motion.body.skeleton, times, split)
    known = times[analysis.analysed]
    q = np.array([motion.fit.configurations[k] for k in np.flatnonzero(analysis.analysed)])
    return MarkerWalk(
        name=path.stem,
        found=tuple((e.foot, e.kind, e.stamp_ns * 1e-9) for e in analysis.gait.events),
        live=tuple(live_events(analysis.skeleton, known, q)),
        plates=_plate_events(motion),
        stored=tuple(
            (_FEET[event.side], _STORED[event.label], event.time_s)
            for event in motion.recording.events
            if event.side in _FEET and event.label in _STORED
        ),
        span_s=(float(known[0]), float(known[-1])),
    )


def _plate_events(motion: MarkerMotion) -> tuple[Event, ...]:
    contacts = motion.loads.contacts if motion.loads else ()
    return tuple(
        event
        for contact in contacts
        if contact.whole
        for event in ((contact.foot, _STRIKE, contact.start_s), (contact.foot, _OFF, contact.end_s))
    )


def bench_walks(folder: Path, kinds: Sequence[str] = KINDS) -> list[EventScore]:
    """Score the walks of each kind together: against plates, and against stored events.

    Raises:
        AnalysisError: a recording cannot be used.
    """
    scores = []
    for kind in kinds:
        walks = [read_walk(path) for path in sorted(folder.glob(f"*_{kind}_*.c3d"))]
        if walks:
            scores += score_walks(f"{FOLDER} {kind.lower()}, {len(walks)} walks", walks)
    return scores


def score_walks(name: str, walks: Sequence[MarkerWalk]) -> list[EventScore]:
    """Score walks together: against the plates recorded and live, then against stored events."""
    plates = [score_events(name, "recorded, plates", w.found, _seen(w, w.plates)) for w in walks]
    live = [score_events(name, "live, plates", w.live, _seen(w, w.plates)) for w in walks]
    stored = [
        score_events(name, "recorded, stored", _labelled(w), _seen(w, w.stored)) for w in walks
    ]
    # The plates see some of the steps only: others are not invented.
    return [
        _together(plates, count_invented=False),
        _together(live, count_invented=False),
        _together(stored, count_invented=True),
    ]


def _seen(walk: MarkerWalk, events: Sequence[Event]) -> list[Event]:
    """Those events during which the motion is known."""
    return [event for event in events if walk.span_s[0] < event[2] < walk.span_s[1]]


def _labelled(walk: MarkerWalk) -> list[Event]:
    """Events found between the first and the last stored one: beyond, nobody labelled."""
    times_s = [time_s for *_, time_s in walk.stored]
    if not times_s:
        return []
    low_s, high_s = min(times_s) - _LABELLED_S, max(times_s) + _LABELLED_S
    return [event for event in walk.found if low_s <= event[2] <= high_s]


def _together(scores: Sequence[EventScore], *, count_invented: bool) -> EventScore:
    strikes = tuple(error for score in scores for error in score.errors_s[0])
    offs = tuple(error for score in scores for error in score.errors_s[1])
    return EventScore(
        scores[0].trial,
        scores[0].path,
        (strikes, offs),
        sum(score.missed for score in scores),
        sum(score.invented for score in scores) if count_invented else 0,
    )
