"""Joint contact forces as a CasADi function."""

from typing import Any

import casadi as ca

from monomsk_description.coupling import ROOT_NQ
from monomsk_description.muscle_parameters import SIDES
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.joint_load_terms import JOINTS_A_SIDE, JointLoadTerms
from monomsk_dynamics.layers.symbolic_body import SymbolicBody
from monomsk_dynamics.layers.tree_constants import ROOT_JOINT


def build_joint_load_function(skeleton: Skeleton, geometry: MuscleGeometry) -> Any:
    """The `casadi.Function` (q, v, a, sole_forces, muscle_forces) -> forces (3, 6), world [N].

    Columns q (38), v, a (37), muscle_forces (80) [N]; sole_forces (3, 2), world [N]: the floor's on
    the right and the left sole. Joints in the order of `JointContactForces`, forces on the lower
    bone.

    Args:
        skeleton: The person's.
        geometry: Of the person's muscles.
    """
    terms = JointLoadTerms.of(skeleton, geometry)
    q, v, a = ca.SX.sym("q", skeleton.nq), ca.SX.sym("v", skeleton.nv), ca.SX.sym("a", skeleton.nv)
    frames = [carrier - ROOT_JOINT for carrier in terms.carriers]
    carried, rotations = SymbolicBody(skeleton).carried_forces(q, v, a, frames)
    placed = [
        turned @ ca.DM(segment.rotation)
        for turned, segment in zip(rotations, terms.in_carriers, strict=True)
    ]
    moved = ca.Function("moved", [q, v, a], [carried, *placed])

    motion = [ca.MX.sym(name, *size.shape) for name, size in zip("qva", (q, v, a), strict=True)]
    soles = ca.MX.sym("sole_forces", 3, len(SIDES))
    tendons = ca.MX.sym("muscle_forces", len(geometry.names))
    forces, *turns = moved(*motion)
    pulls = ca.reshape(geometry.pull_directions(motion[0][ROOT_NQ:]), 3, len(terms.muscles))
    between = []
    for index, turned in enumerate(turns):
        loads = [pull for pull, joint in enumerate(terms.joint_of_pull) if joint == index]
        tensions = tendons[[terms.muscles[pull] for pull in loads]]
        by_muscles = turned @ (pulls[:, loads] @ tensions)
        between.append(forces[:, index] - soles[:, index // JOINTS_A_SIDE] - by_muscles)
    names = ["q", "v", "a", "sole_forces", "muscle_forces"]
    inputs = [*motion, soles, tendons]
    return ca.Function("joint_loads", inputs, [ca.horzcat(*between)], names, ["forces"])
