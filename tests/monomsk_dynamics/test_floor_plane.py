"""Height and slope of the floor, and a treadmill's belt, from resting and carried soles."""

import numpy as np
import pytest

from monomsk_dynamics.floor_plane import BeltVelocity, FloorPlane

BOTH, RIGHT = np.array([True, True]), np.array([True, False])


def walk_on(plane: FloorPlane, height_at, steps: int = 20) -> np.ndarray:
    """Footprints 0.6 m apart, each standing for half a second; returns the last places."""
    rng = np.random.default_rng(3)
    for k in range(steps * 30):
        step = k // 30
        xy = np.array([[0.6 * step, -0.1], [0.6 * (step + 1), 0.1]])
        lowest = np.array([[*place, height_at(*place)] for place in xy])
        lowest[:, 2] += 0.003 * rng.normal(size=2)
        plane.update(k / 60.0, lowest, BOTH)
    return xy


def test_before_any_sole_rests_the_floor_is_at_zero():
    np.testing.assert_array_equal(FloorPlane().heights_m(np.ones((2, 2))), 0.0)


def test_a_floor_at_another_height_is_found_and_stays_level():
    plane = FloorPlane()
    places = walk_on(plane, lambda x, y: 0.06)
    np.testing.assert_allclose(plane.heights_m(places), 0.06, atol=0.003)
    np.testing.assert_allclose(plane.slope, 0.0, atol=0.01)


def test_a_ramp_is_followed():
    plane = FloorPlane()
    places = walk_on(plane, lambda x, y: 0.06 * x)
    np.testing.assert_allclose(plane.heights_m(places), 0.06 * places[:, 0], atol=0.012)
    assert plane.slope[0] == pytest.approx(0.06, abs=0.015)


def test_standing_tells_no_slope_and_a_lifted_foot_no_height():
    plane = FloorPlane()
    for k in range(300):
        plane.update(k / 60.0, np.array([[0.0, -0.1, 0.01], [0.1, 0.1, 0.01]]), BOTH)
    np.testing.assert_allclose(plane.slope, 0.0, atol=0.005)
    before = plane.heights_m(np.zeros((1, 2)))
    plane.update(5.1, np.array([[0.0, -0.1, 0.01], [0.1, 0.1, 0.4]]), BOTH)
    np.testing.assert_allclose(plane.heights_m(np.zeros((1, 2))), before, atol=1e-3)


def test_a_belt_is_told_by_the_soles_it_carries():
    belt = BeltVelocity()
    for k in range(240):
        soles = np.array([[-1.2, 0.0], [2.5, 0.0]])
        velocity = belt.update(k / 60.0, soles, RIGHT, np.array([1.0, 0.0]))
    np.testing.assert_allclose(velocity, [-1.2, 0.0], atol=1e-9)
    np.testing.assert_allclose(belt.way_m, [-1.2 * 239 / 60.0, 0.0], atol=1e-6)


def test_a_given_speed_goes_against_the_way_the_pelvis_faces():
    belt = BeltVelocity(1.5)
    velocity = belt.update(0.0, np.zeros((2, 2)), BOTH, np.array([0.0, 2.0]))
    np.testing.assert_allclose(velocity, [0.0, -1.5])
