"""The cost of the window optimisation: weighted linear rows over all of its unknowns.

Unknowns of a window, in this order: coefficients of the correction (each in its standard
deviation), magnitudes of the friction pyramids' edges on the loaded sole points, frame by frame
[body weights], and the positive and negative part of each frame's root residual (6 + 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from monomsk_dynamics.filter_options import per_group
from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.generators import GeneratorMap
from monomsk_dynamics.optimization_options import OptimizationOptions
from monomsk_dynamics.spline_basis import SPAN, SplineBasis

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_NV = 37
_ROOT = 6
#: A sole point with less of the body weight than this does not hold its place.
_HELD = 0.01


@dataclass(frozen=True)
class FrameLoads:
    """What is expected of one frame's forces.

    Attributes:
        generators: From the pyramids' edges to forces.
        rows: Weighted expectations over the magnitudes (m, k), and what they should be (m,).
        targets: (m,).
        start: Magnitudes to begin with (k,) [body weights].
        support: Wrench of another support about the world's origin (6,) [N, N m].
    """

    generators: GeneratorMap
    rows: Array
    targets: Array
    start: Array
    support: Array


@dataclass(frozen=True)
class Layout:
    """Where the unknowns of a window are.

    Attributes:
        frames: First frame, and the one behind the last.
        coefficients: First coefficient, and the one behind the last.
        magnitudes: Where each frame's magnitudes begin, and the end (n + 1,).
        residuals: Where each frame's residual begins, and the end (n + 1,).
        size: Number of unknowns.
    """

    frames: tuple[int, int]
    coefficients: tuple[int, int]
    magnitudes: Indices
    residuals: Indices
    size: int

    @classmethod
    def of(cls, basis: SplineBasis, frames: tuple[int, int], counts: Sequence[int]) -> "Layout":
        """The layout of a window, given how many magnitudes each of its frames has."""
        start, stop = frames
        first, last = int(basis.first[start]), int(basis.first[stop - 1]) + SPAN
        magnitudes = (last - first) * _NV + np.concatenate([[0], np.cumsum(counts)])
        residuals = int(magnitudes[-1]) + 2 * _ROOT * np.arange(stop - start + 1)
        return cls(frames, (first, last), magnitudes, residuals, int(residuals[-1]))

    def reach(self, basis: SplineBasis, frame: int) -> slice:
        """Unknowns of the six coefficients that reach a frame."""
        begin = (int(basis.first[frame]) - self.coefficients[0]) * _NV
        return slice(begin, begin + SPAN * _NV)


class _Rows:
    """Collects sparse rows."""

    def __init__(self) -> None:
        self._rows: list[Indices] = []
        self._columns: list[Indices] = []
        self._values: list[Array] = []
        self._targets: list[Array] = []
        self._count = 0

    def add(self, block: Array, columns: Indices, targets: Array) -> None:
        """Add dense rows (m, k) over some columns."""
        rows = np.arange(self._count, self._count + len(block))
        self._rows.append(np.repeat(rows, len(columns)))
        self._columns.append(np.tile(columns, len(block)))
        self._values.append(block.ravel())
        self._targets.append(targets)
        self._count += len(block)

    def system(self, size: int) -> tuple[csr_array, Array]:
        places = (np.concatenate(self._rows), np.concatenate(self._columns))
        shape = (self._count, size)
        matrix = csr_array((np.concatenate(self._values), places), shape=shape)
        return matrix, np.concatenate(self._targets)


def window_cost(
    layout: Layout,
    basis: SplineBasis,
    terms: Sequence[FrameTerms],
    loads: Sequence[FrameLoads],
    options: OptimizationOptions,
) -> tuple[csc_array, Array]:
    """Hessian and gradient at zero of half the sum of squared rows, and of the residuals' price.

    Args:
        layout: Of the unknowns.
        basis: Of the correction over all frames.
        terms: Of all frames, before any correction.
        loads: Of all frames.
        options: Weights.
    """
    rows = _Rows()
    sigma, acceleration_sigma = per_group(*options.sigma), per_group(*options.acceleration_sigma)
    for place, frame in enumerate(range(*layout.frames)):
        reach = layout.reach(basis, frame)
        value, _, bend = basis.values[:, frame]
        columns = np.arange(reach.start, reach.stop).reshape(SPAN, _NV)
        for weights, scale in ((value, np.ones(_NV)), (bend, sigma / acceleration_sigma)):
            _add_diagonal(rows, weights, scale, columns)
        held = _held_points(terms[frame], loads[frame])
        if len(held):
            by_step = held * sigma / options.sole_sigma_m
            soles = (value[None, :, None] * by_step[:, None]).reshape(-1, SPAN * _NV)
            rows.add(soles, columns.ravel(), np.zeros(len(held)))
        own = np.arange(layout.magnitudes[place], layout.magnitudes[place + 1])
        if len(own):
            rows.add(loads[frame].rows, own, loads[frame].targets)
    matrix, targets = rows.system(layout.size)
    gradient = -(matrix.T @ targets)
    gradient[layout.residuals[0] :] += options.residual_pull
    return csc_array(matrix.T @ matrix), gradient


def _add_diagonal(rows: _Rows, weights: Array, scale: Array, columns: Indices) -> None:
    """One row a coordinate, over its own six coefficients."""
    for coordinate in range(_NV):
        block = (weights * scale[coordinate])[None]
        rows.add(block, columns[:, coordinate], np.zeros(1))


def _held_points(terms: FrameTerms, loads: FrameLoads) -> Array:
    """Jacobian (3 m, 37) of the loaded sole points over the correction."""
    forces = loads.generators.forces(loads.start)
    held = loads.generators.points[forces[:, 2] > _HELD * loads.generators.weight_n]
    jacobian = terms.jacobians[held].reshape(-1, _NV).copy()
    # The correction displaces the pelvis along the world's axes.
    jacobian[:, :3] = np.tile(np.eye(3), (len(held), 1))
    return jacobian
