"""The one place where a quadratic programme meets its solver (daqp, a dual active-set method)."""

from functools import cache

import daqp
import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.errors import ShapeError, SolverError

Array = NDArray[np.float64]

#: Stands for infinity in a bound, as daqp has it.
UNBOUNDED = 1e30

EQUALITY = 5  # daqp's mark of a row that is active and stays so


def solve_qp(
    hessian: Array,
    gradient: Array,
    matrix: Array,
    row_lower: Array,
    row_upper: Array,
    lower: Array,
    upper: Array,
) -> Array:
    """Minimise x' H x / 2 + g' x with b_l <= A x <= b_u and l <= x <= u.

    Args:
        hessian: H, symmetric positive definite, shape (n, n).
        gradient: g, shape (n,).
        matrix: A, shape (m, n); m may be 0.
        row_lower: b_l, shape (m,).
        row_upper: b_u, shape (m,); equal to b_l makes an equality.
        lower: l, shape (n,); minus infinity means none.
        upper: u, shape (n,).

    Returns:
        The minimiser, shape (n,).

    Raises:
        ShapeError: Shapes do not fit, or H, g or A holds NaN or infinity.
        SolverError: The solver found no solution; carries its flag.
    """
    n, m = len(gradient), len(matrix)
    if hessian.shape != (n, n) or matrix.shape != (m, n):
        raise ShapeError("quadratic programme", f"H {hessian.shape}, g ({n},), A {matrix.shape}")
    below, above = np.concatenate([lower, row_lower]), np.concatenate([upper, row_upper])
    if below.shape != (n + m,) or above.shape != (n + m,):
        raise ShapeError("quadratic programme", f"bounds {below.shape}, {above.shape}")
    if not np.isfinite(hessian.sum() + gradient.sum() + matrix.sum()):
        raise ShapeError("quadratic programme", "holds NaN or infinity")
    return solve_prepared(
        np.array(hessian, dtype=float, order="C"),
        np.array(gradient, dtype=float),
        np.array(matrix, dtype=float, order="C"),
        np.clip(below, -UNBOUNDED, UNBOUNDED),
        np.clip(above, -UNBOUNDED, UNBOUNDED),
        np.where(below == above, EQUALITY, 0).astype(np.int32),
    )


def solve_prepared(
    hessian: Array,
    gradient: Array,
    matrix: Array,
    lower: Array,
    upper: Array,
    sense: NDArray[np.int32],
) -> Array:
    """The same for arrays that are finite, contiguous and as the solver wants them: no checks.

    Args:
        hessian: H, (n, n).
        gradient: g, (n,).
        matrix: A, (m, n).
        lower: Lower bounds of the unknowns, then of the rows, (n + m,).
        upper: Their upper bounds.
        sense: `EQUALITY` where both are equal, else 0, (n + m,).

    Raises:
        SolverError: The solver found no solution; carries its flag.
    """
    solution, _, flag, _ = daqp.solve(hessian, gradient, matrix, upper, lower, sense)
    if flag < 1:
        raise SolverError(int(flag), len(gradient))
    minimiser: Array = np.array(solution)
    return minimiser


@cache
def not_negative(size: int) -> tuple[Array, Array, Array, NDArray[np.int32]]:
    """No rows, bounds from zero upwards, and their sense, for a programme of that size."""
    return (
        np.zeros((0, size)),
        np.zeros(size),
        np.full(size, UNBOUNDED),
        np.zeros(size, dtype=np.int32),
    )
