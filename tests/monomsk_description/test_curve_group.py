"""Several curves at once give what each gives alone."""

import numpy as np
import pytest

from monomsk_description.curve_group import CurveGroup
from monomsk_description.curves import cubic_spline, polynomial

KNOTS = np.array([0.0, 0.3, 0.8, 1.5, 2.0])


@pytest.mark.parametrize("x", [-0.7, 0.0, 0.1, 0.3, 1.2, 2.0, 2.6])
def test_a_group_equals_its_curves(x, rng):
    curves = [cubic_spline(KNOTS, rng.normal(size=5)) for _ in range(4)]
    together = CurveGroup(curves).at(x)
    alone = np.array([curve.at(x) for curve in curves]).T
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12)


def test_polynomials_of_different_degree_form_a_group():
    curves = [polynomial([1.0, 2.0]), polynomial([0.5, 0.0, 3.0, 1.0])]
    together = CurveGroup(curves).at(0.4)
    np.testing.assert_allclose(together.T, [curve.at(0.4) for curve in curves], rtol=1e-12)


def test_only_the_same_knots_may_be_together(rng):
    one, other = cubic_spline(KNOTS, rng.normal(size=5)), cubic_spline(KNOTS, rng.normal(size=5))
    moved = cubic_spline(KNOTS + 0.1, rng.normal(size=5))
    assert CurveGroup.same_knots(one) == CurveGroup.same_knots(other)
    assert CurveGroup.same_knots(one) != CurveGroup.same_knots(moved)
