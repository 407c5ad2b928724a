"""Heel strikes and toe offs from kinematics alone against force plates at 20 N.

`python -m monomsk_analysis.bench_gait` prints the table. The two trials of adults were used to
choose the contact thresholds (`monomsk_dynamics.options.ContactOptions`): no forecast. Those of
`bench_gait_c3d` were not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.bench_gait_c3d import FOLDER, bench_walks
from monomsk_analysis.gait_replay import frames_at, live_events
from monomsk_analysis.gait_scoring import Event, EventScore, render, score_events
from monomsk_analysis.opensim_kinematics import (
    PELVIS_COORDINATES,
    PELVIS_TRANSLATIONS,
    configuration_from_opensim,
)
from monomsk_analysis.reference_data import reference_folder
from monomsk_analysis.storage import coordinate_label, read_storage
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_description.threads import use_one_thread
from monomsk_dynamics.gait import gait_table
from monomsk_dynamics.gait_phase import runs
from monomsk_dynamics.gait_steps import GaitEvent, GaitEventKind
from monomsk_dynamics.offline import analyze_motion

Array = NDArray[np.float64]

LOADED_N = 20.0
RECORDED_RATE_HZ = 100.0
_STRIKE, _OFF = GaitEventKind.HEEL_STRIKE, GaitEventKind.TOE_OFF
_LEAST_PLATE_RUN_S = 0.05
#: Share of frames, with the foot lowest, in which a treadmill's belt carries it.
_ON_BELT = 0.4


@dataclass(frozen=True)
class GaitTrial:
    """A walk with force plates.

    Attributes:
        name: Short.
        motion: File of OpenSim coordinates, below the reference folder.
        forces: File of the plates.
        vertical: Columns of the vertical force, right and left.
        subject: Who walks.
        treadmill: The belt's speed, as the low feet show it, is added to the motion.
        knee_sign: -1 where flexion is negative (Gait2392).
    """

    name: str
    motion: str
    forces: str
    vertical: tuple[str, str]
    subject: Subject
    treadmill: bool = False
    knee_sign: int = 1


TRIALS = (
    GaitTrial(
        "mocap_walking_3d", "mocap_walking_3d/coordinates.sto", "mocap_walking_3d/grf_walk.mot",
        ("ground_force_r_vy", "ground_force_l_vy"), Subject(1.829, 85.07),
    ),
    GaitTrial(
        "Gait2392 subject01 (treadmill)",
        "opensim_pipelines/Gait2392_Simbody/subject01_walk1_ik.mot",
        "opensim_pipelines/Gait2392_Simbody/subject01_walk1_grf.mot",
        ("ground_force_vy", "1_ground_force_vy"), Subject(1.80, 72.6), True, -1,
    ),
)  # fmt: skip


def plate_events(times_s: Array, vertical_n: Array) -> list[Event]:
    """When the vertical force (n, 2) of right and left foot crosses 20 N, in order of time."""
    events: list[Event] = []
    for foot in (0, 1):
        for start, stop in runs(vertical_n[:, foot] > LOADED_N):
            cut = start == 0 or stop == len(times_s)
            if not cut and times_s[stop] - times_s[start] < _LEAST_PLATE_RUN_S:
                continue
            if start > 0:
                events.append((foot, _STRIKE, float(times_s[start])))
            if stop < len(times_s):
                events.append((foot, _OFF, float(times_s[stop])))
    return sorted(events, key=lambda event: event[2])


def bench_gait(folder: Path, trials: Sequence[GaitTrial] = TRIALS) -> list[EventScore]:
    """Score the events of the trials that are there, recorded and live.

    Raises:
        AnalysisError: a file cannot be read.
    """
    present = [trial for trial in trials if (folder / trial.motion).is_file()]
    return [score for trial in present for score in _score(folder, trial)]


def _score(folder: Path, trial: GaitTrial) -> Iterator[EventScore]:
    skeleton = build_skeleton(trial.subject)
    times_s, q = _motion(folder, trial, skeleton)
    plates = read_storage(folder / trial.forces)
    both = (plates.times >= times_s[0]) & (plates.times <= times_s[-1])
    reference = plate_events(plates.times[both], plates.columns(trial.vertical)[both])
    span_s = (max(times_s[0], plates.times[0]), min(times_s[-1], plates.times[-1]))
    for path, found in (
        ("recorded", _recorded_events(skeleton, times_s, q)),
        ("live", live_events(skeleton, times_s, q)),
    ):
        within = [event for event in found if span_s[0] < event[2] < span_s[1]]
        yield score_events(trial.name, path, within, reference)


def _recorded_events(skeleton: Skeleton, times_s: Array, q: Array) -> list[Event]:
    rows = frames_at(times_s, RECORDED_RATE_HZ)
    stamps_ns = np.round(times_s[rows] * 1e9).astype(np.int64)
    results = analyze_motion(skeleton, stamps_ns, q[rows])
    return [_plain(event) for event in gait_table(skeleton, results).events]


def _plain(event: GaitEvent) -> Event:
    return event.foot, event.kind, event.stamp_ns * 1e-9


def _motion(folder: Path, trial: GaitTrial, skeleton: Skeleton) -> tuple[Array, Array]:
    """Times [s] and configurations; coordinates that the model has not (arms) are zero."""
    table = read_storage(folder / trial.motion)
    labels = {coordinate_label(label): label for label in table.labels}
    names = (*PELVIS_COORDINATES, *skeleton.coordinate_names)
    columns = np.zeros((len(table.times), len(names)))
    for k, name in enumerate(names):
        if name in labels:
            column = table.column(labels[name])
            turns = table.in_degrees and name not in PELVIS_TRANSLATIONS
            sign = trial.knee_sign if name.startswith("knee_angle") else 1
            columns[:, k] = sign * (np.deg2rad(column) if turns else column)
    q = configuration_from_opensim(columns)
    if trial.treadmill:
        q[:, 0] += _belt_speed_m_s(skeleton, table.times, q) * (table.times - table.times[0])
    return table.times, q


def _belt_speed_m_s(skeleton: Skeleton, times_s: Array, q: Array) -> float:
    """Backward speed of the soles while they are low."""
    points = np.array([skeleton.points(row, skeleton.soles) for row in q]).reshape(len(q), 2, -1, 3)
    speeds = np.gradient(points[:, :, :, 0].mean(axis=2), times_s, axis=0)
    heights = points[:, :, :, 2].min(axis=2)
    return -float(np.median(speeds[heights < np.quantile(heights, _ON_BELT)]))


def main() -> None:
    """Print the scores."""
    use_one_thread()
    folder = reference_folder()
    print(render([*bench_gait(folder), *bench_walks(folder / FOLDER)]))


if __name__ == "__main__":
    main()
