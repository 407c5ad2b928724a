"""The perception node as a process: good images, bad images, bad cameras, its services."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from tests.monomsk_perception.conftest import sample_video

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

FRAME_NS = 33_333_333
SIZE = (360, 640)
FOCAL_PX = 560.0


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """A few seconds of the sample video, small."""
    capture = cv2.VideoCapture(str(sample_video()))
    pictures = []
    while len(pictures) < 40:
        read, picture = capture.read()
        if not read:
            break
        pictures.append(cv2.resize(picture, SIZE))
    return pictures


class Camera:
    """Publishes images and camera_info and keeps what perception answers."""

    def __init__(self, node: Any, spin_until: Callable[..., bool]) -> None:
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import CameraInfo, Image

        from monomsk_msgs.msg import BodyState, Landmarks

        self.node, self.spin_until = node, spin_until
        self.images = node.create_publisher(Image, "image", 1)
        self.infos = node.create_publisher(CameraInfo, "camera_info", 1)
        self.states: list[Any] = []
        self.landmarks: list[Any] = []
        self.diagnostics: list[Any] = []
        node.create_subscription(BodyState, "body_state", self.states.append, 10)
        node.create_subscription(
            Landmarks, "landmarks", self.landmarks.append, qos_profile_sensor_data
        )
        node.create_subscription(
            DiagnosticArray, "/diagnostics", lambda m: self.diagnostics.extend(m.status), 10
        )
        self.next_ns = 1_000_000_000

    def connect(self) -> None:
        # networks are loaded first, which takes long on a machine with other work
        assert self.spin_until(lambda: self.images.get_subscription_count() > 0, timeout_s=60.0)
        assert self.spin_until(lambda: self.infos.get_subscription_count() > 0)
        assert self.spin_until(lambda: self.node.count_publishers("body_state") > 0)
        assert self.spin_until(lambda: len(self.diagnostics) > 0)

    def calibrate(self, matrix: list[float]) -> None:
        from sensor_msgs.msg import CameraInfo

        message = CameraInfo(width=SIZE[0], height=SIZE[1], distortion_model="plumb_bob")
        message.k = matrix
        message.d = [0.0] * 5
        self.infos.publish(message)

    def show(self, picture: np.ndarray, encoding: str = "bgr8", stamp_ns: int | None = None) -> Any:
        """Publish one image and wait for the answer; None when there is none."""
        from sensor_msgs.msg import Image

        if stamp_ns is None:
            stamp_ns = self.next_ns
            self.next_ns += FRAME_NS
        height, width = picture.shape[:2]
        message = Image(height=height, width=width, encoding=encoding, step=3 * width)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        message.header.frame_id = "camera"
        message.data = array.array("B", picture.tobytes())
        count = len(self.landmarks)
        self.images.publish(message)
        answered = self.spin_until(lambda: len(self.landmarks) > count, timeout_s=2.0)
        self.spin_until(lambda: False, timeout_s=0.02)
        return self.landmarks[-1] if answered else None

    def complaint(self, text: str) -> bool:
        """Whether a diagnostic with this text arrives."""
        return self.spin_until(
            lambda: any(text in status.message for status in self.diagnostics), timeout_s=5.0
        )


GOOD_MATRIX = [FOCAL_PX, 0.0, SIZE[0] / 2, 0.0, FOCAL_PX, SIZE[1] / 2, 0.0, 0.0, 1.0]


@pytest.fixture
def camera(start_node, ros_node, spin_until) -> Camera:
    parameters = {"height_m": 1.72, "mass_kg": 66.0, "model_complexity": "full"}
    start_node("monomsk_perception", "perception_node", parameters | {"camera_info_wait_s": 3600.0})
    opened = Camera(ros_node, spin_until)
    opened.connect()
    return opened


def stamp_ns(message: Any) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def test_stamps_joints_and_uncertainty_arrive(camera: Camera, frames: list[np.ndarray]) -> None:
    camera.calibrate(GOOD_MATRIX)
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in frames[:15]:
        camera.show(picture)
    assert len(camera.states) >= 12
    state = camera.states[-1]
    assert stamp_ns(state) == stamp_ns(camera.landmarks[-1])
    assert len(state.coordinate_names) == len(state.position) == 31
    assert len(state.position_sigma) == 37
    assert np.isfinite(state.position).all()
    assert (np.array(state.position_sigma) > 0).all()
    assert list(state.assumptions) == ["camera_pose"]
    assert state.camera_pose_source == state.CAMERA_POSE_ESTIMATED
    assert len(camera.landmarks[-1].pixel_u) == 33


def test_a_zero_matrix_means_uncalibrated_and_is_said(
    camera: Camera, frames: list[np.ndarray]
) -> None:
    camera.calibrate([0.0] * 9)
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in frames[:5]:
        camera.show(picture)
    assert camera.states
    assert "focal_length" in camera.states[-1].assumptions
    assert camera.complaint("no calibration")


def test_a_broken_camera_info_is_refused_and_stops_nothing(
    camera: Camera, frames: list[np.ndarray]
) -> None:
    camera.calibrate([float("nan"), *GOOD_MATRIX[1:]])
    assert camera.complaint("bad camera_info")
    assert camera.show(frames[0]) is None
    camera.calibrate(GOOD_MATRIX)
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in frames[:5]:
        camera.show(picture)
    assert camera.states


def test_wrong_images_are_refused_and_good_ones_go_on(
    camera: Camera, frames: list[np.ndarray]
) -> None:
    camera.calibrate(GOOD_MATRIX)
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in frames[:5]:
        camera.show(picture)
    count = len(camera.states)
    assert camera.show(frames[5], encoding="bayer_of_fog") is None
    assert camera.complaint("bayer_of_fog")
    assert len(camera.states) == count
    camera.show(frames[6])
    assert len(camera.states) == count + 1


def test_images_out_of_order_are_dropped_and_a_jump_back_starts_anew(
    camera: Camera, frames: list[np.ndarray]
) -> None:
    camera.calibrate(GOOD_MATRIX)
    camera.next_ns = 60_000_000_000
    camera.spin_until(lambda: False, timeout_s=0.3)
    for picture in frames[:5]:
        camera.show(picture)
    newest = stamp_ns(camera.states[-1])
    assert camera.show(frames[5], stamp_ns=newest - 10_000_000) is None
    assert camera.show(frames[5], stamp_ns=newest) is None
    camera.next_ns = 2_000_000_000
    for picture in frames[:4]:
        camera.show(picture)
    assert stamp_ns(camera.states[-1]) < 3_000_000_000
    assert camera.complaint("time jumped back")


def test_nobody_in_view_is_said_and_gives_no_state(camera: Camera) -> None:
    camera.calibrate(GOOD_MATRIX)
    camera.spin_until(lambda: False, timeout_s=0.3)
    answer = camera.show(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))
    assert answer is not None
    assert answer.status == answer.STATUS_SEARCHING
    assert not answer.names
    assert not camera.states
    assert camera.complaint("nobody in view")


def test_set_subject_and_reset(camera: Camera, frames: list[np.ndarray]) -> None:
    from std_srvs.srv import Trigger

    from monomsk_msgs.srv import SetSubject

    node = camera.node
    setter = node.create_client(SetSubject, "set_subject")
    assert camera.spin_until(setter.service_is_ready)
    request = SetSubject.Request(height_m=1.6, mass_kg=55.0, sex="female")
    request.segment_names, request.segment_lengths = ["thigh"], [0.39]
    future = setter.call_async(request)
    assert camera.spin_until(future.done)
    answer = future.result()
    assert answer.success
    assert answer.body_model.height_m == 1.6
    assert sum(answer.body_model.segment_masses) == pytest.approx(55.0)
    future = setter.call_async(SetSubject.Request(height_m=7.0, mass_kg=55.0))
    assert camera.spin_until(future.done)
    answer = future.result()
    assert not answer.success
    assert "height_m" in answer.message
    assert answer.body_model.height_m == 1.6
    resetter = node.create_client(Trigger, "reset")
    assert camera.spin_until(resetter.service_is_ready)
    future = resetter.call_async(Trigger.Request())
    assert camera.spin_until(future.done)
    assert future.result().success
