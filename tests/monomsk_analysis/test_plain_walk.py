"""The plain walk: periodic, on the floor, and understood by the live dynamics."""

import numpy as np
import pytest

from monomsk_analysis.plain_walk import STRIDE_S, PlainWalk
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics

MASS_KG = 70.0


@pytest.fixture(scope="module")
def body():
    return build_skeleton(Subject(1.75, MASS_KG))


@pytest.fixture(scope="module")
def walk(body):
    return PlainWalk(body)


def test_a_stride_later_all_is_as_before_but_further_on(body, walk):
    before, after = walk.configuration(0.3), walk.configuration(0.3 + STRIDE_S)
    assert after[3:] == pytest.approx(before[3:])
    assert after[0] - before[0] == pytest.approx(walk.advance_m)
    assert 0.6 < walk.advance_m < 1.5


def test_half_a_stride_later_the_legs_have_changed(body, walk):
    now, later = walk.configuration(0.2), walk.configuration(0.2 + 0.5 * STRIDE_S)
    right, left = (7 + body.coordinate_index(f"knee_angle_{side}") for side in "rl")
    assert (later[left], later[right]) == pytest.approx((now[right], now[left]))


def test_the_lower_foot_stays_near_the_floor(body, walk):
    lowest = [
        body.points(walk.configuration(time_s), body.soles)[:, 2].min()
        for time_s in np.linspace(0.0, STRIDE_S, 60)
    ]
    assert np.abs(lowest).max() < 0.02


def test_live_dynamics_sees_a_walk_with_push_off(body, walk):
    dynamics, tracker = LiveDynamics(body), GaitTracker(body, VIDEO_EVENT_SIGMA_S)
    ankle = 6 + body.coordinate_index("ankle_angle_r")
    torques, shares, fractions = [], [], []
    for time_s in np.arange(0.0, 6.0, 1.0 / 30.0):
        stamp_ns = round((1.0 + time_s) * 1e9)
        result = dynamics.update(BodyState(stamp_ns, walk.configuration(time_s), np.zeros(37)))
        leg = tracker.update(result).legs[0]
        if time_s > 3.0:
            torques.append(result.tau[ankle] / MASS_KG)
            shares.append(np.linalg.norm(result.root_residual[:3]) / (9.81 * MASS_KG))
            fractions.append(leg.cycle_fraction)
    assert -2.2 < min(torques) < -1.0 and max(torques) < 0.5
    assert np.median(shares) < 0.05
    assert np.isfinite(fractions).all() and min(fractions) < 0.1 and max(fractions) > 0.9
