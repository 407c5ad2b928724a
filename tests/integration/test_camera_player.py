"""The camera player as its own process, heard through DDS."""

import re

import cv2
import numpy as np
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]


def stamp_ns(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.fixture
def heard(ros_node):
    """Images, infos and compressed images that arrive, in order."""
    from rclpy.qos import QoSProfile, QoSReliabilityPolicy
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image

    qos = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    messages = {"image": [], "camera_info": [], "image/compressed": []}
    for topic, kind in (
        ("image", Image),
        ("camera_info", CameraInfo),
        ("image/compressed", CompressedImage),
    ):
        ros_node.create_subscription(kind, topic, messages[topic].append, qos)
    return messages


def play(start_node, **parameters):
    defaults = {"linger_s": 0.3, "wait_for_subscriber_s": 20.0}
    return start_node("monomsk_perception", "camera_player", defaults | parameters)


def test_images_and_infos_come_at_the_asked_rate(start_node, spin_until, heard, clip):
    player = play(start_node, source=clip, rate_hz=30.0, plays=2, stamps="timeline", focal_px=150.0)
    assert spin_until(lambda: player.popen.poll() is not None, 30.0), player.output
    assert player.wait() == 0
    images, infos = heard["image"], heard["camera_info"]
    published = re.search(r"published (\d+) frames", player.output)
    # two plays of one second at 30 Hz; a loaded machine drops some, never invents any
    assert published and 1 < len(images) <= int(published[1]) <= 60, player.output
    stamps = np.array([stamp_ns(message) for message in images])
    periods = np.diff(stamps) / (1e9 / 30.0)
    assert np.all(periods > 0.99) and np.allclose(periods, periods.round(), atol=0.02)
    assert set(stamps) & {stamp_ns(message) for message in infos}
    levels = np.array([np.frombuffer(message.data, np.uint8).mean() for message in images])
    # the film brightens by 240 a second, and falls back between the two plays
    rates = np.diff(levels) / np.diff(stamps) * 1e9
    assert np.allclose(rates[np.diff(levels) > 0.0], 240.0, rtol=0.5)
    assert (np.diff(levels) < 0.0).sum() <= 1
    first, info = images[0], infos[0]
    assert (first.width, first.height, first.step, first.encoding) == (160, 120, 480, "bgr8")
    assert first.header.frame_id == info.header.frame_id == "camera_optical_frame"
    assert (info.width, info.height) == (160, 120)
    assert np.allclose(info.k, [150, 0, 79.5, 0, 150, 59.5, 0, 0, 1])
    assert not heard["image/compressed"]


def test_jpeg_and_shrinking_and_an_unknown_focal_length(start_node, spin_until, heard, clip):
    player = play(start_node, source=clip, transport="compressed", max_side_px=80)
    assert spin_until(lambda: player.popen.poll() is not None, 30.0), player.output
    assert player.wait() == 0
    assert heard["image/compressed"] and not heard["image"]
    message = heard["image/compressed"][0]
    decoded = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR)
    assert message.format == "jpeg" and decoded.shape == (60, 80, 3)
    assert "focal length not given" in player.output
    info = heard["camera_info"][0]
    assert (info.width, info.height) == (80, 60) and not np.any(info.k)


def test_stamps_of_now_are_recent(start_node, spin_until, heard, clip, ros_node):
    player = play(start_node, source=clip, rate_hz=30.0, plays=0)
    assert spin_until(lambda: len(heard["image"]) > 10), player.output
    newest = heard["image"][-1]
    age_s = (ros_node.get_clock().now().nanoseconds - stamp_ns(newest)) / 1e9
    assert 0.0 <= age_s < 1.0
    player.interrupt()
    assert player.wait() == 0
    assert "Traceback" not in player.output


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"source": "/no/such/video.mp4"}, "'/no/such/video.mp4': no such file"),
        ({"source": __file__}, "not a video"),
        ({"source": "clip", "transport": "smoke"}, "transport"),
        ({"source": "clip", "rate_hz": 30}, "rate_hz"),
    ],
)
def test_mistakes_end_the_node_with_one_clear_line(start_node, clip, parameters, problem):
    chosen = {k: clip if v == "clip" else v for k, v in parameters.items()}
    player = play(start_node, **chosen)
    assert player.wait(20.0) == 1
    assert problem in player.output and "Traceback" not in player.output


@pytest.fixture
def change(ros_node, spin_until):
    """Take the player through a transition."""
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState

    client = ros_node.create_client(ChangeState, "camera_player/change_state")

    def take(number):
        assert spin_until(client.service_is_ready)
        future = client.call_async(ChangeState.Request(transition=Transition(id=number)))
        assert spin_until(future.done)
        assert future.result().success

    return take


def test_a_player_that_is_cleaned_up_while_it_waits_for_a_subscriber_ends(
    start_node, spin_until, clip, change
):
    from lifecycle_msgs.msg import Transition

    player = play(start_node, source=clip, wait_for_subscriber_s=60.0)
    change(Transition.TRANSITION_DEACTIVATE)
    change(Transition.TRANSITION_CLEANUP)
    assert player.wait() == 0
    assert "Traceback" not in player.output


def test_a_paused_player_is_silent_and_goes_on(
    start_node, spin_until, heard, clip, ros_node, change
):
    from diagnostic_msgs.msg import DiagnosticArray
    from lifecycle_msgs.msg import Transition

    said = []
    ros_node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: said.extend(m.status), 10
    )
    player = play(start_node, source=clip, rate_hz=30.0, plays=0)
    assert spin_until(lambda: len(heard["image"]) > 10), player.output
    change(Transition.TRANSITION_DEACTIVATE)
    spin_until(lambda: False, 0.3)
    count = len(heard["image"])
    assert spin_until(lambda: any(status.message == "paused" for status in said), 5.0)
    assert len(heard["image"]) == count
    change(Transition.TRANSITION_ACTIVATE)
    assert spin_until(lambda: len(heard["image"]) > count + 5), player.output
    assert spin_until(lambda: any(status.message == "playing" for status in said), 5.0)
    player.interrupt()
    assert player.wait() == 0
    assert "Traceback" not in player.output
