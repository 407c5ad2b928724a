"""Where messages become arrays: states and models in, shapes and frames out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pinocchio as pin
from geometry_msgs.msg import Point, TransformStamped
from numpy.typing import NDArray
from visualization_msgs.msg import Marker, MarkerArray

from monomsk_description import body_model_message
from monomsk_description.body_state import BodyState
from monomsk_description.errors import BodyModelError
from monomsk_description.message_fields import fill, header, stamp_to_ns, vector
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import MessageError
from monomsk_dynamics.markers import NAMES, Arrow, Lines, Shape, Sphere

Array = NDArray[np.float64]

_ROOT = 6
_UNIT_TOLERANCE = 0.01


def to_body_state(message: Any, skeleton: Skeleton) -> BodyState:
    """The state in a monomsk_msgs/BodyState, its coordinates matched by name.

    Raises:
        MessageError: A coordinate is missing, unknown or twice there, a list has the wrong length,
            or the kinematics hold NaN.
    """
    order = coordinate_order(message.coordinate_names, skeleton)
    tangent = np.concatenate([np.arange(_ROOT), _ROOT + order])
    position, orientation = message.pelvis_pose.position, message.pelvis_pose.orientation
    quaternion = _finite(
        "pelvis_pose.orientation", [orientation.x, orientation.y, orientation.z, orientation.w]
    )
    norm = float(np.linalg.norm(quaternion))
    if abs(norm - 1.0) > _UNIT_TOLERANCE:
        raise MessageError("pelvis_pose.orientation", f"norm {norm:g}, expected a unit quaternion")
    place = _finite("pelvis_pose.position", _components(position))
    coordinates = _finite_list("position", message.position, skeleton, order)
    linear = _finite("pelvis_twist.linear", _components(message.pelvis_twist.linear))
    angular = _finite("pelvis_twist.angular", _components(message.pelvis_twist.angular))
    rates = _finite_list("velocity", message.velocity, skeleton, order)
    return BodyState(
        stamp_ns=stamp_to_ns(message.header.stamp),
        q=np.concatenate([place, quaternion / norm, coordinates]),
        v=np.concatenate([linear, angular, rates]),
        sigma_q=_tangent("position_sigma", message.position_sigma, tangent),
        sigma_v=_tangent("velocity_sigma", message.velocity_sigma, tangent),
        contact_probability=np.array(message.contact_probability, dtype=float),
        torque_prior=_tangent("torque_prior", message.torque_prior, tangent),
        torque_prior_sigma=_tangent("torque_prior_sigma", message.torque_prior_sigma, tangent),
        sole_force_prior=np.array(
            [
                _components(message.sole_force_prior_right),
                _components(message.sole_force_prior_left),
            ]
        ),
        sole_force_prior_sigma=np.array(
            [
                _components(message.sole_force_prior_sigma_right),
                _components(message.sole_force_prior_sigma_left),
            ]
        ),
        quality=float(message.quality),
    )


def coordinate_order(names: Sequence[str], skeleton: Skeleton) -> NDArray[np.int64]:
    """Where each of the skeleton's coordinates stands among a message's names (31,).

    Raises:
        MessageError: A coordinate is missing, unknown or twice there.
    """
    try:
        return body_model_message.coordinate_order(names, skeleton.coordinate_names)
    except BodyModelError as error:
        raise MessageError(error.field, error.reason) from error


def to_skeleton(message: Any) -> Skeleton:
    """The skeleton in a monomsk_msgs/BodyModel.

    Raises:
        MessageError: The subject is no human's, or segments are unknown or scaled in a way that
            no measured lengths explain.
    """
    try:
        return body_model_message.skeleton_of(message)
    except BodyModelError as error:
        raise MessageError(error.field, error.reason) from error


def _components(vector3: Any) -> list[float]:
    return [vector3.x, vector3.y, vector3.z]


def _finite(field: str, values: Sequence[float]) -> Array:
    numbers = np.array(values, dtype=float)
    if not np.isfinite(numbers).all():
        raise MessageError(field, "holds NaN or infinity")
    return numbers


def _finite_list(
    field: str, values: Sequence[float], skeleton: Skeleton, order: NDArray[np.int64]
) -> Array:
    """A list over coordinates in the skeleton's order, each finite."""
    if len(values) != len(order):
        raise MessageError(field, f"{len(values)} numbers, expected {len(order)}")
    numbers = np.array(values, dtype=float)[order]
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise MessageError(field, f"{skeleton.coordinate_names[bad[0]]} is NaN or infinite")
    return numbers


def _tangent(field: str, values: Sequence[float], order: NDArray[np.int64]) -> Array:
    """A list over tangent vectors in the skeleton's order; an empty one is unknown."""
    if not len(values):
        return np.full(len(order), np.nan)
    if len(values) != len(order):
        raise MessageError(field, f"{len(values)} numbers, expected {len(order)} or none")
    numbers: Array = np.array(values, dtype=float)[order]
    return numbers


# Out ------------------------------------------------------------------------------------------


def to_marker_array(
    shapes: Sequence[Shape], stamp_ns: int, world_frame: str, frame_prefix: str = ""
) -> MarkerArray:
    """Markers of shapes; a known shape that is not among them is taken away."""
    namespace = frame_prefix + "monomsk"
    shown = {shape.name: shape for shape in shapes}
    markers = []
    for identity, name in enumerate(NAMES):
        marker = Marker(ns=namespace, id=identity, action=Marker.DELETE)
        if name in shown:
            marker = _marker(shown[name])
            marker.ns, marker.id, marker.action = namespace, identity, Marker.ADD
        fill(marker.header, header(stamp_ns, world_frame))
        markers.append(marker)
    return MarkerArray(markers=markers)


def _marker(shape: Shape) -> Marker:
    marker = Marker()
    marker.pose.orientation.w = 1.0
    red, green, blue, opacity = shape.color
    fill(marker.color, {"r": red, "g": green, "b": blue, "a": opacity})
    if isinstance(shape, Lines):
        marker.type, marker.scale.x = Marker.LINE_LIST, shape.width_m
        ends = np.stack([shape.starts, shape.ends], axis=1).reshape(-1, 3)
        marker.points = [_point(end) for end in ends]
    elif isinstance(shape, Sphere):
        marker.type = Marker.SPHERE
        marker.scale.x = marker.scale.y = marker.scale.z = shape.diameter_m
        fill(marker.pose.position, vector(shape.center))
    elif isinstance(shape, Arrow):
        marker.type = Marker.ARROW
        marker.scale.x, marker.scale.y = shape.width_m, 2.0 * shape.width_m
        marker.points = [_point(shape.start), _point(shape.end)]
    return marker


def _point(place: Array) -> Point:
    x, y, z = map(float, place)
    return Point(x=x, y=y, z=z)


def to_transforms(
    poses: dict[str, pin.SE3], stamp_ns: int, world_frame: str, frame_prefix: str = ""
) -> list[TransformStamped]:
    """Transforms from the world to frames at the poses (pinocchio.SE3) given by name."""
    transforms = []
    for name, pose in poses.items():
        transform = TransformStamped(child_frame_id=frame_prefix + name)
        fill(transform.header, header(stamp_ns, world_frame))
        fill(transform.transform.translation, vector(pose.translation))
        x, y, z, w = map(float, pin.SE3ToXYZQUAT(pose)[3:])
        fill(transform.transform.rotation, {"x": x, "y": y, "z": z, "w": w})
        transforms.append(transform)
    return transforms
