"""A bag through the graph: the same results twice, and those of `monomsk analyze --causal`."""

from __future__ import annotations

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from tests.integration.bag_of_video import write_bag

from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.message_types import load_typestore
from monomsk_description.subject import Subject

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

FRAMES = 40
HEIGHT_M, MASS_KG = 1.72, 66.0


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay") / "walk"
    stamps = write_bag(folder, FRAMES)
    assert len(stamps) == FRAMES
    return folder, stamps


@pytest.fixture
def replay(start_process, python, tmp_path, bag):
    """Play the bag through the launch file; returns the recorded messages by topic."""

    def run(**arguments):
        recording = tmp_path / "results"
        given = {
            "bag": bag[0],
            "image_topic": "/camera/image",
            "camera_info_topic": "/camera/camera_info",
            "height_m": HEIGHT_M,
            "mass_kg": MASS_KG,
            "record": recording,
        } | arguments
        words = [f"{name}:={value}" for name, value in given.items()]
        runner = start_process(
            *(python, "-m", "monomsk_bringup.launch_cli", "monomsk_bringup", "replay.launch.xml"),
            *words,
        )
        assert runner.wait(120.0) == 0, runner.output
        assert "Traceback" not in runner.output, runner.output
        return read(recording), runner.output

    return run


def read(bag):
    messages = {}
    # a single .mcap file has no metadata beside it
    with AnyReader([bag], default_typestore=load_typestore()) as reader:
        for connection, log_ns, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            messages.setdefault(connection.topic, []).append((log_ns, message))
    return messages


def stamp_ns(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def by_stamp(messages):
    """All messages of each stamp; those of several plays have the same simulated time."""
    found = {}
    for _, message in messages:
        found.setdefault(stamp_ns(message), []).append(message)
    return found


def numbers(message):
    pelvis = message.pelvis_pose
    p, o = pelvis.position, pelvis.orientation
    parts = [[p.x, p.y, p.z, o.x, o.y, o.z, o.w], message.position, message.velocity]
    if hasattr(message, "effort"):
        parts += [message.acceleration, message.effort]
        for sole in (message.right_sole, message.left_sole):
            parts.append([sole.force.x, sole.force.y, sole.force.z])
    return np.concatenate([np.asarray(part, dtype=float) for part in parts])


def greatest_difference(first, second):
    return np.abs(numbers(first) - numbers(second)).max()


def test_deterministic_replay_twice_and_the_analysis_of_the_same_bag(replay, bag, tmp_path):
    messages, output = replay(deterministic="true", plays=2)
    folder, stamps = bag
    answers = {t: by_stamp(messages[t]) for t in ("/body_state", "/body_dynamics")}
    for answered in answers.values():
        # every image was answered, although the machine may be slow
        assert len(answered) >= FRAMES - 3 and set(answered) <= set(stamps), output
        # a loop resets everything: the second play knows nothing of the first
        assert {len(pair) for pair in answered.values()} == {2}
        assert max(greatest_difference(*pair) for pair in answered.values()) < 1e-9
    # on the bag's own time
    logged = [log_ns for log_ns, _ in messages["/body_dynamics"]]
    assert stamps[0] <= min(logged) and max(logged) < stamps[-1] + 10**9
    ages = [m.state_age_s for _, m in messages["/body_dynamics"]]
    assert np.median(np.abs(ages)) < 1.0

    request = AnalyzeRequest(
        source=folder,
        out=tmp_path / "analysis",
        subject=Subject.assume(HEIGHT_M, MASS_KG),
        overlay=False,
        causal=True,
    )
    run_analyze(request)
    offline = read(tmp_path / "analysis" / "result.mcap")
    for topic, answered in answers.items():
        analysed = by_stamp(offline[topic])
        assert set(analysed) == set(answered)
        difference = max(greatest_difference(answered[k][0], analysed[k][0]) for k in answered)
        print(f"{topic}: graph against analysis {difference:.1e}")
        assert difference < 1e-6


def test_replay_in_real_time_on_simulated_time(replay, bag):
    messages, output = replay(rate=0.25)
    dynamics = messages["/body_dynamics"]
    assert len(dynamics) >= 3, output  # the newest wins: how many depends on the machine
    assert {stamp_ns(m) for _, m in dynamics} <= set(bag[1])
    assert np.all(np.diff([stamp_ns(m) for _, m in dynamics]) > 0)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"bag": "/no/such/bag"}, "no such bag"),
        ({"topics": "['/nothing']"}, "no topic /nothing"),
        ({"rate": 0.0}, "rate out of range"),
        ({"plays": -1}, "plays out of range"),
    ],
)
def test_mistakes_end_the_player_with_one_clear_line(start_node, bag, parameters, problem):
    player = start_node("monomsk_analysis", "bag_player", {"bag": bag[0]} | parameters)
    assert player.wait(20.0) == 1
    assert problem in player.output and "Traceback" not in player.output
