"""Where ROS messages become arrays and results become ROS messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pinocchio as pin
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu

from monomsk_description.errors import BodyModelError
from monomsk_description.message_fields import StateContext, body_state, fill, stamp_to_ns
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject
from monomsk_msgs.msg import BodyState, Landmarks
from monomsk_perception import message_fields
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPoseSource
from monomsk_perception.gravity import GravityEstimator
from monomsk_perception.image_conversion import message_to_bgr
from monomsk_perception.live_result import LiveResult
from monomsk_perception.transform_buffer import TransformBuffer

#: BodyState's CAMERA_POSE_* by source.
_POSE_SOURCES = {
    CameraPoseSource.PARAMETER: BodyState.CAMERA_POSE_PARAMETER,
    CameraPoseSource.TF: BodyState.CAMERA_POSE_TF,
    CameraPoseSource.IMU: BodyState.CAMERA_POSE_IMU,
    CameraPoseSource.ESTIMATED: BodyState.CAMERA_POSE_ESTIMATED,
}


def _working_bridge() -> Any:
    """cv_bridge where it is installed and fits the numpy in use; else None."""
    try:
        from cv_bridge import CvBridge

        probe = Image(height=1, width=1, encoding="bgr8", step=3, data=bytes(3))
        CvBridge().imgmsg_to_cv2(probe, desired_encoding="bgr8")
    except (ImportError, AttributeError, TypeError, SystemError):
        return None
    return CvBridge()


_BRIDGE = _working_bridge()


def to_bgr(message: Image | CompressedImage) -> npt.NDArray[np.uint8]:
    """The picture (height, width, 3) in an image message, through cv_bridge where it exists.

    Raises:
        ImageError: The encoding is unknown, or the data does not fit it.
    """
    if _BRIDGE is None or isinstance(message, CompressedImage):
        return message_to_bgr(message)
    try:
        picture = _BRIDGE.imgmsg_to_cv2(message, desired_encoding="bgr8")
    except (TypeError, ValueError, RuntimeError):  # CvBridgeError is a TypeError
        # It lacks some encodings, and names no cause.
        return message_to_bgr(message)
    return np.ascontiguousarray(picture)


def to_intrinsics(message: CameraInfo) -> CameraIntrinsics:
    """A camera from its calibration.

    Raises:
        CameraError: The matrix is zero, not finite or implausible.
    """
    camera = CameraIntrinsics.from_matrix(
        message.k, message.d, message.width, message.height, message.distortion_model
    )
    part = message.roi
    if not part.width or not part.height:
        return camera
    return replace(
        camera,
        width_px=part.width,
        height_px=part.height,
        center_x_px=camera.center_x_px - part.x_offset,
        center_y_px=camera.center_y_px - part.y_offset,
    )


def is_uncalibrated(message: CameraInfo) -> bool:
    """Whether a driver says, by an all-zero matrix, that nobody calibrated the camera."""
    return not np.any(message.k)


def hear_transforms(message: Any, buffer: TransformBuffer, is_static: bool) -> None:
    """Take in the transforms of a tf2_msgs/TFMessage, impossible numbers left out."""
    for stamped in message.transforms:
        t, r = stamped.transform.translation, stamped.transform.rotation
        numbers = np.array([t.x, t.y, t.z, r.x, r.y, r.z, r.w])
        length = float(np.linalg.norm(numbers[3:]))
        if not np.isfinite(numbers).all() or abs(length - 1.0) > 0.1:
            continue
        numbers[3:] /= length
        parent, child = stamped.header.frame_id.lstrip("/"), stamped.child_frame_id.lstrip("/")
        if parent and child and parent != child:
            stamp_ns = stamp_to_ns(stamped.header.stamp)
            buffer.set(parent, child, stamp_ns, pin.XYZQUATToSE3(numbers), is_static)


def hear_imu(message: Imu, gravity: GravityEstimator) -> None:
    """Take in an inertial reading; one that lacks the acceleration or is no number is left out."""
    a, w = message.linear_acceleration, message.angular_velocity
    acceleration = np.array([a.x, a.y, a.z])
    turning = np.array([w.x, w.y, w.z])
    # sensor_msgs/Imu: a first covariance of -1 says that the unit does not measure this.
    if message.linear_acceleration_covariance[0] == -1.0 or not np.isfinite(acceleration).all():
        return
    if message.angular_velocity_covariance[0] == -1.0:
        turning = np.full(3, np.nan)
    gravity.update(
        stamp_to_ns(message.header.stamp), message.header.frame_id, acceleration, turning
    )


def to_subject(request: Any) -> Subject:
    """The subject in a SetSubject request; NaN and zero mean not given.

    Raises:
        DescriptionError: A number is no human's, or not every segment has its length.
    """
    names, lengths = request.segment_names, request.segment_lengths
    if len(names) != len(lengths):
        raise BodyModelError("segment_lengths", f"{len(lengths)} lengths of {len(names)} segments")
    height = _given(request.height_m)
    mass = _given(request.mass_kg)
    subject = Subject.assume(height, mass, request.sex or "unspecified")
    return subject.with_lengths(dict(zip(names, lengths, strict=True)))


def _given(number: float) -> float | None:
    return None if np.isnan(number) or number == 0.0 else float(number)


def to_landmarks_message(result: LiveResult) -> Landmarks:
    """The landmarks of an image, or that nobody was measured in it."""
    if result.landmarks is not None:
        fields = message_fields.landmarks(result.landmarks, result.camera_frame, result.track_id)
    else:
        fields = message_fields.no_landmarks(
            result.stamp_ns,
            result.camera_frame,
            result.image_size,
            result.track_id > 0,
            result.track_id,
        )
    return fill(Landmarks(), fields)


def to_state_message(
    result: LiveResult, skeleton: Skeleton, world_frame: str, assumptions: tuple[str, ...]
) -> BodyState:
    """The body state of an image that has one."""
    assert result.state is not None
    context = StateContext(
        world_frame=world_frame,
        assumptions=assumptions,
        camera_pose_source=_POSE_SOURCES[result.pose_source],
        pose_world_camera=result.pose_world_camera,
        track_id=result.track_id,
        stages_s=result.stages_s,
    )
    return fill(BodyState(), body_state(result.state, skeleton, context))
