"""What a learned lifter believes of one frame, as residuals of the skeleton fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from monomsk_description.frames import Array
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.lifter_answer import Answer
from monomsk_perception.manifold_filter import NV
from monomsk_perception.residuals import COORDINATES, Sum

#: Log odds by which a sole bears load more surely than its heel or its toes are said to touch. On
#: films of five children's walks over force plates the network gave 0.3 to soles that bore load in
#: 62 of 100 frames, 0.5 to 87 of 100.
_SOLE_LOG_ODDS = 1.0
#: Mean absolute error to standard deviation of a Laplace distribution.
_SIGMA_PER_SCALE = np.sqrt(2.0)


@dataclass(frozen=True, eq=False)
class PosePrior:
    """A belief about one frame.

    Attributes:
        mean: Coordinates (31,) [rad].
        sigma: Their standard deviations (31,) [rad].
        rotation_camera_pelvis: Pelvis axes in the optical frame (3, 3).
        rotation_sigma_rad: Standard deviation of its orientation about each axis [rad].
        position_camera_m: Pelvis origin in the optical frame (3,) [m].
        contact: Probability of right heel, right toe, left heel, left toe (4,).
    """

    mean: Array
    sigma: Array
    rotation_camera_pelvis: Array
    rotation_sigma_rad: float
    position_camera_m: Array
    contact: Array

    @classmethod
    def from_answer(cls, answer: Answer, row: int) -> PosePrior:
        """The belief that a network's answer holds for one frame."""
        return cls(
            answer.coordinates[row],
            _SIGMA_PER_SCALE * np.exp(answer.log_scale[row]),
            answer.pelvis_rotation[row],
            # The whole angle's scale, shared by three axes.
            float(np.exp(answer.pelvis_log_scale[row, 0])),
            answer.pelvis_position[row],
            1.0 / (1.0 + np.exp(-np.clip(answer.contact[row], -30.0, 30.0))),
        )

    @property
    def sole_contact(self) -> Array:
        """Probability that the right and the left sole bear load (2,)."""
        surer = np.clip([self.contact[:2].max(), self.contact[2:].max()], 1e-6, 1.0 - 1e-6)
        odds = np.exp(_SOLE_LOG_ODDS) * surer / (1.0 - surer)
        probability: Array = odds / (1.0 + odds)
        return probability

    def configuration(self, camera: CameraPose) -> Array:
        """The configuration (38,) it believes in, given the camera."""
        pose = camera.pose_world_camera * pin.SE3(
            self.rotation_camera_pelvis, self.position_camera_m
        )
        return np.concatenate([np.asarray(pin.SE3ToXYZQUAT(pose), dtype=np.float64), self.mean])


def add_pose_prior(
    total: Sum, prior: PosePrior, q: Array, camera: CameraPose, root_weight: float
) -> None:
    """Coordinates and pelvis orientation towards a belief.

    Args:
        total: Where the residuals go.
        prior: The belief.
        q: Configuration (38,).
        camera: The camera at its current corrections.
        root_weight: Square root of the weight.
    """
    pull = root_weight / prior.sigma
    total.add_each(q[7:] - prior.mean, pull, COORDINATES)
    rotation_world_pelvis = pin.Quaternion(q[3:7]).toRotationMatrix()
    rotation_camera_world = camera.pose_world_camera.rotation.T
    seen = rotation_camera_world @ rotation_world_pelvis
    off = np.asarray(pin.log3(prior.rotation_camera_pelvis.T @ seen), dtype=np.float64)
    gain = root_weight / prior.rotation_sigma_rad
    inverse = np.asarray(pin.Jlog3(pin.exp3(off)), dtype=np.float64)
    by_q = np.zeros((3, NV))
    by_q[:, 3:6] = gain * inverse
    # A camera that turns one way lets the body turn the other way.
    axes = np.array([[0.0, 1.0, 0.0], [np.cos(camera.pitch_rad), 0.0, -np.sin(camera.pitch_rad)]])
    by_camera = np.zeros((3, 3))
    by_camera[:, :2] = -gain * inverse @ rotation_world_pelvis.T @ axes.T
    total.add_with_camera(gain * off, by_q, by_camera)
