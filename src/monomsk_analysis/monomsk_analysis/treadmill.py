"""Finds a treadmill: somebody who walks without getting anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]

#: A pelvis that drifts faster walks over ground [m/s].
_MAX_DRIFT_M_S = 0.3
#: A belt is faster than this [m/s].
_MIN_BELT_M_S = 0.4
#: Sole points this close to the lowest height of the recording stand on the belt [m].
_NEAR_FLOOR_M = 0.02
_MIN_SAMPLES = 10


def belt_velocity(
    times: Array, configurations: Sequence[Array | None], skeleton: Skeleton
) -> Array | None:
    """Velocity (3,) [m/s] at which standing soles move through the world; None without a belt.

    Args:
        times: (n,) [s].
        configurations: n of (38,), None where not known.
        skeleton: the person's.
    """
    known = np.array([k for k, q in enumerate(configurations) if q is not None])
    if len(known) < _MIN_SAMPLES:
        return None
    q = np.array([configurations[k] for k in known])
    duration_s = times[known[-1]] - times[known[0]]
    drift = np.linalg.norm(q[-1, :2] - q[0, :2]) / duration_s
    if drift > _MAX_DRIFT_M_S:
        return None
    soles = np.array([skeleton.points(row, skeleton.soles) for row in q])
    neighbours = np.diff(known) == 1
    velocity = np.diff(soles, axis=0)[neighbours] / np.diff(times[known])[neighbours, None, None]
    heights = (0.5 * (soles[1:, :, 2] + soles[:-1, :, 2]))[neighbours]
    standing = velocity[heights < np.quantile(heights, 0.05) + _NEAR_FLOOR_M]
    if len(standing) < _MIN_SAMPLES:
        return None
    belt = np.append(np.median(standing[:, :2], axis=0), 0.0)
    return belt if np.linalg.norm(belt) > _MIN_BELT_M_S else None
