"""The recorder as its own process; what it wrote is read back."""

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from monomsk_analysis.live_summary import describe, summarize_live
from monomsk_analysis.message_types import load_typestore

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

FRAMES = 20
AGE_MS = 50.0


def start_recorder(start_node, folder, **parameters):
    recorder = start_node("monomsk_analysis", "recorder", {"output": folder} | parameters)
    recorder.wait_for_output("recording to")
    return recorder


def publishers(node):
    from rclpy.qos import QoSDurabilityPolicy, QoSProfile, qos_profile_sensor_data
    from sensor_msgs.msg import CameraInfo

    from monomsk_msgs.msg import BodyDynamics, BodyModel, Landmarks

    latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    return {
        "camera_info": node.create_publisher(CameraInfo, "camera_info", qos_profile_sensor_data),
        "landmarks": node.create_publisher(Landmarks, "landmarks", qos_profile_sensor_data),
        "body_dynamics": node.create_publisher(BodyDynamics, "body_dynamics", 10),
        "body_model": node.create_publisher(BodyModel, "body_model", latched),
    }


def publish_frames(node, topics, spin_until):
    """Publish frames of which every fourth gets no answer; answers are AGE_MS old."""
    from rclpy.duration import Duration
    from sensor_msgs.msg import CameraInfo

    from monomsk_msgs.msg import BodyDynamics, Landmarks

    for index in range(FRAMES):
        stamp = (node.get_clock().now() - Duration(nanoseconds=int(AGE_MS * 1e6))).to_msg()
        info, landmarks, dynamics = CameraInfo(), Landmarks(), BodyDynamics()
        for message in (info, landmarks, dynamics):
            message.header.stamp = stamp
        landmarks.status = Landmarks.STATUS_TRACKED if index % 2 else Landmarks.STATUS_SEARCHING
        dynamics.coordinate_names, dynamics.effort = ["knee_angle_r"], [float(index)]
        topics["camera_info"].publish(info)
        topics["landmarks"].publish(landmarks)
        if index % 4:
            topics["body_dynamics"].publish(dynamics)
        spin_until(lambda: False, 0.02)


def matched(topics):
    return all(publisher.get_subscription_count() for publisher in topics.values())


def test_a_recording_is_whole_after_sigint(start_node, ros_node, spin_until, tmp_path):
    from monomsk_msgs.msg import BodyModel

    topics = publishers(ros_node)
    # published before the recorder exists: it must get the latched message all the same
    topics["body_model"].publish(BodyModel(height_m=1.8, urdf="<robot/>"))
    folder = tmp_path / "bags" / "live"
    recorder = start_recorder(start_node, folder)
    assert spin_until(lambda: matched(topics)), recorder.output
    spin_until(lambda: False, 0.5)
    publish_frames(ros_node, topics, spin_until)
    spin_until(lambda: False, 0.5)
    recorder.interrupt()
    assert recorder.wait() == 0
    assert "Traceback" not in recorder.output

    with AnyReader([folder], default_typestore=load_typestore()) as reader:
        found = {"/body_dynamics": [], "/body_model": []}
        for connection, log_ns, data in reader.messages():
            if connection.topic in found:
                message = reader.deserialize(data, connection.msgtype)
                found[connection.topic].append((log_ns, message))
    assert [message.height_m for _, message in found["/body_model"]] == [1.8]
    efforts = [float(message.effort[0]) for _, message in found["/body_dynamics"]]
    assert efforts == [float(index) for index in range(FRAMES) if index % 4]
    assert np.all(np.diff([log_ns for log_ns, _ in found["/body_dynamics"]]) > 0)

    summary = summarize_live(folder)
    assert (summary.frames_in, summary.landmarks_out) == (FRAMES, FRAMES)
    assert (summary.frames_tracked, summary.dynamics_out) == (FRAMES // 2, 15)
    assert summary.frames_unanswered == 5
    assert AGE_MS <= summary.image_to_dynamics.median_ms < AGE_MS + 50.0
    assert summary.image_to_state.median_ms is None
    assert "frames unanswered      5" in describe(summary)


def test_namespaces_and_remaps_are_kept_in_the_bag(start_node, ros_node, spin_until, tmp_path):
    from sensor_msgs.msg import CameraInfo

    publisher = ros_node.create_publisher(CameraInfo, "/front/info", 10)
    recorder = start_node(
        "monomsk_analysis",
        "recorder",
        {"output": tmp_path / "bag"},
        {"camera_info": "/front/info", "__ns": "/subject"},
    )
    assert spin_until(publisher.get_subscription_count), recorder.output
    spin_until(lambda: False, 0.5)
    publisher.publish(CameraInfo(width=640))
    spin_until(lambda: False, 0.5)
    recorder.interrupt()
    assert recorder.wait() == 0
    with AnyReader([tmp_path / "bag"], default_typestore=load_typestore()) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
    assert counts["/front/info"] == 1
    assert counts["/subject/body_dynamics"] == 0


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({}, "no folder given"),
        ({"output": "."}, "exists already"),
        ({"output": "/proc/nothing/bag"}, "cannot be created"),
        ({"output": "bag", "reserve_mb": 10**9}, "the disk is nearly full"),
    ],
)
def test_what_cannot_be_written_ends_the_node(start_node, tmp_path, parameters, problem):
    chosen = dict(parameters)
    if chosen.get("output") in (".", "bag"):
        chosen["output"] = tmp_path / chosen["output"]
    recorder = start_node("monomsk_analysis", "recorder", chosen)
    assert recorder.wait(20.0) == 1
    assert problem in recorder.output and "Traceback" not in recorder.output
