"""Real clips with reference angles, for scoring: landmarks that were detected before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from monomsk_description.frames import Array
from monomsk_perception.both_sides import BothSides
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_answer import (
    USED_LANDMARKS,
    Answer,
    Track,
    WindowNetwork,
    subject_token,
)
from monomsk_perception.lifter_windows import (
    even_times,
    lift_frame,
    lift_track,
    low_passed,
    resampled,
)
from monomsk_perception.steady_sides import SteadySides
from monomsk_training.errors import RecipeError
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.opensim_files import read_table

#: The eight coordinates of the headline number.
LEG_NAMES = tuple(
    f"{name}_{side}"
    for side in "rl"
    for name in ("hip_flexion", "hip_adduction", "knee_angle", "ankle_angle")
)


@dataclass(frozen=True, eq=False)
class RealClip:
    """A recording and what a reference system measured.

    Attributes:
        name: For reports.
        selects: Whether it may choose weights; else it is only reported.
        height_m: The person's stature [m].
        camera: Its intrinsics.
        landmarks: What was detected, frame by frame where someone was found.
        times: Of the frames with landmarks (n,) [s].
        rays: (n, 19, 2).
        visibility: (n, 19).
        reference_times: (m,) [s].
        reference_deg: Columns by coordinate name, each (m,) [deg].
    """

    name: str
    selects: bool
    height_m: float
    camera: CameraIntrinsics
    landmarks: tuple[Landmarks, ...]
    times: Array
    rays: Array
    visibility: Array
    reference_times: Array
    reference_deg: Mapping[str, Array]

    def angles(self, network: WindowNetwork, look_ahead: int | None) -> tuple[Array, Array]:
        """Times (k,) [s] and coordinates (k, 31) [rad] that a network finds.

        Args:
            network: The network.
            look_ahead: Later frames that it may know (at 30 Hz); None: all, offline.
        """
        wanted = even_times(float(self.times[0]), float(self.times[-1]))
        subject = subject_token(self.height_m, {})
        if look_ahead is None:
            track = self._track(low_passed(self.times, self.rays), wanted)
            return wanted, lift_track(BothSides(network), track, subject).coordinates
        track, both = self._track(self.rays, wanted), BothSides(network)
        answers: list[Answer] = [
            lift_frame(both, track, subject, frame, look_ahead) for frame in range(len(track))
        ]
        return wanted, np.concatenate([answer.coordinates for answer in answers])

    def errors(self, times: Array, coordinates: Array) -> dict[str, tuple[float, float]]:
        """Root mean square error and the same without the mean error, by coordinate [deg]."""
        inside = (self.reference_times >= times[0]) & (self.reference_times <= times[-1])
        at = self.reference_times[inside]
        found: dict[str, tuple[float, float]] = {}
        for number, name in enumerate(COORDINATE_NAMES):
            if name not in self.reference_deg:
                continue
            angle = np.interp(at, times, np.degrees(coordinates[:, number]))
            error = angle - self.reference_deg[name][inside]
            found[name] = (float(np.sqrt((error**2).mean())), float(error.std()))
        return found

    def _track(self, rays: Array, wanted: Array) -> Track:
        return resampled(self.times, rays, self.visibility, wanted)


def leg_means(errors: Sequence[Mapping[str, tuple[float, float]]]) -> tuple[float, float]:
    """Mean over clips and the eight leg coordinates: raw and without offsets [deg]."""
    rows = [[clip[name] for name in LEG_NAMES if name in clip] for clip in errors]
    raw, centred = np.mean([np.mean(row, axis=0) for row in rows], axis=0)
    return float(raw), float(centred)


def load_real_clips(
    path: Path, data: Path, landmarks: Path, *, selecting: bool = False
) -> list[RealClip]:
    """The clips of a list; see config/real_clips.yaml.

    Args:
        path: The list.
        data: Folder of the references.
        landmarks: Folder of the detected landmarks.
        selecting: Only those that may choose weights.

    Raises:
        RecipeError: A reference is of no known kind, or of another time than the landmarks.
    """
    entries = yaml.safe_load(path.read_text("utf-8"))["clips"]
    return [
        _load_clip(entry, data, landmarks) for entry in entries if entry["selects"] or not selecting
    ]


def _load_clip(entry: Mapping[str, object], data: Path, landmarks: Path) -> RealClip:
    name, rate_hz = str(entry["name"]), float(str(entry["rate_hz"]))
    found, size = read_landmarks(landmarks / str(entry["landmarks"]), rate_hz)
    camera = CameraIntrinsics.from_focal(*size, float(str(entry["focal_px"])))
    used = list(USED_LANDMARKS)
    columns, reference_times = _read_reference(data / str(entry["reference"]))
    times = np.array([one.stamp_ns for one in found]) * 1e-9
    first, last = times.min(initial=np.inf), times.max(initial=-np.inf)
    if not ((reference_times >= first) & (reference_times <= last)).any():
        raise RecipeError(name, "nobody was found in the time of the reference")
    return RealClip(
        name,
        bool(entry["selects"]),
        float(str(entry["height_m"])),
        camera,
        found,
        times,
        np.array([camera.rays(one.pixels)[used, :2] for one in found]),
        np.array([one.visibility[used] for one in found]),
        reference_times,
        columns,
    )


def read_landmarks(path: Path, rate_hz: float) -> tuple[tuple[Landmarks, ...], tuple[int, int]]:
    """Landmarks of the frames where someone was found, sides kept apart, and the image's size.

    Args:
        path: Of `scripts/clip_landmarks.py`.
        rate_hz: The video's frames a second.
    """
    with np.load(path) as file:
        pixels, visibility, metric = file["px"], file["vis"], file["W"]
        size = (int(file["size"][0]), int(file["size"][1]))
    good = np.flatnonzero(np.isfinite(pixels).all(axis=(1, 2)))
    sides = SteadySides()
    found = tuple(
        sides.kept(
            Landmarks(
                stamp_ns=round(frame / rate_hz * 1e9),
                pixels=pixels[frame],
                visibility=visibility[frame],
                presence=visibility[frame],
                metric=metric[frame],
                score=1.0,
                image_size=size,
            )
        )
        for frame in good.tolist()
    )
    return found, size


def _read_reference(path: Path) -> tuple[dict[str, Array], Array]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            names = file.readline().strip().split(",")
            table = np.genfromtxt(file, delimiter=",")
    elif path.suffix in (".mot", ".sto"):
        names, table, in_degrees = read_table(path)
        if not in_degrees:
            raise RecipeError(str(path), "reference angles must be in degrees")
    else:
        raise RecipeError(str(path), "references are .csv, .mot or .sto")
    columns = {name: table[:, number] for number, name in enumerate(names)}
    return columns, columns.pop("time")
