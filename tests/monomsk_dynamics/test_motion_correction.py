"""A moved motion: its derivatives are exact, its residual is that of Pinocchio."""

import numpy as np
import pytest

from monomsk_dynamics.layers.compiled import Buffered
from monomsk_dynamics.layers.motion_correction import build_correction_functions


@pytest.fixture(scope="module")
def functions(skeleton):
    return build_correction_functions(skeleton)


@pytest.fixture(scope="module")
def instant(skeleton, smooth_curve, derivatives):
    """q, v, a at 0.3 s and a correction with its derivatives, forces and a support's wrench."""
    rng = np.random.default_rng(2)
    coefficients = rng.normal(size=(3, 37)) * np.array([[0.03], [0.2], [1.0]])
    v, a = derivatives(0.3)
    forces, support = rng.normal(size=(3, 16)) * 60.0, rng.normal(size=6) * 40.0
    return (smooth_curve(0.3), v, a), coefficients, forces, support


def moved_at(functions, smooth_curve, coefficients, h):
    """The moved configuration h seconds after 0.3 s: the correction is a parabola."""
    x = coefficients[0] + h * coefficients[1] + 0.5 * h * h * coefficients[2]
    zero = np.zeros(37)
    return np.array(functions.motion(smooth_curve(0.3 + h), zero, zero, x, zero, zero)[0]).ravel()


def test_no_correction_changes_nothing(functions, instant):
    state, _, _, _ = instant
    zero = np.zeros(37)
    for before, after in zip(state, functions.motion(*state, zero, zero, zero), strict=True):
        np.testing.assert_allclose(np.array(after).ravel(), before, atol=1e-12)


def test_velocity_and_acceleration_are_the_moved_motion_s(
    skeleton, functions, smooth_curve, instant
):
    state, coefficients, _, _ = instant
    _, v, a = (np.array(part).ravel() for part in functions.motion(*state, *coefficients))

    def q(h):
        return moved_at(functions, smooth_curve, coefficients, h)

    def velocity(at, h=1e-4):
        return skeleton.difference(q(at - h), q(at + h)) / (2 * h)

    np.testing.assert_allclose(v, velocity(0.0), atol=1e-5)
    h = 2e-3
    np.testing.assert_allclose(a, (velocity(h) - velocity(-h)) / (2 * h), atol=2e-3)


def test_residual_is_what_the_loads_leave(skeleton, functions, instant):
    state, coefficients, forces, support = instant
    q, v, a = (np.array(part).ravel() for part in functions.motion(*state, *coefficients))
    jacobians = skeleton.point_jacobians(q, skeleton.soles)
    expected = skeleton.inverse_dynamics(q, v, a)[:6]
    expected = expected - np.einsum("pi,pij->j", forces.T, jacobians)[:6]
    rotation = skeleton.segment_poses(q)["pelvis"].rotation
    moment = support[3:] - np.cross(q[:3], support[:3])
    expected -= np.concatenate([rotation.T @ support[:3], rotation.T @ moment])
    found = np.array(functions.residual(*state, *coefficients, forces, support)).ravel()
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_gradient_equals_finite_differences(functions, instant):
    state, coefficients, forces, support = instant
    rng = np.random.default_rng(3)
    weights = rng.normal(size=6)
    gradient = functions.adjoint(*state, *coefficients, forces, support, weights)
    gradient = np.array(gradient).ravel()

    def value(z):
        x, loads = z[:111].reshape(3, 37), z[111:].reshape(16, 3).T
        return weights @ np.array(functions.residual(*state, *x, loads, support)).ravel()

    z = np.concatenate([coefficients.ravel(), forces.ravel(order="F")])
    for _ in range(6):
        direction = rng.normal(size=len(z))
        h = 1e-5
        slope = (value(z + h * direction) - value(z - h * direction)) / (2 * h)
        assert gradient @ direction == pytest.approx(slope, rel=1e-6)


def test_buffered_calls_agree(functions, instant):
    state, coefficients, forces, support = instant
    buffered = Buffered(functions.residual)
    buffered.set(0, *state, *coefficients, forces, support)
    expected = np.array(functions.residual(*state, *coefficients, forces, support)).ravel()
    np.testing.assert_array_equal(buffered.evaluate()[0], expected)
