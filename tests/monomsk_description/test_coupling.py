import numpy as np
import pytest

from monomsk_description.anatomy import TransformAxis
from monomsk_description.coupling import Coupling, ForceDerivatives, from_upper
from monomsk_description.curves import cubic_spline, polynomial

X, Y, Z = np.eye(3)
AXES = (
    TransformAxis("translation", X, "bend", polynomial([0.1, 0.5, -0.2, 0.3])),
    TransformAxis("rotation", Z, "bend"),
    TransformAxis("rotation", Y, "turn"),
    TransformAxis("rotation", X, "bend", cubic_spline([-1, 0, 0.5, 1], [0.2, 0, 0.1, 0.5])),
)


@pytest.fixture
def coupling():
    return Coupling(AXES, ("bend", "turn"))


def _q(bend, turn):
    return np.array([1.0, 2, 3, 0, 0, 0, 1, bend, turn])


def test_axes_follow_their_coordinates(coupling):
    axes = coupling.expand(_q(0.3, -0.7))
    np.testing.assert_array_equal(axes.q[:7], _q(0, 0)[:7])
    expected = [AXES[0].curve(0.3), 0.3, -0.7, AXES[3].curve(0.3)]
    np.testing.assert_allclose(axes.q[7:], expected, atol=1e-15)


def test_configuration_is_left_alone(coupling):
    q = _q(0.3, -0.7)
    coupling.expand(q).q[:] = 0.0
    np.testing.assert_array_equal(q, _q(0.3, -0.7))


def test_motion_over_axes_is_the_axes_time_derivative(coupling):
    """Along q(t) = q + v t + a t²/2 of the coordinates, by finite differences."""
    start, v, a = np.array([0.3, -0.7]), np.array([1.3, 0.4]), np.array([-2.0, 5.0])

    def axes_at(t):
        return coupling.expand(_q(*(start + v * t + 0.5 * a * t**2))).q[7:]

    step = 1e-4
    speed = (axes_at(step) - axes_at(-step)) / (2 * step)
    acceleration = (axes_at(step) - 2 * axes_at(0) + axes_at(-step)) / step**2
    root = np.arange(6.0)
    v_axes, a_axes = coupling.expand_motion(
        coupling.expand(_q(*start)), np.r_[root, v], np.r_[root, a]
    )
    np.testing.assert_allclose(v_axes, np.r_[root, speed], atol=1e-6)
    np.testing.assert_allclose(a_axes, np.r_[root, acceleration], atol=1e-5)


def test_power_is_the_same_over_axes_and_over_coordinates(coupling, rng):
    axes = coupling.expand(_q(0.6, 0.1))
    tau_axes, v = rng.normal(size=10), rng.normal(size=8)
    v_axes = coupling.expand_motion(axes, v, np.zeros(8))[0]
    assert coupling.reduce_forces(axes, tau_axes) @ v == pytest.approx(tau_axes @ v_axes)


def test_kinetic_energy_is_the_same_over_axes_and_over_coordinates(coupling, rng):
    axes = coupling.expand(_q(-0.4, 0.1))
    root = rng.normal(size=(10, 10))
    mass, v = root @ root.T, rng.normal(size=8)
    v_axes = coupling.expand_motion(axes, v, np.zeros(8))[0]
    reduced = coupling.reduce_mass_matrix(axes, np.triu(mass))
    assert v @ reduced @ v == pytest.approx(v_axes @ mass @ v_axes)
    np.testing.assert_array_equal(reduced, reduced.T)


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_lies_below_the_diagonal_does_not_matter(rng, order):
    root = rng.normal(size=(7, 7))
    whole = root + root.T
    stored = np.array(np.triu(whole) + np.tril(np.full((7, 7), 9.0), -1), order=order)
    np.testing.assert_array_equal(from_upper(stored), whole)


def test_derivatives_over_coordinates_equal_finite_differences(coupling, rng):
    """tau(q) = F'(q)ᵀ A q_axes(q), with A constant: by finite differences over the bend."""
    matrix = rng.normal(size=(10, 10))
    tangent = np.zeros(8)

    def tau(bend):
        axes = coupling.expand(_q(bend, 0.2))
        return coupling.reduce_forces(axes, matrix @ np.r_[np.zeros(6), axes.q[7:]])

    axes = coupling.expand(_q(0.3, 0.2))
    force = matrix @ np.r_[np.zeros(6), axes.q[7:]]
    none = np.zeros((10, 10))
    reduced = coupling.reduce_derivatives(
        axes, tangent, tangent, ForceDerivatives(force, matrix, none, none)
    )
    step = 1e-6
    expected = (tau(0.3 + step) - tau(0.3 - step)) / (2 * step)
    np.testing.assert_allclose(reduced.by_q[:, 6], expected, atol=1e-8)
