"""Force-plate trials for training: `python -m monomsk_analysis.plate_trials OUT [NAMES]`.

Each marker recording of `bench_markers` runs through scaling and inverse kinematics; the file that
is left holds the person, the motion, the force of each foot and the torques that follow from it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.dynamics_input import DynamicsInput, read_input
from monomsk_analysis.marker_trials import MarkerTrial, trials
from monomsk_analysis.measured_dynamics import low_pass, measured_inverse_dynamics
from monomsk_analysis.motion import split_motion
from monomsk_analysis.plate_feet import FootLoads
from monomsk_analysis.reference_data import reference_folder
from monomsk_analysis.reference_score import (
    CUTOFF_HZ,
    RUNNING_LOAD,
    RUNNING_RESIDUAL,
    WALKING_RESIDUAL,
)
from monomsk_analysis.scoring import frames_with_complete_plates
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_description.threads import use_one_thread
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlateRun:
    """An uninterrupted run of frames of a trial.

    Attributes:
        stamps_ns: (n,) [ns].
        q: (n, 38) configurations of the inverse kinematics, not smoothed.
        force: (n, 2, 3) on the right and the left foot, world [N].
        center_of_pressure: (n, 2, 3) [m]; NaN without load.
        torque: (n, 37) of inverse dynamics with these forces [N m].
        complete: (n,) whether the plates saw all of the ground reaction.
    """

    stamps_ns: NDArray[np.int64]
    q: Array
    force: Array
    center_of_pressure: Array
    torque: Array
    complete: NDArray[np.bool_]


def plate_runs(motion: DynamicsInput) -> list[PlateRun]:
    """The runs of a recording with plates; empty without plates."""
    loads = motion.markers.loads if motion.markers else None
    if loads is None:
        return []
    skeleton = motion.body.skeleton
    split = split_motion(motion.stamps_ns, list(motion.configurations), skeleton)
    runs = []
    for segment in split.segments:
        gap_s = 2e-9 * float(np.diff(segment.stamps_ns).max())
        for smooth in smooth_motion(segment.stamps_ns, segment.q, CUTOFF_HZ, gap_s):
            rows = np.searchsorted(segment.stamps_ns, smooth.stamps_ns)
            runs.append(_run(skeleton, smooth, segment.q[rows], loads, segment.frames[rows]))
    return runs


def _run(
    skeleton: Skeleton, motion: SmoothMotion, q: Array, loads: FootLoads, rows: NDArray[np.int64]
) -> PlateRun:
    own = FootLoads(
        loads.force[rows], loads.center_of_pressure[rows], loads.free_torque[rows],
        loads.certain[rows], (),
    )  # fmt: skip
    torque = measured_inverse_dynamics(skeleton, motion, own.measured())
    weight_n = skeleton.mass_kg * GRAVITY_M_S2
    runs = loads.force[..., 2].max() > RUNNING_LOAD * weight_n
    # Impacts are faster than the filtered motion: they are no sign of a foot beside the plates.
    force = own.force.sum(axis=1)
    rate_hz = 1e9 / float(np.median(np.diff(motion.stamps_ns)))
    impact = force - low_pass(force, rate_hz, CUTOFF_HZ)
    residual = torque[:, :3] + [
        pin.Quaternion(row[3:7]).matrix().T @ jump for row, jump in zip(q, impact, strict=True)
    ]
    complete = frames_with_complete_plates(
        residual, weight_n, RUNNING_RESIDUAL if runs else WALKING_RESIDUAL
    )
    return PlateRun(
        motion.stamps_ns, q, own.force, own.center_of_pressure, torque, complete & own.certain
    )


def write_trial(trial: MarkerTrial, folder: Path, out: Path) -> int:
    """Write one file per run of a trial; how many frames have complete plates.

    Raises:
        AnalysisError: the trial cannot be used.
    """
    motion = read_input(folder / trial.motion, trial.subject, None, trial.request(folder))
    subject = motion.body.skeleton.subject
    stem = trial.name.replace(" ", "_")
    count = 0
    for number, run in enumerate(plate_runs(motion)):
        np.savez_compressed(
            out / f"{stem}_{number}.npz",
            trial=trial.name,
            height_m=subject.height_m,
            mass_kg=subject.mass_kg,
            sex=subject.sex,
            length_names=np.array(list(subject.segment_lengths_m), dtype=np.str_),
            lengths_m=np.array(list(subject.segment_lengths_m.values()), dtype=float),
            **run.__dict__,
        )
        count += int(run.complete.sum())
    return count


def main(words: list[str] | None = None) -> None:
    """Write the files of all trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the files")
    parser.add_argument("names", nargs="*", help="parts of trial names; all if none")
    arguments = parser.parse_args(words)
    use_one_thread()
    folder = reference_folder()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for trial in trials():
        wanted = not arguments.names or any(name in trial.name for name in arguments.names)
        # With a scaled model the same recording would count twice.
        if wanted and trial.model is None:
            print(f"{trial.name}: {write_trial(trial, folder, arguments.out)} frames", flush=True)


if __name__ == "__main__":
    main()
