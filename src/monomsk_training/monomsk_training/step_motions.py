"""Stairs, jumps, marching on the spot, heel raises, lunges.

Stair curves follow R. Riener, M. Rabuffetti, C. Frigo (2002), Gait & Posture 15:32 (inclination of
30 degrees), read off at tenths of the stride from the foot's contact on; ankles follow from the
foot's pitch, which is level while the foot carries.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.interpolate import CubicSpline

from monomsk_description.frames import GRAVITY_M_S2, Array
from monomsk_training.chair_motions import balancing_lean
from monomsk_training.generators import Rng, smooth_noise
from monomsk_training.motion_clip import COLUMN, at_rest

#: Thigh forward of vertical, knee flexion, foot pitch (toes up) [deg].
_STAIRS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "up": {
        "thigh": (55, 50, 40, 28, 16, 8, 14, 38, 60, 64),
        "knee": (65, 58, 45, 30, 18, 12, 30, 75, 95, 82),
        "pitch": (0, 0, 0, 0, -2, -12, -35, -25, -20, -8),
    },
    "down": {
        "thigh": (18, 18, 16, 14, 14, 18, 26, 38, 36, 24),
        "knee": (12, 22, 26, 30, 42, 62, 86, 92, 60, 18),
        "pitch": (-22, -6, 0, 0, -3, -18, -40, -42, -35, -25),
    },
}
_CURVES = {
    way: {
        name: CubicSpline(np.linspace(0.0, 1.0, 11), [*values, values[0]], bc_type="periodic")
        for name, values in table.items()
    }
    for way, table in _STAIRS.items()
}
#: Share of the stride in which the load passes from foot to foot.
_DOUBLE_SUPPORT = 0.12


def stairs(rng: Rng, times: Array) -> Array:
    """Stairs up or down, each foot on steps of its own.

    `pelvis_tx` is 1, which says so; `pelvis_tz` says which foot carries: 1 the right one, -1 the
    left one (a mirrored motion changes its sign).
    """
    way = "up" if rng.random() < 0.5 else "down"
    clock = times * rng.uniform(0.45, 0.85) + rng.random()
    clock = clock + 0.02 * smooth_noise(rng, times, 1, 0.8)[:, 0]
    gain = rng.uniform(0.65, 1.2)
    values = at_rest(len(times))
    cycle = 2.0 * np.pi * clock
    tilt = rng.normal(-4.0 if way == "up" else 0.0, 6.0) + 2.0 * np.sin(2.0 * cycle)
    lean = rng.uniform(2.0, 25.0) if way == "up" else rng.uniform(-4.0, 12.0)
    share = rng.uniform(0.2, 0.8)
    tilt = tilt - share * lean
    amount = rng.uniform(2.0, 8.0, 3)
    columns = {
        "pelvis_tilt": tilt,
        "pelvis_list": -amount[0] * np.sin(cycle + 0.4),
        "pelvis_rotation": amount[1] * np.cos(cycle + 0.3),
        "lumbar_extension": rng.normal(-9.0, 7.0) - (1.0 - share) * lean + 0.0 * cycle,
        "lumbar_bending": amount[2] * np.sin(cycle + 0.4),
        "lumbar_rotation": -1.4 * amount[1] * np.cos(cycle + 0.3),
    }
    for name, degrees in columns.items():
        values[:, COLUMN[name]] = np.radians(degrees)
    values[:, COLUMN["pelvis_tx"]] = 1.0
    values[:, COLUMN["pelvis_tz"]] = _carrying(clock % 1.0)
    for side, shift in (("r", 0.0), ("l", 0.5)):
        phase = clock + shift
        thigh = gain * _CURVES[way]["thigh"](phase)
        knee = gain * _CURVES[way]["knee"](phase) + rng.normal(0.0, 3.0)
        swing = np.sin(2.0 * np.pi * phase - 1.3)
        own: dict[str, Array | float] = {
            "hip_flexion": thigh - tilt,
            "knee_angle": knee,
            "ankle_angle": np.clip(_CURVES[way]["pitch"](phase) + knee - thigh, -40.0, 32.0),
            "hip_adduction": rng.normal(-2.0, 3.0) + 3.0 * np.sin(2.0 * np.pi * phase),
            "hip_rotation": rng.normal(-4.0, 6.0),
            "arm_flex": rng.normal(5.0, 12.0) + rng.uniform(0.0, 20.0) * swing,
            "elbow_flex": rng.uniform(10.0, 80.0),
        }
        for name, degrees in own.items():
            values[:, COLUMN[f"{name}_{side}"]] = np.radians(degrees)
    return values


def _carrying(phase: Array) -> Array:
    """1 where the right foot carries, -1 where the left one does, in between in double support."""
    knots = [0.0, _DOUBLE_SUPPORT, 0.5, 0.5 + _DOUBLE_SUPPORT, 1.0]
    return np.asarray(np.interp(phase, knots, [-1.0, 1.0, 1.0, -1.0, -1.0]))


def jump(rng: Rng, times: Array) -> Array:
    """Jumps on the spot: crouch, push off, flight, landing; `pelvis_ty` is the flight's height."""
    height_m = rng.uniform(0.03, 0.45)
    flight_s = 2.0 * np.sqrt(2.0 * height_m / GRAVITY_M_S2)
    crouch_s, push_s = rng.uniform(0.4, 0.9), rng.uniform(0.2, 0.35)
    land_s, rest_s = rng.uniform(0.15, 0.4), rng.uniform(0.3, 1.2)
    spans = np.array([crouch_s, push_s, flight_s, land_s, rest_s])
    clock = (times + rng.uniform(0.0, spans.sum())) % spans.sum()
    ends = np.cumsum(spans)
    deep, soft = rng.uniform(35.0, 95.0), rng.uniform(20.0, 80.0)
    tall = rng.uniform(0.0, 6.0)
    knots = np.concatenate([[0.0], ends])
    depth = np.interp(clock, knots, [0.0, 1.0, 0.0, 0.0, soft / deep, 0.0])
    width = max(3, round(0.12 / float(times[1] - times[0])))
    kernel = np.hanning(width + 2)[1:-1] / np.hanning(width + 2)[1:-1].sum()
    depth = np.convolve(np.pad(depth, width, mode="edge"), kernel, mode="same")[width:-width]
    aloft = (clock > ends[1]) & (clock < ends[2])
    since = np.where(aloft, clock - ends[1], 0.0)
    values = at_rest(len(times))
    values[:, COLUMN["pelvis_ty"]] = np.where(
        aloft, np.sqrt(2.0 * GRAVITY_M_S2 * height_m) * since - 0.5 * GRAVITY_M_S2 * since**2, 0.0
    )
    thigh = tall + deep * depth
    ankle = rng.uniform(-2.0, 4.0) + min(0.4 * deep, 30.0) * depth
    lean = np.clip(balancing_lean(thigh, ankle, 0.03), -5.0, 60.0) * np.clip(2.0 * depth, 0.0, 1.0)
    _sagittal(rng, values, thigh, ankle, lean)
    pointed = np.convolve(np.pad(aloft.astype(float), width, mode="edge"), kernel, mode="same")
    for side in "rl":
        point = rng.uniform(15.0, 45.0) * pointed[width:-width]
        values[:, COLUMN[f"ankle_angle_{side}"]] -= np.radians(point)
        swing = rng.uniform(-60.0, 0.0) * depth + rng.uniform(0.0, 120.0) * pointed[width:-width]
        values[:, COLUMN[f"arm_flex_{side}"]] = np.radians(swing + rng.normal(0.0, 8.0))
        values[:, COLUMN[f"elbow_flex_{side}"]] = np.radians(rng.uniform(5.0, 70.0))
    return values


def on_the_spot(rng: Rng, times: Array) -> Array:
    """Marching, standing on one leg, heel raises, side steps: one exercise a window."""
    kind = rng.choice(["march", "one_leg", "heels", "sideways", "lunge"])
    clock = times * rng.uniform(0.3, 1.0) + rng.random()
    values = at_rest(len(times))
    tall = rng.uniform(0.0, 5.0) + 0.0 * times
    wave = 0.5 - 0.5 * np.cos(2.0 * np.pi * clock)
    _sagittal(rng, values, tall, tall * 0.5, rng.uniform(-3.0, 8.0) + 0.0 * times)
    lifted = {"r": np.zeros(len(times)), "l": np.zeros(len(times))}
    if kind in ("march", "one_leg"):
        for side, shift in (("r", 0.0), ("l", 0.5)):
            up = np.clip(np.sin(2.0 * np.pi * (clock + shift)), 0.0, 1.0)
            lifted[side] = up if kind == "march" else wave * float(side == "r")
        high, knee = rng.uniform(15.0, 100.0), rng.uniform(30.0, 115.0)
        for side in "rl":
            values[:, COLUMN[f"hip_flexion_{side}"]] += np.radians(high) * lifted[side]
            values[:, COLUMN[f"knee_angle_{side}"]] += np.radians(knee) * lifted[side]
            values[:, COLUMN[f"ankle_angle_{side}"]] += np.radians(rng.normal(0, 10)) * lifted[side]
    elif kind == "heels":
        rise = np.radians(rng.uniform(10.0, 40.0)) * wave
        for side in "rl":
            values[:, COLUMN[f"ankle_angle_{side}"]] -= rise
            values[:, COLUMN[f"mtp_angle_{side}"]] += 0.8 * rise
    elif kind == "sideways":
        for side, part in (("r", wave), ("l", 1.0 - wave)):
            values[:, COLUMN[f"hip_adduction_{side}"]] -= np.radians(rng.uniform(5, 35)) * part
    else:
        _lunge(rng, values, wave)
    lean = np.radians(rng.uniform(0.0, 8.0)) * (lifted["r"] - lifted["l"])
    values[:, COLUMN["pelvis_list"]] += lean * rng.uniform(-0.5, 1.0)
    values[:, COLUMN["lumbar_bending"]] += lean * rng.uniform(-1.0, 1.0)
    for side in "rl":
        held = rng.choice([rng.uniform(-10.0, 20.0), rng.uniform(40.0, 95.0)])
        values[:, COLUMN[f"arm_flex_{side}"]] = np.radians(held)
        values[:, COLUMN[f"arm_add_{side}"]] = np.radians(-rng.choice([8.0, rng.uniform(10, 90)]))
        values[:, COLUMN[f"elbow_flex_{side}"]] = np.radians(rng.uniform(5.0, 100.0))
    return values


def _lunge(rng: Rng, values: Array, wave: Array) -> None:
    """The right leg in front, the left one behind on its toes."""
    front, back = rng.uniform(20.0, 85.0) * wave, rng.uniform(-5.0, 25.0) * wave
    knee = front + rng.uniform(-5.0, 15.0) * wave
    rear_knee = rng.uniform(10.0, 95.0) * wave
    # The rear heel rises as shank and thigh turn back.
    rear_foot = np.minimum(rear_knee + back, 70.0)
    for name, degrees in {
        "hip_flexion_r": front, "knee_angle_r": knee, "ankle_angle_r": knee - front,
        "hip_flexion_l": -back, "knee_angle_l": rear_knee,
        "ankle_angle_l": np.clip(rear_knee + back - rear_foot, -20.0, 30.0),
        "mtp_angle_l": np.clip(rear_foot, 0.0, 35.0),
    }.items():  # fmt: skip
        values[:, COLUMN[name]] += np.radians(degrees)


def _sagittal(rng: Rng, values: Array, thigh: Array, ankle: Array, lean: Array) -> None:
    """Both legs with flat feet, and the trunk's lean shared by pelvis and lumbar joint [deg]."""
    share = float(np.clip(rng.normal(0.75, 0.15), 0.3, 1.1))
    ahead = rng.normal(1.0, 6.0) + share * lean
    values[:, COLUMN["pelvis_tilt"]] = np.radians(-ahead)
    values[:, COLUMN["lumbar_extension"]] = np.radians(rng.normal(-9.0, 7.0) - (1 - share) * lean)
    stance, turned = rng.uniform(-14.0, 3.0), rng.normal(-4.0, 7.0)
    for side in "rl":
        for name, degrees in {
            "hip_flexion": thigh + ahead, "knee_angle": thigh + ankle, "ankle_angle": ankle,
            "hip_adduction": stance + rng.normal(0.0, 2.0) + 0.0 * thigh,
            "hip_rotation": turned + rng.normal(0.0, 4.0) + 0.0 * thigh,
        }.items():  # fmt: skip
            values[:, COLUMN[f"{name}_{side}"]] = np.radians(degrees)
