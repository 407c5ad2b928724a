"""CasADi's equations of a skeleton against Pinocchio's."""

import numpy as np
import pytest

ca = pytest.importorskip("casadi")

from monomsk_dynamics.layers.casadi_functions import build_casadi_functions  # noqa: E402

PRECISION = 1e-12


@pytest.fixture(scope="module")
def functions(skeleton):
    return build_casadi_functions(skeleton)


@pytest.fixture(scope="module")
def samples(skeleton):
    """q, v, a, forces; knees at zero, at a knot, bent, and beyond their range."""
    rng = np.random.default_rng(1)
    knee = 7 + skeleton.coordinate_index("knee_angle_l")
    found = []
    for angle in (0.0, 0.7, 2.0944, 2.4, -0.2):
        q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.4)
        q[knee] = angle
        found.append(
            (q, rng.normal(size=37), 5 * rng.normal(size=37), 50 * rng.normal(size=(16, 3)))
        )
    return found


def error(found, expected) -> float:
    """Largest difference relative to the largest value."""
    found = np.array(found).reshape(np.shape(expected), order="F")
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def contact_forces(skeleton, q, forces):
    return np.einsum("nci,nc->i", skeleton.point_jacobians(q, skeleton.soles), forces)


def test_inverse_dynamics(skeleton, functions, samples):
    for q, v, a, forces in samples:
        expected = skeleton.inverse_dynamics(q, v, a) - contact_forces(skeleton, q, forces)
        assert error(functions.inverse_dynamics(q, v, a, forces.T), expected) < PRECISION


def test_mass_matrix(skeleton, functions, samples):
    for q, *_ in samples:
        assert error(functions.mass_matrix(q), skeleton.mass_matrix(q)) < PRECISION


def test_forward_dynamics(skeleton, functions, samples):
    for q, v, _, forces in samples:
        tau = np.linspace(-40.0, 40.0, 37)
        a = np.array(functions.forward_dynamics(q, v, tau, forces.T)).ravel()
        expected = tau + contact_forces(skeleton, q, forces)
        assert error(skeleton.inverse_dynamics(q, v, a), expected) < PRECISION
        # Two solvers of an ill-conditioned system agree less than either meets its equations.
        assert error(a, skeleton.forward_dynamics(q, v, expected)) < 1e-10


def test_kinematics(skeleton, functions, samples):
    for q, v, *_ in samples:
        assert error(functions.contact_points(q), skeleton.points(q, skeleton.soles).T) < PRECISION
        assert error(functions.center_of_mass(q), skeleton.center_of_mass(q)) < PRECISION
        for scale in (0.0, 1e-6, 0.1, 1.0):
            reached = skeleton.integrate(q, scale * v)
            assert error(functions.integrate(q, scale * v), reached) < PRECISION


def test_derivatives_over_tangent_steps(skeleton, functions, samples):
    q, v, a = ca.SX.sym("q", 38), ca.SX.sym("v", 37), ca.SX.sym("a", 37)
    step = ca.SX.sym("step", 37)
    none = ca.DM(3, 16)
    moved = functions.inverse_dynamics(functions.integrate(q, step), v, a, none)
    jacobian = ca.Function("jacobian", [q, v, a, step], [ca.jacobian(moved, step)])
    for sample in (samples[1], samples[4]):
        state = sample[:3]
        expected = skeleton.inverse_dynamics_derivatives(*state)[0]
        assert error(jacobian(*state, np.zeros(37)), expected) < 1e-10


def test_other_contacts_and_armature(skeleton, samples):
    q, v, a, _ = samples[1]
    geared = build_casadi_functions(skeleton, skeleton.joint_centers, armature_kg_m2=0.01)
    count = len(skeleton.joint_centers)
    forces = np.random.default_rng(2).normal(size=(count, 3))
    jacobians = skeleton.point_jacobians(q, skeleton.joint_centers)
    expected = skeleton.inverse_dynamics(q, v, a) - np.einsum("nci,nc->i", jacobians, forces)
    expected[6:] += 0.01 * a[6:]
    assert error(geared.inverse_dynamics(q, v, a, forces.T), expected) < PRECISION
    back = geared.forward_dynamics(q, v, expected, forces.T)
    assert error(back, a) < 1e-10
