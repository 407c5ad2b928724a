"""Fits sparse polynomials greedily: the term that explains most comes next, until enough is."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Exponents = NDArray[np.int64]


@dataclass(frozen=True)
class Polynomial:
    """Some outputs over the same terms of scaled coordinates.

    Attributes:
        exponents: (terms, coordinates).
        coefficients: (terms, outputs).
    """

    exponents: Exponents
    coefficients: Array

    def at(self, x: Array) -> Array:
        """Values (n, outputs) at x (n, coordinates)."""
        return monomials(x, self.exponents) @ self.coefficients

    def gradient(self, x: Array) -> Array:
        """Derivatives (n, coordinates) of the first output at x (n, coordinates)."""
        rows = gradients(x, self.exponents) @ self.coefficients[:, 0]
        return rows.reshape(x.shape[1], len(x)).T


def all_exponents(coordinates: int, degree: int) -> Exponents:
    """Every exponent vector up to a total degree, constant first."""
    every = itertools.product(range(degree + 1), repeat=coordinates)
    return np.array(sorted((e for e in every if sum(e) <= degree), key=lambda e: (sum(e), e)))


def monomials(x: Array, exponents: Exponents) -> Array:
    """Monomials (n, terms) at x (n, coordinates)."""
    powers = x[:, :, None] ** np.arange(exponents.max(initial=0) + 1)
    columns = [powers[:, c][:, exponents[:, c]] for c in range(x.shape[1])]
    return np.asarray(np.prod(columns, axis=0))


def gradients(x: Array, exponents: Exponents) -> Array:
    """Their derivatives, coordinate by coordinate: (coordinates * n, terms)."""
    blocks = []
    for c in range(x.shape[1]):
        lower = exponents.copy()
        lower[:, c] = np.maximum(lower[:, c] - 1, 0)
        blocks.append(exponents[:, c] * monomials(x, lower))
    return np.concatenate(blocks)


def greedy_order(design: Array, target: Array, terms: int) -> list[int]:
    """Columns of the design (rows, columns) in the order in which they explain most of a target.

    Orthogonal least squares: every column is judged by what it adds to the ones before it.

    Args:
        design: (rows, columns).
        target: (rows, outputs); the outputs share the columns.
        terms: How many columns are wanted.
    """
    gram = design.T @ design
    left = design.T @ target
    norms = np.diag(gram).copy()
    floor = 1e-10 * norms.max()
    basis = np.zeros((0, len(gram)))
    order: list[int] = []
    for _ in range(min(terms, len(gram))):
        gains = np.where(norms > floor, (left**2).sum(axis=1) / np.maximum(norms, floor), -1.0)
        gains[order] = -1.0
        best = int(gains.argmax())
        if gains[best] <= 0.0:
            break
        order.append(best)
        direction = (gram[best] - basis[:, best] @ basis) / np.sqrt(norms[best])
        left = left - np.outer(direction, left[best] / np.sqrt(norms[best]))
        norms = norms - direction**2
        basis = np.vstack([basis, direction])
    return order


def robust_solution(design: Array, target: Array, width: float, rounds: int = 12) -> Array:
    """Least absolute deviations beyond a width, by reweighting: unmoved by rows that are wrong."""
    solution = np.linalg.lstsq(design, target, rcond=1e-10)[0]
    for _ in range(rounds):
        weights = 1.0 / np.sqrt(np.maximum(np.abs(design @ solution - target), width))
        weighted = design * weights[:, None]
        solution = np.linalg.lstsq(weighted, target * weights, rcond=1e-10)[0]
    return np.asarray(solution)
