"""Chooses the frames that a person's markers are calibrated on, and calibrates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import UnknownMarkersError
from monomsk_analysis.marker_recording import MarkerRecording
from monomsk_analysis.marker_scaling import Calibration, CalibrationFrames, Calibrator
from monomsk_analysis.marker_sets import MIN_MARKERS, MarkerSet
from monomsk_description.subject import Subject

Array = NDArray[np.float64]

_MOVING_FRAMES = 8
#: Fewer markers than this do not say where a pelvis stands.
_LEAST_STANDING = 3
_UPPER_BODY = ("torso", "humerus", "ulna", "radius", "hand")
_LOWER_BODY = ("femur", "tibia", "talus", "calcn", "toes")


def calibrate(
    subject: Subject,
    markers: MarkerSet,
    motion: MarkerRecording,
    statics: Sequence[MarkerRecording] = (),
) -> Calibration:
    """Fit a person's skeleton and where the markers sit on it.

    Args:
        subject: height, mass and sex.
        markers: where they should sit.
        motion: the recording to be analysed.
        statics: of the same person standing, the markers of the last as in the motion.

    Raises:
        UnknownMarkersError: too few markers are known, in all or in a static trial.
        DescriptionError: the lengths are no human's.
    """
    present = {name for one in (motion, *statics) for name in one.names}
    names = markers.known(sorted(present))
    moving_names = markers.known(motion.names)
    if len(moving_names) < MIN_MARKERS:
        reason = f"{motion.path}: {len(moving_names)} markers are known, {MIN_MARKERS} are needed"
        raise UnknownMarkersError(reason, markers.unknown(motion.names))
    segments = [markers.places[name].site.segment for name in names]
    moving = moving_frames(motion.of(names))
    if statics:
        moving[:, _on(segments, _LOWER_BODY)] = np.nan
    standing = np.array([typical_frame(one.of(names)) for one in statics])
    standing = standing.reshape(-1, len(names), 3)
    standing[:, _on(segments, _UPPER_BODY)] = np.nan
    for one, seen in zip(statics, np.isfinite(standing).all(axis=2).sum(axis=1), strict=True):
        if seen < _LEAST_STANDING:
            reason = f"{one.path}: {seen} known markers of pelvis and legs, no static trial"
            raise UnknownMarkersError(reason, markers.unknown(one.names))
    frames = CalibrationFrames(
        np.concatenate([standing, moving]),
        np.arange(len(standing) + len(moving)) < len(standing),
    )
    return Calibrator(subject, markers, names).fit(frames)


def moving_frames(positions: Array) -> Array:
    """Some frames (k, m, 3), spread evenly over those (n, m, 3) that show the most markers."""
    seen = np.isfinite(positions).all(axis=2).sum(axis=1)
    best = np.flatnonzero(seen >= np.quantile(seen, 0.75))
    chosen = np.unique(np.linspace(0, len(best) - 1, _MOVING_FRAMES).round().astype(int))
    return positions[best[chosen]].copy()


def typical_frame(positions: Array) -> Array:
    """Median (m, 3) of frames (n, m, 3); NaN for a marker that none shows."""
    median = np.full(positions.shape[1:], np.nan)
    seen = np.isfinite(positions).all(axis=2).any(axis=0)
    median[seen] = np.nanmedian(positions[:, seen], axis=0)
    return median


def _on(segments: Sequence[str], kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([segment.split("_")[0] in kinds for segment in segments])
