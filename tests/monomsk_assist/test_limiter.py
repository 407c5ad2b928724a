"""One joint's bounds: each holds alone and with the others, and changes nothing that is within."""

import math
from dataclasses import replace

import numpy as np
import pytest

from monomsk_assist.limiter import JointLimiter
from monomsk_assist.mapping import JointLimits

LIMITS = JointLimits(
    torque_nm=10.0, torque_rate_nm_s=400.0, power_w=20.0, lower_rad=-0.5, upper_rad=1.0,
    range_margin_rad=0.1,
)  # fmt: skip
PERIOD_S = 0.005
INSIDE_RAD = 0.3


def settle(limiter, wanted, angle=INSIDE_RAD, rate_rad_s=0.0, seconds=0.2):
    for _ in range(round(seconds / PERIOD_S)):
        limited = limiter.step(wanted, angle, rate_rad_s, PERIOD_S, 2 * PERIOD_S)
    return limited


def test_what_is_within_all_bounds_passes_unchanged():
    limiter = JointLimiter(LIMITS)
    times_s = np.arange(0.0, 2.0, PERIOD_S)
    wanted = 4.0 * np.sin(2 * np.pi * times_s)
    given = [limiter.step(w, INSIDE_RAD, 1.0, PERIOD_S, PERIOD_S) for w in wanted]
    np.testing.assert_allclose([limited.torque_nm for limited in given], wanted, atol=1e-12)
    assert not any(limited.limited_by for limited in given)


def test_a_step_rises_at_the_torque_rate_to_the_torque_limit():
    limiter = JointLimiter(LIMITS)
    given = [limiter.step(50.0, INSIDE_RAD, 0.0, PERIOD_S, PERIOD_S).torque_nm for _ in range(8)]
    np.testing.assert_allclose(given, [2.0, 4.0, 6.0, 8.0, 10.0, 10.0, 10.0, 10.0])


def test_after_a_pause_torque_falls_by_the_time_that_passed_but_rises_as_if_little_had():
    limiter = JointLimiter(LIMITS)
    settle(limiter, 8.0)
    assert limiter.step(0.0, INSIDE_RAD, 0.0, 0.015, 2 * PERIOD_S).torque_nm == pytest.approx(2.0)
    settle(limiter, 0.0)
    assert limiter.step(8.0, INSIDE_RAD, 0.0, 1.0, 2 * PERIOD_S).torque_nm == pytest.approx(4.0)
    settle(limiter, 4.0)
    crossing = limiter.step(-8.0, INSIDE_RAD, 0.0, 1.0, 2 * PERIOD_S)
    assert crossing.torque_nm == pytest.approx(-4.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_power_bounds_torque_at_speed_given_and_taken(sign):
    limiter = JointLimiter(LIMITS)
    limited = settle(limiter, sign * 8.0, rate_rad_s=5.0)
    assert limited.torque_nm == pytest.approx(sign * 4.0)
    assert limited.limited_by == ("power",)


def test_without_any_power_there_is_torque_only_at_rest():
    limiter = JointLimiter(replace(LIMITS, power_w=0.0))
    assert settle(limiter, 8.0).torque_nm == 8.0
    given = [limiter.step(8.0, INSIDE_RAD, 0.5, PERIOD_S, PERIOD_S) for _ in range(6)]
    np.testing.assert_allclose(np.diff([limited.torque_nm for limited in given[:4]]), -2.0)
    assert all(limited.torque_nm * limited.rate_rad_s == 0.0 for limited in given)
    assert (given[-1].torque_nm, given[-1].rate_rad_s) == (0.0, 0.5)


def test_a_jump_of_the_rate_is_met_as_fast_as_the_torque_may_fall():
    limiter = JointLimiter(LIMITS)
    settle(limiter, 10.0)
    given = [limiter.step(10.0, INSIDE_RAD, 20.0, PERIOD_S, PERIOD_S) for _ in range(8)]
    torques = np.array([limited.torque_nm for limited in given])
    rates = np.array([limited.rate_rad_s for limited in given])
    np.testing.assert_allclose(np.diff(torques[:4]), -2.0)
    assert (torques * rates <= LIMITS.power_w + 1e-9).all()
    assert torques[-1] == pytest.approx(1.0)
    assert rates[-1] == 20.0


@pytest.mark.parametrize("acceleration", [20.0, 60.0])
def test_rates_of_living_joints_pass_unchanged(acceleration):
    """The true power stays within its limit while a joint swings at this acceleration [rad/s2]."""
    limiter = JointLimiter(LIMITS)
    omega = acceleration / 4.0
    for time_s in np.arange(0.0, 2.0, PERIOD_S):
        rate = 4.0 * math.sin(omega * time_s)
        limited = limiter.step(10.0, INSIDE_RAD, rate, PERIOD_S, PERIOD_S)
        assert limited.rate_rad_s == rate
        assert abs(limited.torque_nm * rate) <= LIMITS.power_w + 1e-9


@pytest.mark.parametrize(
    ("angle", "outwards"), [(1.0, 1.0), (1.4, 1.0), (-0.5, -1.0), (-2.0, -1.0)]
)
def test_outside_the_range_torque_leads_only_inwards(angle, outwards):
    assert settle(JointLimiter(LIMITS), outwards * 8.0, angle).torque_nm == 0.0
    assert settle(JointLimiter(LIMITS), -outwards * 8.0, angle).torque_nm == -outwards * 8.0


def test_towards_the_end_of_the_range_torque_falls():
    half_way = LIMITS.upper_rad - 0.5 * LIMITS.range_margin_rad
    limited = settle(JointLimiter(LIMITS), 10.0, half_way)
    assert limited.torque_nm == pytest.approx(5.0)
    assert limited.limited_by == ("range",)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", range(3))
def test_what_is_not_finite_leads_to_zero_at_the_torque_rate(bad, which):
    limiter = JointLimiter(LIMITS)
    settle(limiter, 8.0)
    arguments = [8.0, INSIDE_RAD, 0.0]
    arguments[which] = bad
    given = [limiter.step(*arguments, PERIOD_S, PERIOD_S).torque_nm for _ in range(5)]
    np.testing.assert_allclose(given, [6.0, 4.0, 2.0, 0.0, 0.0], atol=1e-12)
