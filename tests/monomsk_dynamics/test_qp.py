"""Quadratic programmes with known solutions."""

import numpy as np
import pytest

from monomsk_dynamics.errors import ShapeError, SolverError
from monomsk_dynamics.qp import solve_qp

NO_ROWS = (np.zeros((0, 2)), np.zeros(0), np.zeros(0))
FREE = (np.full(2, -np.inf), np.full(2, np.inf))


def test_without_bounds_it_is_a_linear_solve():
    H = np.array([[3.0, 1.0], [1.0, 2.0]])
    g = np.array([1.0, -4.0])
    np.testing.assert_allclose(solve_qp(H, g, *NO_ROWS, *FREE), -np.linalg.solve(H, g), atol=1e-9)


def test_a_bound_holds_the_solution_back():
    x = solve_qp(np.eye(2), np.array([-3.0, -1.0]), *NO_ROWS, np.zeros(2), np.array([2.0, 9.0]))
    np.testing.assert_allclose(x, [2.0, 1.0], atol=1e-9)


def test_equal_row_bounds_make_an_equality():
    A = np.array([[1.0, 1.0]])
    x = solve_qp(np.diag([1.0, 3.0]), np.zeros(2), A, np.ones(1), np.ones(1), *FREE)
    np.testing.assert_allclose(x, [0.75, 0.25], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_optimality_conditions_of_random_programmes(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(40, 30))
    H, g = root.T @ root + 1e-3 * np.eye(30), rng.normal(size=30) * 10
    x = solve_qp(
        H, g, np.zeros((0, 30)), np.zeros(0), np.zeros(0), np.zeros(30), np.full(30, np.inf)
    )
    slope = H @ x + g
    assert (x > -1e-9).all()
    np.testing.assert_allclose(np.minimum(x, slope), 0.0, atol=1e-6)


def test_contradicting_rows_fail_with_the_solvers_flag():
    A = np.array([[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(SolverError, match="infeasible") as caught:
        solve_qp(np.eye(2), np.zeros(2), A, np.array([2.0, -9.0]), np.array([9.0, 1.0]), *FREE)
    assert caught.value.flag == -1
    assert caught.value.variables == 2


def test_nan_is_refused():
    with pytest.raises(ShapeError, match="NaN"):
        solve_qp(np.eye(2), np.array([np.nan, 0.0]), *NO_ROWS, *FREE)


def test_shapes_must_fit():
    with pytest.raises(ShapeError):
        solve_qp(np.eye(3), np.zeros(2), *NO_ROWS, *FREE)
