"""A skeleton's equations as CasADi functions, to be evaluated, differentiated or compiled."""

from dataclasses import dataclass
from typing import Any

import casadi as ca

from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.layers.symbolic_body import SymbolicBody
from monomsk_dynamics.layers.symbolic_manifold import integrate


@dataclass(frozen=True)
class CasadiFunctions:
    """Each a `casadi.Function`; columns q (38), v, a, tau (37); points and forces (3, n).

    Attributes:
        inverse_dynamics: (q, v, a, forces) -> tau [N, N m] beyond the contact forces [N].
        forward_dynamics: (q, v, tau, forces) -> a.
        mass_matrix: q -> (37, 37).
        contact_points: q -> world positions (3, n) [m].
        center_of_mass: q -> world position (3) [m].
        integrate: (q, tangent) -> q.
    """

    inverse_dynamics: Any
    forward_dynamics: Any
    mass_matrix: Any
    contact_points: Any
    center_of_mass: Any
    integrate: Any


def build_casadi_functions(
    skeleton: Skeleton, contacts: PointSet | None = None, armature_kg_m2: float = 0.0
) -> CasadiFunctions:
    """The functions of a skeleton.

    Args:
        skeleton: Whose.
        contacts: Where forces act; None: the soles.
        armature_kg_m2: Added inertia of each coordinate [kg m²].
    """
    body = SymbolicBody(skeleton, contacts, armature_kg_m2)
    q, v = ca.SX.sym("q", skeleton.nq), ca.SX.sym("v", skeleton.nv)
    third = ca.SX.sym("x", skeleton.nv)
    forces = ca.SX.sym("forces", 3, len(body.contacts))

    def function(name: str, inputs: list[Any], names: list[str], output: Any) -> Any:
        return ca.Function(name, inputs, [ca.cse(ca.densify(output))], names, ["out"])

    state = ["q", "v"]
    return CasadiFunctions(
        inverse_dynamics=function(
            "inverse_dynamics", [q, v, third, forces], [*state, "a", "forces"],
            body.inverse_dynamics(q, v, third, forces),
        ),
        forward_dynamics=function(
            "forward_dynamics", [q, v, third, forces], [*state, "tau", "forces"],
            body.forward_dynamics(q, v, third, forces),
        ),
        mass_matrix=function("mass_matrix", [q], ["q"], body.mass_matrix(q)),
        contact_points=function("contact_points", [q], ["q"], body.points(q, body.contacts)),
        center_of_mass=function("center_of_mass", [q], ["q"], body.center_of_mass(q)),
        integrate=function("integrate", [q, third], ["q", "tangent"], integrate(q, third)),
    )  # fmt: skip
