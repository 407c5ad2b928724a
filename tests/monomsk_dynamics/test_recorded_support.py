"""A recording shows a seat once; whose hips come back to it sits again."""

import numpy as np
import pytest

from monomsk_dynamics.recorded_support import supported_frames
from monomsk_dynamics.support import SupportEvidence, SupportModel

RATE_HZ = 60.0
WEIGHT_N = 700.0
SEATED_M, STANDING_M = 0.5, 0.95


def instant(beyond_m, share, hips_m, at_m=0.0):
    seat = np.array([at_m, 0.0, hips_m - 0.09])
    return SupportEvidence(beyond_m, share, seat, True, True, hips_m, WEIGHT_N)


def sitting(beyond_m, share, at_m=0.0):
    """A second each of rising from, standing and coming back to a seat, a second on it."""
    down = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, 60))
    hips, near = STANDING_M - (STANDING_M - SEATED_M) * down, min(0.2, share)
    return [
        *(instant(-0.05, near if high < 0.7 else 0.0, high, at_m) for high in hips),
        *(instant(beyond_m, share, SEATED_M, at_m) for _ in range(60)),
        *(instant(-0.05, near if high < 0.7 else 0.0, high, at_m) for high in hips[::-1]),
        *(instant(-0.1, 0.0, STANDING_M, at_m) for _ in range(60)),
    ]


@pytest.fixture
def model(feet):
    return SupportModel(feet, WEIGHT_N / 9.80665)


def seated_seconds(model, evidence):
    supported = supported_frames(model, np.arange(len(evidence)) / RATE_HZ, evidence)
    return supported.reshape(-1, 240).sum(axis=1) / RATE_HZ


def test_a_seat_that_once_was_needed_bears_whenever_the_hips_come_back(model):
    clear, unclear = sitting(0.2, 0.8), sitting(0.03, 0.5)
    seconds = seated_seconds(model, [*unclear, *clear, *unclear])
    assert (seconds > 0.99).all()
    assert (seconds < 2.0).all()


def test_without_one_clear_instant_nobody_sits(model):
    assert not seated_seconds(model, [*sitting(0.03, 0.5), *sitting(0.03, 0.5)]).any()


def test_a_squat_elsewhere_is_no_seat(model):
    seconds = seated_seconds(model, [*sitting(0.2, 0.8), *sitting(0.03, 0.5, at_m=0.6)])
    assert seconds[0] > 0.99
    assert not seconds[1]


def test_whose_feet_bear_all_in_the_same_place_does_not_sit(model):
    seconds = seated_seconds(model, [*sitting(0.2, 0.8), *sitting(-0.1, 0.0)])
    assert seconds[0] > 0.99
    assert not seconds[1]
