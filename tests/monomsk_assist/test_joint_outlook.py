"""Looking ahead with the last strides: better than the simulation alone, and never far from it."""

import math

import numpy as np
import pytest

from monomsk_assist.joint_outlook import JointOutlook
from monomsk_assist.predictor import JointPrediction

STRIDE_S, FRAME_S, AHEAD_S = 1.1, 1.0 / 30.0, 0.08
UNKNOWN = math.nan


def angle(place: float) -> float:
    return 0.3 * math.sin(2 * math.pi * place) + 0.1 * math.cos(6 * math.pi * place)


def rate(place: float) -> float:
    turn = 2 * math.pi / STRIDE_S
    return turn * (
        0.3 * math.cos(2 * math.pi * place) - 0.3 * math.sin(6 * math.pi * place)
    )  # fmt: skip


def walked(coordinate: str = "hip_flexion_r", seconds: float = 5.0) -> JointOutlook:
    outlook = JointOutlook(coordinate)
    for time_s in np.arange(0.0, seconds, FRAME_S):
        place = (time_s / STRIDE_S) % 1.0
        motion = angle(place), rate(place)
        outlook.learn(round(time_s * 1e9), place, 10.0 * angle(place), motion)
    return outlook


def test_the_last_strides_halve_the_error_of_a_motion_that_goes_straight_on():
    outlook = walked()
    errors, straight = [], []
    for start in np.arange(0.0, 1.0, 0.05):
        end = (start + AHEAD_S / STRIDE_S) % 1.0
        now = JointPrediction(angle(start), rate(start), 0.0)
        ahead = JointPrediction(angle(start) + AHEAD_S * rate(start), rate(start), AHEAD_S)
        predicted = outlook.motion(now, ahead, start, end)
        errors.append((predicted[0] - angle(end), 0.1 * (predicted[1] - rate(end))))
        straight.append((ahead.angle_rad - angle(end), 0.1 * (ahead.rate_rad_s - rate(end))))
    assert np.square(errors).sum() < 0.4 * np.square(straight).sum()


@pytest.mark.parametrize(("coordinate", "share"), [("hip_flexion_r", 1.0), ("ankle_angle_l", 0.5)])
def test_without_known_strides_the_simulation_counts_and_half_of_it_at_the_foot(coordinate, share):
    now, ahead = JointPrediction(0.1, 1.0, 0.0), JointPrediction(0.3, 2.0, AHEAD_S)
    expected = pytest.approx((0.1 + share * 0.2, 1.0 + share))
    assert JointOutlook(coordinate).motion(now, ahead, 0.2, 0.3) == expected
    assert walked(coordinate).motion(now, ahead, UNKNOWN, UNKNOWN) == expected
    assert walked(coordinate).torque_change(0.2, UNKNOWN) == 0.0


def test_strides_that_say_something_else_move_the_angle_only_so_far():
    now, ahead = JointPrediction(0.0, 0.0, 0.0), JointPrediction(5.0, 0.0, AHEAD_S)
    assert walked().motion(now, ahead, 0.2, 0.27)[0] == pytest.approx(4.7)


def test_a_new_person_has_no_strides():
    outlook = walked()
    assert outlook.torque_change(0.2, 0.3) != 0.0
    outlook.reset()
    assert outlook.torque_change(0.2, 0.3) == 0.0
