"""Quadratic programmes with known solutions."""

import numpy as np
import pytest

from monomsk_dynamics.errors import SolverError
from monomsk_dynamics.qp import EQUALITY, UNBOUNDED, not_negative, solve_prepared


def within(lower: list[float], upper: list[float]) -> tuple[np.ndarray, ...]:
    """Bounds of unknowns and rows, and which of them are equalities."""
    below, above = np.array(lower, dtype=float), np.array(upper, dtype=float)
    return below, above, np.where(below == above, EQUALITY, 0).astype(np.int32)


def test_without_bounds_it_is_a_linear_solve():
    H = np.array([[3.0, 1.0], [1.0, 2.0]])
    g = np.array([1.0, -4.0])
    x = solve_prepared(H, g, np.zeros((0, 2)), *within([-UNBOUNDED] * 2, [UNBOUNDED] * 2))
    np.testing.assert_allclose(x, -np.linalg.solve(H, g), atol=1e-9)


def test_a_bound_holds_the_solution_back():
    g = np.array([-3.0, -1.0])
    x = solve_prepared(np.eye(2), g, np.zeros((0, 2)), *within([0.0, 0.0], [2.0, 9.0]))
    np.testing.assert_allclose(x, [2.0, 1.0], atol=1e-9)


def test_equal_row_bounds_make_an_equality():
    rows = within([-UNBOUNDED, -UNBOUNDED, 1.0], [UNBOUNDED, UNBOUNDED, 1.0])
    x = solve_prepared(np.diag([1.0, 3.0]), np.zeros(2), np.array([[1.0, 1.0]]), *rows)
    np.testing.assert_allclose(x, [0.75, 0.25], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_optimality_conditions_of_random_programmes(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(40, 30))
    H, g = root.T @ root + 1e-3 * np.eye(30), rng.normal(size=30) * 10
    x = solve_prepared(H, g, *not_negative(30))
    slope = H @ x + g
    assert (x > -1e-9).all()
    np.testing.assert_allclose(np.minimum(x, slope), 0.0, atol=1e-6)


def test_contradicting_rows_fail_with_the_solvers_flag():
    A = np.array([[1.0, 1.0], [1.0, 1.0]])
    rows = within([-UNBOUNDED, -UNBOUNDED, 2.0, -9.0], [UNBOUNDED, UNBOUNDED, 9.0, 1.0])
    with pytest.raises(SolverError, match="infeasible") as caught:
        solve_prepared(np.eye(2), np.zeros(2), A, *rows)
    assert caught.value.flag == -1
    assert caught.value.variables == 2
