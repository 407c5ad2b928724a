"""The rigid-body terms of one instant, evaluated once and shared by every stage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics import rotations

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: Order of the two sides in every array of two.
SIDES = ("r", "l")
#: Segments whose poses an instant needs.
_SEGMENTS = tuple(f"{name}_{side}" for name in ("calcn", "femur", "hand") for side in SIDES)


@dataclass(frozen=True)
class FootGeometry:
    """Which sole points belong to which foot.

    Attributes:
        points: Indices of each foot's sole points among all, right and left (2, n).
        means: Averages over all sole points: right sole, left sole, right toes, left toes, (4, 2n).
        length_m: From the calcaneus origin to the toe joint, right and left (2,) [m].
    """

    points: Indices
    means: Array
    length_m: Array

    @classmethod
    def of(cls, skeleton: Skeleton) -> "FootGeometry":
        """The feet of a skeleton."""
        segments = skeleton.soles.segments
        points = [[i for i, s in enumerate(segments) if s.endswith("_" + side)] for side in SIDES]
        toes = [[i for i, s in enumerate(segments) if s == "toes_" + side] for side in SIDES]
        means = np.zeros((4, len(segments)))
        for row, members in enumerate(points + toes):
            means[row, members] = 1.0 / len(members)
        poses = skeleton.segment_poses(skeleton.neutral())
        lengths = [
            np.linalg.norm(poses["toes_" + s].translation - poses["calcn_" + s].translation)
            for s in SIDES
        ]
        return cls(np.array(points), means, np.array(lengths))


@dataclass(frozen=True)
class FrameTerms:
    """What the equations of motion need at one instant.

    Attributes:
        q: Configuration (38,) [m, rad].
        v: Velocity (37,).
        mass_matrix: (37, 37).
        bias: Gravity, centrifugal and Coriolis forces (37,).
        points: Sole points in the world (16, 3) [m].
        jacobians: Of the sole points (16, 3, 37).
        point_velocities: (16, 3) [m/s].
        center_of_mass: (3,) world [m].
        rotation_world_pelvis: (3, 3).
        calcaneus_rotations: World rotation of each calcaneus (2, 3, 3).
        calcaneus_positions: World position of each calcaneus origin (2, 3) [m].
        hip_center: World position of the middle between both hips (3,) [m].
        hand_positions: World position of each hand's origin (2, 3) [m].
    """

    q: Array
    v: Array
    mass_matrix: Array
    bias: Array
    points: Array
    jacobians: Array
    point_velocities: Array
    center_of_mass: Array
    rotation_world_pelvis: Array
    calcaneus_rotations: Array
    calcaneus_positions: Array
    hip_center: Array
    hand_positions: Array

    @property
    def pelvis_position(self) -> Array:
        """Pelvis origin in the world (3,) [m]."""
        return self.q[:3]

    @property
    def pelvis_velocity_world(self) -> Array:
        """Velocity of the pelvis origin in world axes (3,) [m/s]."""
        velocity: Array = self.rotation_world_pelvis.dot(self.v[:3])
        return velocity

    def external_force(self, acceleration: Array) -> Array:
        """Force (3,) from outside that an acceleration (37,) takes, gravity aside, world [N]."""
        root = self.mass_matrix[:3].dot(acceleration) + self.bias[:3]
        force: Array = self.rotation_world_pelvis.dot(root)
        return force


def evaluate_frame(skeleton: Skeleton, q: Array, v: Array) -> FrameTerms:
    """Evaluate the terms at configuration q (38,) and velocity v (37,)."""
    body = skeleton.body_terms(q, v)
    poses = body.joint_poses
    points = skeleton.soles.positions(poses)
    jacobians = skeleton.soles.jacobians(points, body.columns)
    segments = skeleton.segment_set(_SEGMENTS).poses(poses)
    origins = segments[:, :3, 3]
    return FrameTerms(
        q=q,
        v=v,
        mass_matrix=body.mass_matrix,
        bias=body.bias,
        points=points,
        jacobians=jacobians,
        point_velocities=jacobians.reshape(-1, len(v)).dot(v).reshape(points.shape),
        center_of_mass=body.center_of_mass,
        rotation_world_pelvis=rotations.matrix(q[3:7]),
        calcaneus_rotations=segments[:2, :3, :3],
        calcaneus_positions=origins[:2],
        hip_center=0.5 * (origins[2] + origins[3]),
        hand_positions=origins[4:],
    )
