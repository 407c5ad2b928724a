"""Camera, perception, dynamics, assist as processes: torque ends with camera or perception.

Perception and dynamics still answer the images that are on their way when the fault happens: the
time is counted from the last estimate of an image that was taken before it.
"""

from __future__ import annotations

import time

import pytest
from tests.integration.assist_stack import (
    GRAPH,
    AssistStack,
    assert_in_time,
    assert_node_in_time,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

#: Images on their way, and repeated ones that may be answered before perception is sure [s].
LONGEST_ECHO_S = 0.5
START_S = 30.0
LEAST_RATE_HZ = 12.0


@pytest.fixture(scope="module")
def assisted(stack, workspace_environment, tmp_path_factory):
    running = AssistStack(workspace_environment, tmp_path_factory.mktemp("assist"), stack.namespace)
    try:
        running.start_assist(GRAPH)
        yield running
    finally:
        running.close()


def wait_for_torque(assisted):
    """A walking person on a busy machine: torque comes and goes."""
    begun, seen = time.monotonic(), len(assisted.estimates)
    enough = assisted.spin_until(lambda: len(assisted.estimates) > seen + 30, START_S)
    rate_hz = (len(assisted.estimates) - seen) / (time.monotonic() - begun)
    assert assisted.estimates, assisted.output()
    if not enough or rate_hz < LEAST_RATE_HZ:
        pytest.skip(f"this machine gives {rate_hz:.0f} estimates a second: too busy to assist on")
    assisted.assist(START_S)


def test_a_frozen_camera_ends_the_torque(stack, assisted):
    wait_for_torque(assisted)
    stack.camera.set(content="frozen")
    frozen_ns = time.time_ns()
    end = assisted.torque_ends(frozen_ns)
    last_ns = last_before_ns(stack, assisted, frozen_ns)
    assert last_ns < frozen_ns + LONGEST_ECHO_S * 1e9
    assert_in_time("camera frozen", (end.received_ns - last_ns) * 1e-9, assisted.output)
    assert_node_in_time(end, assisted.output)
    assert assisted.state != assisted.commands[-1].message.STATE_ACTIVE
    stack.camera.set(content="person")


def test_killing_perception_ends_the_torque(stack, assisted):
    wait_for_torque(assisted)
    killed_ns = time.time_ns()
    stack.kill("perception")
    end = assisted.torque_ends(killed_ns)
    last_ns = max(assisted.last_estimate_ns(), killed_ns)
    assert last_ns < killed_ns + LONGEST_ECHO_S * 1e9
    assert_in_time("perception killed", (end.received_ns - last_ns) * 1e-9, assisted.output)
    assert_node_in_time(end, assisted.output)
    assert assisted.state != assisted.commands[-1].message.STATE_ACTIVE


def last_before_ns(stack, assisted, fault_ns):
    """When the last estimate came of an image that showed a moving person [ns]."""
    shown = stack.camera.published()
    moving = [
        a.time_ns
        for a in assisted.estimates
        if shown.get(stamp_ns(a.message)) == "person" and a.time_ns > fault_ns - 1e9
    ]
    assert moving, "no estimate of a moving person before the fault"
    return max(max(moving), fault_ns)


def stamp_ns(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
