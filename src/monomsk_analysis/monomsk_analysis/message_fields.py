"""Kinetics as plain nested fields of the messages that carry them.

Pure data, in the units and frames that the .msg files state; `message_types.build_message` makes
messages of it.
"""

from __future__ import annotations

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.message_fields import Fields, header, pose, twist, vector
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics, SoleContact

Array = NDArray[np.float64]


def sole_contact(contact: SoleContact, force_sigma: Array) -> Fields:
    """Fields of monomsk_msgs/SoleContact."""
    return {
        "in_contact": contact.in_contact,
        "probability": contact.probability,
        "force": vector(contact.force),
        "force_sigma": vector(force_sigma),
        "center_of_pressure": vector(contact.center_of_pressure),
        "free_moment": contact.free_moment,
    }


def body_dynamics(result: BodyDynamics, skeleton: Skeleton, world_frame: str) -> Fields:
    """Fields of monomsk_msgs/BodyDynamics."""
    right, left = result.soles
    return {
        "header": header(result.stamp_ns, world_frame),
        "pelvis_pose": pose(result.q[:3], result.q[3:7]),
        "pelvis_twist": twist(result.v),
        "pelvis_acceleration": twist(result.a),
        "coordinate_names": skeleton.coordinate_names,
        "position": result.q[7:],
        "velocity": result.v[6:],
        "acceleration": result.a[6:],
        "effort": result.tau[6:],
        "effort_sigma": result.tau_sigma[6:],
        "right_sole": sole_contact(right, result.sole_force_sigma[0]),
        "left_sole": sole_contact(left, result.sole_force_sigma[1]),
        "root_residual": {
            "force": vector(result.root_residual[:3]),
            "torque": vector(result.root_residual[3:]),
        },
        "consistency_error": result.consistency_error,
        "muscle_names": [name for name, _ in result.muscle_activations],
        "muscle_activations": [activation for _, activation in result.muscle_activations],
        "stage_names": tuple(result.timings_s),
        "stage_durations": tuple(result.timings_s.values()),
        "state_age_s": np.nan,
    }


def sole_wrenches(
    result: BodyDynamics, skeleton: Skeleton, frames: tuple[str, str]
) -> tuple[Fields, Fields]:
    """Fields of geometry_msgs/WrenchStamped in the REP-120 sole frames, right and left.

    Args:
        result: forces on the person, in the world.
        skeleton: places the sole frames.
        frames: names of the right and the left sole frame.
    """
    right, left = (
        _sole_wrench(result.stamp_ns, contact, sole_pose, frame)
        for contact, sole_pose, frame in zip(
            result.soles, skeleton.sole_poses(result.q), frames, strict=True
        )
    )
    return right, left


def _sole_wrench(stamp_ns: int, contact: SoleContact, sole_pose: pin.SE3, frame: str) -> Fields:
    to_sole = sole_pose.rotation.T
    moment = contact.moment_about(sole_pose.translation)
    return {
        "header": header(stamp_ns, frame),
        "wrench": {"force": vector(to_sole @ contact.force), "torque": vector(to_sole @ moment)},
    }
