"""Sparse polynomials of many variables, evaluated together in numpy, torch or casadi."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.array_namespace import (
    concatenate,
    is_symbolic,
    namespace_of,
    take,
    transform,
)
from monomsk_description.frames import Array

Exponents = NDArray[np.int64]


@dataclass(frozen=True)
class SparsePolynomial:
    """One polynomial.

    Attributes:
        exponents: (terms, variables).
        coefficients: (terms,).
    """

    exponents: Exponents
    coefficients: Array

    def derivative(self, variable: int) -> "SparsePolynomial":
        """By one of its variables."""
        used = self.exponents[:, variable] > 0
        lower = self.exponents[used]
        factors = lower[:, variable].astype(np.float64)
        lower[:, variable] -= 1
        return SparsePolynomial(lower, self.coefficients[used] * factors)

    def scaled(self, factor: float) -> "SparsePolynomial":
        """All its values times a factor."""
        return SparsePolynomial(self.exponents, self.coefficients * factor)


class SharedPolynomials:
    """Polynomials of the same variables; a monomial that several of them have is computed once.

    Args:
        polynomials: At least one, each over all the variables.
    """

    def __init__(self, polynomials: Sequence[SparsePolynomial]) -> None:
        rows: dict[tuple[int, ...], int] = {}
        entries = [
            (output, rows.setdefault(tuple(exponents), len(rows)), coefficient)
            for output, polynomial in enumerate(polynomials)
            for exponents, coefficient in zip(
                polynomial.exponents.tolist(), polynomial.coefficients, strict=True
            )
        ]
        every = np.array(list(rows), dtype=np.int64)
        self._degree = int(every.max())
        self._factors = _factor_indices(every)
        self._matrix = np.zeros((len(polynomials), len(rows)), order="F")
        for output, row, coefficient in entries:
            self._matrix[output, row] += coefficient

    def __call__(self, x: Any) -> Any:
        """Values (..., polynomials) at x (..., variables)."""
        # Powers 0 and 1, then twice as many with each round.
        table, step, count = concatenate([x**0, x]), x, 2
        while count <= self._degree:
            step = step * step
            table = concatenate([table, table * concatenate([step] * count)])
            count *= 2
        monomials = take(table, self._factors[0])
        for factor in self._factors[1:]:
            monomials = monomials * take(table, factor)
        return transform(self._matrix, monomials)


class PairedPolynomials:
    """As many polynomials for each of two legs, which differ between the legs.

    Args:
        right: At least one.
        left: As many.
    """

    def __init__(self, right: Sequence[SparsePolynomial], left: Sequence[SparsePolynomial]) -> None:
        self._legs = SharedPolynomials(right), SharedPolynomials(left)

    def __call__(self, x: Any) -> Any:
        """Values (..., 2, polynomials) at x (..., 2, variables); a casadi x has two columns."""
        right, left = self._legs
        if is_symbolic(x):
            return namespace_of(x).horzcat(right(x[:, 0]), left(x[:, 1]))
        return namespace_of(x).stack([right(x[..., 0, :]), left(x[..., 1, :])], -2)


def _factor_indices(exponents: Exponents) -> list[NDArray[np.int64]]:
    """Where each monomial's factors stand in a table of powers, all powers 0 first, then 1, ...

    As many index arrays (monomials,) as the monomial of most variables has variables; where there
    are fewer, the index is that of a one.
    """
    variables = exponents.shape[1]
    width = max(int((exponents > 0).sum(axis=1).max()), 1)
    index = np.zeros((len(exponents), width), dtype=np.int64)
    for row, powers in enumerate(exponents):
        used = np.flatnonzero(powers)
        index[row, : len(used)] = powers[used] * variables + used
    return list(index.T)
