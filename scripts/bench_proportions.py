"""Scores segment lengths fitted to films: the table in docs/human_model.md.

Usage, with the packages on PYTHONPATH as in pyproject.toml:
    python scripts/bench_proportions.py films --data ../shared/data [--people 12]
    python scripts/bench_proportions.py cameras --data ../shared/data --videos FOLDER

`films`: people drawn from the survey walk, run and squat in front of a synthetic camera, whose
landmarks have the detector's measured noise: a constant offset of each landmark, an error that
lasts 0.2 s, a fast one. `cameras`: each camera of the Pose2Sim demo by itself, against what its
four cameras together gave; `cam01.mp4` to `cam04.mp4` come from scripts/fetch_samples.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.bench_angles import score_table
from monomsk_analysis.camera_choice import CameraRequest
from monomsk_analysis.motion_file import read_motion
from monomsk_analysis.scoring import LEG_COORDINATES
from monomsk_analysis.storage import read_storage
from monomsk_analysis.trc import read_trc
from monomsk_description.measured_lengths import measure_lengths
from monomsk_description.proportions import population
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_description.threads import use_one_thread
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.motion_history import MotionHistory
from monomsk_perception.proportion_fit import LiftedFrame, fit_lengths

Array = NDArray[np.float64]
RATE_HZ, SIZE_PX, FOCAL_PX, DISTANCE_M = 15.0, (720, 1280), 913.0, 4.0
MOTIONS = (
    ("mocap_walking_3d/coordinates.sto", 1.829),
    ("mocap_running_bmc/IK/results/ik_output_run.mot", 1.75),
)
VIDEO_BEAM = "video_beam/S00_P00_T01_BalancingTrial"
BEAM_HEIGHT_M, BEAM_MASS_KG, BEAM_FOCAL_PX = 1.72, 65.0, 1680.0
#: Joint centres of the reference by the names of the skeleton.
BEAM_POINTS = {
    "RHip": "femur_r", "RKnee": "tibia_r", "RAnkle": "talus_r", "RShoulder": "humerus_r",
    "RElbow": "ulna_r", "RWrist": "hand_r", "LHip": "femur_l", "LKnee": "tibia_l",
    "LAnkle": "talus_l", "LShoulder": "humerus_l", "LElbow": "ulna_l", "LWrist": "hand_l",
}  # fmt: skip
# The detector's noise as measured on video [m]: offsets as a share of the landmark's sigma.
OFFSET_SHARE, SLOW_M, SLOW_FOOT_M, SLOW_S, FAST_M = 0.8, 0.012, 0.017, 0.2, 0.003


@dataclass(frozen=True)
class FilmScore:
    """One person: log errors of lengths, their deviations, leg angles' RMSE [deg]."""

    before: Array
    after: Array
    sigma: Array
    angles_deg: tuple[float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("films", "cameras"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--videos", type=Path)
    parser.add_argument("--work", type=Path, default=Path("out/bench_proportions"))
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--lifter", default="geometric")
    arguments = parser.parse_args()
    use_one_thread()
    if arguments.part == "films":
        bench_films(arguments.data, arguments.people)
    else:
        bench_cameras(arguments.data, arguments.videos, arguments.work, arguments.lifter)


# Synthetic films ----------------------------------------------------------------------------------


def bench_films(data: Path, people: int) -> None:
    scores, names = [], population(1.75).names
    for number, (height_m, motion) in enumerate(motions(data)):
        for person in range(people):
            rng = np.random.default_rng(1000 * number + person)
            scores.append(score_film(height_m, motion, rng))
    before, after, sigma = (
        np.array([getattr(score, name) for score in scores])
        for name in ("before", "after", "sigma")
    )
    print(f"{len(scores)} films; relative errors [%]")
    print(
        "| length | survey alone | with the film | stated | error / stated |\n|---|---|---|---|---|"
    )
    for k, name in enumerate(names):
        numbers = 100 * _rms(before[:, k]), 100 * _rms(after[:, k]), 100 * _rms(sigma[:, k])
        cells = " | ".join(f"{number:.1f}" for number in numbers)
        print(f"| {name} | {cells} | {_rms(after[:, k] / sigma[:, k]):.2f} |")
    print(f"all lengths: error / stated {_rms(after / sigma):.2f}")
    angles = np.array([score.angles_deg for score in scores])
    gain = angles[:, 1] - angles[:, 0]
    print("leg angles [deg RMSE]: by height, fitted, true lengths:", angles.mean(axis=0).round(2))
    print(f"fitted minus by height: {gain.mean():+.2f} +- {gain.std() / np.sqrt(len(gain)):.2f}")


def motions(data: Path) -> Iterator[tuple[float, Array]]:
    """Height [m] and configurations at the film's rate: a walk, a run, squats."""
    for name, height_m in MOTIONS:
        skeleton = build_skeleton(Subject(height_m, 75.0))
        motion = read_motion(data / name, skeleton.coordinate_names)
        times = np.arange(motion.times[0], motion.times[-1], 1.0 / RATE_HZ)
        rows = np.searchsorted(motion.times, times)
        yield height_m, motion.q[rows]
    skeleton = build_skeleton(Subject(1.75, 75.0))
    depth = 0.5 - 0.5 * np.cos(np.pi * np.arange(4 * RATE_HZ) / RATE_HZ)
    yield 1.75, np.array([_squat(skeleton, share) for share in depth])


def _squat(skeleton: Skeleton, share: float) -> Array:
    q = skeleton.neutral()
    for side in "rl":
        for name, angle_deg in (
            ("hip_flexion", 90), ("knee_angle", 95), ("ankle_angle", 28), ("hip_adduction", -10),
            ("arm_flex", 60), ("elbow_flex", 20),
        ):  # fmt: skip
            q[7 + skeleton.coordinate_index(f"{name}_{side}")] = np.deg2rad(angle_deg) * share
    q[4], q[6] = np.sin(0.3 * share), np.cos(0.3 * share)
    soles = skeleton.points(q, skeleton.soles)
    q[:3] -= [*soles[:, :2].mean(axis=0), soles[:, 2].min()]
    return q


def score_film(height_m: float, motion: Array, rng: np.random.Generator) -> FilmScore:
    """Films somebody drawn from the survey, lifts, fits, lifts again."""
    belief = population(height_m)
    logs = rng.multivariate_normal(belief.mean[1:], belief.covariance[1:, 1:])
    known = Subject(height_m, 75.0)
    lengths = dict(zip(belief.names, np.exp(logs).tolist(), strict=True))
    person = build_skeleton(known.with_lengths(lengths))
    q = motion.copy()
    q[:, 2] -= min(person.points(row, person.soles)[:, 2].min() for row in q)
    film = make_film(person, q, rng)
    start = build_skeleton(known)
    intrinsics = CameraIntrinsics.from_focal(*SIZE_PX, FOCAL_PX)
    lifted, pose = lift(start, intrinsics, film)
    frames = [LiftedFrame(one, row, pose) for one, row in zip(film, lifted, strict=True)]
    fitted = fit_lengths(known, start, intrinsics, frames) or belief
    again = [lift(build_skeleton(s), intrinsics, film)[0]
             for s in (fitted.subject(known), known.with_lengths(lengths))]  # fmt: skip
    columns = [7 + start.coordinate_index(name) for name in LEG_COORDINATES]
    angles = [_leg_rmse_deg(rows[:, columns], q[:, columns]) for rows in (lifted, *again)]
    return FilmScore(
        belief.mean[1:] - logs,
        fitted.mean[1:] - logs,
        np.sqrt(np.diag(fitted.covariance)[1:]),
        (angles[0], angles[1], angles[2]),
    )


def make_film(person: Skeleton, q: Array, rng: np.random.Generator) -> list[Landmarks]:
    """Landmarks of a motion (n, 38), seen from some side with the detector's noise."""
    heading = rng.uniform(0.0, np.pi)
    camera = CameraPose.level(
        rng.uniform(0.9, 1.6), CameraPoseSource.PARAMETER, rng.normal(scale=0.08)
    ).pose_world_camera
    points = np.array([person.points(row, person.landmarks) for row in q])
    points -= [*q[:, :2].mean(axis=0), 0.0]
    c, s = np.cos(heading), np.sin(heading)
    points = points @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) + [DISTANCE_M, 0, 0]
    slow_m = np.where(np.arange(33) >= 29, SLOW_FOOT_M, SLOW_M)[:, None]
    offsets = OFFSET_SHARE * person.landmarks.sigma_m[:, None] * rng.normal(size=(33, 3))
    noise = offsets + slow_m * _lasting(rng, len(q)) + FAST_M * rng.normal(size=points.shape)
    intrinsics = CameraIntrinsics.from_focal(*SIZE_PX, FOCAL_PX)
    metric = (points - points[:, 23:25].mean(axis=1, keepdims=True)) @ camera.rotation
    metric += rng.normal(size=(33, 3)) * [0.02, 0.02, 0.05]
    metric += _lasting(rng, len(q)) * [0.015, 0.015, 0.05]
    seen = (points + noise - camera.translation) @ camera.rotation
    return [
        Landmarks(
            round(k / RATE_HZ * 1e9), intrinsics.project(seen[k]), np.full(33, 0.95), np.ones(33),
            0.95 * metric[k], 1.0, SIZE_PX,
        )
        for k in range(len(q))
    ]  # fmt: skip


def _lasting(rng: np.random.Generator, frames: int) -> Array:
    """Unit noise (n, 33, 3) that lasts `SLOW_S`."""
    keep = float(np.exp(-1.0 / (SLOW_S * RATE_HZ)))
    rows = [rng.normal(size=(33, 3))]
    for _ in range(frames - 1):
        rows.append(keep * rows[-1] + np.sqrt(1 - keep**2) * rng.normal(size=(33, 3)))
    return np.array(rows)


def lift(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, film: list[Landmarks]
) -> tuple[Array, object]:
    """Smoothed configurations (n, 38) and the camera's pose as believed in the end."""
    lifter = GeometricLifter(skeleton, intrinsics)
    history = MotionHistory(lifter)
    for landmarks in film:
        lifter.lift(landmarks)
        history.add()
    states = history.smoothed()
    return np.array([state.q for state in states]), lifter.camera.pose_world_camera


def _leg_rmse_deg(found: Array, truth: Array) -> float:
    return float(np.rad2deg(np.sqrt(np.mean((found - truth) ** 2, axis=0)).mean()))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


# Real cameras -------------------------------------------------------------------------------------


def bench_cameras(data: Path, videos: Path, work: Path, lifter: str) -> None:
    markers = read_trc(data / f"{VIDEO_BEAM}_0-100_filt_butterworth_LSTM.trc")
    columns = [markers.names.index(name) for name in BEAM_POINTS]
    reference = measure_lengths(
        list(BEAM_POINTS.values()), markers.positions[:, columns], np.full(len(columns), 0.01)
    )
    print("lengths by four cameras [m]:", {one.name: round(one.length_m, 3) for one in reference})
    angles = read_storage(data / f"{VIDEO_BEAM}_filt_butterworth_0-100_LSTM.mot")
    for number in range(1, 5):
        request = AnalyzeRequest(
            videos / f"cam{number:02d}.mp4", work / f"cam{number:02d}",
            Subject(BEAM_HEIGHT_M, BEAM_MASS_KG), CameraRequest(BEAM_FOCAL_PX),
            overlay=False, overwrite=True, lifter=lifter,
        )  # fmt: skip
        found = {}
        for fits in (False, True):
            run = replace(request, fit_proportions=fits)
            body = run_analyze(run).skeleton.subject
            own = read_storage(run.out / "kinematics.mot")
            found[fits] = score_table("monomsk", own, angles).leg_rmse_deg
        lengths = {name: round(m, 3) for name, m in body.segment_lengths_m.items()}
        print(f"camera {number}: leg angles {found[False]:.2f} -> {found[True]:.2f} deg; {lengths}")


if __name__ == "__main__":
    main()
