"""Toe offs are dated back to when the toes began to move."""

import numpy as np
import pytest

from monomsk_dynamics.gait_departure import (
    BENT_SHARE,
    STIFF_SHARE,
    Departures,
    ToeSample,
    off_share,
)

WALKING_M_S = 1.3
PERIOD_NS = 16_666_667


def follow(speeds_m_s, bend_rad: float = 0.6) -> Departures:
    """The right toes at these speeds, bending up to an angle; the left ones rest."""
    departures = Departures()
    angles = np.linspace(0.0, bend_rad, len(speeds_m_s))
    for k, (speed, angle) in enumerate(zip(speeds_m_s, angles, strict=True)):
        sample = ToeSample(
            k * PERIOD_NS, np.array([speed, 0.0]), np.array([angle, 0.0]), WALKING_M_S
        )
        departures.add(sample)
    return departures


def test_a_foot_left_when_its_bent_toes_began_to_move():
    threshold = BENT_SHARE * WALKING_M_S
    speeds = [0.0] * 12 + [0.5 * threshold, 1.5 * threshold, 1.0, 2.0]
    at_ns = follow(speeds).toe_off_ns(0, 15 * PERIOD_NS)
    assert at_ns == pytest.approx(12.5 * PERIOD_NS, abs=2)


def test_stiff_toes_move_before():
    speeds = [*np.linspace(0.0, 2.0, 16)]
    seen_ns = 15 * PERIOD_NS
    bent_ns = follow(speeds).toe_off_ns(0, seen_ns)
    stiff_ns = follow(speeds, bend_rad=0.0).toe_off_ns(0, seen_ns)
    assert bent_ns < stiff_ns < seen_ns
    assert off_share(0.0) == STIFF_SHARE
    assert off_share(1.0) == pytest.approx(BENT_SHARE)


def test_the_last_start_counts_and_none_is_invented():
    twice = [0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 2.0]
    assert 6 * PERIOD_NS < follow(twice).toe_off_ns(0, 7 * PERIOD_NS) < 7 * PERIOD_NS
    resting = follow([0.0] * 8)
    assert resting.toe_off_ns(0, 7 * PERIOD_NS) == 7 * PERIOD_NS
    resting.reset()
    assert resting.toe_off_ns(1, 5) == 5


def test_nothing_is_dated_back_for_long():
    slow = [0.0] + [0.9] * 17  # moves for 0.28 s before it is seen off the floor
    seen_ns = 17 * PERIOD_NS
    assert seen_ns - follow(slow).toe_off_ns(0, seen_ns) == pytest.approx(150_000_000, abs=2)
