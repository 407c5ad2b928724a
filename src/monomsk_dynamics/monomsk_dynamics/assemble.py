"""Puts one solved instant into the result that leaves this package."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.consistency import SolvedFrame
from monomsk_dynamics.contact import Contact
from monomsk_dynamics.force_solver import ForceSolution
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.soles import sole_contacts
from monomsk_dynamics.wrench_maps import move_wrench, world_to_root

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Instant:
    """One solved instant.

    Attributes:
        stamp_ns: Its time [ns].
        terms: Its rigid-body terms.
        contact: Contact of the soles.
        solution: Of the equations of motion.
        tau_variance: (37,) [N² m²].
        force_variance: Of the sole forces (2, 3) [N²].
    """

    stamp_ns: int
    terms: FrameTerms
    contact: Contact
    solution: ForceSolution
    tau_variance: Array
    force_variance: Array


def solved_frame(instant: Instant) -> SolvedFrame:
    """The instant as forward simulation takes it: without the root slack."""
    terms, solution = instant.terms, instant.solution
    pushes = solution.point_forces.reshape(-1).dot(terms.jacobians.reshape(-1, len(terms.v)))
    loads = solution.tau + pushes
    if np.count_nonzero(solution.support):
        loads[:6] += world_to_root(terms, solution.support)
    return SolvedFrame(
        instant.stamp_ns * 1e-9, terms.q, terms.v, loads, solution.a, terms.mass_matrix, terms.bias
    )


def body_dynamics(
    instant: Instant,
    feet: FootGeometry,
    consistency_error: float,
    timings_s: dict[str, float],
    floor_height_m: float = 0.0,
) -> BodyDynamics:
    """The result of an instant."""
    terms, solution = instant.terms, instant.solution
    return BodyDynamics(
        stamp_ns=instant.stamp_ns,
        q=terms.q,
        v=terms.v,
        a=solution.a,
        tau=solution.tau,
        tau_sigma=np.sqrt(instant.tau_variance),
        soles=sole_contacts(terms, feet, solution.point_forces, instant.contact, floor_height_m),
        # Force and moment about the pelvis only turn, both alike.
        root_residual=solution.root_slack.reshape(2, 3).dot(terms.rotation_world_pelvis.T).ravel(),
        consistency_error=consistency_error,
        sole_force_sigma=np.sqrt(instant.force_variance),
        unexplained_load=_about_pelvis(terms, solution.support),
        timings_s=timings_s,
    )


def _about_pelvis(terms: FrameTerms, load: Array) -> Array:
    """A wrench (6,) about the world's origin as one about the pelvis origin; mostly zero."""
    if not np.count_nonzero(load):
        return load
    moved: Array = move_wrench(terms.pelvis_position, np.zeros(3)) @ load
    return moved
