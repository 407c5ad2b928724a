"""Segment lengths from the places of joint centres or landmarks over a recording."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from monomsk_description.errors import ShapeError
from monomsk_description.frames import Array
from monomsk_description.proportions import MeasuredLength
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

#: The two ends of each length, right side first; an end is the middle of the points it names.
#: Joint centres have the name of the segment that starts there, as in `Skeleton.joint_centers`.
_End = tuple[str, ...]
ENDS: dict[str, tuple[tuple[_End, _End], ...]] = {
    "thigh": (
        (("femur_r",), ("tibia_r",)), (("femur_l",), ("tibia_l",)),
        (("right_hip",), ("right_knee",)), (("left_hip",), ("left_knee",)),
    ),
    "shank": (
        (("tibia_r",), ("talus_r",)), (("tibia_l",), ("talus_l",)),
        (("right_knee",), ("right_ankle",)), (("left_knee",), ("left_ankle",)),
    ),
    "foot": (
        (("calcn_r",), ("toes_r",)), (("calcn_l",), ("toes_l",)),
        (("right_heel",), ("right_foot_index",)), (("left_heel",), ("left_foot_index",)),
    ),
    "pelvis_width": ((("femur_r",), ("femur_l",)), (("right_hip",), ("left_hip",))),
    "trunk": ((("torso",), ("humerus_r", "humerus_l")),),
    "shoulder_width": (
        (("humerus_r",), ("humerus_l",)), (("right_shoulder",), ("left_shoulder",)),
    ),
    "upper_arm": (
        (("humerus_r",), ("ulna_r",)), (("humerus_l",), ("ulna_l",)),
        (("right_shoulder",), ("right_elbow",)), (("left_shoulder",), ("left_elbow",)),
    ),
    "forearm": (
        (("ulna_r",), ("hand_r",)), (("ulna_l",), ("hand_l",)),
        (("right_elbow",), ("right_wrist",)), (("left_elbow",), ("left_wrist",)),
    ),
}  # fmt: skip

_HUBER_SIGMAS = 1.5
_MAD_TO_SIGMA = 1.4826


def measure_lengths(
    names: Sequence[str],
    positions: Array,
    sigma_m: Array,
    offset_sigma_m: float = 0.0,
    independent_frames: int | None = None,
) -> tuple[MeasuredLength, ...]:
    """The lengths that points tell of, both sides alike, robust against bad frames.

    Args:
        names: Of the points: joint centres (`femur_r`: the hip, `tibia_r`: the knee, ...) or
            BlazePose landmarks; others are passed over.
        positions: (n, k, 3) over n frames, in any frame [m]; NaN where a point is not known.
        sigma_m: Standard deviation of a point along each axis [m], (k,) or (n, k).
        offset_sigma_m: Constant part of it that no number of frames averages out [m].
        independent_frames: How many frames with independent errors the recording is worth; all of
            them unless given.

    Returns:
        One entry for each length both ends of which are known, in the skeleton's sense of it.

    Raises:
        ShapeError: The arrays do not fit.
    """
    positions = np.asarray(positions, dtype=float)
    if positions.ndim != 3 or positions.shape[1:] != (len(names), 3):
        raise ShapeError("positions", f"shape {positions.shape}, expected (n, {len(names)}, 3)")
    try:
        sigma_m = np.broadcast_to(sigma_m, positions.shape[:2])
    except ValueError:
        shape = np.shape(sigma_m)
        raise ShapeError("sigma_m", f"shape {shape}, expected ({len(names)},)") from None
    share = 1.0 if independent_frames is None else independent_frames / max(len(positions), 1)
    measured = []
    for name, pairs in ENDS.items():
        sides = []
        for pair in pairs:
            if all(point in names for end in pair for point in end):
                ends = [_middle(names, end, positions, sigma_m) for end in pair]
                side = _distance(*ends[0], *ends[1], min(share, 1.0))
                if side is not None:
                    offset_m = offset_sigma_m * float(np.sqrt(sum(1 / len(end) for end in pair)))
                    factor = _model_ratio(name, pair)
                    sides.append((side[0] * factor, np.hypot(side[1], offset_m) * factor))
        if sides:
            measured.append(_mean(name, np.array(sides)))
    return tuple(measured)


def _middle(
    names: Sequence[str], end: _End, positions: Array, sigma_m: Array
) -> tuple[Array, Array]:
    """Middle (n, 3) of some points and its variance along each axis (n,)."""
    columns = [names.index(point) for point in end]
    variance = (sigma_m[:, columns] ** 2).sum(axis=1) / len(columns) ** 2
    return positions[:, columns].mean(axis=1), variance


def _distance(
    first: Array, first_variance: Array, second: Array, second_variance: Array, share: float
) -> tuple[float, float] | None:
    """Distance of two ends over all frames and its standard deviation [m]; None if unknown."""
    apart = np.linalg.norm(second - first, axis=1)
    variance = first_variance + second_variance
    known = np.isfinite(apart) & np.isfinite(variance) & (apart > 0.0)
    apart, variance = apart[known], variance[known]
    if not len(apart):
        return None
    # Noise across the line between two points lengthens it: by its variance over the length.
    apart = apart - variance / np.maximum(np.median(apart), 3.0 * np.sqrt(variance))
    sigma = np.sqrt(np.maximum(variance, 1e-12))
    return _huber_mean(apart, sigma, share)


def _huber_mean(values: Array, sigma: Array, share: float) -> tuple[float, float]:
    """Huber's mean and its standard deviation, of which a share of the frames is independent."""
    center = float(np.median(values))
    # Frames may scatter more than they claim to.
    claimed = (values - center) / sigma
    sigma = sigma * max(1.0, _MAD_TO_SIGMA * float(np.median(np.abs(claimed))))
    for _ in range(20):
        limit = np.minimum(1.0, _HUBER_SIGMAS * sigma / np.maximum(np.abs(values - center), 1e-12))
        weight = limit / sigma**2
        center = float(weight @ values / weight.sum())
    independent = max(share * len(values), 1.0)
    return center, float(np.sqrt(len(values) / (weight.sum() * independent)))


def _mean(name: str, sides: Array) -> MeasuredLength:
    """One length for both sides: their weighted mean."""
    weights = 1.0 / np.maximum(sides[:, 1], 1e-6) ** 2
    length_m = float(weights @ sides[:, 0] / weights.sum())
    return MeasuredLength(name, length_m, float(1.0 / np.sqrt(weights.sum())))


@cache
def _model_ratio(name: str, pair: tuple[_End, _End]) -> float:
    """The skeleton's length over the distance that its points have."""
    skeleton = build_skeleton(Subject.assume())
    places: dict[str, Array] = {}
    for points in (skeleton.joint_centers, skeleton.landmarks):
        at = skeleton.points(skeleton.neutral(), points)
        places.update(zip(points.names, at, strict=True))
    first, second = (np.mean([places[point] for point in end], axis=0) for end in pair)
    rule = skeleton.anatomy.length_rules[name]
    return rule.model_length_m / float(np.linalg.norm(second - first))
