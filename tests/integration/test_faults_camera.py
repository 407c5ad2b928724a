"""What a camera can do to a running graph, and how soon it is well again afterwards.

In every fault: nobody crashes or hangs, no result comes of an image that does not show a person,
the trouble is said in the diagnostics, and results flow again soon after the cause has ended.
"""

import time

import numpy as np
import pytest
from tests.integration.fault_stack import RECOVERY_LIMIT_S, note

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

FAULT_S = 1.6


@pytest.fixture(autouse=True)
def healthy(stack):
    """Each test begins with a flowing graph and a good camera, and leaves every process alive."""
    stack.camera.set(
        running=True, content="person", damage="", rate_hz=30.0, offset_s=0.0, shrink=1.0
    )
    stack.steady()
    yield
    stack.alive()


def break_and_mend(stack, name, mend, duration_s=FAULT_S, **fault):
    """A fault for some time; returns when it began and ended [s]. Asserts the recovery."""
    begun_s = stack.camera.set(**fault)
    stack.observer.listen(duration_s)
    ended_s = stack.camera.set(**mend)
    note(name, stack.recovery_s(ended_s))
    return begun_s, ended_s


def test_a_camera_that_stops_is_said_and_silence_follows(stack):
    begun_s, _ = break_and_mend(
        stack, "camera stops", {"running": True}, running=False, duration_s=3.0
    )
    assert stack.observer.said("no images", begun_s)
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_a_frozen_camera_gives_no_standing_body(stack):
    begun_s, _ = break_and_mend(
        stack, "camera freezes", {"content": "person"}, content="frozen", duration_s=3.0
    )
    assert stack.observer.said("frozen images", begun_s)
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_twice_the_rate_only_drops_what_is_too_much(stack):
    begun_s = stack.camera.set(rate_hz=60.0)
    stack.observer.listen(2.0)
    # the newest wins: no queue makes the results ever older
    during = stack.results_after(time.perf_counter(), 8)
    assert np.median([a.message.state_age_s for a in during]) < 1.0
    note("rate doubles", stack.recovery_s(stack.camera.set(rate_hz=30.0)))
    stack.check_results(begun_s)
    stack.check_order(begun_s)


@pytest.mark.parametrize("jump_s", [5.0, -7.0], ids=["forward", "back"])
def test_a_jump_in_time_starts_anew(stack, jump_s):
    begun_s = stack.camera.set(offset_s=jump_s)
    note(f"time jumps {'forward' if jump_s > 0 else 'back'}", stack.recovery_s(begun_s))
    after = stack.results_after(time.perf_counter(), 5)
    assert np.all(np.diff([a.stamp_ns for a in after]) > 0)
    # a motion over the jump would be a wrong number
    assert all(np.abs(a.message.velocity).max() < 60.0 for a in after)
    # and its end is the opposite jump
    ended_s = stack.camera.set(offset_s=0.0)
    note(f"time jumps {'back' if jump_s > 0 else 'forward'}, again", stack.recovery_s(ended_s))
    assert stack.observer.said("time jumped back", begun_s) or stack.observer.spin_until(
        lambda: stack.observer.said("time jumped back", begun_s), 3.0
    )
    stack.check_results(begun_s)


@pytest.mark.parametrize("damage", ["short", "encoding", "step", "empty", "size"])
def test_garbage_is_refused_with_its_reason(stack, damage):
    begun_s, _ = break_and_mend(stack, f"garbage: {damage}", {"damage": ""}, damage=damage)
    assert stack.observer.said("image failed", begun_s)
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_another_size_mid_stream_is_followed(stack):
    begun_s = stack.camera.set(shrink=0.6)
    note("another size", stack.recovery_s(begun_s))
    stack.observer.listen(1.0)
    assert stack.observer.landmarks[-1].message.image_width == round(540 * 0.6)
    # the same body, seen by the same camera with fewer pixels
    sizes = [stack.observer.states[-1].message.pelvis_pose.position.z]
    ended_s = stack.camera.set(shrink=1.0)
    note("the usual size again", stack.recovery_s(ended_s))
    stack.observer.listen(0.5)
    sizes.append(stack.observer.states[-1].message.pelvis_pose.position.z)
    assert abs(sizes[0] - sizes[1]) < 0.4
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_blackout_means_silence_and_nobody(stack):
    begun_s, ended_s = break_and_mend(
        stack, "blackout", {"content": "person"}, content="black", duration_s=3.0
    )
    during = [a for a in stack.observer.landmarks if begun_s + 1.5 < a.time_s < ended_s]
    assert during and all(a.message.status != a.message.STATUS_TRACKED for a in during)
    assert stack.observer.said("nobody in view", begun_s)
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_a_second_person_does_not_take_over(stack):
    before = stack.observer.states[-1].message.track_id
    begun_s = stack.camera.set(content="two")
    stack.observer.listen(2.5)
    landmarks = [a.message for a in stack.observer.landmarks if a.time_s > begun_s + 0.5]
    tracked = [m for m in landmarks if m.status == m.STATUS_TRACKED]
    assert len(tracked) > 0.8 * len(landmarks)
    # the followed person is in the left half, the other one in the right half
    assert all(np.mean(m.pixel_u) < m.image_width / 2 for m in tracked)
    ended_s = stack.camera.set(content="person")
    note("a second person", stack.recovery_s(ended_s))
    assert stack.observer.states[-1].message.track_id == before
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_no_result_was_late_beyond_use(stack):
    """After all that, the graph is as quick as at the beginning."""
    since_s = time.perf_counter()
    recent = stack.results_after(since_s, 8)
    assert np.median([a.message.state_age_s for a in recent]) < RECOVERY_LIMIT_S / 3
