"""A motion moved by a small correction, and its root residual, as CasADi functions.

The correction x (37) is the pelvis' displacement in world axes [m], its turn as a rotation vector
in the pelvis frame [rad], and additions to the coordinates [rad]. Velocity and acceleration are
the exact time derivatives of the moved motion, with x' and x'' given: for R exp(theta),

  omega = exp(-theta) omega_0 + J(theta) theta',   J(theta) = sum (-theta x)^k / (k + 1)!

(Chirikjian 2011, right Jacobian of SO(3)). Series replace sines: corrections are small.
"""

import math
from dataclasses import dataclass
from typing import Any

import casadi as ca

from monomsk_description.coupling import ROOT_NQ, ROOT_NV
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.layers.symbolic_body import SymbolicBody
from monomsk_dynamics.layers.symbolic_manifold import quaternion_matrix

#: Terms of the series: at half a radian the first one left out is below 1e-8.
_TERMS = 8
_ROOT = 6


@dataclass(frozen=True)
class CorrectionFunctions:
    """Each a `casadi.Function` of one frame: q, v, a of the motion, then x, x', x''.

    Attributes:
        motion: (q, v, a, x, x', x'') -> moved q (38), v (37), a (37).
        residual: (..., forces, support) -> generalised force (6) that nothing explains, pelvis
            frame, given world forces (3, n) on the sole points [N] and the wrench (6) of another
            support about the world's origin [N, N m].
        adjoint: (..., forces, support, weights) -> gradient (3 * 37 + 3 n) of the residual's
            weighted sum over x, x', x'' and forces: six calls give its Jacobian, which as one
            function takes a compiler ten times as long.
    """

    motion: Any
    residual: Any
    adjoint: Any

    def all(self) -> tuple[Any, ...]:
        """The functions."""
        return self.motion, self.residual, self.adjoint


def build_correction_functions(skeleton: Skeleton) -> CorrectionFunctions:
    """The functions of a skeleton and its sole points."""
    body = SymbolicBody(skeleton)
    q, v, a = (ca.SX.sym(name, size) for name, size in (("q", 38), ("v", 37), ("a", 37)))
    x, rate, bend = (ca.SX.sym(name, 37) for name in ("x", "rate", "bend"))
    forces, support = ca.SX.sym("forces", 3, len(body.contacts)), ca.SX.sym("support", _ROOT)
    weights = ca.SX.sym("weights", _ROOT)
    given = [q, v, a, x, rate, bend]
    moved = corrected_motion((q, v, a), (x, rate, bend))
    tau = body.inverse_dynamics(*moved, forces)[:_ROOT] - _on_root(moved[0], support)
    over = ca.vertcat(x, rate, bend, ca.vec(forces))
    gradient = ca.gradient(ca.dot(weights, tau), over)
    loaded = [*given, forces, support]
    return CorrectionFunctions(
        ca.Function("motion", given, [ca.densify(ca.cse(part)) for part in moved]),
        ca.Function("residual", loaded, [ca.densify(ca.cse(tau))]),
        ca.Function("adjoint", [*loaded, weights], [ca.densify(ca.cse(gradient))]),
    )


def _on_root(q: Any, wrench: Any) -> Any:
    """Generalised force (6) of the pelvis of a wrench (6) about the world's origin."""
    to_pelvis = quaternion_matrix(q[3:7]).T
    moment = wrench[3:] - ca.cross(q[:3], wrench[:3])
    return ca.vertcat(to_pelvis @ wrench[:3], to_pelvis @ moment)


def corrected_motion(base: tuple[Any, Any, Any], x: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Moved q (38), v (37), a (37) of a motion and a correction with its two derivatives."""
    (q, v, a), (step, rate, bend) = base, x
    rotation = quaternion_matrix(q[3:7])
    omega, alpha = v[3:6], a[3:6]
    theta, theta_rate, theta_bend = step[3:6], rate[3:6], bend[3:6]
    back = _series(theta, math.factorial)
    # The turn's own rate, and its derivative along time by the chain rule.
    own = _series(theta, lambda k: math.factorial(k + 1)) @ theta_rate
    own_rate = ca.jtimes(own, ca.vertcat(theta, theta_rate), ca.vertcat(theta_rate, theta_bend))
    carried = back @ omega
    new_omega = carried + own
    new_alpha = back @ alpha - ca.cross(own, carried) + own_rate
    to_pelvis = back @ rotation.T
    speed = rotation @ v[:3] + rate[:3]
    push = rotation @ (a[:3] + ca.cross(omega, v[:3])) + bend[:3]
    new_speed = to_pelvis @ speed
    new_q = ca.vertcat(q[:3] + step[:3], _turned(q[3:7], theta), q[ROOT_NQ:] + step[ROOT_NV:])
    new_v = ca.vertcat(new_speed, new_omega, v[ROOT_NV:] + rate[ROOT_NV:])
    new_a = ca.vertcat(
        to_pelvis @ push - ca.cross(new_omega, new_speed), new_alpha, a[ROOT_NV:] + bend[ROOT_NV:]
    )
    return new_q, new_v, new_a


def _series(theta: Any, divisor: Any) -> Any:
    """Sum of (-theta x)^k / divisor(k)."""
    backward = -ca.skew(theta)
    power, total = ca.SX.eye(3), ca.SX.zeros(3, 3)
    for k in range(_TERMS):
        total = total + power / divisor(k)
        power = power @ backward
    return total


def _turned(quaternion: Any, theta: Any) -> Any:
    """Unit quaternion x y z w, turned by a small rotation vector in its own frame."""
    half = ca.sumsqr(theta) / 4
    sine, cosine = ca.SX(0), ca.SX(0)
    for k in range(_TERMS // 2):
        sine += (-half) ** k / math.factorial(2 * k + 1)
        cosine += (-half) ** k / math.factorial(2 * k)
    own = sine * theta / 2
    vector, w = quaternion[:3], quaternion[3]
    return ca.vertcat(
        w * own + cosine * vector + ca.cross(vector, own), w * cosine - ca.dot(vector, own)
    )
