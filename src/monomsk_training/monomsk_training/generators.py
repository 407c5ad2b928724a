"""Motions made from parameters: walking at many speeds and in many styles, standing, chance.

Every generator takes a random number generator and times [s] and gives a motion (frames, 37) whose
pelvis places are zero (jumps and stairs have a use for them): the feet decide where it goes when it
is filmed. Gait curves follow the means of D. A. Winter, The Biomechanics and Motor Control of
Human Gait (1991), and C. A. Fukuchi, R. K. Fukuchi, M. Duarte (2018), PeerJ 6:e4640, over speeds,
read off at tenths of the cycle. Styles of impaired walking are the patterns of J. Perry,
J. Burnfield (2010), Gait Analysis, 2nd ed., and F. Rodda, H. K. Graham (2001), Eur. J. Neurol. 8
Suppl. 5:98, with wide ranges.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from monomsk_description.frames import Array
from monomsk_training.motion_clip import COLUMN, MOTION_NAMES, at_rest

Rng = np.random.Generator

#: Angles [deg] at 0, 10, ... 90 % of the stride of one leg, walking at 1.3 m/s. Hips are thighs
#: forward of vertical: the sources' angles against the pelvis, less what puts the carrying foot
#: flat (3 and 8 degrees); then their mean is that of people with markers.
_STRIDE_DEG = {
    "hip_flexion": (25, 21, 12, 2, -8, -14, -7, 10, 23, 28),
    "hip_adduction": (0, 4, 6, 5, 3, 1, -4, -6, -4, -1),
    "hip_rotation": (-6, -4, -2, -1, -1, -3, -7, -8, -7, -6),
    "knee_angle": (6, 16, 16, 9, 5, 10, 34, 62, 55, 20),
    "ankle_angle": (0, -4, 3, 7, 10, 8, -14, -8, 1, 2),
    "subtalar_angle": (2, -3, -4, -4, -3, 2, 6, 4, 3, 2),
    "mtp_angle": (2, 0, 0, 0, 4, 18, 22, 4, 2, 3),
}
#: Running at about 3 m/s, the same.
_RUN_DEG = {
    "hip_flexion": (30, 28, 14, -4, -16, -14, 4, 26, 38, 36),
    "hip_adduction": (3, 8, 9, 5, 0, -3, -4, -3, 0, 2),
    "hip_rotation": (0, 2, 3, 2, 0, -3, -4, -3, -2, -1),
    "knee_angle": (18, 38, 38, 22, 18, 45, 85, 98, 68, 28),
    "ankle_angle": (8, 20, 24, 8, -18, -16, -4, 2, 4, 6),
    "subtalar_angle": (3, -5, -6, -3, 2, 4, 4, 3, 3, 3),
    "mtp_angle": (3, 0, 2, 14, 18, 4, 2, 2, 3, 3),
}
_TABLES = {"walk": _STRIDE_DEG, "run": _RUN_DEG}
_LEG = tuple(_STRIDE_DEG)
#: Hip and ankle excursions grow with the step, the others with its square root.
_GROWTH = np.array([1.0 if name in ("hip_flexion", "ankle_angle") else 0.5 for name in _LEG])


_CURVES = {
    style: CubicSpline(
        np.linspace(0.0, 1.0, 11),
        np.array([[*values, values[0]] for values in table.values()]).T,
        bc_type="periodic",
    )
    for style, table in _TABLES.items()
}
#: Weight of a knot in the cubic spline through equally spaced knots, by distance in spacings.
_APART = np.linspace(-7.0, 7.0, 1401)
_KNOT_WEIGHT = CubicSpline(np.arange(-12.0, 13.0), np.eye(25)[12])(_APART)


def smooth_weights(times: Array, period_s: float) -> Array:
    """(frames, knots): a cubic spline through knots a period apart is this times their values."""
    place = (times - times[0]) / period_s + 2.0
    knots = np.arange(np.ceil(place[-1] + 3.0))
    return np.interp(place[:, None] - knots, _APART, _KNOT_WEIGHT, left=0.0, right=0.0)


def smooth_noise(rng: Rng, times: Array, count: int, period_s: float) -> Array:
    """(frames, count) random curves of unit variance that change over about a period."""
    weights = smooth_weights(times, period_s)
    return np.asarray(weights @ rng.normal(size=(weights.shape[1], count)), dtype=np.float64)


def gait(rng: Rng, times: Array) -> Array:
    """Walking at 0.3 to 2.1 m/s, or running, with personal style, asymmetry, sway and turns."""
    style = "run" if rng.random() < 0.15 else "walk"
    speed = rng.uniform(0.3, 2.1) if style == "walk" else 1.3 * rng.uniform(0.7, 1.4)
    strides_hz = 0.92 * (speed / 1.3) ** 0.45 * rng.uniform(0.85, 1.15)
    if style == "run":
        strides_hz = rng.uniform(1.25, 1.6)
    wobble = 0.03 * smooth_noise(rng, times, 1, 0.8)[:, 0]
    phase = times * strides_hz + rng.random() + wobble
    reach = (speed / 1.3) ** 0.4
    values = at_rest(len(times))
    for side, shift in (("r", 0.0), ("l", 0.5 + 0.02 * rng.normal())):
        gains = np.exp(0.12 * rng.normal(size=len(_LEG))) * reach**_GROWTH
        columns = [COLUMN[f"{name}_{side}"] for name in _LEG]
        values[:, columns] = gains * np.radians(_CURVES[style](phase + shift))
        swing = np.sin(2.0 * np.pi * (phase + shift) - 1.3)
        arm = np.radians(rng.uniform(2.0, 25.0)) * reach
        values[:, COLUMN[f"arm_flex_{side}"]] = arm * swing + np.radians(rng.normal(-2.0, 8.0))
        bent = rng.uniform(12.0, 48.0) if style == "walk" else rng.uniform(60.0, 110.0)
        values[:, COLUMN[f"elbow_flex_{side}"]] = np.radians(bent) + 0.4 * arm * swing
    _gait_trunk(rng, values, phase, reach)
    if rng.random() < 0.25:
        _hold_arms(rng, values)
    if rng.random() < 0.35:
        _IMPAIRED[rng.integers(len(_IMPAIRED))](rng, values, phase)
    # A curved way: the heading drifts.
    drift = np.cumsum(smooth_noise(rng, times, 1, 1.5)[:, 0]) * np.gradient(times)
    values[:, COLUMN["pelvis_rotation"]] += drift * rng.choice([0.0, 0.3, 0.9])
    return values


def _gait_trunk(rng: Rng, values: Array, phase: Array, reach: float) -> None:
    """Pelvis and lumbar joint of a walk; trunk sway in some people."""
    cycle = 2.0 * np.pi * phase
    degrees = rng.normal(1.0, 0.25, 6) * (3.5, 5.0, 5.0, 8.0, 1.5, 2.0) * reach
    sway = rng.uniform(4.0, 16.0) if rng.random() < 0.25 else rng.uniform(0.0, 3.0)
    columns = {
        "pelvis_list": -degrees[0] * np.sin(cycle + 0.4),
        "pelvis_rotation": degrees[1] * np.cos(cycle + 0.3),
        "lumbar_bending": degrees[2] * np.sin(cycle + 0.4) + sway * np.sin(cycle - 0.5),
        "lumbar_rotation": -degrees[3] * np.cos(cycle + 0.3),
        "pelvis_tilt": rng.normal(-2.0, 6.0) + degrees[4] * np.sin(2.0 * cycle),
        "lumbar_extension": rng.normal(-9.0, 7.0) - degrees[5] * np.sin(2.0 * cycle + 0.8),
    }
    for name, angle in columns.items():
        values[:, COLUMN[name]] = np.radians(angle)
    # The pelvis carries the legs with it: keep the thighs where the gait curves put them.
    for side in "rl":
        values[:, COLUMN[f"hip_flexion_{side}"]] -= values[:, COLUMN["pelvis_tilt"]]


def _add(values: Array, name: str, degrees: Array | float) -> None:
    values[:, COLUMN[name]] += np.radians(degrees)


def _hold_arms(rng: Rng, values: Array) -> None:
    """Arms that do not swing: spread for balance, crossed, on the hips, carrying something."""
    flex, add, turned, elbow = (
        ((-10, 30), (-95, -25), (-30, 30), (0, 60)),
        ((20, 65), (-25, 5), (20, 60), (95, 140)),
        ((-25, 10), (-45, -20), (-10, 40), (60, 110)),
        ((0, 40), (-20, 0), (-10, 40), (60, 110)),
    )[rng.integers(4)]
    held = [rng.uniform(*bounds) for bounds in (flex, add, turned, elbow)]
    for side in "rl":
        for name, degrees in zip(
            ("arm_flex", "arm_add", "arm_rot", "elbow_flex"), held, strict=True
        ):
            column = COLUMN[f"{name}_{side}"]
            still = 0.2 * (values[:, column] - values[:, column].mean())
            values[:, column] = np.radians(degrees + rng.normal(0.0, 6.0)) + still


def _sides(rng: Rng) -> str:
    """Which legs a pattern takes: both, or one."""
    return str(rng.choice(["rl", "r", "l"]))


def _lean(values: Array, lean: float, share: float) -> None:
    """The trunk leans forward [deg], the pelvis takes its share of it; the thighs stay."""
    _add(values, "pelvis_tilt", -share * lean)
    _add(values, "lumbar_extension", -(1.0 - share) * lean)
    for side in "rl":
        _add(values, f"hip_flexion_{side}", share * lean)


def _crouch(rng: Rng, values: Array, phase: Array) -> None:
    """Hips and knees stay bent, feet level: hip and ankle share the knee's flexion."""
    _lean(values, rng.uniform(-3.0, 16.0), rng.uniform(0.3, 1.0))
    for side in _sides(rng):
        knee = rng.uniform(8.0, 38.0)
        hip = knee * rng.uniform(0.3, 0.7)
        for name, degrees in (
            ("knee_angle", knee),
            ("hip_flexion", hip),
            ("ankle_angle", knee - hip),
        ):
            _add(values, f"{name}_{side}", degrees)


def _stiff_knee(rng: Rng, values: Array, phase: Array) -> None:
    """Little knee flexion in swing; the leg swings around, or the pelvis hikes."""
    for side in _sides(rng):
        column = COLUMN[f"knee_angle_{side}"]
        low = values[:, column].min()
        values[:, column] = low + rng.uniform(0.25, 0.7) * (values[:, column] - low)
        swing = np.clip(np.sin(2.0 * np.pi * (phase + 0.5 * (side == "l")) - 3.6), 0.0, 1.0)
        _add(values, f"hip_adduction_{side}", -rng.uniform(0.0, 14.0) * swing)
        hike = rng.uniform(0.0, 8.0) * swing * (-1.0 if side == "r" else 1.0)
        _add(values, "pelvis_list", hike)
        _add(values, "lumbar_bending", -hike)


def _drop(rng: Rng, values: Array, phase: Array) -> None:
    """Pelvis that drops to the swinging side; trunk that leans to the standing one."""
    cycle = 2.0 * np.pi * phase + 0.4
    drop, lean = rng.uniform(2.0, 9.0) * np.sin(cycle), rng.uniform(0.0, 14.0) * np.sin(cycle)
    _add(values, "pelvis_list", -drop)
    _add(values, "hip_adduction_r", drop)
    _add(values, "hip_adduction_l", -drop)
    _add(values, "lumbar_bending", drop + lean)


def _toes(rng: Rng, values: Array, phase: Array) -> None:
    """Walking on the toes, or with feet that do not lift."""
    for side in _sides(rng):
        column = COLUMN[f"ankle_angle_{side}"]
        values[:, column] = values[:, column] * rng.uniform(0.4, 1.0)
        _add(values, f"ankle_angle_{side}", -rng.uniform(5.0, 28.0))


def _shuffle(rng: Rng, values: Array, phase: Array) -> None:
    """Short steps, bent forward, arms held still."""
    gain, lean = rng.uniform(0.3, 0.7), rng.uniform(5.0, 40.0)
    for side in "rl":
        for name in ("hip_flexion", "knee_angle", "ankle_angle", "arm_flex"):
            column = COLUMN[f"{name}_{side}"]
            mean = values[:, column].mean()
            values[:, column] = mean + gain * (values[:, column] - mean)
        _add(values, f"elbow_flex_{side}", rng.uniform(0.0, 50.0))
    _lean(values, lean, rng.uniform(0.1, 0.6))


def _feet(rng: Rng, values: Array, phase: Array) -> None:
    """Toes turned in or out, narrow or wide steps."""
    wide = rng.uniform(-10.0, 4.0)
    for side in "rl":
        _add(values, f"hip_rotation_{side}", rng.uniform(-25.0, 15.0))
        _add(values, f"hip_adduction_{side}", wide + rng.normal(0.0, 2.0))


_IMPAIRED = (_crouch, _stiff_knee, _drop, _toes, _shuffle, _feet)


def standing(rng: Rng, times: Array) -> Array:
    """Quiet standing, weight shifts, looking around, reaching with one or both arms."""
    values = at_rest(len(times))
    slow = smooth_noise(rng, times, len(MOTION_NAMES), rng.uniform(0.8, 2.0))
    amount = np.radians(rng.choice([0.7, 3.0, 8.0]))
    scale = np.full(len(MOTION_NAMES), 0.5)
    for name in ("lumbar_extension", "lumbar_bending", "lumbar_rotation", "pelvis_rotation"):
        scale[COLUMN[name]] = rng.uniform(0.5, 2.5)
    scale[3:6] = 0.0
    values += amount * slow * scale
    values[:, COLUMN["pelvis_tilt"]] += np.radians(rng.normal(-1.0, 6.0))
    _add(values, "lumbar_extension", rng.normal(-8.0, 7.0))
    stance = rng.uniform(-12.0, 2.0)
    # Most stand nearly straight; who keeps a balance bends hips and knees and spreads the arms.
    low = rng.uniform(10.0, 65.0) if rng.random() < 0.35 else rng.uniform(0.0, 10.0)
    spread = rng.uniform(15.0, 95.0) if rng.random() < 0.25 else 0.0
    uneven = rng.uniform(0.0, 0.5)
    # Whoever crouches leans forward, the more so the farther back the hips are.
    thigh = rng.uniform(0.45, 0.65)
    lean = rng.uniform(-0.1, 0.4 + 2.0 * (thigh - 0.45)) * low
    _lean(values, lean, rng.uniform(0.4, 1.1))  # the hips follow from thighs and tilt below
    for side in "rl":
        values[:, COLUMN[f"hip_adduction_{side}"]] += np.radians(stance + rng.normal(0.0, 2.0))
        values[:, COLUMN[f"hip_rotation_{side}"]] += np.radians(rng.normal(-5.0, 7.0))
        bent = low * (1.0 + uneven * rng.uniform(-1.0, 1.0))
        knee = np.radians(bent) * (1.0 + 0.15 * slow[:, 9 if side == "r" else 16])
        knee = knee + 0.5 * amount * np.abs(slow[:, 9])
        _add(values, f"arm_add_{side}", -spread * np.exp(0.2 * rng.normal()))
        values[:, COLUMN[f"knee_angle_{side}"]] = knee
        tilt = values[:, COLUMN["pelvis_tilt"]]
        values[:, COLUMN[f"hip_flexion_{side}"]] = thigh * knee - tilt
        values[:, COLUMN[f"ankle_angle_{side}"]] = (1.0 - thigh) * knee
        if rng.random() < 0.4:
            reach = 0.5 + 0.5 * np.sin(2.0 * np.pi * times * rng.uniform(0.1, 0.6) + rng.random())
            for name, least, most in (
                ("arm_flex", 0, 110),
                ("arm_add", -60, 5),
                ("elbow_flex", 10, 90),
            ):
                values[:, COLUMN[f"{name}_{side}"]] = np.radians(rng.uniform(least, most)) * reach
    return values


#: How far chance takes each coordinate [deg], without side.
_CHANCE_DEG = {
    "pelvis_tilt": 25, "pelvis_list": 12, "pelvis_rotation": 30, "hip_flexion": 55,
    "hip_adduction": 18, "hip_rotation": 20, "knee_angle": 55, "ankle_angle": 18,
    "subtalar_angle": 8, "mtp_angle": 6, "lumbar_extension": 25, "lumbar_bending": 15,
    "lumbar_rotation": 20, "arm_flex": 55, "arm_add": 35, "arm_rot": 35, "elbow_flex": 50,
    "pro_sup": 30, "wrist_flex": 15, "wrist_dev": 8,
}  # fmt: skip
_CHANCE_MEAN_DEG = {
    "lumbar_extension": -8,
    "hip_flexion": 25,
    "knee_angle": 50,
    "arm_add": -25,
    "elbow_flex": 60,
}


def chance(rng: Rng, times: Array) -> Array:
    """Smooth random motion within the joints' ranges."""
    noise = 0.7 * smooth_noise(rng, times, len(MOTION_NAMES), rng.uniform(0.5, 1.2))
    noise += 0.7 * rng.normal(size=len(MOTION_NAMES))
    values = at_rest(len(times))
    amount = rng.uniform(0.4, 1.0)
    for name, column in COLUMN.items():
        short = name.removesuffix("_r").removesuffix("_l")
        mean, spread = _CHANCE_MEAN_DEG.get(short, 0.0), _CHANCE_DEG.get(short, 0.0)
        values[:, column] += np.radians(amount * (mean + spread * np.tanh(noise[:, column])))
    return values
