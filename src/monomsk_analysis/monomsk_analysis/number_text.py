"""Numbers as people read them; unknown is said, never guessed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNKNOWN = "--"


def number(value: float, digits: int, signed: bool = False) -> str:
    """Return a value as text, '--' unknown; never '-0'.

    Args:
        value: any unit.
        digits: digits after the point.
        signed: write a plus before positive values.
    """
    if not math.isfinite(value):
        return UNKNOWN
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}" if signed and rounded != 0.0 else f"{rounded:.{digits}f}"


def spread(sigma: float, digits: int) -> str:
    """Return a standard deviation as text, empty unknown."""
    return f"±{sigma:.{digits}f}" if math.isfinite(sigma) else ""


def statistic(function: Callable[[NDArray[np.float64]], float], values: ArrayLike) -> float:
    """Return a statistic of the finite values, NaN without any."""
    array = np.asarray(values, dtype=float)
    finite = array[np.isfinite(array)]
    return float(function(finite)) if finite.size else float("nan")
