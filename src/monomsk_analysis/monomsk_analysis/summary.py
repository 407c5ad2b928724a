"""The summary of a run: what was given, what was assumed, what came out, how sure, how fast."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis import __version__
from monomsk_analysis.analysis import Analysis
from monomsk_analysis.report_data import StageTiming
from monomsk_analysis.residual_warnings import segment_residual_percent
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.subject import Subject

Array = NDArray[np.float64]

_LOAD_TOLERANCE_PERCENT = 5.0
_MAX_VELOCITY_M_S = 0.5
_LIBRARIES = (
    ("numpy", "numpy"),
    ("scipy", "scipy"),
    ("pinocchio", "pin"),
    ("opencv", "opencv-python-headless"),
    ("litert", "ai-edge-litert"),
    ("daqp", "daqp"),
    ("rosbags", "rosbags"),
)


@dataclass(frozen=True)
class Timing:
    """Durations of a stage.

    Attributes:
        name: the stage.
        seconds: duration per frame [s].
    """

    name: str
    seconds: Array

    def facts(self) -> StageTiming:
        """Median and 99th percentile."""
        median_s, p99_s = np.percentile(self.seconds, [50, 99])
        return StageTiming(self.name, float(median_s), float(p99_s))


def subject_entries(subject: Subject) -> dict[str, Any]:
    """Entries about the person."""
    return {
        "height_m": subject.height_m,
        "mass_kg": subject.mass_kg,
        "sex": subject.sex,
        "segment_lengths_m": dict(subject.segment_lengths_m),
        "assumed": sorted(subject.assumed),
    }


def frame_entries(analysis: Analysis) -> dict[str, Any]:
    """Entries about frames used and lost."""
    split = analysis.split
    return {
        "read": split.frames,
        "tracked": split.tracked,
        "tracked_fraction": split.tracked / max(split.frames, 1),
        "lost": split.lost,
        "interpolated": split.interpolated,
        "too_short": split.dropped,
        "analysed": int(analysis.analysed.sum()),
        "segments": [
            {
                "start_s": float(analysis.times[segment.frames[0]]),
                "end_s": float(analysis.times[segment.frames[-1]]),
                "frames": len(segment.frames),
                "interpolated": int(segment.interpolated.sum()),
                "root_residual_force_rms_percent_body_weight": segment_residual_percent(
                    analysis, segment
                ),
            }
            for segment in split.segments
        ],
    }


def quality_entries(analysis: Analysis) -> dict[str, Any]:
    """Entries about how far the result can be trusted, from the dynamics alone."""
    results = analysis.results
    weight_n = analysis.skeleton.mass_kg * GRAVITY_M_S2
    residual = np.array([result.root_residual for result in results]).reshape(-1, 6)
    errors = np.array([result.consistency_error for result in results])
    supports = np.array([result.unexplained_load for result in results]).reshape(-1, 6)
    loads = np.array([sum(sole.force[2] for sole in result.soles) for result in results])
    loads = loads + supports[:, 2]
    torque_sigma = np.array([result.tau_sigma[6:] for result in results]).reshape(-1, 31)
    return {
        "root_residual_force_rms_percent_body_weight": 100 * _rms_norm(residual[:, :3]) / weight_n,
        "root_residual_moment_rms_n_m": _rms_norm(residual[:, 3:]),
        **change_entries(analysis),
        "supported_fraction": _mean(supports.any(axis=1).astype(float)),
        "unexplained_load_peak_percent_body_weight": 100
        * float(np.linalg.norm(supports[:, :3], axis=1).max(initial=0.0))
        / weight_n,
        "consistency_error_median_rad": _median(errors),
        "mean_vertical_force_percent_body_weight": 100 * _mean(loads) / weight_n,
        "joint_torque_sigma_median_n_m": _median(torque_sigma),
    }


def change_entries(analysis: Analysis) -> dict[str, Any]:
    """How far the motion was moved, root mean square, until forces explained it."""
    steps = []
    for segment in analysis.split.segments:
        for frame, q in zip(segment.frames, segment.q, strict=True):
            result = analysis.dynamics[frame]
            if result is not None:
                steps.append(analysis.skeleton.difference(q, result.q))
    moved = np.array(steps).reshape(-1, 37)
    return {
        "joint_angle_change_rms_deg": math.degrees(_rms(moved[:, 6:])),
        "pelvis_change_rms_m": _rms(moved[:, :3]),
    }


def load_warnings(
    analysis: Analysis, causes: str = "a seat or a hand, or a wrong floor"
) -> tuple[str, ...]:
    """Sentences about another support than the soles, and a mean force that cannot be right.

    Over a recording of duration T it differs from body weight by the change of the body's
    vertical velocity over g T, and nobody ends faster than a step down.

    Args:
        analysis: the recording's.
        causes: what else may bear load, in words.
    """
    duration_s = float(len(analysis.results) * np.median(np.diff(analysis.times)))
    quality, sentences = quality_entries(analysis), []
    if quality["supported_fraction"] > 0.0:
        sentences.append(
            "Something other than the soles bears load in "
            f"{100 * quality['supported_fraction']:.0f} % of the frames, up to "
            f"{quality['unexplained_load_peak_percent_body_weight']:.0f} % of body weight: "
            f"{causes}."
        )
    percent = quality["mean_vertical_force_percent_body_weight"]
    tolerance = _LOAD_TOLERANCE_PERCENT + 100 * _MAX_VELOCITY_M_S / (GRAVITY_M_S2 * duration_s)
    if abs(percent - 100.0) > tolerance:
        sentences.append(
            f"The mean vertical force is {percent:.0f} % of body weight over {duration_s:.1f} s, "
            "which no motion on a floor explains: forces are off by about as much."
        )
    return tuple(sentences)


def timing_entries(timings: Sequence[Timing]) -> dict[str, Any]:
    """Entries per stage [ms]."""
    return {
        timing.name: {
            "median_ms": 1e3 * timing.facts().median_s,
            "p99_ms": 1e3 * timing.facts().p99_s,
            "total_s": float(timing.seconds.sum()),
        }
        for timing in timings
        if len(timing.seconds)
    }


def dynamics_timings(analysis: Analysis) -> list[Timing]:
    """Durations of the dynamics, and of the muscles where they were computed."""
    timings = [Timing("dynamics", analysis.dynamics_s)]
    if analysis.muscles is not None:
        timings.append(Timing("muscles", np.full(len(analysis.results), analysis.muscles_s)))
    return timings


def provenance() -> dict[str, str]:
    """Versions of the program, its libraries and the machine."""
    rows = {"monomsk": __version__, "python": platform.python_version()}
    for name, distribution in _LIBRARIES:
        try:
            rows[name] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            # A system package has no Python metadata; the number is then simply not known.
            rows[name] = "unknown"
    rows["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return rows


def write_summary(path: Path, entries: Mapping[str, Any]) -> None:
    """Write entries as JSON; NaN and infinity, which JSON has not, become null.

    Raises:
        OSError: the file cannot be written.
    """
    text = json.dumps(_plain(entries), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _rms_norm(vectors: Array) -> float:
    return float(np.sqrt(np.mean(np.sum(vectors**2, axis=1)))) if len(vectors) else math.nan


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else math.nan


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else math.nan


def _mean(values: Array) -> float:
    return float(np.mean(values)) if values.size else math.nan
