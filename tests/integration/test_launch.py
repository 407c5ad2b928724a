"""The launch file of the project on a real clip: what arrives is complete and is physics."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from monomsk_analysis.live_summary import summarize_live
from monomsk_analysis.message_types import load_typestore

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

GRAVITY = 9.81
HEIGHT_M, MASS_KG = 1.75, 70.0
RUN_TIMEOUT_S = 120.0


@dataclass
class Run:
    """One launch: its output, its bag, and the messages by topic in order of arrival."""

    output: str
    bag: Path
    messages: dict[str, list[Any]]


@pytest.fixture(scope="module")
def sample() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(os.environ.get("MONOMSK_SAMPLE_DIR") or cache / "monomsk" / "samples")
    path = folder / "cam01.mp4"
    if not path.is_file():
        pytest.skip(f"no sample video at {path}: run `make samples`")
    return path


@pytest.fixture
def launch(start_process, python, tmp_path, sample):
    def run(**arguments) -> Run:
        bag = tmp_path / "bag"
        given = {"play": sample, "record": bag, "play_max_side_px": 640} | arguments
        words = [f"{name}:={value}" for name, value in given.items()]
        runner = start_process(
            *(python, "-m", "monomsk_bringup.launch_cli", "monomsk_bringup", "monomsk.launch.xml"),
            *words,
        )
        assert runner.wait(RUN_TIMEOUT_S) == 0, runner.output
        return Run(runner.output, bag, read(bag))

    return run


def read(bag):
    messages = {}
    with AnyReader([bag], default_typestore=load_typestore()) as reader:
        for connection in reader.connections:
            messages[connection.topic] = []
        for connection, _, data in reader.messages():
            messages[connection.topic].append(reader.deserialize(data, connection.msgtype))
    return messages


def stamps_ns(messages):
    return [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in messages]


def test_a_walking_person_gives_states_and_forces(launch):
    run = launch(height_m=HEIGHT_M, mass_kg=MASS_KG, play_times=2)
    assert "Traceback" not in run.output
    frames, states = run.messages["/camera_info"], run.messages["/body_state"]
    dynamics = run.messages["/body_dynamics"]

    (model,) = run.messages["/body_model"]
    names = list(model.coordinate_names)
    assert (model.height_m, model.mass_kg, list(model.assumed)) == (HEIGHT_M, MASS_KG, [])
    assert len(names) == 31 and model.segment_masses.sum() == pytest.approx(MASS_KG, rel=1e-6)
    assert "<robot" in model.urdf

    # the image's stamp travels to the end, in order
    for earlier, later in ((frames, states), (states, dynamics)):
        # the recorder may hear the first state before it hears the camera
        begin_ns = stamps_ns(earlier)[0]
        assert {s for s in stamps_ns(later) if s >= begin_ns} <= set(stamps_ns(earlier))
        assert np.all(np.diff(stamps_ns(later)) > 0)
        # even while the machine has other work to do
        assert len(later) > len(earlier) / 3, run.output
    summary = summarize_live(run.bag)
    assert summary.frames_tracked >= 0.9 * summary.landmarks_out

    for state in states:
        assert list(state.coordinate_names) == names
        assert np.isfinite(state.position).all() and np.isfinite(state.velocity).all()
        o = state.pelvis_pose.orientation
        assert np.linalg.norm([o.x, o.y, o.z, o.w]) == pytest.approx(1.0, abs=1e-6)
        assert 0.5 < state.pelvis_pose.position.z < 1.3
        assert {"focal_length", "camera_pose"} <= set(state.assumptions)
        assert not {"height_m", "mass_kg"} & set(state.assumptions)


def test_forces_carry_the_body(launch):
    run = launch(height_m=HEIGHT_M, mass_kg=MASS_KG, play_times=2)
    dynamics = run.messages["/body_dynamics"]
    assert len(dynamics) > 20, run.output
    vertical = np.array([m.right_sole.force.z + m.left_sole.force.z for m in dynamics])
    assert np.all(vertical >= -1e-6)
    # walking: over more than a stride the soles carry the weight, give or take the estimate
    assert 0.6 < np.median(vertical) / (MASS_KG * GRAVITY) < 1.5
    for message in dynamics:
        for sole in (message.right_sole, message.left_sole):
            pull = np.hypot(sole.force.x, sole.force.y)
            assert pull <= 1.2 * sole.force.z + 1e-6  # within any plausible friction
            assert sole.in_contact or sole.force.z == pytest.approx(0.0, abs=1e-6)
        assert np.isfinite(message.effort).all()
    torques = {s: m for m, s in zip_stamps(run.messages["/joint_torques"])}
    for message, stamp in zip_stamps(dynamics):
        if stamp in torques:
            by_name = dict(zip(torques[stamp].name, torques[stamp].effort, strict=True))
            expected = dict(zip(message.coordinate_names, message.effort, strict=True))
            assert by_name == pytest.approx(expected)
    for topic, frame in (("/left_sole/wrench", "l_sole"), ("/right_sole/wrench", "r_sole")):
        assert {m.header.frame_id for m in run.messages[topic]} == {frame}
    assert run.messages["/markers"] and run.messages["/diagnostics"]


def zip_stamps(messages):
    return list(zip(messages, stamps_ns(messages), strict=True))


def test_namespace_other_topics_compressed_images_and_a_known_camera(launch):
    run = launch(
        namespace="subject",
        image_topic="/front/image",
        camera_info_topic="/front/info",
        compressed="true",
        play_focal_px=1600.0,
    )
    assert "Traceback" not in run.output
    assert run.messages["/front/info"][0].k[0] == pytest.approx(1600.0 * 640.0 / 1920.0)
    states = run.messages["/subject/body_state"]
    assert len(states) > 10 and run.messages["/subject/body_dynamics"], run.output
    # nobody gave height and mass: they are assumed, and every result says so
    assert {"height_m", "mass_kg"} <= set(states[-1].assumptions)
    assert "focal_length" not in states[-1].assumptions
    assert set(run.messages["/subject/body_model"][0].assumed) == {"height_m", "mass_kg"}


def test_nobody_in_view_gives_no_states_and_no_forces(launch, clip):
    run = launch(play=clip, play_times=2)
    assert "Traceback" not in run.output
    assert run.messages["/landmarks"], run.output
    assert not run.messages["/body_state"] and not run.messages["/body_dynamics"]


def test_an_impossible_person_is_told_and_ends_only_perception(start_process, python, sample):
    runner = start_process(
        *(python, "-m", "monomsk_bringup.launch_cli", "monomsk_bringup", "monomsk.launch.xml"),
        *(f"play:={sample}", "height_m:=1.75", "mass_kg:=2"),
    )
    runner.wait_for_output("[ERROR] [perception_node-1]: process has died", 60.0)
    assert "2" in runner.output and "Traceback" not in runner.output
    runner.interrupt()
    assert runner.wait(30.0) == 1
    assert "[ERROR] [dynamics_node-2]: process has died" not in runner.output


def test_a_killed_node_starts_again(start_process, python, sample):
    runner = start_process(
        *(python, "-m", "monomsk_bringup.launch_cli", "monomsk_bringup", "monomsk.launch.xml"),
        *(f"play:={sample}", "play_times:=0", "play_max_side_px:=640"),
    )
    started = "[dynamics_node-2]: process started with pid ["
    runner.wait_for_output("body model: ", 60.0)
    (line,) = (line for line in runner.lines if started in line)
    os.kill(int(line.split(started)[1].split("]")[0]), signal.SIGKILL)
    runner.wait_for_output("[dynamics_node-2]: process has died [exit code -9]", 30.0)
    deadline_s = time.monotonic() + 60.0
    # the body model comes without being sent again: it is latched
    while runner.output.count("body model: ") < 2 and time.monotonic() < deadline_s:
        time.sleep(0.1)
    assert runner.output.count("body model: ") >= 2, runner.output
    assert runner.output.count(started) == 2
    runner.interrupt()
    assert runner.wait(30.0) == 1, "one of them died"
