"""Results as plain nested fields of the messages that carry them.

Pure data, in the units and frames that the .msg files state; `message_types.build_message` makes
messages of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.body_state import BodyState
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_perception.landmarks import Landmarks

Array = NDArray[np.float64]
Fields = dict[str, Any]

_TRACKED = 1
_CAMERA_POSE_UNKNOWN = 0
_NANOSECONDS = 1_000_000_000


def header(stamp_ns: int, frame_id: str) -> Fields:
    """Fields of std_msgs/Header."""
    seconds, nanoseconds = divmod(stamp_ns, _NANOSECONDS)
    return {"stamp": {"sec": seconds, "nanosec": nanoseconds}, "frame_id": frame_id}


def vector(values: Array) -> Fields:
    """Fields of geometry_msgs/Vector3 or Point from three numbers."""
    return {"x": values[0], "y": values[1], "z": values[2]}


def pose(position: Array, quaternion: Array) -> Fields:
    """Fields of geometry_msgs/Pose from a position (3,) [m] and a quaternion xyzw (4,)."""
    x, y, z, w = quaternion
    return {"position": vector(position), "orientation": {"x": x, "y": y, "z": z, "w": w}}


def landmarks(result: Landmarks, camera_frame: str) -> Fields:
    """Fields of monomsk_msgs/Landmarks."""
    return {
        "header": header(result.stamp_ns, camera_frame),
        "image_width": result.image_size[0],
        "image_height": result.image_size[1],
        "status": _TRACKED,
        "names": LANDMARK_NAMES,
        "pixel_u": result.pixels[:, 0],
        "pixel_v": result.pixels[:, 1],
        "visibility": result.visibility,
        "presence": result.presence,
        "metric": [vector(point) for point in result.metric],
        "score": result.score,
    }


def body_state(
    state: BodyState, skeleton: Skeleton, world_frame: str, assumptions: tuple[str, ...]
) -> Fields:
    """Fields of monomsk_msgs/BodyState."""
    unknown_pose = pose(np.full(3, np.nan), np.full(4, np.nan))
    force, force_sigma = state.sole_force_prior, state.sole_force_prior_sigma
    has_prior = bool(np.isfinite(state.torque_prior).any())
    return {
        "header": header(state.stamp_ns, world_frame),
        "status": _TRACKED,
        "coordinate_names": skeleton.coordinate_names,
        "pelvis_pose": pose(state.q[:3], state.q[3:7]),
        "pelvis_twist": {"linear": vector(state.v[:3]), "angular": vector(state.v[3:6])},
        "position": state.q[7:],
        "velocity": state.v[6:],
        "position_sigma": state.sigma_q,
        "velocity_sigma": state.sigma_v,
        "contact_probability": state.contact_probability,
        "torque_prior": state.torque_prior if has_prior else (),
        "torque_prior_sigma": state.torque_prior_sigma if has_prior else (),
        "sole_force_prior_right": vector(force[0]),
        "sole_force_prior_left": vector(force[1]),
        "sole_force_prior_sigma_right": vector(force_sigma[0]),
        "sole_force_prior_sigma_left": vector(force_sigma[1]),
        "quality": state.quality,
        "camera_pose_source": _CAMERA_POSE_UNKNOWN,
        "camera_pose": unknown_pose,
        "assumptions": assumptions,
    }


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
        "pelvis_twist": {"linear": vector(result.v[:3]), "angular": vector(result.v[3:6])},
        "pelvis_acceleration": {
            "linear": vector(result.a[:3]),
            "angular": vector(result.a[3:6]),
        },
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


def joint_state(
    stamp_ns: int, skeleton: Skeleton, position: Array, velocity: Array, effort: Array
) -> Fields:
    """Fields of sensor_msgs/JointState; position [rad], velocity [rad/s], effort [N m]."""
    return {
        "header": header(stamp_ns, ""),
        "name": skeleton.coordinate_names,
        "position": position,
        "velocity": velocity,
        "effort": effort,
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


def _sole_wrench(stamp_ns: int, contact: SoleContact, sole_pose: Any, frame: str) -> Fields:
    to_sole = sole_pose.rotation.T
    moment = contact.moment_about(sole_pose.translation)
    return {
        "header": header(stamp_ns, frame),
        "wrench": {"force": vector(to_sole @ contact.force), "torque": vector(to_sole @ moment)},
    }


def body_model(skeleton: Skeleton, stamp_ns: int, world_frame: str) -> Fields:
    """Fields of monomsk_msgs/BodyModel."""
    subject = skeleton.subject
    segments = skeleton.anatomy.segments
    factors = skeleton.anatomy.scale_factors
    return {
        "header": header(stamp_ns, world_frame),
        "height_m": subject.height_m,
        "mass_kg": subject.mass_kg,
        "sex": subject.sex,
        "assumed": sorted(subject.assumed),
        "segment_names": tuple(segments),
        "segment_masses": [segment.mass_kg for segment in segments.values()],
        "segment_scales": [_rep103_scale(factors.get(name)) for name in segments],
        "coordinate_names": skeleton.coordinate_names,
        "lower_limits": skeleton.lower_limits,
        "upper_limits": skeleton.upper_limits,
        "urdf": skeleton.urdf(),
    }


def _rep103_scale(factors: Array | None) -> Fields:
    """Scale per REP-103 axis of factors per OpenSim axis (x forward, y up, z right)."""
    if factors is None:
        return vector(np.ones(3))
    return vector(factors[[0, 2, 1]])
