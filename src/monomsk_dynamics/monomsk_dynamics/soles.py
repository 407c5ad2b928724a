"""From forces on sole points to the contact of each sole, and the foot's motion as a body."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from monomsk_dynamics.contact import Contact
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.results import SoleContact
from monomsk_dynamics.rotations import skew

Array = NDArray[np.float64]

_IDENTITY = np.eye(3)
_NOTHING, _UNKNOWN = np.zeros(3), np.full(3, np.nan)


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
            terms.points.take(points, 0), point_forces.take(points, 0),
            contact.probability.item(foot), floor_height_m,
        )
        for foot, points in enumerate(feet.points)
    )  # fmt: skip
    return right, left


def _sole_contact(
    points: Array, forces: Array, probability: float, floor_height_m: float
) -> SoleContact:
    force = np.ones(len(forces)).dot(forces)
    x, y, z = force.tolist()
    if z <= 0.0:
        return SoleContact(False, probability, _NOTHING, _UNKNOWN, 0.0)
    # Summed products of coordinates and forces: the moment about the world's axis on the floor.
    (_, xy, xz), (yx, _, yz), (zx, zy, _) = points.T.dot(forces).tolist()
    about_x = yz - (zy - floor_height_m * y)
    about_y = (zx - floor_height_m * x) - xz
    center = np.array([-about_y / z, about_x / z, floor_height_m])
    free = (xy - yx) + (about_y * y + about_x * x) / z
    return SoleContact(True, probability, force, center, free)


def foot_twist_jacobian(terms: FrameTerms, feet: FootGeometry, foot: int, about: Array) -> Array:
    """Jacobian (6, 37) of a foot's velocity and angular velocity at a world point.

    The foot is taken as one body: the rigid motion closest to that of its sole points.

    Args:
        terms: Kinematics.
        feet: Which points belong to which foot.
        foot: 0 right, 1 left.
        about: World point (3,) [m] whose velocity is meant.
    """
    points, mean = feet.points[foot], feet.means[foot]
    center = mean.dot(terms.points)
    # Least squares over rotations about the mean point, where both parts of the twist decouple.
    offsets = terms.points.take(points, 0) - center
    arms = skew(offsets).transpose(1, 0, 2).reshape(3, -1)  # [S_1 ... S_n], 3 x 3 each
    scatter = offsets.T.dot(offsets)
    inertia = scatter.trace() * _IDENTITY - scatter
    velocities = terms.jacobians.take(points, 0).reshape(arms.shape[1], -1)
    angular = lapack.dposv(inertia, arms.dot(velocities))[1]
    linear = mean.dot(terms.jacobians.reshape(len(mean), -1)).reshape(angular.shape)
    return np.concatenate([linear - skew(about - center).dot(angular), angular])
