"""From forces on sole points to the contact of each sole, and the foot's motion as a body."""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.contact import Contact
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.results import SoleContact
from monomsk_dynamics.rotations import skew

Array = NDArray[np.float64]


def sole_contacts(
    terms: FrameTerms,
    feet: FootGeometry,
    point_forces: Array,
    contact: Contact,
    floor_height_m: float = 0.0,
) -> tuple[SoleContact, SoleContact]:
    """Contacts of right and left sole.

    Args:
        terms: Kinematics.
        feet: Which points belong to which sole.
        point_forces: (16, 3) world [N].
        contact: Probability of contact.
        floor_height_m: On which the centre of pressure lies [m].
    """
    right, left = (
        _sole_contact(
            terms.points[points], point_forces[points], float(contact.probability[foot]),
            floor_height_m,
        )
        for foot, points in enumerate(feet.points)
    )  # fmt: skip
    return right, left


def _sole_contact(
    points: Array, forces: Array, probability: float, floor_height_m: float
) -> SoleContact:
    force = forces.sum(axis=0)
    if force[2] <= 0.0:
        return SoleContact(False, probability, np.zeros(3), np.full(3, np.nan), 0.0)
    # Summed products of coordinates and forces: the moment about the world's axis on the floor.
    work = (points - [0.0, 0.0, floor_height_m]).T @ forces
    about_x, about_y, about_z = (
        work[1, 2] - work[2, 1], work[2, 0] - work[0, 2], work[0, 1] - work[1, 0],
    )  # fmt: skip
    center = np.array([-about_y / force[2], about_x / force[2], floor_height_m])
    free = about_z - (center[0] * force[1] - center[1] * force[0])
    return SoleContact(True, probability, force, center, float(free))


def foot_twist_jacobian(terms: FrameTerms, feet: FootGeometry, foot: int, about: Array) -> Array:
    """Jacobian (6, 37) of a foot's velocity and angular velocity at a world point.

    The foot is taken as one body: the rigid motion closest to that of its sole points.

    Args:
        terms: Kinematics.
        feet: Which points belong to which foot.
        foot: 0 right, 1 left.
        about: World point (3,) [m] whose velocity is meant.
    """
    points = feet.points[foot]
    places = terms.points[points]
    center = places.mean(axis=0)
    # Least squares over rotations about the mean point, where both parts of the twist decouple.
    arms = skew(places - center).transpose(1, 0, 2).reshape(3, -1)  # [S_1 ... S_n], 3 x 3 each
    velocities = terms.jacobians[points].reshape(arms.shape[1], -1)
    twist = np.empty((6, velocities.shape[1]))
    twist[3:] = np.linalg.solve(arms @ arms.T, arms) @ velocities
    twist[:3] = terms.jacobians[points].sum(axis=0) / len(points)
    twist[:3] -= skew(about - center) @ twist[3:]
    return twist
