"""Real processes: whatever goes wrong, commands are zero within the configured time.

The estimates come from a script over real DDS; time is measured where a device would receive.
"""

from __future__ import annotations

import time

import pytest
from tests.integration.assist_stack import (
    TIMES,
    ZERO_WITHIN_S,
    AssistStack,
    assert_in_time,
    assert_node_in_time,
)
from tests.integration.assist_times import torque_n_m

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

#: The device's own watchdog in these tests [s].
VALID_FOR_S, FADE_S = 0.05, 0.02
#: The simulated device has no priority as a real one's controller has: a busy machine lets it wait.
SIMULATION_S = 0.4


@pytest.fixture(scope="module")
def stack(workspace_environment, tmp_path_factory):
    pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    running = AssistStack(workspace_environment, tmp_path_factory.mktemp("assist"), "/assist_test")
    try:
        running.source = running.script("source")
        running.start_assist()
        yield running
    finally:
        running.close()


def test_no_torque_before_it_is_enabled(stack):
    assert stack.spin_until(lambda: len(stack.estimates) > 15, 20.0), stack.output()
    assert stack.commands and all(torque_n_m(a.message) == 0.0 for a in stack.commands)
    assert stack.spin_until(lambda: stack.reasons == ["not_enabled"], 10.0), stack.output()
    stack.assist()
    command = stack.commands[-1].message
    assert list(command.joint_names) == ["hip_flexion_r", "hip_flexion_l"]
    assert stack.spin_until(lambda: stack.commands[-1].message.effort[0] == 12.0, 3.0)


def test_stop_on_request(stack):
    stack.assist()
    asked_ns = time.time_ns()
    assert stack.enable(False).success
    assert_in_time("stop requested", stack.torque_ends_s(asked_ns), stack.output)
    assert stack.state == stack.commands[-1].message.STATE_DISABLED


def test_silence(stack):
    stack.assist()
    stack.source.set(running=False)
    stack.listen(0.1)
    since_ns = stack.last_estimate_ns()
    end = stack.torque_ends(since_ns)
    assert_in_time("silence", (end.received_ns - since_ns) * 1e-9, stack.output)
    assert_node_in_time(end, stack.output)
    assert end.fade_s > 0.5 * TIMES.fade_out_s  # along a line, not at once
    assert {"input_silent"} <= stack.reasons_since(since_ns)
    stack.source.set(running=True)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [({"nan": True}, "not_finite"), ({"root_force_n": 500.0}, "root_residual")],
)
def test_estimates_that_cannot_be_trusted(stack, fault, reason):
    stack.assist()
    fault_ns = stack.source.set(**fault)
    # the fault is in the next message, up to a period later
    assert_in_time(reason, stack.torque_ends_s(fault_ns) - 1 / 30, stack.output)
    assert reason in stack.reasons_since(fault_ns)
    stack.source.set(**{name: False if name == "nan" else 0.0 for name in fault})


def test_stamps_jump_back_and_the_fault_latches(stack):
    stack.assist()
    fault_ns = stack.source.set(stamp_offset_s=-5.0)
    assert_in_time("stamps jump", stack.torque_ends_s(fault_ns) - 1 / 30, stack.output)
    assert stack.state == stack.commands[-1].message.STATE_FAULT
    assert "stamp_jump" in stack.reasons
    stack.source.set(stamp_offset_s=0.0)
    stack.listen(0.5)
    assert stack.state == stack.commands[-1].message.STATE_FAULT
    assert not stack.enable().success


def test_another_person(stack):
    stack.assist()
    fault_ns = stack.source.set(track_id=2)
    assert_in_time("another person", stack.torque_ends_s(fault_ns) - 1 / 30, stack.output)
    assert "person_changed" in stack.reasons


@pytest.mark.parametrize("topic", ["assist/command", "body_dynamics"])
def test_a_second_publisher(stack, topic):
    from monomsk_msgs.msg import AssistCommand, BodyDynamics

    stack.assist()
    kind = AssistCommand if topic == "assist/command" else BodyDynamics
    intruder = stack.node.create_publisher(kind, topic, 1)
    seen = stack.spin_until(lambda: stack.node.count_publishers(topic) > 1, 5.0)
    fault_ns = time.time_ns()
    assert seen
    try:
        assert_in_time(f"second publisher of {topic}", stack.torque_ends_s(fault_ns), stack.output)
        assert stack.state == stack.commands[-1].message.STATE_FAULT
        assert any(reason.startswith("second_") for reason in stack.reasons)
        assert not stack.reset_fault().success
    finally:
        stack.node.destroy_publisher(intruder)
    assert stack.spin_until(lambda: stack.node.count_publishers(topic) == 1, 5.0)


def test_the_source_is_killed(stack):
    """The last one of this stack: DDS remembers a killed process for 20 s."""
    stack.assist()
    stack.source.kill()
    stack.listen(0.1)
    assert_in_time("source killed", stack.torque_ends_s(stack.last_estimate_ns()), stack.output)
    assert stack.state != stack.commands[-1].message.STATE_ACTIVE


def test_a_device_fades_by_itself_when_assist_is_killed(workspace_environment, tmp_path):
    stack = AssistStack(workspace_environment, tmp_path, "/assist_device")
    try:
        stack.script("source")
        stack.start("simulated_device", rate_hz=200.0, valid_for_s=VALID_FOR_S, fade_s=FADE_S)
        assist = stack.start_assist(output="effort_array", controller_joints="right_hip,left_hip")
        stack.assist(20.0)
        delivered = stack.spin_until(lambda: stack.device and motors(stack) > 8.0, 5.0)
        assert delivered, stack.output()
        killed_ns = time.time_ns()
        assist.popen.kill()
        assert stack.spin_until(lambda: motors(stack) < 0.3, 3.0), stack.output()
        seconds = (stack.device[-1].time_ns - killed_ns) * 1e-9
        assert_in_time("assist killed, at the motors", seconds, stack.output, SIMULATION_S)
        assert abs(stack.device[-1].message.position[0]) < 0.2
    finally:
        stack.close()


def motors(stack: AssistStack) -> float:
    return max(map(abs, stack.device[-1].message.effort))


def test_estimates_that_are_delayed_on_their_way(workspace_environment, tmp_path):
    stack = AssistStack(workspace_environment, tmp_path, "/assist_delay")
    try:
        stack.script("source", body_dynamics="body_dynamics_source")
        relay = stack.script("relay")
        stack.start_assist()
        stack.assist(20.0)
        relay.set(delay_s=0.4)
        stack.listen(0.15)
        since_ns = stack.last_estimate_ns()
        assert_in_time("delayed by 0.4 s", stack.torque_ends_s(since_ns), stack.output)
        assert stack.estimates[-1].time_ns > since_ns + 3e8  # they come again, too old
        assert "too_old" in stack.reasons
        # a delay that one can live with
        relay.set(delay_s=0.06)
        stack.assist()
        assert stack.commands[-1].message.state_age_s > 0.05
    finally:
        stack.close()


def test_the_clock_jumps(workspace_environment, tmp_path):
    stack = AssistStack(workspace_environment, tmp_path, "/assist_clock")
    try:
        source = stack.script("source")
        source.set(clock=True)
        stack.start_assist(use_sim_time=True)
        for offset_s in (5.0, -5.0):
            stack.assist(20.0)
            fault_ns = source.set(clock_offset_s=offset_s)
            assert_in_time(
                f"clock jumps to {offset_s:+.0f} s", stack.torque_ends_s(fault_ns), stack.output
            )
            assert stack.state == stack.commands[-1].message.STATE_FAULT
            assert {"clock_jump", "stamp_jump"} & set(stack.reasons), stack.reasons
    finally:
        stack.close()


def test_the_configured_time_is_the_one_that_is_tested(stack):
    assert f"zero_within_s: {ZERO_WITHIN_S:g}" in (stack.folder / "mapping.yaml").read_text()
