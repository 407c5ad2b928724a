"""The REP-155 adapter as its own process: what needs no hri_msgs."""

import numpy as np
import pytest

from monomsk_description.body_state import BodyState
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.message_fields import StateContext, body_model, body_state, fill
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.humans_adapter import (
    COCO_ORDER,
    body_id,
    body_topic,
    skeleton_order,
    skeleton_points,
)


def test_points_are_shares_of_the_image_in_the_standards_order() -> None:
    pixels = np.column_stack([np.arange(33.0), 2.0 * np.arange(33.0)])
    points = skeleton_points(LANDMARK_NAMES, pixels, np.full(33, 0.8), (100, 200))
    assert points.shape == (18, 3)
    for name, (x, y, confidence) in zip(COCO_ORDER, points, strict=True):
        at = 11.5 if name == "neck" else float(LANDMARK_NAMES.index(name))
        assert (x, y, confidence) == pytest.approx((at / 100, 2 * at / 200, 0.8))
    nobody = skeleton_points((), np.empty((0, 2)), np.empty(0), (100, 200))
    assert nobody.shape == (18, 3) and not nobody.any()


def test_names_and_orders() -> None:
    assert body_topic(7, "joint_states") == f"/humans/bodies/{body_id(7)}/joint_states"
    assert body_id(7)[0].isalpha() and body_id(7) != body_id(8)
    assert skeleton_order(["LEFT_EYE_INNER"]) == LANDMARK_NAMES
    assert skeleton_order(["NECK"]) == COCO_ORDER


@pytest.mark.integration
@pytest.mark.requires_ros
def test_a_body_comes_changes_and_goes(start_node, ros_node, spin_until) -> None:
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import JointState
    from std_msgs.msg import String

    from monomsk_msgs import msg

    skeleton = build_skeleton(Subject(1.75, 70.0))
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    models = ros_node.create_publisher(msg.BodyModel, "body_model", latched)
    states = ros_node.create_publisher(msg.BodyState, "body_state", 10)
    joints, urdfs = {3: [], 4: []}, []
    for track, heard in joints.items():
        topic = body_topic(track, "joint_states")
        ros_node.create_subscription(JointState, topic, heard.append, 10)
    ros_node.create_subscription(String, "/human_description_b00003", urdfs.append, latched)
    adapter = start_node("monomsk_perception", "humans_adapter", {"hold_s": 0.5})
    assert spin_until(states.get_subscription_count), adapter.output
    models.publish(fill(msg.BodyModel(), body_model(skeleton, 0, "world")))

    def send(track: int) -> bool:
        state = BodyState(10**9, skeleton.neutral(), np.zeros(37))
        fields = body_state(state, skeleton, StateContext("world"))
        message = fill(msg.BodyState(), fields)
        message.track_id = track
        states.publish(message)
        spin_until(lambda: False, 0.05)
        return bool(joints[track])

    assert spin_until(lambda: send(3)), adapter.output
    assert list(joints[3][0].name) == list(skeleton.coordinate_names)
    assert spin_until(lambda: bool(urdfs)) and "<robot" in urdfs[0].data
    assert spin_until(lambda: send(4)), adapter.output
    # the first body is gone with its topics, and the second one when nobody speaks of it
    topics = (body_topic(3, "joint_states"), body_topic(4, "joint_states"))
    assert spin_until(lambda: not any(map(ros_node.count_publishers, topics))), adapter.output
    assert "Traceback" not in adapter.output
