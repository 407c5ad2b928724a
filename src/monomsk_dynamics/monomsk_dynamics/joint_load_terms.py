"""What joint contact forces need of a skeleton and its muscles, whatever does the mathematics."""

from dataclasses import dataclass

import pinocchio as pin

from monomsk_description.muscle_parameters import PULLED_SEGMENTS, SIDES
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton

#: Joints a side: hip, knee and ankle.
JOINTS_A_SIDE = len(PULLED_SEGMENTS)


@dataclass(frozen=True, eq=False)
class JointLoadTerms:
    """Constants of `JointLoads`.

    Attributes:
        joints: In the order of `JointContactForces`.
        carriers: Joints of the Pinocchio model that carry the joints' lower bones.
        in_carriers: Poses of the lower bones' segments in them.
        muscles: Which muscle each pull belongs to (pulls).
        joint_of_pull: Which joint each pull loads (pulls).
    """

    joints: tuple[str, ...]
    carriers: list[int]
    in_carriers: list[pin.SE3]
    muscles: list[int]
    joint_of_pull: list[int]

    @classmethod
    def of(cls, skeleton: Skeleton, geometry: MuscleGeometry) -> "JointLoadTerms":
        """The constants of a person."""
        joints = tuple(f"{joint}_{side}" for side in SIDES for joint in PULLED_SEGMENTS)
        frames = [
            skeleton.assembly.segments[f"{segment}_{side}"]
            for side in SIDES
            for segment in PULLED_SEGMENTS.values()
        ]
        return cls(
            joints=joints,
            carriers=[frame.joint for frame in frames],
            in_carriers=[frame.placement for frame in frames],
            muscles=[pull.muscle for pull in geometry.pulls],
            joint_of_pull=[joints.index(pull.joint) for pull in geometry.pulls],
        )
