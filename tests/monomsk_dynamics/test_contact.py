"""Contact from sole motion: thresholds, hysteresis, what speaks against it, who carries."""

import numpy as np
import pytest

from monomsk_dynamics.contact import (
    ContactDetector,
    FloorHeight,
    SoleMotion,
    StandingLevel,
    WalkingSpeed,
    sole_motion,
)
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.options import ContactOptions

UNKNOWN = np.full(2, np.nan)
WALKING_M_S = 1.3


def motion(right, left=0.0, height=(0.0, 0.0), vertical=(0.0, 0.0)) -> SoleMotion:
    speeds = np.array([right, left], dtype=float)
    return SoleMotion(speeds, speeds.copy(), np.array(vertical), np.array(height))


def follow(detector, right_speeds, walking=WALKING_M_S, prior=UNKNOWN, period_s=0.02, load=0.0):
    return [
        bool(detector.update(k * period_s, motion(speed), walking, prior, load).in_contact[0])
        for k, speed in enumerate(right_speeds)
    ]


def test_swing_lands_below_one_speed_and_leaves_above_a_higher_one():
    detector = ContactDetector()
    strike, leave = detector.thresholds(WALKING_M_S)
    down = np.linspace(3.0, 0.0, 60)
    up = np.linspace(0.0, 3.0, 60)
    flags = follow(detector, np.concatenate([down, up]))
    landed = flags.index(True)
    left = landed + flags[landed:].index(False)
    assert down[landed] <= strike < down[landed - 1]
    assert up[left - 60] >= leave > up[left - 61]
    assert strike < leave


def test_between_the_thresholds_nothing_changes():
    between = np.mean(ContactDetector().thresholds(WALKING_M_S))
    stance = follow(ContactDetector(), [0.0] * 20 + [between] * 40)
    swing = follow(ContactDetector(), [3.0] * 20 + [between] * 40)
    assert all(stance)
    assert not any(swing)


def test_standing_still_is_contact_and_shuffling_keeps_it():
    assert all(follow(ContactDetector(), [0.0, 0.1, 0.2, 0.1] * 10, walking=0.0))


def test_stepping_on_the_spot_is_no_contact():
    speeds = [0.0] * 15 + [0.8] * 15
    assert not follow(ContactDetector(), speeds, walking=0.0)[-1]


@pytest.mark.parametrize(
    "state", [motion(0.0, height=(0.3, 0.3)), motion(0.0, vertical=(3.0, 3.0))]
)
def test_a_still_sole_high_up_or_falling_is_in_the_air(state):
    detector = ContactDetector()
    for k in range(20):
        contact = detector.update(0.02 * k, state, 0.0, UNKNOWN)
    assert not contact.in_contact.any() or state.height[1] == 0.0
    assert contact.probability[0] < 0.05


def test_a_given_probability_moves_the_verdict():
    between = np.mean(ContactDetector().thresholds(WALKING_M_S))
    sure_off = follow(ContactDetector(), [0.0] * 15 + [1.15 * between] * 20, prior=np.zeros(2))
    assert not sure_off[-1]
    assert follow(ContactDetector(), [0.0] * 15 + [1.15 * between] * 20)[-1]


def test_a_blink_does_not_end_a_stance():
    flags = follow(ContactDetector(), [3.0] * 20 + [0.0] * 4 + [3.0] + [0.0] * 20)
    assert all(flags[20:])


def test_a_body_that_does_not_fall_is_carried_by_its_slower_foot():
    detector, falling = ContactDetector(), ContactDetector()
    fast = motion(2.0, 1.8)
    for k in range(30):
        carried = detector.update(0.02 * k, fast, WALKING_M_S, UNKNOWN, load=1.0)
        free = falling.update(0.02 * k, fast, WALKING_M_S, UNKNOWN, load=0.0)
    assert carried.in_contact.tolist() == [False, True]
    assert not free.in_contact.any()


def test_sole_motion_of_a_body_that_glides_and_rises(skeleton, feet):
    v = np.zeros(37)
    v[:3] = [0.7, 0.0, -0.3]
    q = skeleton.neutral()
    q[2] += 0.25
    soles = sole_motion(evaluate_frame(skeleton, q, v), feet, floor_height_m=0.05)
    np.testing.assert_allclose(soles.sole_speed, 0.7, atol=1e-12)
    np.testing.assert_allclose(soles.toe_speed, 0.7, atol=1e-12)
    np.testing.assert_allclose(soles.vertical_speed, 0.3, atol=1e-12)
    np.testing.assert_allclose(soles.height, 0.20, atol=1e-12)


def test_walking_speed_settles_and_ignores_sway():
    speed = WalkingSpeed(1.2)
    for k in range(300):
        sway = 0.3 * np.sin(2 * np.pi * k / 60)
        mean = speed.update(k / 60, np.array([1.2, sway, 0.1]))
    np.testing.assert_allclose(mean, [1.2, 0.0], atol=0.07)


def test_floor_is_found_where_soles_rest():
    floor = FloorHeight()
    resting = np.array([True, False])
    assert floor.height_m == 0.0
    for k in range(600):
        floor.update(k / 60, np.array([0.04 if k < 300 else 0.02, 0.12]), resting)
    assert floor.height_m == pytest.approx(0.02, abs=0.002)


def test_before_a_camera_somebody_stands_however_high_the_soles_seem():
    """Nobody floats: a body that is carried, far above the believed floor, stands on a sole."""
    high = SoleMotion(np.array([0.1, 0.2]), np.array([0.1, 0.2]), np.zeros(2), np.array([0.4, 0.3]))
    unknown = np.full(2, np.nan)
    clean = ContactDetector(ContactOptions())
    seen = ContactDetector(ContactOptions().before_camera())
    for time_s in np.arange(0.0, 0.5, 0.02):
        floating = clean.update(time_s, high, 0.5, unknown, load=1.0)
        carried = seen.update(time_s, high, 0.5, unknown, load=1.0)
    assert floating.in_contact.tolist() == [False, False]
    assert carried.in_contact.tolist() == [False, True]
    assert not seen.update(0.5, high, 0.5, unknown, load=0.0).in_contact[0]


def levels(standing, start_s, pelvis_m, **moved):
    """What is stood on in half a second at 50 Hz of the same motion."""
    soles = motion(0.05, 0.05, **moved)
    return [standing.update(start_s + 0.02 * k, soles, pelvis_m) for k in range(25)]


def test_who_steps_onto_a_box_stands_on_it_and_down_again_on_the_floor():
    standing = StandingLevel(0.1)
    assert not any(levels(standing, 0.0, 0.95, height=(0.01, 0.0)))
    up = levels(standing, 0.5, 1.27, height=(0.33, 0.31))
    assert up[0] == 0.0
    assert up[-1] == pytest.approx(0.31)
    assert not levels(standing, 1.0, 0.95, height=(0.02, 0.33))[-1]


def test_one_foot_in_the_air_is_on_no_box():
    assert not any(levels(StandingLevel(0.1), 0.0, 0.95, height=(0.3, 0.0)))


def test_who_was_never_on_the_floor_is_on_no_box():
    assert not any(levels(StandingLevel(0.1), 0.0, 1.27, height=(0.33, 0.31)))


@pytest.mark.parametrize(
    ("pelvis_m", "vertical"), [(0.75, (0.0, 0.0)), (1.3, (1.5, 1.5))], ids=["hang", "fly"]
)
def test_feet_that_hang_from_a_seat_or_fly_stand_on_nothing(pelvis_m, vertical):
    standing = StandingLevel(0.1)
    levels(standing, 0.0, 0.95)
    assert not any(levels(standing, 0.5, pelvis_m, height=(0.3, 0.3), vertical=vertical))


def test_a_short_rest_is_no_box():
    standing = StandingLevel(0.1)
    high, low = motion(0.05, 0.05, height=(0.3, 0.3)), motion(0.05, 0.05)
    for k in range(60):
        assert not standing.update(0.02 * k, high if k % 6 else low, 1.0)
