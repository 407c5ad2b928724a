"""Propagated standard deviations against sampling, derivatives against finite differences."""

import numpy as np
import pytest

from monomsk_dynamics.force_solver import ForceSolver, Observation
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.uncertainty import Uncertainty, contact_stiffness

SIGMA = SolverOptions().acceleration_sigmas()


@pytest.fixture(scope="module")
def standing(skeleton, feet):
    terms = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))
    phase = GaitPhase(np.array([0.8, 0.2]), 0, 0.5)
    sharing = LoadSharing(feet, skeleton.mass_kg * 9.81)
    return terms, sharing.prior(terms, np.array([True, True]), phase, np.array([1.2, 0.0]))


def test_contact_stiffness_equals_finite_differences(skeleton, feet):
    rng = np.random.default_rng(0)
    q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.2)
    q[7 + 3] = q[7 + 10] = 0.4  # knees bent: on the splines
    forces = np.zeros((16, 3))
    forces[2] = [40.0, -20.0, 500.0]  # one point of the right heel, so that the toes do not matter
    terms = evaluate_frame(skeleton, q, np.zeros(37))
    stiffness = contact_stiffness(terms, feet, 0, forces[feet.points[0]])
    h = 1e-6
    for k in range(3, 12):
        step = np.zeros(37)
        step[k] = h
        after = skeleton.point_jacobians(skeleton.integrate(q, step), skeleton.soles)
        before = skeleton.point_jacobians(skeleton.integrate(q, -step), skeleton.soles)
        change = np.tensordot(forces, after - before, axes=2) / (2 * h)
        # The knee's own curvature (its axis wanders) is left out: 2 % of the largest entry.
        np.testing.assert_allclose(stiffness[6:12, k], change[6:12], atol=8.0)


def test_torque_scatter_of_noisy_accelerations_is_as_predicted(skeleton, feet, standing):
    """What the acceleration's noise alone explains must stay below the stated deviation."""
    terms, prior = standing
    rng = np.random.default_rng(1)
    solver = ForceSolver(feet, skeleton.mass_kg)
    samples = [
        solver.solve(terms, Observation(SIGMA * rng.normal(size=37), SIGMA), prior)
        for _ in range(300)
    ]
    scatter = np.std([sample.tau for sample in samples], axis=0)
    quiet = Observation(np.zeros(37), SIGMA)
    variance, force_variance = Uncertainty(skeleton, feet).of_forces(
        terms, quiet, prior, solver.solve(terms, quiet, prior)
    )
    stated = np.sqrt(variance)
    assert (scatter[6:] < 1.15 * stated[6:] + 0.02).all()
    arms = slice(6 + 17, 37)  # no contact and no prior there: nothing but the noise
    np.testing.assert_allclose(scatter[arms], stated[arms], rtol=0.15, atol=0.01)
    forces = np.array([[s.point_forces[own].sum(axis=0) for own in feet.points] for s in samples])
    assert (forces.std(axis=0) < 1.15 * np.sqrt(force_variance)).all()


def test_less_certain_accelerations_make_less_certain_torques(skeleton, feet, standing):
    terms, prior = standing
    solver, uncertainty = ForceSolver(feet, skeleton.mass_kg), Uncertainty(skeleton, feet)
    stated = []
    for factor in (1.0, 3.0):
        observed = Observation(np.zeros(37), factor * SIGMA)
        solution = solver.solve(terms, observed, prior)
        stated.append(uncertainty.of_forces(terms, observed, prior, solution)[0])
    assert (stated[1][6:] > stated[0][6:]).all()


def test_errors_of_the_pose_count(skeleton, feet, standing):
    terms, prior = standing
    observed = Observation(np.zeros(37), SIGMA)
    solution = ForceSolver(feet, skeleton.mass_kg).solve(terms, observed, prior)
    uncertainty = Uncertainty(skeleton, feet)
    knee = np.zeros(37)
    knee[9] = 0.03
    sensitivity = uncertainty.sensitivity(terms, solution)
    variance = sensitivity.variance(knee, np.zeros(37))
    assert np.sqrt(variance[6]) > 1.0  # the hip's lever arm to the ground hangs on the knee
    np.testing.assert_array_equal(sensitivity.variance(np.zeros(37), np.zeros(37)), 0.0)
