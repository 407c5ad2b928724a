"""The perception node while things change: parameters, load, gravity, how images lie, names."""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np
import pytest
from tests.conftest import ROOT
from tests.integration.test_perception_node import GOOD_MATRIX, SIZE, Camera, frames

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

__all__ = ["frames"]


@pytest.fixture
def start_camera(start_node, ros_node, spin_until):
    def start(**parameters: object) -> Camera:
        fixed = {"height_m": 1.72, "mass_kg": 66.0, "model_complexity": "lite", "num_threads": 1}
        fixed["camera_info_wait_s"] = 3600.0
        start_node("monomsk_perception", "perception_node", fixed | parameters)
        opened = Camera(ros_node, spin_until)
        opened.connect()
        opened.calibrate(GOOD_MATRIX)
        opened.spin_until(lambda: False, timeout_s=0.3)
        return opened

    return start


def set_parameters(camera: Camera, **values: object) -> list[Any]:
    """What the node answers to a change of parameters, one result for each."""
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    client = camera.node.create_client(SetParameters, "perception/set_parameters")
    assert camera.spin_until(client.service_is_ready)
    request = SetParameters.Request()
    request.parameters = [
        Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
    ]
    future = client.call_async(request)
    assert camera.spin_until(future.done)
    return list(future.result().results)


def test_parameters_change_while_the_stream_goes_on(start_camera, frames) -> None:
    camera = start_camera()
    for picture in frames[:6]:
        camera.show(picture)
    track = camera.states[-1].track_id
    assert track == camera.landmarks[-1].track_id == 1
    for changes in ({"smoothing": 2.0}, {"min_tracking_score": 0.4}, {"hold_s": 2.0}):
        assert all(result.successful for result in set_parameters(camera, **changes))
    count = len(camera.states)
    for picture in frames[6:12]:
        camera.show(picture)
    assert len(camera.states) >= count + 5
    assert camera.states[-1].track_id == track
    (result,) = set_parameters(camera, model_complexity="full")
    assert result.successful, result.reason
    (result,) = set_parameters(camera, height_m=1.6)
    assert result.successful, result.reason
    count = len(camera.states)
    for picture in frames[12:18]:
        camera.show(picture)
    assert len(camera.states) >= count + 5
    stages = camera.states[-1].stage_names
    assert {"convert", "detect", "landmarks", "lift"} <= set(stages)
    assert all(seconds >= 0.0 for seconds in camera.states[-1].stage_durations)


def test_wrong_values_are_refused_with_the_reason(start_camera, frames) -> None:
    camera = start_camera()
    for values, reason in (
        ({"smoothing": 1000.0}, "smoothing"),
        ({"min_tracking_score": float("nan")}, "min_tracking_score"),
        ({"model_complexity": "huge"}, "is none of lite, full, heavy, auto"),
        ({"person": "everybody"}, "is none of largest, nearest, center, region"),
        ({"person_region": [0.5, 0.0, 0.4, 1.0]}, "left < right"),
        ({"mass_kg": 2.0}, "mass"),
        ({"image_rotation_deg": 45}, "image_rotation_deg"),
        ({"num_threads": 4}, "read-only"),
        ({"world_frame": "moon"}, "read-only"),
    ):
        (result,) = set_parameters(camera, **values)
        assert not result.successful
        assert reason in result.reason, result.reason
    camera.show(frames[0])
    for picture in frames[1:5]:
        camera.show(picture)
    assert len(camera.states) >= 4


def test_services_are_answered_while_images_come_faster_than_they_are_looked_at(
    start_camera, frames
) -> None:
    from sensor_msgs.msg import Image
    from std_srvs.srv import Trigger

    camera = start_camera(model_complexity="heavy")
    client = camera.node.create_client(Trigger, "reset")
    assert camera.spin_until(client.service_is_ready)
    waits_s = []
    for k in range(120):  # 120 Hz
        height, width = frames[0].shape[:2]
        message = Image(height=height, width=width, encoding="bgr8", step=3 * width)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(
            10**9 + k * 8_333_333, 10**9
        )
        message.data.frombytes(frames[k % len(frames)].tobytes())
        camera.images.publish(message)
        if k % 40 == 20:
            start_s = time.perf_counter()
            future = client.call_async(Trigger.Request())
            assert camera.spin_until(future.done, timeout_s=5.0)
            waits_s.append(time.perf_counter() - start_s)
        camera.spin_until(lambda: False, timeout_s=0.008)
    assert max(waits_s) < 2.0
    assert camera.spin_until(
        lambda: any(
            value.key == "images dropped" and int(value.value) > 0
            for status in camera.diagnostics
            for value in status.values
        ),
        timeout_s=5.0,
    )


def test_gravity_from_an_inertial_unit_levels_the_world(start_camera, frames) -> None:
    from sensor_msgs.msg import Imu

    camera = start_camera()
    publisher = camera.node.create_publisher(Imu, "imu", 10)
    assert camera.spin_until(lambda: publisher.get_subscription_count() > 0)
    pitch_rad = 0.2
    for picture in frames[:15]:
        message = Imu()
        stamp_ns = camera.next_ns
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        message.header.frame_id = "camera"
        message.angular_velocity_covariance[0] = -1.0
        message.linear_acceleration.y = -9.81 * np.cos(pitch_rad)
        message.linear_acceleration.z = -9.81 * np.sin(pitch_rad)
        publisher.publish(message)
        camera.spin_until(lambda: False, timeout_s=0.05)
        camera.show(picture)
    state = camera.states[-1]
    assert state.camera_pose_source == state.CAMERA_POSE_IMU
    assert "camera_pose" not in state.assumptions
    q = state.camera_pose.orientation
    # the optical axis z in the world: down by the pitch
    down = 1.0 - 2.0 * (q.x**2 + q.y**2)
    assert np.degrees(np.arcsin(-down)) == pytest.approx(np.degrees(pitch_rad), abs=2.0)


def test_images_that_lie_on_their_side(start_camera, frames) -> None:
    camera = start_camera(image_rotation_deg=90)
    lying = [cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE) for picture in frames[:12]]
    width, height = SIZE[1], SIZE[0]
    from sensor_msgs.msg import CameraInfo

    info = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
    info.k = [GOOD_MATRIX[0], 0.0, width / 2, 0.0, GOOD_MATRIX[0], height / 2, 0.0, 0.0, 1.0]
    camera.infos.publish(info)
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in lying:
        camera.show(picture)
    assert len(camera.states) >= 8
    found = camera.landmarks[-1]
    assert (found.image_width, found.image_height) == (width, height)
    # turned a quarter to the left, the head lies left of the feet
    names = list(found.names)
    head, foot = names.index("nose"), names.index("left_ankle")
    assert found.pixel_u[head] < found.pixel_u[foot] - 100.0
    up = camera.states[-1].pelvis_pose.position.z
    assert 0.5 < up < 1.3


def test_nothing_is_absolute_but_what_all_share(start_process, ros_node, spin_until) -> None:
    """Two cameras on one machine: every topic of a node lies in its own namespace."""
    import rclpy

    program = ROOT / "install/monomsk_perception/lib/monomsk_perception/perception_node"
    for name in ("left", "right"):
        start_process(program, "--ros-args", "-r", f"__ns:=/{name}", "-p", "model_complexity:=lite")

    def heard_by(name: str) -> set[str]:
        try:
            topics = ros_node.get_subscriber_names_and_types_by_node("perception", f"/{name}")
        except rclpy.node.NodeNameNonExistentError:
            return set()
        return {topic for topic, _ in topics}

    for name in ("left", "right"):
        wanted = {f"/{name}/image", f"/{name}/camera_info", f"/{name}/imu"}
        assert spin_until(lambda: wanted <= heard_by(name), timeout_s=40.0)  # noqa: B023
    shared = {"/diagnostics", "/rosout", "/parameter_events", "/tf", "/tf_static", "/clock"}
    for name in ("left", "right"):
        said = ros_node.get_publisher_names_and_types_by_node("perception", f"/{name}")
        served = ros_node.get_service_names_and_types_by_node("perception", f"/{name}")
        own = {topic for topic, _ in [*said, *served]} | heard_by(name)
        assert f"/{name}/body_state" in own and f"/{name}/set_subject" in own
        assert all(topic in shared or topic.startswith(f"/{name}/") for topic in own), own
