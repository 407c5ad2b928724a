import numpy as np
import pytest

from monomsk_description.curves import Curve, cubic_spline, piecewise_linear, polynomial
from monomsk_description.errors import ShapeError

KNOTS = np.array([-0.3, 0.1, 0.5, 1.0, 1.2, 2.0])
VALUES = np.array([0.2, -0.1, 0.4, 0.35, 0.5, -0.2])


def test_spline_goes_through_its_points():
    np.testing.assert_allclose(cubic_spline(KNOTS, VALUES)(KNOTS), VALUES, atol=1e-14)


def test_spline_reproduces_a_cubic():
    """Its end conditions are exact for a cubic; a natural or clamped spline's would not be."""

    def cubic(x):
        return 0.3 - x + 2.0 * x**2 - 0.7 * x**3

    places = np.linspace(-0.3, 2.0, 50)
    np.testing.assert_allclose(cubic_spline(KNOTS, cubic(KNOTS))(places), cubic(places), atol=1e-13)


def test_spline_is_twice_continuously_differentiable():
    curve = cubic_spline(KNOTS, VALUES)
    for knot in KNOTS[1:-1]:
        left, right = curve.at(knot - 1e-12), curve.at(knot + 1e-12)
        np.testing.assert_allclose(left[:3], right[:3], atol=1e-9)


def test_spline_is_straight_beyond_its_knots():
    curve = cubic_spline(KNOTS, VALUES)
    for end, beyond in ((KNOTS[0], KNOTS[0] - 0.5), (KNOTS[-1], KNOTS[-1] + 0.5)):
        edge, outside = curve.at(end), curve.at(beyond)
        assert outside.first == pytest.approx(edge.first, abs=1e-13)
        assert outside.value == pytest.approx(edge.value + edge.first * (beyond - end), abs=1e-13)
        assert (outside.second, outside.third) == (0.0, 0.0)
        # At the knot itself the curve still bends.
        assert abs(edge.second) > 1.0


def test_three_points_make_a_parabola_and_two_a_line():
    parabola = cubic_spline([0, 1, 3], [0, 1, 9])
    np.testing.assert_allclose(parabola([0.5, 2.0]), [0.25, 4.0], atol=1e-14)
    assert cubic_spline([0, 2], [1, 5])(1.0) == pytest.approx(3.0)


@pytest.mark.parametrize(
    "curve",
    [
        cubic_spline(KNOTS, VALUES),
        polynomial([0.3, -1.0, 0.5, 2.0, -0.7]),
        piecewise_linear(KNOTS, VALUES),
    ],
    ids=["spline", "polynomial", "lines"],
)
def test_derivatives_agree_with_finite_differences(curve: Curve):
    step = 1e-5
    for x in (-0.9, -0.2, 0.3, 0.77, 1.1, 1.9, 2.7):
        below, here, above = curve.at(x - step), curve.at(x), curve.at(x + step)
        for order in range(3):
            slope = (above[order] - below[order]) / (2 * step)
            assert here[order + 1] == pytest.approx(slope, abs=1e-6)


def test_polynomial_has_its_lowest_power_first():
    assert polynomial([1.0, 2.0, 3.0])(2.0) == 1.0 + 4.0 + 12.0
    assert polynomial(5.0)(100.0) == 5.0


def test_lines_go_on_beyond_their_ends():
    curve = piecewise_linear([0, 1, 2], [0, 1, 0])
    np.testing.assert_allclose(curve([-1, 0.5, 1.5, 3.0]), [-1, 0.5, 0.5, -1.0])


def test_scaled_curve_scales_every_derivative():
    curve = cubic_spline(KNOTS, VALUES)
    np.testing.assert_allclose(curve.scaled(1.7).at(0.9), 1.7 * np.array(curve.at(0.9)))


@pytest.mark.parametrize(
    ("knots", "values"), [([0], [0]), ([0, 1], [0]), ([0, 0], [1, 2]), ([1, 0], [0, 1])]
)
def test_bad_knots_are_refused(knots, values):
    for make in (cubic_spline, piecewise_linear):
        with pytest.raises(ShapeError):
            make(knots, values)
