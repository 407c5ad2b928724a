"""Estimates the detector's errors from a recording with several calibrated cameras.

    python -m monomsk_training.landmark_noise --data DATA --landmarks FOLDER

The same landmark seen by all cameras is one point in space (Pose2Sim's demo, four cameras). What
each camera's detection is off from the point's projection, across its line of sight at the
person's distance, is split into a part that lasts (the view's own idea of the landmark), slow
scatter (first order, with a time constant), fast scatter, and what all landmarks share. Offsets of
the points from anatomical markers are given in the axes of their segments. Prints YAML.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml

from monomsk_description.frames import Array
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_perception.lifter_answer import USED_LANDMARKS
from monomsk_training.real_clips import read_landmarks

_CALIBRATION = "video_beam/Calib_qualisys.toml"
_MARKERS = "video_beam/S00_P00_T01_BalancingTrial_0-100_filt_butterworth_LSTM.trc"
_RATE_HZ = 60.0
#: A camera farther off than this is doubted [m]; frames where fewer than three agree do not count.
_DOUBT_M, _AGREE_M, _AGREEING = 0.03, 0.06, 3
_LAGS = np.arange(2, 13)


@dataclass(frozen=True, eq=False)
class View:
    """A calibrated camera and what was detected in its images.

    Attributes:
        rotation: From the world to the optical frame (3, 3).
        translation: Of the same (3,) [m].
        rays: (frames, 19, 2) in the image plane z = 1.
        visibility: (frames, 19).
    """

    rotation: Array
    translation: Array
    rays: Array
    visibility: Array

    def projected(self, points: Array) -> tuple[Array, Array]:
        """Rays (..., 2) and depths (...) [m] of world points (..., 3)."""
        seen = points @ self.rotation.T + self.translation
        return seen[..., :2] / seen[..., 2:], seen[..., 2]


def load_views(data: Path, landmarks: Path) -> list[View]:
    """The four cameras of Pose2Sim's demo."""
    calibration = tomllib.loads((data / _CALIBRATION).read_text("utf-8"))
    used = list(USED_LANDMARKS)
    views = []
    for number in range(1, 5):
        camera = calibration[f"cam_0{number}"]
        seen, _ = read_landmarks(landmarks / f"lm_cam{number}.npz", _RATE_HZ)
        pixels = np.array([one.pixels[used] for one in seen])
        visibility = np.array([one.visibility[used] for one in seen])
        matrix, distortion = np.array(camera["matrix"]), np.array(camera["distortions"])
        flat = pixels.reshape(-1, 1, 2).astype(np.float64)
        rays = cv2.undistortPoints(flat, matrix, distortion).reshape(pixels.shape)
        rotation = np.asarray(cv2.Rodrigues(np.array(camera["rotation"]))[0], dtype=np.float64)
        views.append(View(rotation, np.array(camera["translation"]), rays, visibility))
    return views


def triangulated(views: list[View], iterations: int = 6) -> tuple[Array, Array]:
    """Points (frames, 19, 3) [m] in the world, and each view's error across its line of sight.

    Cameras that disagree lose weight (Cauchy).

    Returns:
        Points, and errors (views, frames, 19, 2) [m].
    """
    weight = np.array([view.visibility + 0.01 for view in views])
    base = weight.copy()
    for _ in range(iterations):
        rows = []
        for view, gain in zip(views, weight, strict=True):
            full = np.concatenate([view.rotation, view.translation[:, None]], axis=1)
            for axis in range(2):
                row = view.rays[..., axis, None] * full[2] - full[axis]
                rows.append(gain[..., None] * row)
        vector = np.linalg.svd(np.stack(rows, axis=-2))[2][..., -1, :]
        points = vector[..., :3] / vector[..., 3:]
        errors = []
        for view in views:
            expected, depth = view.projected(points)
            errors.append((view.rays - expected) * depth[..., None])
        size = np.linalg.norm(np.array(errors), axis=-1)
        weight = base / (1.0 + (size / _DOUBT_M) ** 2)
    return points, np.array(errors)


def scatter(errors: Array, rate_hz: float) -> dict[str, float]:
    """Parts of the errors of one landmark.

    Args:
        errors: (series, frames): of one landmark in a view's axis each [m].
        rate_hz: Frames a second.

    Returns:
        Standard deviations [m] of what lasts, of slow and fast scatter, and the slow one's time
        constant [s].
    """
    lasting = errors.mean(1)
    loose = errors - lasting[:, None]
    frames = errors.shape[1]
    covariance = np.array(
        [np.mean(loose[:, lag:] * loose[:, : frames - lag]) for lag in (0, *_LAGS.tolist())]
    )
    good = covariance[1:] > 0.05 * covariance[0]
    if good.sum() < 3:
        return {"lasting_m": _rms(lasting), "slow_m": 0.0, "last_s": 0.0, "fast_m": _rms(loose)}
    slope, level = np.polyfit(_LAGS[good] / rate_hz, np.log(covariance[1:][good]), 1)
    slow = min(float(np.exp(level)), float(covariance[0]))
    return {
        "lasting_m": _rms(lasting),
        "slow_m": float(np.sqrt(slow)),
        "last_s": float(1.0 / max(-slope, 1e-3)),
        "fast_m": float(np.sqrt(max(float(covariance[0]) - slow, 0.0))),
    }


def common_share(errors: Array) -> float:
    """Share of the loose variance that the landmarks of a view have in common.

    The mean correlation of two landmarks: nothing if each goes its own way, and one landmark that
    strays far does not decide.

    Args:
        errors: (series, frames, landmarks) [m].
    """
    pairs = np.triu_indices(errors.shape[2], 1)
    return float(np.mean([np.corrcoef(series.T)[pairs] for series in errors]))


def read_markers(path: Path) -> dict[str, Array]:
    """Markers of a .trc file with y up, by name (frames, 3) [m], turned to z up."""
    lines = path.read_text("utf-8", errors="replace").splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    rows = [[float(v) for v in line.split("\t") if v] for line in lines[5:] if line.strip()]
    table = np.array(rows)[:, 2:].reshape(len(rows), -1, 3)[..., [2, 0, 1]]
    return {name: table[:, number] for number, name in enumerate(names)}


def limb_axes(top: Array, bottom: Array, lateral: Array) -> Array:
    """Axes (frames, 3, 3) as columns: x forward, y from bottom to top, z right."""
    y = _unit(top - bottom)
    x = _unit(np.cross(y, lateral))
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def offsets(points: Array, agreed: Array, markers: dict[str, Array]) -> dict[str, list[float]]:
    """Mean place of landmarks from joint centres, in their segments' axes [m].

    Hip, knee, ankle, elbow and wrist. The shoulder has no marker but the acromion's, from which
    the upper arm's axes are taken.

    Args:
        points: Triangulated landmarks (frames, 19, 3) [m].
        agreed: Where enough cameras agree (frames, 19).
        markers: Anatomical markers by name (frames, 3) [m].
    """
    found = {}
    for side in ("right", "left"):
        for name, (axes, center) in _joints(markers, side).items():
            column = USED_LANDMARKS.index(LANDMARK_NAMES.index(f"{side}_{name}"))
            local = np.einsum("fji,fj->fi", axes, points[:, column] - center)
            chosen = local[agreed[:, column]]
            if len(chosen):
                found[f"{side}_{name}"] = [round(float(v), 3) for v in chosen.mean(0)]
    return found


def _joints(markers: dict[str, Array], side: str) -> dict[str, tuple[Array, Array]]:
    """Axes (frames, 3, 3) and centre (frames, 3) [m] of a side's joints, of the limb above them."""
    short = "r" if side == "right" else "L"

    def pair(outer: str, inner: str) -> tuple[Array, Array]:
        """Middle of two markers, and the way from the left one to the right one."""
        lateral, medial = markers[f"{short}_{outer}_study"], markers[f"{short}_{inner}_study"]
        outward = lateral - medial
        return 0.5 * (lateral + medial), outward if side == "right" else -outward

    hip, shoulder = markers[f"{short.upper()}HJC_study"], markers[f"{short}_shoulder_study"]
    knee, across_knee = pair("knee", "mknee")
    ankle, _ = pair("ankle", "mankle")
    elbow, across_elbow = pair("lelbow", "melbow")
    wrist, _ = pair("lwrist", "mwrist")
    thigh = limb_axes(hip, knee, across_knee)
    return {
        "hip": (thigh, hip),
        "knee": (thigh, knee),
        "ankle": (limb_axes(knee, ankle, across_knee), ankle),
        "elbow": (limb_axes(shoulder, elbow, across_elbow), elbow),
        "wrist": (limb_axes(elbow, wrist, across_elbow), wrist),
    }


def estimate(views: list[View], markers: dict[str, Array]) -> dict[str, object]:
    """Everything, ready to be written."""
    points, errors = triangulated(views)
    size = np.linalg.norm(errors, axis=-1)
    agreed = (size < _AGREE_M).sum(0) >= _AGREEING
    table = {}
    for column, number in enumerate(USED_LANDMARKS):
        near = size[:, :, column].mean(1) < _AGREE_M
        series = errors[near][:, :, column].transpose(0, 2, 1).reshape(-1, errors.shape[1])
        if len(series):
            parts = scatter(series, _RATE_HZ)
            table[LANDMARK_NAMES[number]] = {k: round(v, 4) for k, v in parts.items()}
    spread = errors.transpose(0, 3, 1, 2).reshape(-1, errors.shape[1], errors.shape[2])
    return {
        "landmarks": table,
        "common_share": round(common_share(spread), 3),
        "agreeing_share": round(float(agreed.mean()), 3),
        "offsets_m": offsets(points, agreed, markers),
    }


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def main(words: list[str] | None = None) -> None:
    """Prints the estimate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--landmarks", type=Path, required=True, help="folder of the landmarks")
    arguments = parser.parse_args(words)
    views = load_views(arguments.data, arguments.landmarks)
    found = estimate(views, read_markers(arguments.data / _MARKERS))
    sys.stdout.write("# Written by monomsk_training.landmark_noise from Pose2Sim's demo (BSD-3).\n")
    sys.stdout.write(yaml.safe_dump(found, sort_keys=False, default_flow_style=None))


if __name__ == "__main__":
    main()
