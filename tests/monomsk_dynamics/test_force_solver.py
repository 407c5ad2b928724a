"""The solver: exact equations of motion, exact elimination, friction, priors that pull."""

import numpy as np
import pytest

from monomsk_dynamics.force_solver import ForceSolver, Observation, root_to_world
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.qp import UNBOUNDED, solve_prepared
from monomsk_dynamics.wrench_rows import foot_slice, prior_rows

PHASE = GaitPhase(np.array([0.8, 0.2]), 0, 0.5)
SIGMA = SolverOptions().acceleration_sigmas()


@pytest.fixture
def problem(skeleton, feet, random_state):
    """Terms, observation and prior of a random moving body."""

    def make(seed=0, contact=(True, True), accelerations=0.5):
        rng = np.random.default_rng(seed)
        q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.05)
        terms = evaluate_frame(skeleton, q, rng.normal(size=37) * 0.3)
        observed = Observation(rng.normal(size=37) * accelerations, SIGMA)
        sharing = LoadSharing(feet, skeleton.mass_kg * 9.81)
        prior = sharing.prior(terms, np.array(contact), PHASE, np.array([1.2, 0.0]))
        return terms, observed, prior

    return make


@pytest.fixture
def solver(skeleton, feet):
    return ForceSolver(feet, skeleton.mass_kg)


@pytest.mark.parametrize("contact", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("seed", range(3))
def test_equations_of_motion_hold_exactly(skeleton, solver, problem, contact, seed):
    terms, observed, prior = problem(seed, contact)
    solution = solver.solve(terms, observed, prior)
    left = skeleton.inverse_dynamics(terms.q, terms.v, solution.a)
    right = solution.tau + np.tensordot(solution.point_forces, terms.jacobians, axes=2)
    right[:6] += solution.root_slack
    np.testing.assert_allclose(left, right, atol=1e-8)
    np.testing.assert_array_equal(solution.tau[:6], 0.0)


def test_forward_dynamics_returns_the_acceleration(skeleton, solver, problem):
    terms, observed, prior = problem(4)
    solution = solver.solve(terms, observed, prior)
    forces = solution.tau + np.tensordot(solution.point_forces, terms.jacobians, axes=2)
    forces[:6] += solution.root_slack
    a = skeleton.forward_dynamics(terms.q, terms.v, forces)
    np.testing.assert_allclose(a, solution.a, atol=1e-6)


@pytest.mark.parametrize("with_torque_prior", [False, True])
def test_elimination_equals_the_whole_programme(skeleton, feet, problem, with_torque_prior):
    """The same minimum with accelerations and generator magnitudes as variables."""
    terms, observed, prior = problem(1)
    torque, sigma = np.full(37, np.nan), np.full(37, np.nan)
    if with_torque_prior:
        joints = [9, 10, 16]
        torque[joints], sigma[joints] = [20.0, -40.0, 15.0], 5.0
        observed = Observation(observed.acceleration, observed.sigma, torque, sigma)
    options = SolverOptions()
    solver = ForceSolver(feet, skeleton.mass_kg, options)
    solution = solver.solve(terms, observed, prior)
    x = whole_programme(skeleton, feet, solver, terms, observed, prior)
    np.testing.assert_allclose(solution.a, x[:37], atol=2e-4)
    generators = prior.heading @ solver._edges  # [N]
    forces = x[37:].reshape(16, 4) @ generators.T
    for foot in (0, 1):
        own = feet.points[foot]
        np.testing.assert_allclose(
            solution.point_forces[own].sum(axis=0), forces[own].sum(axis=0), atol=0.2
        )


def whole_programme(skeleton, feet, solver, terms, observed, prior):
    options = SolverOptions()
    weight = skeleton.mass_kg * 9.81
    generators = prior.heading @ solver._edges  # [N]
    to_world = root_to_world(terms, terms.center_of_mass)
    M, h = terms.mass_matrix, terms.bias
    push = np.einsum("pik,pij->pkj", terms.jacobians, np.tile(generators, (16, 1, 1)))
    push = push.transpose(1, 0, 2).reshape(37, 64)
    slack = np.repeat([options.slack_force_sigma, options.slack_moment_sigma_m], 3) * weight
    rows = [np.hstack([np.diag(1 / observed.sigma), np.zeros((37, 64))])]
    targets = [observed.acceleration / observed.sigma]
    root = to_world @ np.hstack([M[:6], -push[:6]])
    rows.append(root / slack[:, None])
    targets.append(-(to_world @ h[:6]) / slack)
    for joint in np.flatnonzero(np.isfinite(observed.torque_prior)):
        sigma = observed.torque_prior_sigma[joint]
        rows.append(np.concatenate([M[joint], -push[joint]])[None] / sigma)
        targets.append([(observed.torque_prior[joint] - h[joint]) / sigma])
    load = solver.vertical_load(solver._observed_rows(terms, observed, prior), prior)
    wrench_rows, wrench_targets = prior_rows(prior, load)
    spread = np.zeros((12, 64))
    for foot in (0, 1):
        for point in feet.points[foot]:
            block = slice(4 * point, 4 * point + 4)
            arm = terms.points[point] - prior.center_of_pressure[foot]
            spread[foot_slice(foot), block] = np.concatenate(
                [generators, np.cross(arm, generators, axis=0)]
            )
    rows.append(np.hstack([np.zeros((len(wrench_rows), 37)), wrench_rows @ spread]))
    targets.append(wrench_targets)
    reluctance = solver._reluctance(terms.points[feet.points, 2])
    for point in range(16):
        own = np.zeros((7, 101))
        block = slice(37 + 4 * point, 41 + 4 * point)
        own[:3, block] = generators * reluctance[point]
        own[3:, block] = np.eye(4) * 0.1 * weight * reluctance[point]
        rows.append(own)
        targets.append(np.zeros(7))
    A, b = np.vstack(rows), np.concatenate(targets)
    lower = np.concatenate([np.full(37, -UNBOUNDED), np.zeros(64)])
    upper, rows = np.full(101, UNBOUNDED), np.zeros((0, 101))
    return solve_prepared(A.T @ A, -A.T @ b, rows, lower, upper, np.zeros(101, dtype=np.int32))


def test_forces_push_and_stay_within_friction(skeleton, feet, problem):
    options = SolverOptions(friction=0.3)
    solver = ForceSolver(feet, skeleton.mass_kg, options)
    for seed in range(5):
        terms, observed, prior = problem(seed, accelerations=5.0)
        forces = solver.solve(terms, observed, prior).point_forces
        assert (forces[:, 2] > -1e-9).all()
        assert (np.linalg.norm(forces[:, :2], axis=1) <= 0.3 * forces[:, 2] + 1e-6).all()


def test_a_foot_in_the_air_bears_nothing(solver, problem, feet):
    terms, observed, prior = problem(2, contact=(False, True))
    forces = solver.solve(terms, observed, prior).point_forces
    np.testing.assert_array_equal(forces[feet.points[0]], 0.0)
    assert forces[feet.points[1], 2].sum() > 0


def test_a_certain_acceleration_is_kept_and_the_rest_is_slack(skeleton, feet, problem):
    terms, observed, prior = problem(3)
    sure = Observation(observed.acceleration + 3.0, np.full(37, 1e-9))
    loose = SolverOptions(slack_force_sigma=10.0, slack_moment_sigma_m=10.0)
    solution = ForceSolver(feet, skeleton.mass_kg, loose).solve(terms, sure, prior)
    np.testing.assert_allclose(solution.a, sure.acceleration, atol=1e-9)
    assert np.linalg.norm(solution.root_slack) > 10.0


def test_a_torque_prior_pulls_the_torque(solver, problem):
    terms, observed, prior = problem(5)
    knee = 9
    free = solver.solve(terms, observed, prior).tau[knee]
    torque, sigma = np.full(37, np.nan), np.full(37, np.nan)
    pulled = []
    for certainty in (1e4, 10.0, 0.1):
        torque[knee], sigma[knee] = free + 30.0, certainty
        given = Observation(observed.acceleration, observed.sigma, torque, sigma)
        pulled.append(solver.solve(terms, given, prior).tau[knee] - free)
    assert abs(pulled[0]) < 0.5
    assert pulled[0] < pulled[1] < pulled[2]
    assert pulled[2] == pytest.approx(30.0, abs=3.0)


def test_a_torque_prior_without_a_deviation_is_none(solver, problem):
    """As in a message whose lists were filled with zeros."""
    terms, observed, prior = problem(5)
    given = Observation(observed.acceleration, observed.sigma, np.zeros(37), np.zeros(37))
    expected = solver.solve(terms, observed, prior)
    np.testing.assert_array_equal(solver.solve(terms, given, prior).tau, expected.tau)


def test_a_force_prior_shifts_the_load(skeleton, solver, problem, feet):
    from monomsk_dynamics.load_sharing import given_forces

    terms, observed, prior = problem(6)
    forces, sigmas = np.full((2, 3), np.nan), np.full((2, 3), np.nan)
    forces[0, 2], sigmas[0, 2] = 0.8 * skeleton.mass_kg * 9.81, 1.0
    given = prior.with_forces(given_forces(forces, sigmas))
    solution = solver.solve(terms, observed, given)
    assert solution.point_forces[feet.points[0], 2].sum() == pytest.approx(forces[0, 2], rel=0.02)
