"""All rigid-body terms of one instant, evaluated together."""

from collections.abc import Sequence
from dataclasses import dataclass

import pinocchio as pin

from monomsk_description.frames import Array


@dataclass(frozen=True, eq=False)
class BodyTerms:
    """Of one configuration and velocity. Joint poses are valid until the skeleton moves on.

    Attributes:
        mass_matrix: (37, 37).
        bias: Gravity, centrifugal and Coriolis forces (37,) [N, N m].
        columns: What each tangent component moves (6, 37): linear velocity at the world's origin
            over angular velocity, world axes.
        joint_poses: World poses of the model's joints.
        center_of_mass: World position (3,) [m].
    """

    mass_matrix: Array
    bias: Array
    columns: Array
    joint_poses: Sequence[pin.SE3]
    center_of_mass: Array
