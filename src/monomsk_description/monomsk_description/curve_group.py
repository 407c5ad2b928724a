"""Several curves of one coordinate, evaluated at once: the axes of a knee share their knots."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from monomsk_description.curves import Curve
from monomsk_description.frames import Array


class CurveGroup:
    """Curves with the same breaks and the same origins.

    Args:
        curves: At least one; see `same_knots`.
    """

    def __init__(self, curves: Sequence[Curve]) -> None:
        self._breaks: list[float] = curves[0].breaks.tolist()
        self._origins: list[float] = curves[0].origins.tolist()
        degree = max(curve.coefficients.shape[1] for curve in curves) - 1
        self._degree = degree
        tables = np.stack([_tables(curve, degree) for curve in curves], axis=2)
        self._count = len(curves)
        self._tables = tables.reshape(len(tables), -1, degree + 1)  # (m + 1, 4 n, powers)

    @staticmethod
    def same_knots(curve: Curve) -> tuple[bytes, bytes]:
        """Equal for curves that may form a group."""
        return curve.breaks.tobytes(), curve.origins.tobytes()

    def at(self, x: float) -> Array:
        """Value and three derivatives of every curve at x, (4, n)."""
        index = bisect_right(self._breaks, x)
        # The last knot belongs to the curve, not to what lies beyond it, as the first one does.
        if index and x == self._breaks[-1]:
            index -= 1
        t = power = x - self._origins[index]
        powers = [1.0]
        for _ in range(self._degree):
            powers.append(power)
            power *= t
        found: Array = self._tables[index].dot(np.array(powers))
        return found.reshape(4, self._count)


def _tables(curve: Curve, degree: int) -> Array:
    """Coefficients of a curve's pieces and their three derivatives (m + 1, 4, degree + 1)."""
    pieces = len(curve.coefficients)
    tables = np.zeros((pieces, 4, degree + 1))
    tables[:, 0, : curve.coefficients.shape[1]] = curve.coefficients
    for order in (1, 2, 3):
        raised = tables[:, order - 1, 1:] * np.arange(1, degree + 1)
        tables[:, order, :-1] = raised
    return tables
