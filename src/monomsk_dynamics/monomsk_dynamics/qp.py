"""The one place where a quadratic programme meets its solver (daqp, a dual active-set method)."""

from functools import cache

import daqp
import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.errors import SolverError

Array = NDArray[np.float64]

#: Stands for infinity in a bound, as daqp has it.
UNBOUNDED = 1e30

EQUALITY = 5  # daqp's mark of a row that is active and stays so


def solve_prepared(
    hessian: Array,
    gradient: Array,
    matrix: Array,
    lower: Array,
    upper: Array,
    sense: NDArray[np.int32],
) -> Array:
    """Minimise x' H x / 2 + g' x within bounds on x and on A x.

    Arrays have to be finite, contiguous and as the solver wants them: nothing is checked.

    Args:
        hessian: H, symmetric positive definite (n, n).
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
