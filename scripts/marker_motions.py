"""Marker recordings as motions for the training: inverse kinematics on a skeleton scaled to each.

    PYTHONPATH=... python scripts/marker_motions.py --data DATA --out DATA_OF_MOTIONS

Writes one OpenSim .mot file per recording that `monomsk_analysis.bench_markers` knows and that has
no coordinates of its own; the recipe of the training names them (reader `opensim`, `prepared`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

from monomsk_analysis.exports import kinematics_table
from monomsk_analysis.marker_motion import MarkerMotion, read_marker_motion
from monomsk_analysis.marker_trials import MarkerTrial, trials
from monomsk_analysis.storage import write_storage
from monomsk_description.threads import use_one_thread

#: A frame whose markers are farther off than this is no posture of a person [m].
_WORST_RMS_M = 0.03
_LOW_PASS_HZ = 8.0


def motion_of(trial: MarkerTrial, data: Path) -> MarkerMotion:
    """Inverse kinematics of a trial, whatever its force plates say."""
    request = replace(trial.request(data), forces=None)
    return read_marker_motion(data / trial.motion, trial.subject, None, request)


def write(motion: MarkerMotion, path: Path) -> int:
    """Writes the longest stretch of frames with a posture; how many they are."""
    good = np.array([q is not None for q in motion.fit.configurations])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
    first, last = max(zip(edges[::2], edges[1::2], strict=True), key=lambda pair: pair[1] - pair[0])
    q = np.array([motion.fit.configurations[frame] for frame in range(first, last)])
    times = motion.recording.times[first:last]
    names = motion.body.skeleton.coordinate_names
    table = kinematics_table(
        times, q, names, (motion.sentence(), f"Low-passed at {_LOW_PASS_HZ} Hz.")
    )
    sections = butter(2, _LOW_PASS_HZ, fs=1.0 / float(np.median(np.diff(times))), output="sos")
    smooth = sosfiltfilt(sections, table.values, axis=0)
    write_storage(path, replace(table, values=smooth))
    return len(q)


def main() -> None:
    """Writes all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--out", type=Path, required=True, help="folder of the motions")
    arguments = parser.parse_args()
    use_one_thread()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for trial in trials():
        if trial.model is not None or not (arguments.data / trial.motion).is_file():
            continue
        motion = motion_of(trial, arguments.data)
        name = trial.name.replace(" ", "_")
        if motion.fit.rms_m > _WORST_RMS_M:
            sys.stdout.write(f"{name}: left out, {motion.sentence()}\n")
            continue
        frames = write(motion, arguments.out / f"{name}.mot")
        sys.stdout.write(f"{name}: {frames} frames, {motion.sentence()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
