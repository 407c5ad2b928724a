"""Walking in numbers: speed, cadence, strides and stance, from which sole bears load when."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.report_data import GaitSummary

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MIN_WALKING_SPEED_MPS = 0.3
_MIN_STANCE_S = 0.1
_STRIDE_RANGE_S = (0.5, 3.0)
_SIDES = (0, 1)


def summarise_gait(times: Array, in_contact: BoolArray, pelvis: Array) -> GaitSummary | None:
    """Return gait numbers of one stretch of motion; None where nobody walks.

    A stride is counted when both of its heel strikes were seen.

    Args:
        times: (n,) [s], without gaps.
        in_contact: (n, 2) right and left sole bear load.
        pelvis: (n, 3) position in the world [m].
    """
    if len(times) < 2:
        return None
    path_m = float(np.linalg.norm(pelvis[-1, :2] - pelvis[0, :2]))
    speed_mps = path_m / float(times[-1] - times[0])
    if speed_mps < MIN_WALKING_SPEED_MPS:
        return None
    strides = tuple(_strides(times, in_contact[:, side]) for side in _SIDES)
    counts = (len(strides[0]), len(strides[1]))
    if not any(counts):
        return None
    durations = [times[end] - times[start] for side in strides for start, end in side]
    stride_s = float(np.mean(durations))
    first = min(start for side in strides for start, _ in side)
    last = max(end for side in strides for _, end in side)
    both = in_contact[first:last].all(axis=1)
    return GaitSummary(
        speed_mps=speed_mps,
        cadence_spm=120.0 / stride_s,
        stride_length_m=(_length(strides[0], pelvis), _length(strides[1], pelvis)),
        stance_fraction=(
            _stance(strides[0], in_contact[:, 0]),
            _stance(strides[1], in_contact[:, 1]),
        ),
        double_support_fraction=float(both.mean()),
        strides=counts,
    )


def _strides(times: Array, contact: BoolArray) -> list[tuple[int, int]]:
    """Frames of each stride's first and last heel strike."""
    strikes = np.flatnonzero(contact[1:] & ~contact[:-1]) + 1
    real = [k for k in strikes if _stays(times, contact, int(k))]
    low, high = _STRIDE_RANGE_S
    pairs = zip(real[:-1], real[1:], strict=True)
    return [(int(a), int(b)) for a, b in pairs if low <= times[b] - times[a] <= high]


def _stays(times: Array, contact: BoolArray, strike: int) -> bool:
    """Whether the contact lasts, so that a flicker is no step; the end of the recording counts."""
    until = np.searchsorted(times, times[strike] + _MIN_STANCE_S)
    return bool(contact[strike:until].all())


def _length(strides: list[tuple[int, int]], pelvis: Array) -> float:
    """Mean way of the pelvis over a stride [m], equal to the foot's when walking evenly."""
    if not strides:
        return float("nan")
    return float(np.mean([np.linalg.norm(pelvis[b, :2] - pelvis[a, :2]) for a, b in strides]))


def _stance(strides: list[tuple[int, int]], contact: BoolArray) -> float:
    return float(np.mean([contact[a:b].mean() for a, b in strides])) if strides else float("nan")
