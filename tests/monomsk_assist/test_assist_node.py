"""The node as its own process: what it refuses to start with, its services, its silence rules."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_description.message_fields import body_model, fill
from monomsk_dynamics import results
from monomsk_dynamics.message_fields import body_dynamics

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

HIP = Path(__file__).resolve().parents[2] / "config" / "assist" / "hip_exoskeleton.yaml"
FRAME_S = 0.033


@pytest.fixture
def node(start_node, ros_node, spin_until, skeleton):
    """The running node with a person in front of it, and everything that it says."""
    from diagnostic_msgs.msg import DiagnosticArray
    from std_msgs.msg import Float64MultiArray
    from std_srvs.srv import SetBool, Trigger

    import monomsk_msgs.msg as msgs
    from monomsk_dynamics.dynamics_node import _LATCHED, _WATCHED

    commands: list = []
    efforts: list = []
    statuses: list = []
    ros_node.create_subscription(msgs.AssistCommand, "assist/command", commands.append, 10)
    ros_node.create_subscription(Float64MultiArray, "assist/commands", efforts.append, 10)
    ros_node.create_subscription(DiagnosticArray, "/diagnostics", statuses.append, 10)
    models = ros_node.create_publisher(msgs.BodyModel, "body_model", _LATCHED)
    models.publish(fill(msgs.BodyModel(), body_model(skeleton, 0, "world")))
    publisher = ros_node.create_publisher(msgs.BodyDynamics, "body_dynamics", _WATCHED)
    state = SimpleNamespace(spoil=None)
    lifted = results.SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    tau = np.zeros(37)
    tau[6] = 50.0

    def send() -> None:
        stamp_ns = ros_node.get_clock().now().nanoseconds - 30_000_000
        result = results.BodyDynamics(
            stamp_ns, skeleton.neutral(), np.zeros(37), np.zeros(37), tau, np.ones(37),
            (lifted, lifted), np.zeros(6), 0.01,
        )  # fmt: skip
        message = fill(msgs.BodyDynamics(), body_dynamics(result, skeleton, "world"))
        if state.spoil is not None:
            state.spoil(message)
        publisher.publish(message)

    ros_node.create_timer(FRAME_S, send)
    process = start_node(
        "monomsk_assist", "assist_node",
        parameters={"mapping_file": str(HIP), "output": "effort_array",
                    "controller_joints": "left_hip, right_hip"},
    )  # fmt: skip
    process.wait_for_output("body model: 70 kg")

    def call(kind, name, **fields):
        client = ros_node.create_client(kind, name)
        assert spin_until(client.service_is_ready)
        future = client.call_async(kind.Request(**fields))
        assert spin_until(future.done)
        return future.result()

    state.process, state.commands, state.efforts, state.statuses = (
        process, commands, efforts, statuses,
    )  # fmt: skip
    state.enable = lambda wanted=True: call(SetBool, "assist/enable", data=wanted)
    state.reset_fault = lambda: call(Trigger, "assist/reset_fault")
    state.reaches = lambda wanted, timeout_s=10.0: spin_until(
        lambda: bool(commands) and commands[-1].state == wanted, timeout_s
    )
    return state


def test_nothing_but_zero_before_enabling_then_the_share_then_zero(node, spin_until):
    assert spin_until(lambda: len(node.commands) > 100 and len(node.efforts) > 100)
    assert {command.state for command in node.commands} == {0}
    assert not any(any(command.effort) for command in node.commands)
    assert not any(any(effort.data) for effort in node.efforts)
    answer = node.enable()
    assert (answer.success, answer.message) == (True, "")
    assert node.reaches(2)

    # A busy machine delays estimates, which dents the assistance.
    def whole() -> list:
        return [c for c in node.commands if c.fade == 1.0 and not c.reasons]

    assert spin_until(lambda: bool(whole()), 20.0), node.process.output
    command = whole()[0]
    assert command.joint_names == ["hip_flexion_r", "hip_flexion_l"]
    assert command.effort[0] == pytest.approx(0.15 * (50.0 - 3.0), rel=1e-6)
    assert 0.03 <= command.state_age_s < 0.2
    # The controller's order and the device's sign: the right motor comes second.
    assert spin_until(lambda: any(effort.data[1] > 1.0 for effort in node.efforts), 10.0)
    assert not any(effort.data[0] for effort in node.efforts)
    assert node.enable(False).success
    assert node.reaches(0)
    assert not any(node.commands[-1].effort)


def test_a_second_publisher_is_a_fault_until_it_has_gone_and_was_reset(node, ros_node, spin_until):
    from monomsk_msgs.msg import AssistCommand

    node.enable()
    assert node.reaches(2)
    intruder = ros_node.create_publisher(AssistCommand, "assist/command", 1)
    assert node.reaches(4)
    assert "second_output_publisher" in node.commands[-1].reasons
    assert not node.reset_fault().success
    refused = node.enable()
    assert not refused.success
    assert "reset_fault" in refused.message
    ros_node.destroy_publisher(intruder)
    assert spin_until(lambda: ros_node.count_publishers("assist/command") == 1)
    for _ in range(20):
        if (answer := node.reset_fault()).success:
            break
    assert answer.success, answer.message
    assert node.reaches(0)


def test_nan_takes_the_torque_away_and_is_named(node, spin_until):
    node.enable()
    assert node.reaches(2)

    def spoil(message) -> None:
        message.effort[4] = float("nan")

    node.spoil = spoil
    assert node.reaches(1)
    assert "not_finite" in node.commands[-1].reasons
    assert spin_until(
        lambda: any("effort" in array.status[0].message for array in node.statuses), 10.0
    )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "mapping_file"),
        ({"mapping_file": "/nowhere.yaml"}, "cannot be read"),
        ({"mapping_file": str(HIP), "output": "smoke"}, "output"),
        ({"mapping_file": str(HIP), "output": "joint_state", "controller_joints": "knee"}, "knee"),
        (
            {"mapping_file": str(HIP.with_stem("ankle_prosthesis")), "output": "effort_array"},
            "on_device",
        ),
    ],
)
def test_what_cannot_be_driven_is_refused_at_the_start(start_node, parameters, words):
    process = start_node("monomsk_assist", "assist_node", parameters=parameters)
    assert process.wait(60.0) == 1
    assert words in process.output
    assert "Traceback" not in process.output


def test_an_interrupt_ends_the_node_quietly(node):
    node.process.interrupt()
    assert node.process.wait() == 0
    assert "Traceback" not in node.process.output


def test_deactivation_fades_within_the_torque_rate(node, ros_node, spin_until):
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState

    node.enable()
    assert spin_until(lambda: bool(node.commands) and node.commands[-1].effort[0] > 5.0)
    client = ros_node.create_client(ChangeState, "assist/change_state")
    assert spin_until(client.service_is_ready)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    future = client.call_async(request)
    assert spin_until(lambda: future.done() and node.commands[-1].state == 0)
    # In one period the torque rate of 400 N m/s allows 2 N m.
    fading = [command.effort[0] for command in node.commands if command.state == 3]
    assert fading
    assert node.commands[-1].effort[0] == 0.0


def test_every_thread_has_the_wished_priority_or_the_refusal_is_told(node):
    pid = node.process.popen.pid
    if "real-time priority is not permitted" in node.process.output:
        return
    threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    policies = {thread: os.sched_getscheduler(thread) for thread in threads}
    # threads of libraries may come and go, the one that runs the loop stays
    assert policies[pid] == os.SCHED_FIFO
    assert sum(policy == os.SCHED_FIFO for policy in policies.values()) > len(threads) / 2
