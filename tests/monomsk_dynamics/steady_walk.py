"""A synthetic walk whose events and footprints are known."""

from types import SimpleNamespace

import numpy as np

from monomsk_dynamics.results import BodyDynamics, SoleContact

RATE_HZ = 60.0
SPEED_M_S, STRIDE_S, STANCE_SHARE, WIDTH_M = 1.2, 1.1, 0.62, 0.12
STRIDE_M = SPEED_M_S * STRIDE_S
#: The left foot lands this share of a stride after the right one: an uneven walk.
LEFT_AFTER = 0.47
START_S = 1000.0
START_NS = round(START_S * 1e9)


class Feet:
    """Instead of a skeleton: the soles are where the configuration's joints say."""

    def sole_poses(self, q):
        return tuple(
            SimpleNamespace(translation=np.array([*q[7 + 2 * k : 9 + 2 * k], 0.0])) for k in (0, 1)
        )


def foot_at(time_s: float, foot: int) -> tuple[bool, np.ndarray]:
    """Contact and place of a foot: it stands where it landed, then flies to the next place."""
    strides, share = divmod(time_s / STRIDE_S - LEFT_AFTER * foot, 1.0)
    side_m = -0.5 * WIDTH_M if foot == 0 else 0.5 * WIDTH_M
    here_m = (strides + LEFT_AFTER * foot) * STRIDE_M
    flown = max(0.0, share - STANCE_SHARE) / (1.0 - STANCE_SHARE)
    ahead_m = STRIDE_M * (flown - np.sin(2 * np.pi * flown) / (2 * np.pi))
    return share < STANCE_SHARE, np.array([here_m + ahead_m, side_m])


def result_at(time_s: float, motion_time_s: float | None = None, turn_rad: float = 0.0, blink=None):
    """A result of walking; `motion_time_s` where the body is, if it does not go with time."""
    at_s = time_s if motion_time_s is None else motion_time_s
    q, soles = np.zeros(38), []
    turn = np.array([[np.cos(turn_rad), -np.sin(turn_rad)], [np.sin(turn_rad), np.cos(turn_rad)]])
    q[:2] = turn @ [SPEED_M_S * at_s, 0.0]
    for foot in (0, 1):
        on, place = foot_at(at_s, foot)
        q[7 + 2 * foot : 9 + 2 * foot] = turn @ place
        on = on != (blink == foot)
        force = np.array([0.0, 0.0, 500.0 if on else 0.0])
        soles.append(SoleContact(on, 0.5, force, np.full(3, np.nan), 0.0))
    zero = np.zeros(37)
    stamp_ns = round((START_S + time_s) * 1e9)
    return BodyDynamics(stamp_ns, q, zero, zero, zero, zero, tuple(soles), np.zeros(6), 0.0)


def walk(duration_s: float = 6.0, **how) -> list[BodyDynamics]:
    return [result_at(k / RATE_HZ, **how) for k in range(int(duration_s * RATE_HZ))]


def true_events(duration_s: float, foot: int, share: float) -> np.ndarray:
    times_s = (np.arange(-1, 20) + LEFT_AFTER * foot + share) * STRIDE_S
    return times_s[(times_s > 1.0 / RATE_HZ) & (times_s < duration_s - 1.0 / RATE_HZ)]
