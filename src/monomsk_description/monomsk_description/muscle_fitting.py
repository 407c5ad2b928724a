"""From samples of a muscle's path to the sparse polynomials that everything else works with."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array
from monomsk_description.polynomials import Exponents, SparsePolynomial

#: Highest total degree for muscles that nobody selected terms for, by number of coordinates.
_LENGTH_DEGREE = {1: 9, 2: 7, 3: 6, 4: 4}
_PULL_DEGREE = {1: 6, 2: 5, 3: 4, 4: 3}
_FEWEST_DEGREES = 3
#: Moment arms that a fit misses by more count less [m]: a path may jump.
_WIDTH_M = 5e-4
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Samples:
    """One muscle at n poses.

    Attributes:
        variables: Scaled coordinates (n, coordinates of a leg).
        crosses: Which of them the muscle crosses.
        half_range: Of the coordinates [rad].
        lengths: (n,) [m].
        arms: Moment arms (n, coordinates) [m].
        pulls: By joint: directions (n, 3), in the axes of the joint's child.
    """

    variables: Array
    crosses: NDArray[np.bool_]
    half_range: Array
    lengths: Array
    arms: Array
    pulls: Mapping[str, Array]


def fit_length(samples: Samples, terms: Exponents | None) -> SparsePolynomial:
    """A polynomial whose derivatives are minus the moment arms, placed at the lengths.

    Args:
        samples: Of the muscle.
        terms: Exponents (terms, coordinates) to use; None: all up to a degree.
    """
    columns = np.flatnonzero(samples.crosses).tolist()
    exponents = _all_terms(samples.crosses, _LENGTH_DEGREE) if terms is None else terms
    moving = exponents[exponents.any(axis=1)]
    design = np.concatenate(
        [-_slopes(samples.variables, moving, k) / samples.half_range[k] for k in columns]
    )
    target = samples.arms[:, columns].T.ravel()
    weights = np.ones(len(target))
    for _ in range(_ROUNDS):
        coefficients = _solve(design, target, weights)
        off = np.abs(design @ coefficients - target)
        weights = 1.0 / np.maximum(off, _WIDTH_M)
    constant = np.median(samples.lengths - _monomials(samples.variables, moving) @ coefficients)
    every = np.vstack([np.zeros_like(moving[:1]), moving])
    return SparsePolynomial(every, np.concatenate([[constant], coefficients]))


def fit_pull(
    samples: Samples, joint: str, terms: Exponents | None
) -> tuple[SparsePolynomial, SparsePolynomial, SparsePolynomial]:
    """x, y and z of the direction of a pull."""
    exponents = _all_terms(samples.crosses, _PULL_DEGREE) if terms is None else terms
    design = _monomials(samples.variables, exponents)
    found = _solve(design, samples.pulls[joint], np.ones(len(design)))
    x, y, z = (SparsePolynomial(exponents, column) for column in found.T)
    return x, y, z


def arm_errors(samples: Samples, length: SparsePolynomial) -> Array:
    """How far the derivatives of a length are from the moment arms (n, crossed) [m]."""
    columns = np.flatnonzero(samples.crosses).tolist()
    found = [
        -_slopes(samples.variables, length.exponents, k) @ length.coefficients
        / samples.half_range[k]
        for k in columns
    ]  # fmt: skip
    return np.abs(np.stack(found, axis=1) - samples.arms[:, columns])


def _solve(design: Array, target: Array, weights: Array) -> Array:
    """Weighted least squares; a breath of damping settles terms that the poses do not tell."""
    weighted = design * weights[:, None]
    gram = weighted.T @ design
    gram += 1e-12 * np.trace(gram) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram, weighted.T @ target))


def _all_terms(crosses: NDArray[np.bool_], degrees: Mapping[int, int]) -> Exponents:
    columns = np.flatnonzero(crosses)
    degree = degrees.get(len(columns), _FEWEST_DEGREES)
    every = itertools.product(range(degree + 1), repeat=len(columns))
    inner = np.array([e for e in every if sum(e) <= degree], dtype=np.int64)
    terms = np.zeros((len(inner), len(crosses)), dtype=np.int64)
    terms[:, columns] = inner
    return terms


def _monomials(x: Array, exponents: Exponents) -> Array:
    values = np.ones((len(x), len(exponents)))
    for column in np.flatnonzero(exponents.any(axis=0)):
        powers = x[:, column, None] ** np.arange(exponents[:, column].max() + 1)
        values *= powers[:, exponents[:, column]]
    return values


def _slopes(x: Array, exponents: Exponents, column: int) -> Array:
    """Derivatives (n, terms) of the monomials by one variable."""
    lower = exponents.copy()
    lower[:, column] = np.maximum(lower[:, column] - 1, 0)
    return np.asarray(exponents[:, column] * _monomials(x, lower))
