"""Which foot stands on which force plate, and what the plates say of each foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from monomsk_analysis.force_plates import MIN_LOAD_N
from monomsk_analysis.marker_recording import PlateRecord
from monomsk_analysis.measured_dynamics import MeasuredLoads
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

#: Forces are filtered to what markers at 60 to 150 Hz can be compared with [Hz].
CUTOFF_HZ = 20.0
#: A centre of pressure further from the middle of the sole is not this foot's alone, as a share
#: of the sole's length.
_REACH = 0.9
_FILTER_ORDER = 2
_MIN_FILTERED = 20
#: The middle of a sole that rests is lower and slower than this over a plate.
_RESTING_HEIGHT_M = 0.05
_RESTING_SPEED_M_S = 0.4
#: How far filtering moves the end of a loading at most [s].
_EDGE_S = 0.1


@dataclass(frozen=True)
class PlateContact:
    """One loading of a plate.

    Attributes:
        foot: 0 right, 1 left.
        start_s: when the load rose above 20 N [s].
        end_s: when it fell below [s].
        whole: whether both ends lie inside the recording.
    """

    foot: int
    start_s: float
    end_s: float
    whole: bool


@dataclass(frozen=True)
class FootLoads:
    """Plate forces by foot, at the frames of a motion.

    Attributes:
        force: (n, 2, 3) on right and left foot, world [N].
        center_of_pressure: (n, 2, 3) [m]; NaN without load.
        free_torque: (n, 2, 3) [N m].
        certain: (n,) whether every load could be given to one foot.
        contacts: loadings of the plates.
    """

    force: Array
    center_of_pressure: Array
    free_torque: Array
    certain: NDArray[np.bool_]
    contacts: tuple[PlateContact, ...]

    def measured(self) -> MeasuredLoads:
        """The same for inverse dynamics: a force of zero has its place at zero."""
        place = np.nan_to_num(self.center_of_pressure)
        return MeasuredLoads(self.force, place, self.free_torque)


def loads_of_feet(
    plates: Sequence[PlateRecord],
    times: Array,
    configurations: Sequence[Array | None],
    skeleton: Skeleton,
) -> FootLoads:
    """Give every plate's load to the foot that stands on it.

    Args:
        plates: in the world of the motion.
        times: (n,) frames of the motion [s].
        configurations: n of (38,), None where the motion is not known.
        skeleton: the person's.
    """
    feet, length_m = _feet(configurations, skeleton)
    force, moment = np.zeros((len(times), 2, 3)), np.zeros((len(times), 2, 3))
    height = np.zeros((len(times), 2))
    period_s = float(np.median(np.diff(times)))
    certain = np.ones(len(times), dtype=bool)
    contacts: list[PlateContact] = []
    for plate in plates:
        wrench = _at_times(plate, times)
        level = _level(plate)
        place, _ = _pressure(wrench[:, :3], wrench[:, 3:], np.full(len(times), level))
        for run in _runs(wrench[:, 2] > MIN_LOAD_N):
            away = np.linalg.norm((feet[run] - place[run, None])[:, :, :2], axis=2)
            with np.errstate(all="ignore"):
                foot = _nearest(away)
            certain[run] &= away[:, foot] < _REACH * length_m
            # From where the other foot stands there too, nobody knows who carries what.
            certain[run] &= ~np.logical_or.accumulate(
                _stands_on(plate, feet[run, 1 - foot], period_s)
            )
            force[run, foot] += wrench[run, :3]
            moment[run, foot] += wrench[run, 3:]
            height[run, foot] = level
            contacts.append(_contact(foot, plate, times[run]))
    place, torque = _pressure(force, moment, height)
    contacts.sort(key=lambda contact: contact.start_s)
    return FootLoads(force, place, torque, certain, tuple(contacts))


def _feet(configurations: Sequence[Array | None], skeleton: Skeleton) -> tuple[Array, float]:
    """Middles of both soles (n, 2, 3) [m], NaN where unknown, and a sole's length [m]."""
    feet = np.full((len(configurations), 2, 3), np.nan)
    for frame, q in enumerate(configurations):
        if q is not None:
            feet[frame] = skeleton.points(q, skeleton.soles).reshape(2, -1, 3).mean(axis=1)
    at_rest = skeleton.points(skeleton.neutral(), skeleton.soles)[:8]
    return feet, float(np.ptp(at_rest[:, 0]))


def _stands_on(plate: PlateRecord, foot: Array, period_s: float) -> NDArray[np.bool_]:
    """Whether a sole's middle (n, 3) rests on a plate whose corners are known."""
    if plate.corners is None:
        return np.zeros(len(foot), dtype=bool)
    lower, upper = plate.corners.min(axis=0), plate.corners.max(axis=0)
    inside = ((foot[:, :2] > lower[:2]) & (foot[:, :2] < upper[:2])).all(axis=1)
    speed = np.zeros(len(foot))
    if len(foot) > 1:
        speed = np.linalg.norm(np.gradient(foot, period_s, axis=0)[:, :2], axis=1)
    low = foot[:, 2] - upper[2] < _RESTING_HEIGHT_M
    return np.asarray(inside & low & (speed < _RESTING_SPEED_M_S))


def _nearest(away: Array) -> int:
    means = [np.nanmedian(column) if np.isfinite(column).any() else np.inf for column in away.T]
    return int(np.argmin(means))


def _at_times(plate: PlateRecord, times: Array) -> Array:
    """Force and moment about the world's origin (n, 6), filtered; zero outside of the record."""
    place = np.nan_to_num(plate.center_of_pressure)
    moment = np.cross(place, plate.force) + plate.free_torque
    wrench = np.hstack([plate.force, moment])
    rate_hz = 1.0 / float(np.median(np.diff(plate.times)))
    if rate_hz > 2.5 * CUTOFF_HZ and len(wrench) > _MIN_FILTERED:
        sections = butter(_FILTER_ORDER, CUTOFF_HZ, fs=rate_hz, output="sos")
        wrench = sosfiltfilt(sections, wrench, axis=0)
    columns = [np.interp(times, plate.times, column, 0.0, 0.0) for column in wrench.T]
    return np.stack(columns, axis=1)


def _level(plate: PlateRecord) -> float:
    """Height of the plate's top [m]."""
    heights = plate.center_of_pressure[:, 2]
    known = heights[np.isfinite(heights)]
    return float(np.median(known)) if known.size else 0.0


def _pressure(force: Array, moment: Array, height: Array) -> tuple[Array, Array]:
    """Centre of pressure at a height, and vertical free torque, of wrenches (..., 3) each."""
    loaded = force[..., 2] > MIN_LOAD_N
    vertical = np.where(loaded, force[..., 2], np.nan)
    x = (height * force[..., 0] - moment[..., 1]) / vertical
    y = (height * force[..., 1] + moment[..., 0]) / vertical
    torque = np.zeros_like(force)
    twist = moment[..., 2] - (x * force[..., 1] - y * force[..., 0])
    torque[..., 2] = np.nan_to_num(twist)
    return np.stack([x, y, np.where(loaded, height, np.nan)], axis=-1), torque


def _runs(flags: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    frames = np.flatnonzero(flags)
    if not len(frames):
        return []
    return [
        run for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1) if len(run) > 2
    ]


def _contact(foot: int, plate: PlateRecord, times: Array) -> PlateContact:
    """The loading of a plate during a run of frames; its ends by the unfiltered load."""
    near = (plate.times >= times[0] - _EDGE_S) & (plate.times <= times[-1] + _EDGE_S)
    loaded = plate.times[near & (plate.force[:, 2] > MIN_LOAD_N)]
    start_s, end_s = (loaded[0], loaded[-1]) if len(loaded) else (times[0], times[-1])
    whole = start_s > plate.times[0] + _EDGE_S and end_s < plate.times[-1] - _EDGE_S
    return PlateContact(foot, float(start_s), float(end_s), bool(whole))
