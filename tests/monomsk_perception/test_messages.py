"""Messages about the camera: regions of interest, transforms, gravity; and what goes out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from monomsk_perception.errors import ImageError
from monomsk_perception.gravity import GravityEstimator
from monomsk_perception.transform_buffer import TransformBuffer, TransformError

pytestmark = pytest.mark.requires_ros


@pytest.fixture(scope="module")
def conversions() -> Any:
    from tests.conftest import load_message_libraries

    pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    load_message_libraries()
    from monomsk_perception import conversions

    return conversions


def test_what_cv_bridge_lacks_is_decoded_all_the_same(
    conversions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sensor_msgs.msg import Image

    class Bridge:
        def imgmsg_to_cv2(self, message: Any, desired_encoding: str) -> Any:
            raise TypeError("not a color format")

    monkeypatch.setattr(conversions, "_BRIDGE", Bridge())
    message = Image(height=1, width=2, encoding="8UC3", step=6, data=bytes(range(6)))
    np.testing.assert_array_equal(conversions.to_bgr(message).ravel(), range(6))
    message.encoding = "smoke"
    with pytest.raises(ImageError, match="smoke.*supported are"):
        conversions.to_bgr(message)


def test_a_region_of_interest_moves_the_principal_point(conversions: Any) -> None:
    from sensor_msgs.msg import CameraInfo, RegionOfInterest

    message = CameraInfo(width=640, height=480, distortion_model="plumb_bob", d=[0.0] * 5)
    message.k = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]
    whole = conversions.to_intrinsics(message)
    message.roi = RegionOfInterest(x_offset=100, y_offset=50, width=320, height=400)
    part = conversions.to_intrinsics(message)
    assert (part.width_px, part.height_px) == (320, 400)
    pixels = np.array([[200.0, 300.0]])
    np.testing.assert_allclose(part.rays(pixels - [100.0, 50.0]), whole.rays(pixels))


def transform(parent: str, child: str, x: float, w: float = 1.0) -> Any:
    from geometry_msgs.msg import TransformStamped

    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp.sec = 3
    message.transform.translation.x = x
    message.transform.rotation.w = w
    return message


def test_transforms_are_heard_and_impossible_ones_left_out(conversions: Any) -> None:
    buffer = TransformBuffer()
    good = [transform("/world", "base", 1.0), transform("base", "camera", 2.0)]
    bad = [
        transform("world", "camera", float("nan")),
        transform("world", "camera", 5.0, w=0.0),
        transform("camera", "camera", 5.0),
        transform("", "camera", 5.0),
    ]
    message = SimpleNamespace(transforms=good + bad)
    conversions.hear_transforms(message, buffer, False)
    pose = buffer.pose("world", "camera", 3_000_000_000, 0.0)
    np.testing.assert_allclose(pose.translation, [3.0, 0.0, 0.0])
    with pytest.raises(TransformError):
        buffer.pose("world", "camera", 9_000_000_000, 0.1)


def test_inertial_readings_that_are_none_are_left_out(conversions: Any) -> None:
    from sensor_msgs.msg import Imu

    gravity = GravityEstimator()
    message = Imu()
    message.header.stamp.sec = 3
    message.header.frame_id = "imu"
    message.linear_acceleration.z = 9.81
    message.linear_acceleration_covariance[0] = -1.0
    conversions.hear_imu(message, gravity)
    assert gravity.up(3_000_000_000) is None
    message.linear_acceleration_covariance[0] = 0.0
    message.linear_acceleration.x = float("nan")
    conversions.hear_imu(message, gravity)
    assert gravity.up(3_000_000_000) is None
    message.linear_acceleration.x = 0.0
    conversions.hear_imu(message, gravity)
    np.testing.assert_allclose(gravity.up(3_000_000_000), [0.0, 0.0, 1.0])
    assert gravity.frame_id == "imu"
