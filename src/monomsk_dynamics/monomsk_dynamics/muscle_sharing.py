"""How the muscles of one leg share its torques: the quadratic programme of static optimisation."""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.qp import EQUALITY, UNBOUNDED, solve_prepared

Array = NDArray[np.float64]


class LegShare:
    """Finds min |a|² + weight |r|² with turning a + r = torques and lowest <= a <= 1.

    The unknowns are a and r times the weight's root, so that the Hessian is the identity. All
    arrays are made once: filling them costs less than the solver does. Not thread-safe.

    Args:
        muscles: How many.
        rows: How many torques.
        lowest: The least activation.
        weight: What a reserve costs [1/(N m)²].
    """

    def __init__(self, muscles: int, rows: int, lowest: float, weight: float) -> None:
        count = muscles + rows
        self._muscles, self._lowest = muscles, lowest
        self._hessian, self._gradient = np.eye(count), np.zeros(count)
        self._matrix = np.zeros((rows, count))
        self._matrix[:, muscles:] = np.eye(rows) / np.sqrt(weight)
        self._lower = np.full(count + rows, -UNBOUNDED)
        self._lower[:muscles] = lowest
        self._upper = np.full(count + rows, UNBOUNDED)
        self._upper[:muscles] = 1.0
        self._sense = np.zeros(count + rows, dtype=np.int32)
        self._sense[count:] = EQUALITY

    def activations(self, turning: Array, torques: Array) -> Array:
        """The least activations (muscles,).

        Args:
            turning: Torques at full activation (rows, muscles) [N m].
            torques: What the muscles shall make (rows,) [N m].

        Raises:
            SolverError: The programme has no solution.
        """
        self._matrix[:, : self._muscles] = turning
        self._lower[-len(torques) :] = torques
        self._upper[-len(torques) :] = torques
        found = solve_prepared(
            self._hessian, self._gradient, self._matrix, self._lower, self._upper, self._sense
        )
        # The solver meets bounds to its tolerance.
        share: Array = np.minimum(np.maximum(found[: self._muscles], self._lowest), 1.0)
        return share
