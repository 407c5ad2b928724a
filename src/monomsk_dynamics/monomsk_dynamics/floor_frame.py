"""A sloping floor seen as a level one: a world whose z axis is the floor's normal.

Contact, friction and the centre of pressure all belong to the plane that the soles stand on. In a
world turned so that this plane is z = 0 they are those of a level floor, and only gravity leans. So
a recording is turned, solved with leaning gravity, and its results are turned back.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_WORLD
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics import rotations
from monomsk_dynamics.floor import Floor
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.results import BodyDynamics, SoleContact

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FloorFrame:
    """The world of a floor: the plane is its z = 0; heading stays what it was.

    Attributes:
        floor: The plane in the recording's world.
    """

    floor: Floor

    @cached_property
    def normal(self) -> Array:
        """Of the floor, upwards, world (3,)."""
        upwards = np.array([-self.floor.slope[0], -self.floor.slope[1], 1.0])
        normal: Array = upwards / np.linalg.norm(upwards)
        return normal

    @cached_property
    def turn(self) -> Array:
        """Quaternion (4,) from the world to this frame: the shortest turn of normal to z."""
        x, y, z = self.normal.tolist()
        quaternion: Array = np.array([y, -x, 0.0, 1.0 + z])
        return quaternion / np.linalg.norm(quaternion)

    @cached_property
    def _matrix(self) -> Array:
        return rotations.matrix(self.turn)

    @cached_property
    def _above_m(self) -> float:
        """Distance of the plane from the world's origin along the normal [m]."""
        return float(self.floor.height_m * self.normal[2])

    def places(self, places: Array) -> Array:
        """Points (n, 3) of the world in this frame [m]."""
        moved: Array = places @ self._matrix.T - [0.0, 0.0, self._above_m]
        return moved

    def configurations(self, q: Array) -> Array:
        """Configurations (n, 38) of the world in this frame."""
        turned = q.copy()
        turned[:, :3] = self.places(q[:, :3])
        turned[:, 3:7] = rotations.multiply(np.broadcast_to(self.turn, q[:, 3:7].shape), q[:, 3:7])
        return turned

    def options(self, options: DynamicsOptions) -> DynamicsOptions:
        """Settings for a motion in this frame."""
        known = replace(self.floor, height_m=0.0, slope=(0.0, 0.0))
        return replace(options, ground=replace(options.ground, floor=known))

    def skeleton(self, skeleton: Skeleton) -> Skeleton:
        """The same body where gravity leans."""
        leaning = Skeleton(skeleton.subject, skeleton.anatomy)
        leaning.model.gravity.linear = self._matrix @ GRAVITY_WORLD
        return leaning

    def in_world(self, result: BodyDynamics) -> BodyDynamics:
        """A result of this frame in the world."""
        shift = self._above_m * self.normal
        moved = result.moved(rotations.conjugate(self.turn), shift)
        right, left = (self._about_vertical(sole) for sole in moved.soles)
        return replace(moved, soles=(right, left))

    def _about_vertical(self, sole: SoleContact) -> SoleContact:
        """The same contact, whose free moment is about the floor's normal, about the vertical."""
        if not sole.in_contact:
            return sole
        # The moment about the normal has a level part: the point on the plane moves until only
        # the moment about the vertical is left.
        moment = sole.free_moment * self.normal
        along = np.array([[1.0, 0.0, self.floor.slope[0]], [0.0, 1.0, self.floor.slope[1]]])
        arms = np.cross(along, sole.force)
        steps = np.linalg.solve(arms[:, :2].T, moment[:2])
        return replace(
            sole,
            center_of_pressure=sole.center_of_pressure + steps @ along,
            free_moment=float(moment[2] - steps @ arms[:, 2]),
        )


def lean(skeleton: Skeleton) -> Array:
    """Level over upright part of what holds a body against gravity (2,): 0 on a level floor."""
    gravity = np.array(skeleton.model.gravity.linear)
    ratio: Array = gravity[:2] / gravity[2]
    return ratio
