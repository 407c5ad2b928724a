"""Compliant straps: six springs and dampers between a link of the device and a body segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StrapStiffness:
    """What a strap resists, along and about the axes of its frame (x forward, y left, z up).

    Attributes:
        linear_n_m: Stiffness against sliding (3,) [N/m].
        angular_n_m_rad: Stiffness against turning (3,) [N m/rad].
        damping_s: Damping over stiffness [s]: how long a strap takes to settle.
    """

    linear_n_m: tuple[float, float, float]
    angular_n_m_rad: tuple[float, float, float]
    damping_s: float = 0.02

    def stiffness(self) -> Array:
        """The six stiffnesses, linear then angular (6,)."""
        return np.array([*self.linear_n_m, *self.angular_n_m_rad])

    def damping(self) -> Array:
        """The six dampings, linear [N s/m] then angular [N m s/rad] (6,)."""
        return self.damping_s * self.stiffness()


@dataclass(frozen=True)
class StrapStretch:
    """How a strap is deformed, in the frame of its end on the device.

    Attributes:
        displacement: Of the end on the person against that on the device (6,) [m, rad].
        rate: Its time derivative (6,) [m/s, rad/s].
    """

    displacement: Array
    rate: Array


def stretch(
    pose_world_device: pin.SE3,
    velocity_device: pin.Motion,
    pose_world_person: pin.SE3,
    velocity_person: pin.Motion,
) -> StrapStretch:
    """Deformation of a strap from the motion of its two ends.

    Args:
        pose_world_device: Of the end on the device.
        velocity_device: Its velocity, in its own frame.
        pose_world_person: Of the end on the person.
        velocity_person: Its velocity, in its own frame.
    """
    between = pose_world_device.actInv(pose_world_person)
    displacement = np.concatenate([between.translation, pin.log3(between.rotation)])
    rate = (between.act(velocity_person) - velocity_device).vector
    return StrapStretch(displacement, np.array(rate))
