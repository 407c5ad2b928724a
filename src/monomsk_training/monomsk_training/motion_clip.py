"""A motion on the project's skeleton: pelvis and coordinates over time, in OpenSim's convention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import make_interp_spline

from monomsk_description.frames import Array

PELVIS_NAMES = (
    "pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz",
)  # fmt: skip
_LEG = (
    "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle", "subtalar_angle",
    "mtp_angle",
)  # fmt: skip
_ARM = ("arm_flex", "arm_add", "arm_rot", "elbow_flex", "pro_sup", "wrist_flex", "wrist_dev")
LUMBAR_NAMES = ("lumbar_extension", "lumbar_bending", "lumbar_rotation")
COORDINATE_NAMES = (
    *(f"{name}_r" for name in _LEG), *(f"{name}_l" for name in _LEG), *LUMBAR_NAMES,
    *(f"{name}_r" for name in _ARM), *(f"{name}_l" for name in _ARM),
)  # fmt: skip
#: Columns of every motion: 3 pelvis angles [rad], 3 pelvis places [m], 31 coordinates [rad].
MOTION_NAMES = PELVIS_NAMES + COORDINATE_NAMES
COLUMN: Mapping[str, int] = {name: number for number, name in enumerate(MOTION_NAMES)}
ANGLES = np.array([name not in PELVIS_NAMES[3:] for name in MOTION_NAMES])

_FLIPPED = ("pelvis_list", "pelvis_rotation", "pelvis_tz", "lumbar_bending", "lumbar_rotation")
_MIRROR_SIGN = np.array([-1.0 if name in _FLIPPED else 1.0 for name in MOTION_NAMES])


def _other_side(name: str) -> str:
    if name.endswith("_r"):
        return f"{name[:-2]}_l"
    return f"{name[:-2]}_r" if name.endswith("_l") else name


_MIRROR_COLUMNS = np.array([COLUMN[_other_side(name)] for name in MOTION_NAMES])

#: What a source without a coordinate is given [deg]: relaxed arms, elbows as those of the eight
#: training walkers who had markers on their arms (mean; standard deviation 6); palms towards the
#: thighs, which is 90 with an arm that is not turned (the palm faces forward at 0), a little less.
REST_DEG = {"arm_add": -10.0, "elbow_flex": 30.0, "pro_sup": 80.0}


@dataclass(frozen=True, eq=False)
class MotionClip:
    """A recorded motion.

    Attributes:
        name: File or clip, for reports.
        subject: Who moved; splits go by it.
        rate_hz: Frames a second.
        values: (frames, 37) in the order of `MOTION_NAMES`; angles unwrapped.
    """

    name: str
    subject: str
    rate_hz: float
    values: Array

    @property
    def duration_s(self) -> float:
        """Length [s]."""
        return (len(self.values) - 1) / self.rate_hz

    def resampled(self, rate_hz: float) -> MotionClip:
        """The clip at another rate, through cubic splines."""
        times = np.arange(len(self.values)) / self.rate_hz
        wanted = np.arange(0.0, times[-1] + 1e-9, 1.0 / rate_hz)
        spline = make_interp_spline(times, self.values, k=3)
        return replace(self, rate_hz=rate_hz, values=np.asarray(spline(wanted), dtype=np.float64))

    def shifted(self, degrees: Mapping[str, float]) -> MotionClip:
        """The clip with constants added to coordinates, by name without side [deg]."""
        values = self.values.copy()
        for name, column in COLUMN.items():
            values[:, column] += np.radians(
                degrees.get(name.removesuffix("_r").removesuffix("_l"), 0.0)
            )
        return replace(self, values=values)


def mirrored(values: Array) -> Array:
    """A motion (..., 37) with left and right exchanged."""
    return values[..., _MIRROR_COLUMNS] * _MIRROR_SIGN


def leaning(angles: Array, change: Array) -> Array:
    """Pelvis angles (..., 3) [rad] after tilting and listing in the pelvis' own axes.

    The angles turn about z, the new x, the new y; `change` (..., 3) [rad] first about z, then the
    new x, behind them. Its third component is added.
    """
    (sz, cz), (sx, cx), (sy, cy), (s_tilt, c_tilt), (s_list, c_list) = (
        (np.sin(angle), np.cos(angle))
        for angle in (*np.moveaxis(angles, -1, 0), change[..., 0], change[..., 1])
    )
    rows = (
        (cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy),
        (sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy),
        (-cx * sy, sx, cx * cy),
    )
    middle = [(row[1] * c_tilt - row[0] * s_tilt) * c_list + row[2] * s_list for row in rows]
    low = rows[2]
    first = low[0] * c_tilt + low[1] * s_tilt
    third = (low[0] * s_tilt - low[1] * c_tilt) * s_list + low[2] * c_list
    found = np.stack(
        [
            np.arctan2(-middle[0], middle[1]),
            np.arcsin(np.clip(middle[2], -1.0, 1.0)),
            np.arctan2(-first, third) + change[..., 2],
        ],
        axis=-1,
    )
    return np.asarray(found, dtype=np.float64)


def at_rest(frames: int) -> Array:
    """A motion (frames, 37) of a person who stands with relaxed arms."""
    values = np.zeros((frames, len(MOTION_NAMES)))
    for name, degrees in REST_DEG.items():
        for side in "rl":
            values[:, COLUMN[f"{name}_{side}"]] = np.radians(degrees)
    return values


def unwrapped(values: Array) -> Array:
    """The motion with continuous angles, near zero as a whole."""
    angles = np.unwrap(values[:, ANGLES], axis=0)
    angles -= 2.0 * np.pi * np.round(np.median(angles, axis=0) / (2.0 * np.pi))
    result = values.copy()
    result[:, ANGLES] = angles
    return result
