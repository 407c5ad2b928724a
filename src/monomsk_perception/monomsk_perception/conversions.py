"""Where ROS messages become arrays and results become ROS messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import ImageError
from monomsk_perception.image_conversion import compressed_to_bgr, image_to_bgr


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


def stamp_to_ns(stamp: Any) -> int:
    """Nanoseconds of a builtin_interfaces/Time."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def to_bgr(message: Image | CompressedImage) -> npt.NDArray[np.uint8]:
    """The picture (height, width, 3) in an image message, through cv_bridge where it exists.

    Raises:
        ImageError: The encoding is unknown, or the data does not fit it.
    """
    if isinstance(message, CompressedImage):
        return compressed_to_bgr(message.data, message.format)
    if _BRIDGE is None:
        return image_to_bgr(
            message.data,
            message.width,
            message.height,
            message.encoding,
            message.step,
            bool(message.is_bigendian),
        )
    try:
        picture = _BRIDGE.imgmsg_to_cv2(message, desired_encoding="bgr8")
    except (TypeError, ValueError, RuntimeError) as error:  # CvBridgeError is a TypeError
        raise ImageError(message.encoding, str(error)) from error
    return np.ascontiguousarray(picture)


def to_intrinsics(message: CameraInfo) -> CameraIntrinsics:
    """A camera from its calibration.

    Raises:
        CameraError: The matrix is zero, not finite or implausible.
    """
    return CameraIntrinsics.from_matrix(
        message.k, message.d, message.width, message.height, message.distortion_model
    )


def is_uncalibrated(message: CameraInfo) -> bool:
    """Whether a driver says, by an all-zero matrix, that nobody calibrated the camera."""
    return not np.any(message.k)


def to_subject(request: Any) -> Subject:
    """The subject in a SetSubject request; NaN and zero mean not given.

    Raises:
        DescriptionError: A number is no human's.
    """
    height = _given(request.height_m)
    mass = _given(request.mass_kg)
    subject = Subject.assume(height, mass, request.sex or "unspecified")
    lengths = zip(request.segment_names, request.segment_lengths, strict=True)
    return subject.with_lengths(dict(lengths))


def _given(number: float) -> float | None:
    return None if np.isnan(number) or number == 0.0 else float(number)
