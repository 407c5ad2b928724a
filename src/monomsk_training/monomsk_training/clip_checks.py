"""Physics of recorded clips: impossible ones are found, travel and flight are put right.

What a clip would take of a person of 1.75 m and 70 kg comes from the project's inverse dynamics.
`scripts/check_motions.py` prints it for every clip of the library, and what is dropped and why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import butter, filtfilt
from scipy.spatial.transform import Rotation

from monomsk_description.frames import GRAVITY_M_S2, ROTATION_REP103_OPENSIM, Array
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_training.motion_clip import COLUMN, MotionClip

#: What the checks are computed with: the stature that the library's travels are scaled to.
SUBJECT = Subject(1.75, 70.0)
_CUTOFF_HZ = 6.0
#: A foot carries when it neither lifts nor lands faster than this while the floor carries half.
_STILL_M_S, _CARRIED = 0.15, 0.5
#: In the air: the floor carries less than this share of the weight, for this long.
_FLOATING, _FLIGHT_S = 0.15, 0.05
#: Slower ways say nothing about the scale of the travel; others are no mistake of a scale.
_TRAVEL_M_S, _SCALES = 0.4, np.arange(0.7, 1.5, 0.02)
_PLACES = [COLUMN["pelvis_tx"], COLUMN["pelvis_tz"]]
_HEIGHT = COLUMN["pelvis_ty"]


@dataclass(frozen=True)
class ClipLimits:
    """How bad a clip may be.

    Attributes:
        slide_m_s: Speed of the feet that carry, against each other and the floor (median) [m/s].
        float_m: Range of heights at which feet carry, 5th to 95th percentile [m]; uneven ground
            is allowed.
        pull: Share of frames in which the floor would have to pull by a quarter of the weight.
        heave: Highest force from the floor (98th percentile) over the weight.
        joint_nm_per_kg: Highest torque (98th percentile) of the lumbar joint and the shoulders over
            the body's mass [N m/kg].
    """

    slide_m_s: float = 0.6
    float_m: float = 0.45
    pull: float = 0.2
    heave: float = 6.0
    joint_nm_per_kg: float = 9.0


@dataclass(frozen=True)
class ClipPhysics:
    """What a clip would take, in the units of `ClipLimits`.

    Attributes:
        slide_m_s: See `ClipLimits`; 0 where the pelvis goes nowhere in the recording.
        float_m: See `ClipLimits`.
        pull: See `ClipLimits`.
        heave: See `ClipLimits`.
        joint_nm_per_kg: See `ClipLimits`.
        belt_m_s: Common speed of the carrying feet: a treadmill's belt [m/s].
        travel_scale: Factor on the travel with which the feet slide least; 1 where it says nothing.
        flight_m: How high the soles are above their way from take-off to landing (frames,) [m].
    """

    slide_m_s: float
    float_m: float
    pull: float
    heave: float
    joint_nm_per_kg: float
    belt_m_s: float
    travel_scale: float
    flight_m: Array

    def faults(self, limits: ClipLimits) -> list[str]:
        """What is impossible, in words; empty: nothing."""
        found = []
        if self.slide_m_s > limits.slide_m_s:
            found.append(f"feet slide at {self.slide_m_s:.2f} m/s")
        if self.float_m > limits.float_m:
            found.append(f"feet carry at heights {100 * self.float_m:.0f} cm apart")
        if self.pull > limits.pull:
            found.append(f"the floor pulls in {100 * self.pull:.0f} % of the frames")
        if self.heave > limits.heave:
            found.append(f"the floor pushes with {self.heave:.1f} times the weight")
        if self.joint_nm_per_kg > limits.joint_nm_per_kg:
            found.append(f"joints need {self.joint_nm_per_kg:.1f} N m/kg")
        return found


def settled(clip: MotionClip, physics: ClipPhysics) -> MotionClip:
    """The clip with its travel scaled to its feet and the flight's height as `pelvis_ty`."""
    values = clip.values.copy()
    values[:, _PLACES] *= physics.travel_scale
    values[:, _HEIGHT] = physics.flight_m
    return replace(clip, values=values)


def configurations(values: Array) -> Array:
    """Configurations (frames, 38) of the skeleton from a motion (frames, 37)."""
    swap = np.asarray(ROTATION_REP103_OPENSIM)
    pelvis = swap @ Rotation.from_euler("ZXY", values[:, :3]).as_matrix() @ swap.T
    quaternion = Rotation.from_matrix(pelvis).as_quat()
    return np.hstack([values[:, 3:6] @ swap.T, quaternion, values[:, 6:]])


def clip_physics(clip: MotionClip, skeleton: Skeleton | None = None) -> ClipPhysics:
    """What a clip would take of a person of 1.75 m and 70 kg."""
    skeleton = skeleton or build_skeleton(SUBJECT)
    numerator, denominator = butter(2, min(_CUTOFF_HZ / (0.5 * clip.rate_hz), 0.9))
    q = configurations(filtfilt(numerator, denominator, clip.values, axis=0))
    tau = _torques(skeleton, q, clip.rate_hz)
    force = np.einsum("fij,fj->fi", Rotation.from_quat(q[:, 3:7]).as_matrix(), tau[:, :3])
    carried = force[:, 2] / (skeleton.mass_kg * GRAVITY_M_S2)
    names = [
        n for n in skeleton.coordinate_names if n.startswith(("lumbar", "arm_flex", "arm_add"))
    ]
    columns = [6 + skeleton.coordinate_index(name) for name in names]
    highest = np.abs(tau[:, columns]).max(axis=1) / skeleton.mass_kg
    soles = np.array([skeleton.points(one, skeleton.soles) for one in q]).reshape(len(q), 2, -1, 3)
    footing = _footing(soles, q[:, :2], carried, clip.rate_hz)
    return ClipPhysics(
        slide_m_s=footing.slide_m_s,
        float_m=footing.range_m,
        pull=float(np.mean(carried < -0.25)),
        heave=float(np.percentile(carried, 98.0)),
        joint_nm_per_kg=float(np.percentile(highest, 98.0)),
        belt_m_s=footing.belt_m_s,
        travel_scale=footing.travel_scale,
        flight_m=_flight(soles[..., 2].min(axis=(1, 2)), carried, clip.rate_hz),
    )


def _torques(skeleton: Skeleton, q: Array, rate_hz: float) -> Array:
    """Generalised forces (frames, 37) of a motion without contacts; the ends repeat."""
    steps = [skeleton.difference(a, b) for a, b in zip(q[:-2], q[2:], strict=True)]
    v = np.array(steps) * (0.5 * rate_hz)
    a = (v[2:] - v[:-2]) * (0.5 * rate_hz)
    inner = [skeleton.inverse_dynamics(*row) for row in zip(q[2:-2], v[1:-1], a, strict=True)]
    return np.pad(np.array(inner), ((2, 2), (0, 0)), mode="edge")


@dataclass(frozen=True)
class _Footing:
    slide_m_s: float = 0.0
    range_m: float = 0.0
    belt_m_s: float = 0.0
    travel_scale: float = 1.0


def _footing(soles: Array, pelvis: Array, carried: Array, rate_hz: float) -> _Footing:
    """How the feet carry: soles (frames, 2, n, 3) [m], pelvis (frames, 2) [m], share of weight."""
    velocity = np.gradient(soles, axis=0) * rate_hz
    flat = soles.reshape(len(soles), -1, 3)
    lowest = flat[..., 2].argmin(axis=1)
    rows = np.arange(len(soles))
    level = flat[rows, lowest, 2]
    speed = velocity.reshape(flat.shape)[rows, lowest]
    stands = (np.abs(speed[:, 2]) < _STILL_M_S) & (carried > _CARRIED)
    if not stands.any():
        return _Footing()
    low, high = np.percentile(level[stands], [5.0, 95.0])
    if np.ptp(pelvis, axis=0).max() < 0.01:
        return _Footing(range_m=float(high - low))
    foot, way = speed[stands, :2], (np.gradient(pelvis, axis=0) * rate_hz)[stands]
    scale = 1.0
    if np.linalg.norm(way, axis=1).mean() > _TRAVEL_M_S:
        slides = [np.median(np.linalg.norm(foot + (s - 1.0) * way, axis=1)) for s in _SCALES]
        scale = float(_SCALES[int(np.argmin(slides))])
    foot = foot + (scale - 1.0) * way
    belt = np.median(foot, axis=0)
    slide = np.median(np.linalg.norm(foot - belt, axis=1))
    return _Footing(float(slide), float(high - low), float(np.linalg.norm(belt)), scale)


def _flight(lowest: Array, carried: Array, rate_hz: float) -> Array:
    """Height (frames,) [m] of the lowest sole point over its way from take-off to landing."""
    flight = np.zeros(len(lowest))
    aloft = np.concatenate([[False], carried < _FLOATING, [False]])
    starts = np.flatnonzero(~aloft[:-1] & aloft[1:])
    ends = np.flatnonzero(aloft[:-1] & ~aloft[1:])
    for start, end in zip(starts, ends, strict=True):
        if (end - start) / rate_hz < _FLIGHT_S or start == 0 or end == len(lowest):
            continue
        rows = np.arange(start, end)
        level = np.interp(rows, [start - 1, end], [lowest[start - 1], lowest[end]])
        flight[rows] = np.clip(lowest[rows] - level, 0.0, None)
    return flight
