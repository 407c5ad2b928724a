"""Chairs, squats and bending forward, made from what keeps a person on the feet.

The feet stay flat, so thigh and shank angles give hip, knee and ankle. How far the trunk leans
follows from balance, and the pelvis takes a share of the lean:

- Tully, Fotoohabadi, Galea (2005), Gait & Posture 22:338: before lift-off lumbar spine and hips
  lean forward 1 to 3; at lift-off the trunk leans 44 degrees (sd 6).
- Vazirian, Van Dillen, Bazrgari (2016), Int. Musculoskelet. Med. 38:51 (review): in forward bending
  with straight legs about half of the lean is lumbar, with wide spread.
- Sitting turns the pelvis backward against standing, mostly by 15 to 30 degrees; more when slumped.
- Segment masses and lengths for balance: D. A. Winter (2009), Biomechanics and Motor Control of
  Human Movement, table 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monomsk_description.frames import Array
from monomsk_training.generators import Rng, smooth_noise
from monomsk_training.motion_clip import COLUMN, REST_DEG, at_rest

#: Lengths over stature and masses over the body's; hat: head, arms, trunk, above the hips.
_SHANK, _THIGH, _HAT_CENTER = 0.246, 0.245, 0.20
_SHANK_MASS, _THIGH_MASS, _HAT_MASS = 0.093, 0.20, 0.678
_CENTER_FROM_TOP = 0.433


@dataclass(frozen=True)
class Posture:
    """Sagittal angles over time (frames,) [deg].

    Attributes:
        thigh: Thigh forward of vertical.
        ankle: Shank forward of vertical, which is dorsiflexion of a flat foot.
        lean: Trunk forward of its place in standing.
    """

    thigh: Array
    ankle: Array
    lean: Array


def eased(times: Array, keys: Array, levels: Array) -> Array:
    """A curve (frames,) through levels at rising key times, at rest at each (minimum jerk)."""
    right = np.clip(np.searchsorted(keys, times), 1, len(keys) - 1)
    share = np.clip((times - keys[right - 1]) / (keys[right] - keys[right - 1]), 0.0, 1.0)
    smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return np.asarray(levels[right - 1] + (levels[right] - levels[right - 1]) * smooth)


def balancing_lean(thigh_deg: Array, ankle_deg: Array, ahead: float) -> Array:
    """Trunk lean [deg] that brings the centre of mass so far ahead of the ankles.

    Args:
        thigh_deg: Thigh forward of vertical (frames,) [deg].
        ankle_deg: Shank forward of vertical (frames,) [deg].
        ahead: Distance over stature.
    """
    thigh, ankle = np.sin(np.radians(thigh_deg)), np.sin(np.radians(ankle_deg))
    knee = _SHANK * ankle
    hip = knee - _THIGH * thigh
    legs = _SHANK_MASS * knee * (1.0 - _CENTER_FROM_TOP)
    legs = legs + _THIGH_MASS * (hip + _CENTER_FROM_TOP * _THIGH * thigh)
    whole = _SHANK_MASS + _THIGH_MASS + _HAT_MASS
    needed = (ahead * whole - legs - _HAT_MASS * hip) / (_HAT_MASS * _HAT_CENTER)
    return np.asarray(np.degrees(np.arcsin(np.clip(needed, -0.2, 0.98))))


def sit_to_stand(rng: Rng, times: Array) -> Array:
    """Standing up from a chair and sitting down, again and again, with pauses."""
    pace = rng.uniform(0.7, 1.6)
    sit, stand = rng.uniform(0.0, 2.0), rng.uniform(0.1, 1.5)
    # Sit, lean to lift-off, rise, stand, lower, sit back.
    spans = pace * np.array([
        sit, rng.uniform(0.4, 1.0), rng.uniform(0.5, 1.3), stand, rng.uniform(0.6, 1.4),
        rng.uniform(0.3, 0.9),
    ])  # fmt: skip
    seat, feet = rng.uniform(70.0, 100.0), rng.uniform(-5.0, 24.0)
    slump, upright = rng.uniform(-15.0, 15.0), rng.uniform(-4.0, 5.0)
    push = rng.uniform(-0.05, 0.03)
    at_seat = np.array([seat]), np.array([min(feet + rng.uniform(0.0, 7.0), 32.0)])
    off = float(np.clip(balancing_lean(*at_seat, push)[0], 22.0, 66.0))
    down = float(np.clip(off + rng.normal(0.0, 7.0), 15.0, 66.0))
    tall, shin = rng.uniform(-3.0, 7.0), rng.uniform(-3.0, 5.0)
    # Values after each span: sitting still, at lift-off, standing, standing, at the seat, sitting.
    thigh = np.array([seat, seat - rng.uniform(0.0, 4.0), tall, tall, seat, seat])
    ankle = np.array([feet, at_seat[1][0], shin, shin, at_seat[1][0], feet])
    lean = np.array([slump, off, upright, upright, down, slump])
    cycles = int(np.ceil((times[-1] - times[0]) / spans.sum())) + 2
    ends = np.cumsum(np.tile(spans, cycles)) + 1e-3 * np.arange(6 * cycles)
    clock = (
        times
        - times[0]
        + rng.uniform(0.0, spans.sum())
        + 0.05 * smooth_noise(rng, times, 1, 0.8)[:, 0]
    )
    keys = np.concatenate([[-1.0], ends])

    def curve(levels: Array, late_s: float) -> Array:
        return eased(clock - late_s, keys, np.concatenate([levels[-1:], np.tile(levels, cycles)]))

    posture = Posture(
        curve(thigh, 0.0), curve(ankle, 0.05 * rng.normal()), curve(lean, 0.06 * rng.normal())
    )
    # The pelvis of someone who sits is turned back; it comes along in the lean.
    share = float(np.clip(rng.normal(0.75, 0.15), 0.35, 1.1))
    back = rng.uniform(4.0, 32.0)
    values = _body(rng, posture, share, back * np.clip(posture.thigh / 90.0, 0.0, 1.1) ** 2)
    _arms(rng, values, np.clip(posture.thigh / seat, 0.0, 1.0), posture.lean)
    return values


def squat(rng: Rng, times: Array) -> Array:
    """Squats of any depth, in balance, with knees in or out and feet apart or turned out."""
    period, deepest = rng.uniform(1.2, 5.0), rng.uniform(20.0, 112.0)
    clock = times / period + rng.random() + 0.06 * smooth_noise(rng, times, 1, 0.8)[:, 0]
    depth = np.clip(0.5 - rng.uniform(0.5, 0.9) * np.cos(2.0 * np.pi * clock), 0.0, 1.0)
    depth = depth**2 * (3.0 - 2.0 * depth)
    tall, shin = rng.uniform(-2.0, 8.0), rng.uniform(-3.0, 5.0)
    thigh = tall + (deepest - tall) * depth
    ankle = shin + min(deepest * rng.uniform(0.2, 0.55), 38.0) * depth
    lean = balancing_lean(thigh, ankle, rng.uniform(0.01, 0.045)) + rng.normal(0.0, 4.0) * depth
    lean = lean - lean[np.argmin(depth)] * (1.0 - depth) * rng.uniform(0.5, 1.0)
    posture = Posture(thigh, ankle, np.clip(lean, -10.0, 75.0))
    share = float(np.clip(rng.normal(0.8, 0.15), 0.4, 1.15))
    # Deep down the pelvis turns back.
    back = rng.uniform(0.0, 22.0) * np.clip(thigh / 90.0, 0.0, 1.3) ** 3
    values = _body(rng, posture, share, back)
    _arms(rng, values, depth, posture.lean)
    return values


def bend(rng: Rng, times: Array) -> Array:
    """Leaning forward, to the knees or to the floor, with legs more or less straight."""
    period = rng.uniform(1.5, 5.0)
    clock = times / period + rng.random() + 0.06 * smooth_noise(rng, times, 1, 0.8)[:, 0]
    depth = np.clip(0.5 - rng.uniform(0.4, 0.8) * np.cos(2.0 * np.pi * clock), 0.0, 1.0)
    depth = depth**2 * (3.0 - 2.0 * depth)
    lowest, knee = rng.uniform(15.0, 105.0), rng.uniform(0.0, 60.0)
    # The hips go back as the trunk leans forward: the shanks lean back, or the thighs forward.
    ankle = rng.uniform(-3.0, 5.0) + (0.4 * knee - rng.uniform(0.0, 0.18) * lowest) * depth
    thigh = rng.uniform(0.0, 5.0) + knee * depth - ankle
    posture = Posture(thigh, ankle, lowest * depth + rng.uniform(-4.0, 5.0))
    values = _body(rng, posture, float(np.clip(rng.normal(0.55, 0.15), 0.2, 0.9)), 0.0 * depth)
    _arms(rng, values, depth, posture.lean)
    return values


def _body(rng: Rng, posture: Posture, share: float, turned_back: Array) -> Array:
    """The whole motion (frames, 37) without arms.

    Args:
        rng: Chance.
        posture: Sagittal angles.
        share: Of the trunk's lean that the pelvis makes.
        turned_back: How far the legs' flexion turns the pelvis back (frames,) [deg].
    """
    frames = len(posture.thigh)
    values = at_rest(frames)
    ahead = rng.normal(1.0, 6.0) + share * posture.lean - turned_back
    # In standing the torso's frame leans against the pelvis' by about 9 degrees.
    lumbar = rng.normal(-9.0, 7.0) - (posture.lean - share * posture.lean + turned_back)
    values[:, COLUMN["pelvis_tilt"]] = np.radians(-ahead)
    values[:, COLUMN["lumbar_extension"]] = np.radians(lumbar)
    flexed = np.clip(posture.thigh / 90.0, 0.0, 1.3)
    wide, toes_out = rng.uniform(-16.0, 3.0), rng.normal(-4.0, 7.0)
    apart = rng.uniform(-18.0, 8.0)
    uneven = rng.normal(0.0, 2.0, 2)
    for side, tilt in zip("rl", uneven, strict=True):
        own: dict[str, Array | float] = {
            "hip_flexion": posture.thigh + ahead + tilt * flexed,
            "hip_adduction": wide * (1.0 - flexed) + apart * flexed + rng.normal(0.0, 2.5),
            "hip_rotation": toes_out * (1.0 - 0.5 * flexed) + rng.normal(0.0, 4.0),
            "knee_angle": posture.thigh + posture.ankle + tilt * flexed,
            "ankle_angle": posture.ankle + rng.normal(0.0, 2.0),
            "subtalar_angle": np.full(frames, rng.normal(0.0, 6.0)),
        }
        for name, degrees in own.items():
            values[:, COLUMN[f"{name}_{side}"]] = np.radians(degrees)
    return values


def _arms(rng: Rng, values: Array, depth: Array, lean: Array) -> None:
    """Both arms alike: hanging, crossed, reaching, on the thighs, an arm rest or the hips."""
    kind = rng.choice(["hang", "cross", "reach", "thighs", "rest", "hips"])
    low, high = {
        "hang": ((-5, 15), (-5, 25)), "cross": ((15, 75), (15, 75)), "reach": ((0, 40), (60, 105)),
        "thighs": ((-5, 15), (15, 50)), "rest": ((-5, 10), (-30, 5)),
        "hips": ((-20, 15), (-20, 20)),
    }[kind]  # fmt: skip
    bent = {"hang": (15, 45), "cross": (95, 140), "reach": (5, 60), "thighs": (20, 90),
            "rest": (30, 100), "hips": (60, 110)}[kind]  # fmt: skip
    start, end = rng.uniform(*low), rng.uniform(*high)
    # Arms that hang stay where they are while the trunk leans.
    hanging = rng.uniform(0.3, 1.0) if kind in ("hang", "reach", "thighs") else 0.0
    out, elbow = rng.uniform(-35.0, 2.0), rng.uniform(*bent)
    turned = rng.uniform(10.0, 60.0) if kind == "cross" else rng.normal(0.0, 25.0)
    straighter = rng.uniform(-20.0, 10.0)
    for side in "rl":
        own: dict[str, Array | float] = {
            "arm_flex": start + (end - start) * depth + hanging * lean + rng.normal(0.0, 4.0),
            "arm_add": out + rng.normal(0.0, 5.0),
            "arm_rot": turned + rng.normal(0.0, 10.0),
            "elbow_flex": np.clip(elbow + straighter * depth + rng.normal(0.0, 6.0), 0.0, 145.0),
            "pro_sup": REST_DEG["pro_sup"] + rng.normal(0.0, 15.0),
        }
        for name, degrees in own.items():
            values[:, COLUMN[f"{name}_{side}"]] = np.radians(degrees)
