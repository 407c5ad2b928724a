"""Every lifecycle node comes back from where it was taken, and ends when it is shut down."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import cv2
import numpy as np
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

HIP = Path(__file__).resolve().parents[2] / "config" / "assist" / "hip_exoskeleton.yaml"
NODES = {
    "perception": ("monomsk_perception.perception_node", "PerceptionNode"),
    "camera_player": ("monomsk_perception.camera_player_node", "CameraPlayer"),
    "humans_adapter": ("monomsk_perception.humans_adapter_node", "HumansAdapter"),
    "dynamics": ("monomsk_dynamics.dynamics_node", "DynamicsNode"),
    "recorder": ("monomsk_analysis.recorder_node", "Recorder"),
    "assist": ("monomsk_assist.assist_node", "AssistNode"),
    "simulated_device": ("monomsk_assist.simulated_device_node", "SimulatedDeviceNode"),
}
# Tells what the node has in the graph: at first, active, cleaned up, active again, shut down.
PROGRAM = textwrap.dedent(
    """
    import importlib, json, sys

    import rclpy
    from rclpy.parameter import Parameter

    module, name, values, outputs = json.loads(sys.argv[1])
    arguments = ["--ros-args", "-p", "use_sim_time:=true"]
    for key, value in values.items():
        arguments += ["-p", f"{key}:={value}"]
    rclpy.init(args=arguments)
    node = getattr(importlib.import_module(module), name)()

    def entities():
        found = [f"publisher {p.topic_name}" for p in node.publishers]
        found += [f"subscription {s.topic_name}" for s in node.subscriptions]
        found += [f"service {s.srv_name}" for s in node.services]
        return sorted(found + ["timer"] * len([*node.timers]))

    def come_up():
        if outputs:
            node.set_parameters([Parameter("output", value=outputs.pop())])
        assert node.start_by_itself()

    told = [entities()]
    come_up()
    told.append(entities())
    node.trigger_deactivate()
    node.trigger_cleanup()
    told.append(entities())
    come_up()
    told.append(entities())
    node.trigger_shutdown()
    told.append(entities())
    print("told", json.dumps(told))
    node.destroy_node()
    rclpy.shutdown()
    """
)


@pytest.fixture
def values(tmp_path):
    """Parameters without which a node does not start."""
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    mapping = {"mapping_file": str(HIP), "niceness": 0, "realtime_priority": 0}
    return {"camera_player": {"source": str(film)}, "assist": mapping}


@pytest.mark.parametrize("node", NODES)
def test_a_node_takes_away_what_configuring_made(node, values, workspace_environment, tmp_path):
    outputs = [str(tmp_path / name) for name in "ab"] if node == "recorder" else []
    told = json.dumps([*NODES[node], values.get(node, {}), outputs])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, told],
        env=workspace_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("told ")]
    first, active, cleaned, again, shut_down = json.loads(lines[0].removeprefix("told "))
    assert "subscription /clock" in first
    assert len(active) > len(first)
    assert again == active
    assert cleaned == first
    assert shut_down == first


# Shut down by service, as a lifecycle manager does it: by both executors.
SERVED = {
    "assist": ("monomsk_assist", "assist_node", {"mapping_file": HIP}, "assist/command"),
    "perception": ("monomsk_perception", "perception_node", {}, "landmarks"),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_node_that_is_shut_down_is_silent_and_ends_quietly(
    name, start_node, ros_node, spin_until
):
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState

    package, executable, parameters, topic = SERVED[name]
    process = start_node(package, executable, parameters)
    client = ros_node.create_client(ChangeState, f"{name}/change_state")
    assert spin_until(client.service_is_ready), process.output
    assert spin_until(lambda: ros_node.count_publishers(topic) == 1), process.output
    process.wait_for_output("active")
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_ACTIVE_SHUTDOWN))
    future = client.call_async(request)
    assert spin_until(future.done), process.output
    assert future.result().success
    assert spin_until(lambda: ros_node.count_publishers(topic) == 0), process.output
    process.interrupt()
    assert process.wait() == 0, process.output
    assert "Traceback" not in process.output
