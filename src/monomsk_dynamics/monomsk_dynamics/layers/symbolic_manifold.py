"""The manifold of configurations as CasADi SX expressions, and the curves of its coupled axes.

q (38) and tangent vectors (37) are columns. As in `manifold`, a quaternion of any length but zero
stands for its direction.
"""

from typing import Any

import casadi as ca
import numpy as np

from monomsk_description.coupling import ROOT_NQ, ROOT_NV
from monomsk_description.curves import Curve

#: Below this squared angle [rad²] series replace quotients.
_SMALL = 0.04
_SINC = (1.0, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800)
_LAG = (1 / 6, -1 / 120, 1 / 5040, -1 / 362880, 1 / 39916800)
_COSINE = (1.0, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800)


def quaternion_matrix(quaternion: Any) -> Any:
    """Rotation matrix (3, 3) of a quaternion (4), x y z w, of any length."""
    vector, w = quaternion[:3], quaternion[3]
    scale = 2 / ca.sumsqr(quaternion)
    skew = ca.skew(vector)
    return ca.SX.eye(3) + scale * (w * skew + skew @ skew)


def integrate(q: Any, tangent: Any) -> Any:
    """The configuration (38) reached from q along a tangent vector (37)."""
    linear, angular = tangent[:3], tangent[3:6]
    squared = ca.sumsqr(angular)
    small = squared < _SMALL
    angle = ca.sqrt(ca.if_else(small, 1, squared))
    half_sinc = _choose(small, squared / 4, _SINC, ca.sin(angle / 2) / (angle / 2))
    lag = _choose(small, squared, _LAG, (angle - ca.sin(angle)) / angle**3)
    cosine = _choose(small, squared / 4, _COSINE, ca.cos(angle / 2))
    along = ca.cross(angular, linear)
    step = linear + half_sinc**2 / 2 * along + lag * ca.cross(angular, along)
    vector, w = q[3:6] / ca.norm_2(q[3:7]), q[6] / ca.norm_2(q[3:7])
    turn = half_sinc / 2 * angular
    return ca.vertcat(
        q[:3] + quaternion_matrix(q[3:7]) @ step,
        w * turn + cosine * vector + ca.cross(vector, turn),
        w * cosine - ca.dot(vector, turn),
        q[ROOT_NQ:] + tangent[ROOT_NV:],
    )


def evaluate_curve(curve: Curve, x: Any) -> tuple[Any, Any, Any]:
    """A curve's value and its first two derivatives at x."""
    results = []
    for order in range(3):
        pieces = []
        for origin, coefficients in zip(curve.origins, curve.coefficients, strict=True):
            derived = np.polynomial.polynomial.polyder(coefficients, order)
            pieces.append(_horner(derived.tolist(), x - float(origin)))
        value = pieces[0]
        for number, place in enumerate(curve.breaks.tolist()):
            # A knot belongs to the piece on its right, the last one to the piece on its left.
            beyond = x > place if number == len(curve.breaks) - 1 else x >= place
            value = ca.if_else(beyond, pieces[number + 1], value)
        results.append(value)
    return results[0], results[1], results[2]


def _choose(small: Any, x: Any, series: tuple[float, ...], otherwise: Any) -> Any:
    """The power series of x where the angle is small."""
    return ca.if_else(small, _horner(series, x), otherwise)


def _horner(coefficients: tuple[float, ...] | list[float], x: Any) -> Any:
    value = ca.SX(0)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value
