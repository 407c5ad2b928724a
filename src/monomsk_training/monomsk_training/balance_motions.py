"""Keeping balance on one bent leg: the other leg, the trunk and the arms swing around to hold it.

Ranges are wide and nobody's measurements: they cover what people do on a beam, on ice, in dance and
in the exercises of a physiotherapist, so that a network has seen such postures at all.
"""

from __future__ import annotations

import numpy as np

from monomsk_description.frames import Array
from monomsk_training.generators import Rng, smooth_noise
from monomsk_training.motion_clip import COLUMN, at_rest

#: Random curves that one motion is made of.
_CURVES = 19


def balance(rng: Rng, times: Array) -> Array:
    """Standing on the right leg, or from leg to leg: a motion (frames, 37) [rad]."""
    values = at_rest(len(times))
    noise = iter(smooth_noise(rng, times, _CURVES, rng.uniform(0.5, 1.6)).T)

    def around(mean: float, spread: float) -> Array:
        """A curve [deg] around a mean."""
        return np.asarray(mean + spread * next(noise), dtype=np.float64)

    def put(name: str, degrees: Array) -> None:
        values[:, COLUMN[name]] = np.radians(degrees)

    bent, back = rng.uniform(0.0, 60.0), rng.uniform(0.45, 0.65)
    lean = around(bent * rng.uniform(-0.1, 0.8), rng.uniform(0.0, 8.0))
    share = rng.uniform(0.3, 1.1)
    side, drop = around(0.0, rng.uniform(0.0, 16.0)), around(0.0, rng.uniform(1.0, 14.0))
    tilt = rng.normal(-2.0, 6.0) - share * lean
    put("pelvis_tilt", tilt)
    put("pelvis_list", drop)
    put("pelvis_rotation", around(0.0, rng.uniform(0.0, 15.0)))
    put("lumbar_extension", rng.normal(-9.0, 7.0) - (1.0 - share) * lean)
    put("lumbar_bending", side - rng.uniform(0.0, 1.0) * drop)
    put("lumbar_rotation", around(0.0, rng.uniform(2.0, 15.0)))
    lifted = _lifted(rng, times)
    for leg, up in (("r", lifted), ("l", 1.0 - lifted)):
        knee = np.clip(around(bent, 0.25 * bent), 0.0, 90.0)
        sense = 1.0 if leg == "r" else -1.0
        carrying = {
            "hip_flexion": back * knee - tilt,
            "hip_adduction": rng.uniform(-6.0, 4.0) - sense * drop,
            "knee_angle": knee,
            "ankle_angle": (1.0 - back) * knee,
        }
        swinging = {
            "hip_flexion": around(rng.uniform(-15.0, 70.0), rng.uniform(3.0, 20.0)) - tilt,
            "hip_adduction": around(rng.uniform(-38.0, 2.0), rng.uniform(2.0, 10.0)),
            "knee_angle": np.clip(around(rng.uniform(5.0, 85.0), rng.uniform(3.0, 20.0)), 0, 125),
            "ankle_angle": around(rng.uniform(-20.0, 10.0), 5.0),
        }
        for name, held in carrying.items():
            put(f"{name}_{leg}", (1.0 - up) * held + up * swinging[name])
        put(f"hip_rotation_{leg}", around(rng.normal(-5.0, 9.0), rng.uniform(0.0, 6.0)))
        _arm(rng, values, leg, around(0.0, 1.0))
    return values


def _lifted(rng: Rng, times: Array) -> Array:
    """How much the right leg swings (frames,), 0 to 1: never, or in turn with the left."""
    if rng.random() < 0.5:
        return np.zeros(len(times))
    swing = np.sin(2.0 * np.pi * (times * rng.uniform(0.25, 0.7) + rng.random()))
    return np.asarray(0.5 + 0.5 * np.tanh(4.0 * swing), dtype=np.float64)


def _arm(rng: Rng, values: Array, side: str, swing: Array) -> None:
    """An arm held anywhere, swinging."""
    for name, (low, high), spread in (
        ("arm_flex", (-30.0, 110.0), 20.0),
        ("arm_add", (-115.0, -5.0), 18.0),
        ("arm_rot", (-40.0, 40.0), 10.0),
        ("elbow_flex", (5.0, 100.0), 12.0),
    ):
        degrees = rng.uniform(low, high) + rng.normal(0.0, spread) * swing
        low = 0.0 if name == "elbow_flex" else -120.0
        values[:, COLUMN[f"{name}_{side}"]] = np.radians(np.clip(degrees, low, 140.0))
