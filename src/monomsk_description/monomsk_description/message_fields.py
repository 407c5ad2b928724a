"""Results as plain nested fields of the messages that carry them, and messages filled from them.

Fields are pure data in the units and frames that the .msg files state, so the same mapping serves
the nodes (compiled messages) and the files written without ROS.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import pinocchio as pin

from monomsk_description.body_state import BodyState
from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton

Fields = dict[str, Any]

#: BodyState.STATUS_TRACKED.
STATUS_TRACKED = 1

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class StateContext:
    """What a body state's message says beside the state.

    Attributes:
        world_frame: Name of the world frame.
        assumptions: What was assumed rather than given or measured.
        camera_pose_source: One of BodyState's CAMERA_POSE_*; 0 is unknown.
        pose_world_camera: The camera's optical frame in the world; None: unknown.
        track_id: Which person this is; 0 is unknown.
        stages_s: How long each stage took [s], by name.
    """

    world_frame: str
    assumptions: tuple[str, ...] = ()
    camera_pose_source: int = 0
    pose_world_camera: pin.SE3 | None = None
    track_id: int = 0
    stages_s: Mapping[str, float] = field(default_factory=dict)


def header(stamp_ns: int, frame_id: str) -> Fields:
    """Fields of std_msgs/Header."""
    seconds, nanoseconds = divmod(stamp_ns, _NANOSECONDS)
    return {"stamp": {"sec": seconds, "nanosec": nanoseconds}, "frame_id": frame_id}


def stamp_to_ns(stamp: Any) -> int:
    """Nanoseconds of a builtin_interfaces/Time, whoever decoded it."""
    return int(stamp.sec) * _NANOSECONDS + int(stamp.nanosec)


def vector(values: Array) -> Fields:
    """Fields of geometry_msgs/Vector3 or Point from three numbers."""
    x, y, z = map(float, values)
    return {"x": x, "y": y, "z": z}


def pose(position: Array, quaternion: Array) -> Fields:
    """Fields of geometry_msgs/Pose from a position (3,) [m] and a quaternion x y z w (4,)."""
    x, y, z, w = map(float, quaternion)
    return {"position": vector(position), "orientation": {"x": x, "y": y, "z": z, "w": w}}


def twist(tangent: Array) -> Fields:
    """Fields of geometry_msgs/Twist or Accel from a linear and an angular part (6,)."""
    return {"linear": vector(tangent[:3]), "angular": vector(tangent[3:6])}


def body_state(state: BodyState, skeleton: Skeleton, context: StateContext) -> Fields:
    """Fields of monomsk_msgs/BodyState."""
    force, force_sigma = state.sole_force_prior, state.sole_force_prior_sigma
    has_prior = bool(np.isfinite(state.torque_prior).any())
    return {
        "header": header(state.stamp_ns, context.world_frame),
        "status": STATUS_TRACKED,
        "coordinate_names": skeleton.coordinate_names,
        "pelvis_pose": pose(state.q[:3], state.q[3:7]),
        "pelvis_twist": twist(state.v),
        "position": state.q[7:],
        "velocity": state.v[6:],
        "position_sigma": state.sigma_q,
        "velocity_sigma": state.sigma_v,
        "contact_probability": state.contact_probability,
        "torque_prior": state.torque_prior if has_prior else np.empty(0),
        "torque_prior_sigma": state.torque_prior_sigma if has_prior else np.empty(0),
        "sole_force_prior_right": vector(force[0]),
        "sole_force_prior_left": vector(force[1]),
        "sole_force_prior_sigma_right": vector(force_sigma[0]),
        "sole_force_prior_sigma_left": vector(force_sigma[1]),
        "quality": float(state.quality),
        "camera_pose_source": context.camera_pose_source,
        "camera_pose": _camera_pose(context.pose_world_camera),
        "assumptions": context.assumptions,
        "track_id": context.track_id,
        "stage_names": tuple(context.stages_s),
        "stage_durations": np.array(list(context.stages_s.values()), dtype=float),
    }


def _camera_pose(pose_world_camera: pin.SE3 | None) -> Fields:
    if pose_world_camera is None:
        return pose(np.full(3, np.nan), np.full(4, np.nan))
    numbers = pin.SE3ToXYZQUAT(pose_world_camera)
    return pose(numbers[:3], numbers[3:])


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
        "segment_masses": np.array([segment.mass_kg for segment in segments.values()]),
        "segment_scales": [_rep103_scale(factors.get(name)) for name in segments],
        "coordinate_names": skeleton.coordinate_names,
        "lower_limits": skeleton.lower_limits,
        "upper_limits": skeleton.upper_limits,
        "urdf": skeleton.urdf(),
    }


def _rep103_scale(factors: Array | None) -> Fields:
    """Scale per REP-103 axis from factors per OpenSim axis (x forward, y up, z right)."""
    return vector(np.ones(3) if factors is None else factors[[0, 2, 1]])


def fill(message: Any, fields: Fields) -> Any:
    """Sets a compiled ROS message's fields, nested ones too, and returns it.

    Args:
        message: An instance of a message class that rosidl generated.
        fields: Values by field name; numpy arrays for lists of numbers.

    Raises:
        AttributeError: The message has no such field.
    """
    for name, value in fields.items():
        if isinstance(value, dict):
            fill(getattr(message, name), value)
        elif isinstance(value, np.ndarray):
            setattr(message, name, _numbers(getattr(message, name), value))
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            element = _element_class(message, name)
            setattr(message, name, [fill(element(), item) for item in value])
        else:
            setattr(message, name, list(value) if isinstance(value, tuple) else value)
    return message


def _numbers(current: Any, values: np.ndarray) -> Any:
    """Numbers in the type that a list field takes without checking each of them."""
    if isinstance(current, array):
        return array(current.typecode, np.asarray(values, dtype=float).tobytes())
    return np.asarray(values, dtype=float)


def _element_class(message: Any, field: str) -> Any:
    """The class of the elements of a list of messages."""
    text = message.get_fields_and_field_types()[field]
    package, name = text.removeprefix("sequence<").split("[")[0].rstrip(">").split("/")
    return getattr(import_module(f"{package}.msg"), name)
