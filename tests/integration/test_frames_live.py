"""TF and REP-155 live, with message packages that are built for the test where ROS lacks them."""

import json

import numpy as np
import pytest
from tests.conftest import PYTHON, ROOT, StartedProcess
from tests.integration.fault_stack import Stack
from tests.integration.message_overlay import environment_with_messages

from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.humans_adapter import COCO_ORDER, body_id, body_topic

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

LEVEL = (-0.5, 0.5, -0.5, 0.5)  # as frames_probe.py says
WORLD, PREFIX, CAMERA_HEIGHT_M = "lab", "anna/", 1.3
LISTEN_LIMIT_S = 60.0


class Graph:
    """The running nodes, and what the probe heard."""

    def __init__(self, stack, probe):
        self.stack = stack
        self.probe = probe

    def heard(self, key):
        lines = [line for line in self.probe.lines if line.startswith("{")]
        return [message for message in map(json.loads, lines) if key in message]

    def wait_for(self, key, count):
        arrived = self.stack.observer.spin_until(
            lambda: len(self.heard(key)) >= count, LISTEN_LIMIT_S
        )
        assert arrived, f"{self.probe.output[-2000:]}\n{self.stack.output()}"
        return self.heard(key)


@pytest.fixture(scope="module")
def graph(workspace_environment, tmp_path_factory):
    pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    environment = environment_with_messages(workspace_environment, tmp_path_factory.mktemp("msgs"))
    folder = tmp_path_factory.mktemp("frames")
    stack = Stack(environment, folder, "/frames")
    script = ROOT / "tests" / "integration" / "frames_probe.py"
    topic = body_topic(1, "skeleton2d")
    words = [str(PYTHON), str(script), WORLD, str(CAMERA_HEIGHT_M), topic]
    probe = StartedProcess(words, environment, folder / "probe.log")
    adapter = ROOT / "install/monomsk_perception/lib/monomsk_perception/humans_adapter"
    stack.nodes["humans_adapter"] = StartedProcess(
        [str(adapter), "--ros-args", "-r", "__ns:=/frames"], environment, folder / "adapter.log"
    )
    try:
        stack.start_camera()
        stack.start("perception", world_frame=WORLD)
        stack.start("dynamics", frame_prefix=PREFIX)
        stack.steady()
        yield Graph(stack, probe)
    finally:
        probe.end()
        stack.close()


def test_tf_holds_every_segment_of_the_person_in_the_world(graph):
    (transforms,) = (message["tf"] for message in graph.wait_for("tf", 5)[-1:])
    skeleton = build_skeleton(Subject(1.72, 66.0))
    segments = [*skeleton.segment_poses(skeleton.neutral()), "r_sole", "l_sole"]
    assert sorted(child for _, child, _ in transforms) == sorted(PREFIX + s for s in segments)
    assert {parent for parent, _, _ in transforms} == {WORLD}
    # one stamp: that of an image
    assert {stamp for _, _, stamp in transforms} <= set(graph.stack.camera.published())
    assert len({stamp for _, _, stamp in transforms}) == 1


def test_the_camera_is_where_tf_says(graph):
    from monomsk_msgs.msg import BodyState

    observer = graph.stack.observer
    states = observer.states

    def from_tf():
        return states and states[-1].message.camera_pose_source == BodyState.CAMERA_POSE_TF

    assert observer.spin_until(from_tf, LISTEN_LIMIT_S), graph.stack.output()
    pose = states[-1].message.camera_pose
    assert pose.position.z == pytest.approx(CAMERA_HEIGHT_M)
    o = pose.orientation
    # a quaternion and its negative are one rotation
    assert abs(np.dot([o.x, o.y, o.z, o.w], LEVEL)) == pytest.approx(1.0)
    assert states[-1].message.header.frame_id == WORLD


def test_who_is_tracked_and_where_in_the_image(graph):
    tracked = graph.wait_for("tracked", 1)
    assert [body_id(1)] in [message["tracked"] for message in tracked]
    skeleton = graph.wait_for("skeleton", 3)[-1]
    assert skeleton["stamp_ns"] in graph.stack.camera.published()
    points = dict(zip(COCO_ORDER, skeleton["skeleton"], strict=True))
    # y is downwards in the image: an upright person, seen well
    assert points["nose"][1] < points["right_hip"][1] < points["right_ankle"][1]
    assert all(0.0 <= points[name][0] <= 1.0 and points[name][2] > 0.3 for name in ("nose", "neck"))
