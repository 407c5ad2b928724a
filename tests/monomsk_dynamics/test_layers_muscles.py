"""Static optimisation in torch and CasADi: the solver's activations, finite differences' slopes."""

import numpy as np
import pytest

from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.static_optimization import StaticOptimization, StaticOptimizationOptions

STEP = 1e-5
PASSIVE = StaticOptimizationOptions(passive=True, reserve_weight=0.1)


@pytest.fixture(scope="module")
def geometry(skeleton):
    return MuscleGeometry(skeleton)


@pytest.fixture(scope="module")
def instants(skeleton):
    """Coordinates, rates and torques (3, 31) of walking-like instants; the last asks too much."""
    rng = np.random.default_rng(8)
    q, rates = 0.1 * rng.normal(size=(3, 31)), rng.normal(size=(3, 31))
    tau = np.zeros((3, 31))
    for side, share in (("r", 1.0), ("l", 0.6)):
        for name, angle, torque in (
            ("hip_flexion", 0.4, 30.0), ("knee_angle", 0.5, -35.0), ("ankle_angle", 0.1, -60.0),
            ("hip_adduction", 0.0, -25.0),
        ):  # fmt: skip
            column = skeleton.coordinate_index(f"{name}_{side}")
            q[:, column] += share * angle
            tau[:, column] = share * torque * np.array([1.0, 0.5, 6.0])
    return q, rates, tau


def slope(solve, instant, directions):
    ahead, behind = (
        solve(*(x + s * STEP * d for x, d in zip(instant, directions, strict=True)))
        for s in (1.0, -1.0)
    )
    return (ahead.activations - behind.activations) / (2 * STEP)


@pytest.mark.parametrize("options", [None, PASSIVE])
def test_torch_finds_the_solvers_activations_and_their_slopes(geometry, instants, options):
    torch = pytest.importorskip("torch")
    from monomsk_dynamics.layers.torch_muscles import TorchMuscles

    solver, layer = StaticOptimization(geometry, options), TorchMuscles(geometry, options)
    x = [torch.tensor(values, requires_grad=True) for values in instants]
    activations, forces = layer(*x)
    rng = np.random.default_rng(9)
    directions = rng.normal(size=(3, 31)) * [[0.1], [1.0], [10.0]]
    weights = rng.normal(size=80)
    gradients = torch.autograd.grad((activations @ torch.tensor(weights)).sum(), x)
    for row in range(3):
        instant = [values[row] for values in instants]
        expected = solver.solve(*instant)
        np.testing.assert_allclose(activations[row].detach(), expected.activations, atol=1e-8)
        np.testing.assert_allclose(forces[row].detach(), expected.forces, atol=1e-4)
        found = sum(
            float(g[row] @ torch.tensor(d)) for g, d in zip(gradients, directions, strict=True)
        )
        known = weights @ slope(solver.solve, instant, directions)
        assert found == pytest.approx(known, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("options", [None, PASSIVE])
def test_casadi_finds_the_solvers_activations_and_their_slopes(geometry, instants, options):
    ca = pytest.importorskip("casadi")
    from monomsk_dynamics.layers.casadi_muscles import build_muscle_function

    solver, muscles = (
        StaticOptimization(geometry, options),
        build_muscle_function(geometry, options),
    )
    x = [ca.MX.sym(name, 31) for name in ("q", "rates", "tau")]
    jacobian = ca.Function("jacobian", x, [ca.jacobian(muscles(*x)[0], ca.vertcat(*x))])
    rng = np.random.default_rng(9)
    directions = rng.normal(size=(3, 31)) * [[0.1], [1.0], [10.0]]
    for row in range(3):
        instant = [values[row] for values in instants]
        expected = solver.solve(*instant)
        activations, forces = (np.array(value)[:, 0] for value in muscles(*instant))
        np.testing.assert_allclose(activations, expected.activations, atol=1e-7)
        np.testing.assert_allclose(forces, expected.forces, atol=1e-3)
        found = np.array(jacobian(*instant)) @ directions.ravel()
        known = slope(solver.solve, instant, directions)
        np.testing.assert_allclose(found, known, rtol=1e-3, atol=1e-5)
