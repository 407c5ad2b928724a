"""How the project's nodes spin: the fast loop is woken by events, the others by wait sets."""

import subprocess
import sys
import textwrap

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

PROGRAM = textwrap.dedent(
    """
    import sys

    import rclpy

    from monomsk_description.lifecycle_node import StatusNode, run


    class Probe(StatusNode):
        def __init__(self):
            super().__init__("probe", {})
            self.create_timer(0.01, self.tell)

        def tell(self):
            print(type(self.executor).__name__)
            rclpy.shutdown()


    run(Probe, [], events_executor=sys.argv[1] == "events")
    """
)


@pytest.mark.parametrize(
    ("choice", "executor"),
    [("events", "EventsExecutor"), ("wait_sets", "SingleThreadedExecutor")],
)
def test_the_executor_is_the_one_that_was_asked_for(choice, executor, workspace_environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, choice],
        env=workspace_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [executor]


SIGNAL_PROGRAM = textwrap.dedent(
    """
    import os
    import signal
    import sys

    from monomsk_description.lifecycle_node import StatusNode, run


    class Probe(StatusNode):
        def __init__(self):
            super().__init__("probe", {})
            self.create_timer(0.01, self.work)

        def work(self):
            os.kill(os.getpid(), signal.Signals[sys.argv[1]])
            print("worked to the end")

        def destroy_node(self):
            print("destroyed")
            super().destroy_node()


    run(Probe, [], events_executor=True)
    """
)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_cuts_nothing_short_that_the_events_executor_calls(name, workspace_environment):
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_PROGRAM, name],
        env=workspace_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["worked to the end", "destroyed"]
    assert "Traceback" not in done.stderr


END_PROGRAM = textwrap.dedent(
    """
    import sys

    from rclpy.node import Node

    from monomsk_description.lifecycle_node import run_until_done

    work = {
        "done": lambda node: None,
        "code": lambda node: 3,
        "interrupt": lambda node: (_ for _ in ()).throw(KeyboardInterrupt),
        "error": lambda node: (_ for _ in ()).throw(ValueError("no such film")),
    }


    class Probe(Node):
        def destroy_node(self):
            print("destroyed")
            super().destroy_node()


    sys.exit(run_until_done("probe", lambda: Probe("probe"), work[sys.argv[1]], (ValueError,)))
    """
)


@pytest.mark.parametrize(
    ("work", "code"), [("done", 0), ("code", 3), ("interrupt", 0), ("error", 1)]
)
def test_a_node_that_worked_is_destroyed_however_it_ended(work, code, workspace_environment):
    done = subprocess.run(
        [sys.executable, "-c", END_PROGRAM, work],
        env=workspace_environment,
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.split() == ["destroyed"]
    assert ("no such film" in done.stderr) == (work == "error")


STATUS_PROGRAM = textwrap.dedent(
    """
    import rclpy

    from monomsk_description.lifecycle_node import StatusNode, run


    class Probe(StatusNode):
        def __init__(self):
            super().__init__("probe", {})
            self.start_status(self.tell)

        def tell(self):
            print(self.get_clock().now().nanoseconds)
            rclpy.shutdown()


    run(Probe, ["--ros-args", "-p", "use_sim_time:=true"])
    """
)


def test_the_status_is_told_while_simulated_time_stands_still(workspace_environment):
    done = subprocess.run(
        [sys.executable, "-c", STATUS_PROGRAM],
        env=workspace_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0"]
