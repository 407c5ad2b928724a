"""Processes that die, pause, come late or are bombarded; and a disk that is full."""

import multiprocessing
import time

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from tests.conftest import ROOT, StartedProcess
from tests.integration.fault_stack import RECOVERY_LIMIT_S, note

from monomsk_analysis.message_types import load_typestore

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

PAUSE_S = 1.0
STORM_ROUNDS = 60
FILE_LIMIT_KB = 40_000  # more than Fast DDS' shared memory, two seconds of images


@pytest.fixture(autouse=True)
def healthy(stack):
    """Each test begins with a flowing graph, and leaves every process alive."""
    for name in ("perception", "dynamics"):
        if stack.nodes[name].popen.poll() is not None:
            stack.start(name)
    stack.steady()
    yield
    stack.alive()


def _burn(seconds):
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        sum(k * k for k in range(10_000))


@pytest.fixture
def load():
    """Another program that wants a whole core."""
    process = multiprocessing.get_context("spawn").Process(target=_burn, args=(60.0,))
    process.start()
    yield
    process.kill()
    process.join()


def test_perception_killed_and_restarted_under_load(stack, load):
    model = stack.observer.dynamics[-1].message.coordinate_names
    begun_s = time.perf_counter()
    stack.kill("perception")
    stack.observer.listen(1.5)
    silent = [a for a in stack.observer.dynamics if a.time_s > begun_s + 1.0]
    assert not silent
    assert stack.observer.spin_until(lambda: stack.observer.said("no states", begun_s), 4.0)
    count = len(stack.observer.landmarks)
    stack.start("perception")
    assert stack.observer.spin_until(lambda: len(stack.observer.landmarks) > count, 60.0)
    # from the first image that the new process looked at
    note("perception killed, restarted under load", stack.recovery_s(time.perf_counter()))
    assert stack.observer.dynamics[-1].message.coordinate_names == model
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_dynamics_killed_and_restarted(stack):
    begun_s = time.perf_counter()
    stack.kill("dynamics")
    count = len(stack.observer.states)
    goes_on = stack.observer.spin_until(lambda: len(stack.observer.states) > count + 8, 15.0)
    assert goes_on, "perception waits for nobody"
    started_s = time.perf_counter()
    stack.start("dynamics")
    seen = len(stack.observer.statuses)
    stack.observer.spin_until(
        lambda: (
            any("dynamics" in s.name for _, s in stack.observer.statuses[seen:])
            or stack.observer.dynamics[-1].time_s > started_s
        ),
        20.0,
    )
    note("dynamics killed, restarted", stack.recovery_s(time.perf_counter()))
    stack.check_results(begun_s)
    stack.check_order(begun_s)


@pytest.mark.parametrize("name", ["perception", "dynamics"])
def test_a_pause_of_a_process_is_over_when_it_is_over(stack, name):
    begun_s = time.perf_counter()
    went_on_s = stack.pause(name, PAUSE_S)
    note(f"{name} paused for {PAUSE_S:g} s", stack.recovery_s(went_on_s))
    stack.observer.listen(1.0)
    # what waited meanwhile is not worked off: the newest wins
    recent = [a.message.state_age_s for a in stack.observer.dynamics[-5:]]
    assert max(recent) < RECOVERY_LIMIT_S
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_a_storm_of_parameters_and_services(stack):
    from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
    from rcl_interfaces.srv import SetParameters
    from std_srvs.srv import Trigger

    node, observer = stack.observer.node, stack.observer
    clients = [
        node.create_client(SetParameters, f"{name}/set_parameters")
        for name in ("perception", "dynamics")
    ]
    resetter = node.create_client(Trigger, "reset")
    for client in [*clients, resetter]:
        assert observer.spin_until(client.service_is_ready, 20.0)
    begun_s = time.perf_counter()
    names = ["friction", "height_m", "max_gap_s", "no_such_parameter", "num_threads"]
    kinds = [(ParameterType.PARAMETER_DOUBLE, v) for v in (0.7, -1.0, 1e9, float("nan"))]
    futures = []
    rng = np.random.default_rng(3)
    for _ in range(STORM_ROUNDS):
        kind, number = kinds[rng.integers(len(kinds))]
        value = ParameterValue(type=kind, double_value=float(number))
        parameter = Parameter(name=names[rng.integers(len(names))], value=value)
        request = SetParameters.Request(parameters=[parameter])
        futures += [client.call_async(request) for client in clients]
        if rng.random() < 0.1:
            futures.append(resetter.call_async(Trigger.Request()))
        observer.listen(0.02)
    ended_s = time.perf_counter()
    assert observer.spin_until(lambda: all(f.done() for f in futures), 10.0)
    note("parameter storm", stack.recovery_s(ended_s))
    refused = [r for f in futures if hasattr(f.result(), "results") for r in f.result().results]
    # a refusal says why
    assert all(r.successful or r.reason for r in refused)
    assert any(not r.successful for r in refused)
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_a_node_that_is_found_late_gets_the_body_model(stack):
    """Discovery late: dynamics starts long after the model was sent, and after a restart."""
    begun_s = time.perf_counter()
    stack.kill("dynamics")
    stack.kill("perception")
    stack.start("perception")
    assert stack.observer.spin_until(
        lambda: stack.observer.states and stack.observer.states[-1].time_s > begun_s + 1.0, 40.0
    )
    stack.observer.listen(2.0)
    stack.start("dynamics")
    stack.steady()
    note("discovery late", stack.recovery_s(time.perf_counter()))
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def change_state(stack, node_name, *transitions):
    """Ask a lifecycle node for transitions, one after the other; tells whether all succeeded."""
    from lifecycle_msgs.srv import ChangeState

    client = stack.observer.node.create_client(ChangeState, f"{node_name}/change_state")
    assert stack.observer.spin_until(client.service_is_ready, 20.0)
    for transition in transitions:
        request = ChangeState.Request()
        request.transition.id = transition
        future = client.call_async(request)
        assert stack.observer.spin_until(future.done, 20.0)
        if not future.result().success:
            return False
    return True


def set_parameters(stack, node_name, **values):
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    client = stack.observer.node.create_client(SetParameters, f"{node_name}/set_parameters")
    assert stack.observer.spin_until(client.service_is_ready, 20.0)
    parameters = [Parameter(k, value=v).to_parameter_msg() for k, v in values.items()]
    future = client.call_async(SetParameters.Request(parameters=parameters))
    assert stack.observer.spin_until(future.done, 20.0)
    return all(result.successful for result in future.result().results)


def test_a_full_disk_ends_the_recording_and_nothing_else(stack):
    """The recorder's files may not grow beyond a limit: writes fail as on a full disk."""
    from lifecycle_msgs.msg import Transition

    folder, second = stack.folder / "bag", stack.folder / "after"
    program = ROOT / "install" / "monomsk_analysis" / "lib" / "monomsk_analysis" / "recorder"
    command = (
        f"ulimit -f {FILE_LIMIT_KB}; exec {program} --ros-args -r __ns:={stack.namespace} "
        f"-p output:={folder} -p record_images:=true"
    )
    begun_s = time.perf_counter()
    recorder = StartedProcess(
        ["bash", "-c", command], stack.environment, stack.folder / "recorder.log"
    )
    observer = stack.observer
    try:
        assert observer.spin_until(lambda: observer.said("recording stopped", begun_s), 60.0), (
            recorder.output
        )
        note("disk full for the recorder", stack.recovery_s(time.perf_counter()))
        assert "Traceback" not in recorder.output
        assert not (folder / "metadata.yaml").exists(), "nothing takes it for a complete bag"
        # somebody makes room: the same process records again, into another folder
        start = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
        assert not change_state(stack, "recorder", *start), "the folder exists"
        assert set_parameters(stack, "recorder", output=str(second), record_images=False)
        since_s = time.perf_counter()
        assert change_state(stack, "recorder", *start), recorder.output
        assert observer.spin_until(lambda: observer.said("recording", since_s), 5.0)
        observer.listen(1.5)
        recorder.interrupt()
        assert recorder.wait() == 0, recorder.output
    finally:
        recorder.end()
    assert (second / "metadata.yaml").exists()
    stack.check_results(begun_s)
    stack.check_order(begun_s)


def test_a_recording_that_begins_anew_is_whole(stack):
    folder = stack.folder / "second"
    stack.start("recorder", output=str(folder))
    stack.observer.spin_until(lambda: "recording to" in stack.nodes["recorder"].output, 20.0)
    written = stack.observer.spin_until(
        lambda: any(s.message == "recording" for _, s in stack.observer.statuses[-20:]), 20.0
    )
    assert written, stack.output()
    stack.observer.listen(4.0)  # the others may find it later than the camera does
    recorder = stack.nodes.pop("recorder")
    recorder.interrupt()
    assert recorder.wait() == 0
    with AnyReader([folder], default_typestore=load_typestore()) as reader:
        counts = {c.topic: c.msgcount for c in reader.connections}
    assert counts[f"{stack.namespace}/body_dynamics"] > 0
