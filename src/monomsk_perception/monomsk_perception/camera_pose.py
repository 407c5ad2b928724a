"""Where the camera is in the world, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import pinocchio as pin

from monomsk_description.frames import Array

#: The optical frame of a level camera that looks along the world's x: columns are its axes.
LEVEL_ROTATION_WORLD_CAMERA: Array = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
LEVEL_ROTATION_WORLD_CAMERA.flags.writeable = False
_CROSS_X: Array = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
_CROSS_Y: Array = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])


class CameraPoseSource(Enum):
    """Where a camera pose comes from."""

    PARAMETER = "parameter"
    TF = "tf"
    IMU = "imu"
    ESTIMATED = "estimated"


@dataclass(frozen=True)
class CameraPose:
    """A camera's pose as a nominal one and three corrections that may be estimated.

    The corrections turn and lift the nominal pose: `pitch_rad` about the world's y (positive looks
    down for a camera that faces x), then `roll_rad` about the world's x, and `height_m` along z.

    Attributes:
        nominal: Pose of the camera's optical frame in the world before the corrections.
        pitch_rad: Correction about y [rad].
        roll_rad: Correction about x [rad].
        height_m: Correction along z [m].
        source: How the pose is known.
    """

    nominal: pin.SE3
    pitch_rad: float
    roll_rad: float
    height_m: float
    source: CameraPoseSource

    @classmethod
    def level(cls, height_m: float, source: CameraPoseSource, pitch_rad: float = 0.0) -> CameraPose:
        """A camera above the world's origin that faces x.

        Args:
            height_m: Height of the lens above the floor [m].
            source: How the pose is known.
            pitch_rad: How far it looks down [rad].
        """
        nominal = pin.SE3(LEVEL_ROTATION_WORLD_CAMERA.copy(), np.zeros(3))
        return cls(nominal, pitch_rad, 0.0, height_m, source)

    @classmethod
    def known(cls, pose_world_camera: pin.SE3, source: CameraPoseSource) -> CameraPose:
        """A pose that needs no correction."""
        return cls(pose_world_camera, 0.0, 0.0, 0.0, source)

    @property
    def corrections(self) -> Array:
        """(3,) pitch [rad], roll [rad], height [m]."""
        return np.array([self.pitch_rad, self.roll_rad, self.height_m])

    def corrected(self, corrections: Array) -> CameraPose:
        """The same nominal pose with other corrections (3,)."""
        pitch, roll, height = (float(c) for c in corrections)
        return CameraPose(self.nominal, pitch, roll, height, self.source)

    @cached_property
    def pose_world_camera(self) -> pin.SE3:
        """Maps points of the optical frame to the world."""
        position = self.nominal.translation + np.array([0.0, 0.0, self.height_m])
        return pin.SE3(self._turn() @ self.nominal.rotation, position)

    def to_camera(self, points_world: Array) -> tuple[Array, Array, Array]:
        """Points in the optical frame, and how they move with the world's and with the corrections.

        Args:
            points_world: (n, 3) [m].

        Returns:
            Points (n, 3) [m]; the rotation (3, 3) that turns world vectors into the optical frame;
            derivatives (n, 3, 3) of the points over pitch, roll and height.
        """
        pose = self.pose_world_camera
        offsets, rotation = points_world - pose.translation, pose.rotation
        about_y, about_x = _about_y(self.pitch_rad), _about_x(self.roll_rad)
        derivatives = np.empty((len(points_world), 3, 3))
        # Turns about one axis change by the cross product with it.
        derivatives[:, :, 0] = offsets @ (about_y @ _CROSS_Y @ about_x @ self.nominal.rotation)
        derivatives[:, :, 1] = offsets @ (about_y @ about_x @ _CROSS_X @ self.nominal.rotation)
        derivatives[:, :, 2] = -rotation[2]
        return offsets @ rotation, rotation.T, derivatives

    def _turn(self) -> Array:
        return _about_y(self.pitch_rad) @ _about_x(self.roll_rad)


def _about_x(angle_rad: float) -> Array:
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(angle_rad: float) -> Array:
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
