"""One window of the optimisation, solved by IPOPT with a Gauss-Newton Hessian."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, triu

from monomsk_dynamics.errors import OptimizationError
from monomsk_dynamics.layers.compiled import Buffered
from monomsk_dynamics.optimization_options import OptimizationOptions
from monomsk_dynamics.smoothing import SmoothMotion
from monomsk_dynamics.spline_basis import SPAN, SplineBasis
from monomsk_dynamics.window_cost import FrameLoads, Layout

Array = NDArray[np.float64]

_NV = 37
_ROOT = 6
#: Scale of the residual's force and moment in the constraints, per body weight.
_FORCE_SCALE, _MOMENT_SCALE_M = 0.01, 0.003
_ACCEPTED = ("Solve_Succeeded", "Solved_To_Acceptable_Level")


@dataclass(frozen=True)
class Evaluators:
    """Compiled or interpreted functions, see `CorrectionFunctions`."""

    motion: Buffered
    residual: Buffered
    adjoint: Buffered


class RootEquations:
    """The equality constraints of a window: no force is left at the root of any frame.

    Args:
        layout: Of the unknowns.
        basis: Of the correction.
        motion: All frames, before any correction.
        loads: Of all frames.
        evaluators: Of the skeleton.
        sigma: Standard deviation of each coordinate's correction (37,).
    """

    def __init__(
        self,
        layout: Layout,
        basis: SplineBasis,
        motion: SmoothMotion,
        loads: Sequence[FrameLoads],
        evaluators: Evaluators,
        sigma: Array,
    ) -> None:
        self._layout, self._basis, self._motion = layout, basis, motion
        self._loads, self._evaluators, self._sigma = loads, evaluators, sigma
        start, stop = layout.frames
        self.count = _ROOT * (stop - start)
        weight_n = loads[start].generators.weight_n
        self._scale = 1.0 / (np.repeat([_FORCE_SCALE, _MOMENT_SCALE_M], 3) * weight_n)
        #: Of the residuals' unknowns, which are in body weights.
        self._unit = weight_n * self._scale
        self._pattern()

    def _pattern(self) -> None:
        """Where the dense blocks of each frame go in a matrix stored by columns."""
        rows, columns = [], []
        for place, frame in enumerate(range(*self._layout.frames)):
            own = _ROOT * place + np.arange(_ROOT)
            for block in self._blocks(place, frame):
                rows.append(np.repeat(own, len(block)))
                columns.append(np.tile(block, _ROOT))
        places = (np.concatenate(rows), np.concatenate(columns))
        count = len(places[0])
        shape = (self.count, self._layout.size)
        numbered = csc_array(coo_array((np.arange(1.0, count + 1), places), shape=shape))
        numbered.sort_indices()
        self.sparsity = ca.Sparsity(*shape, numbered.indptr.tolist(), numbered.indices.tolist())
        self._order = numbered.data.astype(np.int64) - 1

    def _blocks(self, place: int, frame: int) -> list[NDArray[np.int64]]:
        layout = self._layout
        reach = layout.reach(self._basis, frame)
        return [
            np.arange(reach.start, reach.stop),
            np.arange(layout.magnitudes[place], layout.magnitudes[place + 1]),
            np.arange(layout.residuals[place], layout.residuals[place + 1]),
        ]

    def values(self, z: Array) -> Array:
        """What is left at the root (6 n,), scaled."""
        found = np.empty((self.count // _ROOT, _ROOT))
        function = self._evaluators.residual
        for place, frame in enumerate(range(*self._layout.frames)):
            self._set(function, z, place, frame)
            found[place] = function.evaluate()[0] * self._scale
        slack = z[self._layout.residuals[0] :].reshape(-1, 2, _ROOT)
        result: Array = (found - (slack[:, 0] - slack[:, 1]) * self._unit).ravel()
        return result

    def jacobian(self, z: Array) -> Array:
        """Entries of the Jacobian in the order of `sparsity`."""
        entries: list[Array] = []
        function = self._evaluators.adjoint
        unit = np.diag(self._unit)
        for place, frame in enumerate(range(*self._layout.frames)):
            self._set(function, z, place, frame)
            rows = np.empty((_ROOT, function.size))
            for row, scale in enumerate(self._scale):
                weights = np.zeros(_ROOT)
                weights[row] = scale
                function.set(8, weights)
                rows[row] = function.evaluate()[0]
            by_motion = rows[:, : 3 * _NV].reshape(_ROOT, 3, _NV) * self._sigma
            reach = np.einsum("dj,rdc->rjc", self._basis.values[:, frame], by_motion)
            generators = self._loads[frame].generators
            entries.append(reach.ravel())
            entries.append(generators.pull_back(rows[:, 3 * _NV :]).ravel())
            entries.append(np.concatenate([-unit, unit], axis=1).ravel())
        return np.concatenate(entries)[self._order]

    def _set(self, function: Buffered, z: Array, place: int, frame: int) -> None:
        layout, motion, loads = self._layout, self._motion, self._loads[frame]
        coefficients = z[layout.reach(self._basis, frame)].reshape(SPAN, _NV)
        x = self._basis.values[:, frame] @ coefficients * self._sigma
        own = z[layout.magnitudes[place] : layout.magnitudes[place + 1]]
        forces = loads.generators.all_forces(own)
        function.set(
            0, motion.q[frame], motion.v[frame], motion.a[frame], *x, forces.T, loads.support
        )


class _Callback(ca.Callback):
    """Equations or their Jacobian as CasADi calls them."""

    def __init__(self, equations: RootEquations, size: int, *, derivative: bool) -> None:
        ca.Callback.__init__(self)
        self._equations, self._size, self._derivative = equations, size, derivative
        self.construct("jacobian" if derivative else "equations", {})

    def get_n_in(self) -> int:
        return 2 if self._derivative else 1

    def get_n_out(self) -> int:
        return 2 if self._derivative else 1

    def get_sparsity_in(self, i: int) -> Any:
        return ca.Sparsity.dense(self._size if i == 0 else 0, 1)

    def get_sparsity_out(self, i: int) -> Any:
        return ca.Sparsity.dense(self._equations.count, 1) if i == 0 else self._equations.sparsity

    def eval(self, arguments: Any) -> Any:
        z = np.asarray(arguments[0]).ravel()
        values = ca.DM(self._equations.values(z))
        if not self._derivative:
            return [values]
        return [values, ca.DM(self._equations.sparsity, self._equations.jacobian(z))]


def solve_window(
    equations: RootEquations,
    cost: tuple[csc_array, Array],
    start: Array,
    bounds: tuple[Array, Array],
    options: OptimizationOptions,
) -> tuple[Array, int]:
    """Minimise a quadratic cost under the root equations; returns the unknowns and iterations.

    Raises:
        OptimizationError: IPOPT found no solution.
    """
    hessian, gradient = cost
    size = len(gradient)
    values, derivative = (_Callback(equations, size, derivative=d) for d in (False, True))
    x, p = ca.MX.sym("x", size), ca.MX.sym("p", 0)
    price, multipliers = ca.MX.sym("price"), ca.MX.sym("multipliers", equations.count)
    full, upper = _matrix(hessian), _matrix(csc_array(triu(hessian)))
    linear = ca.DM(gradient)
    over = full @ x
    value = 0.5 * ca.dot(x, over) + ca.dot(linear, x)
    solver = ca.nlpsol(
        "window",
        "ipopt",
        {"x": x, "f": value, "g": values(x)},
        {
            "print_time": False, "no_nlp_grad": True, "calc_lam_p": False,
            "hess_lag": ca.Function(
                "nlp_hess_l", [x, p, price, multipliers], [price * ca.MX(upper)]
            ),
            "grad_f": ca.Function("nlp_grad_f", [x, p], [value, over + linear]),
            "jac_g": derivative,
            "ipopt.print_level": 0, "ipopt.sb": "yes",
            "ipopt.nlp_scaling_method": "none",
            "ipopt.tol": options.tolerance,
            "ipopt.acceptable_tol": 100.0 * options.tolerance,
            "ipopt.acceptable_iter": 3,
            "ipopt.max_iter": options.iterations,
            "ipopt.mu_init": 1e-2,
            "ipopt.hessian_constant": "yes",
        },
    )  # fmt: skip
    result = solver(x0=start, lbx=bounds[0], ubx=bounds[1], lbg=0.0, ubg=0.0)
    status = solver.stats()
    if status["return_status"] not in _ACCEPTED:
        raise OptimizationError(status["return_status"], size)
    return np.asarray(result["x"]).ravel(), int(status["iter_count"])


def _matrix(values: csc_array) -> Any:
    """A sparse matrix as CasADi's."""
    ordered = values.sorted_indices()
    pattern = ca.Sparsity(*ordered.shape, ordered.indptr.tolist(), ordered.indices.tolist())
    return ca.DM(pattern, ordered.data)
