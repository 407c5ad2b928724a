"""Landmarks of any frame rate to the network's even windows, and its answers back."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from monomsk_description.frames import Array
from monomsk_perception.lifter_answer import (
    HISTORY_FRAMES,
    RATE_HZ,
    WINDOW_FRAMES,
    Answer,
    Track,
    WindowNetwork,
    live_numbers,
)

#: Windows of a recording overlap: one starts every so many frames.
_HOP = 16
_LOW_PASS_HZ = 6.0
#: Frames farther than this from any landmarks count as unseen [s].
_NEAR_S = 0.06


def resampled(times: Array, rays: Array, visibility: Array, wanted: Array) -> Track:
    """Landmarks at wanted times, by linear interpolation.

    Args:
        times: Of the landmarks, rising (n,) [s].
        rays: (n, 19, 2), NaN where a landmark is missing.
        visibility: (n, 19).
        wanted: Times (m,) [s].
    """
    measured = np.asarray(np.isfinite(rays).all(axis=2))
    shown = _between(times, np.where(measured, np.nan_to_num(visibility), 0.0), wanted)
    if measured.all():
        found = _between(times, rays, wanted)
    else:
        found = np.zeros((len(wanted), *rays.shape[1:]))
        for column in np.flatnonzero(measured.any(axis=0)):
            good = measured[:, column]
            found[:, column] = _between(times[good], rays[good, column], wanted)
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.minimum(np.abs(times[after] - wanted), np.abs(times[before] - wanted))
    # A slow camera leaves wide gaps that are not losses of the person.
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    seen = (nearest <= max(_NEAR_S, 0.75 * usual)).astype(float)
    return Track(found, shown, seen)


def _between(times: Array, values: Array, wanted: Array) -> Array:
    """Values (n, ...) at wanted times (m,), linear in between, constant beyond the ends."""
    if len(times) == 1:
        return np.repeat(values, len(wanted), axis=0)
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    low, high = times[after - 1], times[after]
    share = np.clip((wanted - low) / (high - low), 0.0, 1.0)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1.0 - share) * values[after - 1] + share * values[after])


def low_passed(times: Array, rays: Array) -> Array:
    """Rays without what is faster than 6 Hz and without delay; gaps are bridged first."""
    if len(times) < 16:
        return rays
    rate_hz = 1.0 / float(np.median(np.diff(times)))
    if rate_hz < 2.5 * _LOW_PASS_HZ:
        return rays
    # only recordings come here: the import takes half as long as all else that a live node needs
    from scipy.signal import butter, sosfiltfilt

    bridged = resampled(times, rays, np.ones(rays.shape[:2]), times).rays
    sections = butter(2, _LOW_PASS_HZ, fs=rate_hz, output="sos")
    smooth = sosfiltfilt(sections, bridged, axis=0, padtype="odd", padlen=15)
    return np.where(np.isfinite(rays), smooth, np.nan)


def lift_track(network: WindowNetwork, track: Track, subject: Array) -> Answer:
    """The answer for a whole recording: overlapping windows, each most trusted in its middle."""
    frames = len(track)
    starts = [*range(0, max(frames - WINDOW_FRAMES, 0), _HOP), max(frames - WINDOW_FRAMES, 0)]
    trust = 1.0 + np.minimum(np.arange(WINDOW_FRAMES), np.arange(WINDOW_FRAMES)[::-1])
    total = np.zeros(frames)
    sums: dict[str, Array] = {}
    for start in starts:
        answer = network(track.rows(slice(start, start + WINDOW_FRAMES)), subject)
        inside = len(answer.coordinates)
        rows = slice(start, start + inside)
        total[rows] += trust[:inside]
        for item in fields(Answer):
            value = getattr(answer, item.name)
            weighted = value * trust[:inside].reshape(-1, *([1] * (value.ndim - 1)))
            if item.name not in sums:
                sums[item.name] = np.zeros((frames, *value.shape[1:]))
            sums[item.name][rows] += weighted
    means = {
        name: value / total.reshape(-1, *([1] * (value.ndim - 1))) for name, value in sums.items()
    }
    means["pelvis_rotation"] = nearest_rotations(means["pelvis_rotation"])
    return Answer(**means)


def lift_frame(
    network: WindowNetwork, track: Track, subject: Array, frame: int, look_ahead: int
) -> Answer:
    """The answer for one frame from what is known of the past and so many frames after it: live.

    Args:
        network: The network.
        track: A recording of any length, without leaving out frames.
        subject: See `subject_token`.
        frame: Which one is asked for.
        look_ahead: Later frames that may be known.
    """
    chosen = live_numbers(frame, min(look_ahead, len(track) - 1 - frame))
    start = max(frame + 1 - HISTORY_FRAMES, 0)
    known = replace(track.rows(chosen), numbers=chosen - start)
    return network(known, subject, [int(np.searchsorted(chosen, frame))])


def interpolated(answer: Answer, times: Array, wanted: Array) -> Answer:
    """An answer at even times, at other times: linear in all numbers, rotations made whole."""
    place = np.clip(np.interp(wanted, times, np.arange(len(times))), 0.0, len(times) - 1.0)
    before = np.minimum(place.astype(int), max(len(times) - 2, 0))
    after = np.minimum(before + 1, len(times) - 1)
    means = {}
    for item in fields(Answer):
        value = getattr(answer, item.name)
        share = (place - before).reshape(-1, *([1] * (value.ndim - 1)))
        means[item.name] = value[before] * (1.0 - share) + value[after] * share
    means["pelvis_rotation"] = nearest_rotations(means["pelvis_rotation"])
    return Answer(**means)


def nearest_rotations(matrices: Array) -> Array:
    """The rotations (n, 3, 3) closest to means of rotations."""
    left, _, right = np.linalg.svd(matrices)
    sign = np.linalg.det(left @ right)
    left[..., 2] *= sign[:, None]
    return left @ right


def even_times(first_s: float, last_s: float) -> Array:
    """Times at the network's rate that cover a recording [s]."""
    return first_s + np.arange(int(np.ceil((last_s - first_s) * RATE_HZ)) + 1) / RATE_HZ
