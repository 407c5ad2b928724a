"""Shared by all tests: a DDS domain of this run's own, and real processes that always end."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from monomsk_bringup.private_domain import PrivateDomain
from monomsk_description.threads import use_one_thread

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
END_TIMEOUT_S = 10.0
DISCOVERY_TIMEOUT_S = 20.0


def pytest_configure(config: pytest.Config) -> None:
    use_one_thread()
    # Started in the background a program ignores it, and hands that on to all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "requires_ros: needs rclpy and the built workspace")
    domain = PrivateDomain()
    config.add_cleanup(domain.close)
    os.environ.update(domain.environment())
    for name in ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"):
        os.environ[name] = str(ROOT / "config" / "fastdds.xml")
    logs = tempfile.TemporaryDirectory(prefix="monomsk_test_logs_")
    config.add_cleanup(logs.cleanup)
    os.environ["ROS_LOG_DIR"] = logs.name


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("requires_ros") is None:
        return
    if importlib.util.find_spec("rclpy") is None:
        pytest.skip("rclpy cannot be imported: run `make setup`")
    if not (ROOT / "install" / "setup.bash").is_file():
        pytest.skip("the workspace is not built: run `make setup`")


def whole_lines(log: Path) -> list[str]:
    """What a process wrote so far without its last line, which may still be on its way."""
    return log.read_text(errors="replace").split("\n")[:-1]


class StartedProcess:
    """A process in its own session whose output goes to a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            self.popen = subprocess.Popen(
                [str(word) for word in command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # a test runner in the background may have been started with SIGINT ignored
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def lines(self) -> list[str]:
        return whole_lines(self.log)

    def interrupt(self) -> None:
        self.popen.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float = END_TIMEOUT_S) -> int:
        """Wait for the end and return the exit code; fail with the output if there is none."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still running after {timeout_s} s:\n{self.output}")

    def wait_for_output(self, text: str, timeout_s: float = DISCOVERY_TIMEOUT_S) -> None:
        deadline_s = time.monotonic() + timeout_s
        while text not in self.output:
            if self.popen.poll() is not None or time.monotonic() > deadline_s:
                pytest.fail(f"'{text}' was not printed within {timeout_s} s:\n{self.output}")
            time.sleep(0.05)

    def end(self) -> None:
        """End the process and everything it started."""
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(self.popen.pid, number)
                self.popen.wait(END_TIMEOUT_S)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


@pytest.fixture(scope="session")
def workspace_environment() -> dict[str, str]:
    """The environment of a shell that sourced the workspace, within this run's domain."""
    setup = ROOT / "install" / "setup.bash"
    if not setup.is_file():
        pytest.skip("the workspace is not built: run `make setup`")
    printed = subprocess.run(
        ["bash", "-c", 'source "$0" && env -0', str(setup)],
        capture_output=True,
        check=True,
        env=dict(os.environ),
    ).stdout.decode()
    pairs = [line.split("=", 1) for line in printed.split("\0") if "=" in line]
    return {"PYTHONUNBUFFERED": "1"} | {pair[0]: pair[1] for pair in pairs}


@pytest.fixture
def start_process(
    workspace_environment: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., StartedProcess]]:
    """Start a command in the workspace's environment; it has ended when the test has."""
    started: list[StartedProcess] = []

    def start(*command: object, **environment: str) -> StartedProcess:
        log = tmp_path / f"process_{len(started)}.log"
        words = [str(word) for word in command]
        started.append(StartedProcess(words, workspace_environment | environment, log))
        return started[-1]

    yield start
    for process in reversed(started):
        process.end()


@pytest.fixture
def start_node(start_process: Callable[..., StartedProcess]) -> Callable[..., StartedProcess]:
    """Start an installed node: package, executable, parameters by name, remaps by old name."""

    def start(
        package: str,
        executable: str,
        parameters: Mapping[str, object] | None = None,
        remaps: Mapping[str, str] | None = None,
    ) -> StartedProcess:
        command = [ROOT / "install" / package / "lib" / package / executable, "--ros-args"]
        for name, value in (parameters or {}).items():
            command += ["-p", f"{name}:={str(value).lower() if value in (True, False) else value}"]
        for old, new in (remaps or {}).items():
            command += ["-r", f"{old}:={new}"]
        return start_process(*command)

    return start


def load_message_libraries() -> None:
    """Load monomsk_msgs' libraries, which ROS otherwise finds through the sourced workspace."""
    waiting = sorted((ROOT / "install" / "monomsk_msgs" / "lib").glob("*.so"))
    # they need each other, in an order that only the loader knows
    for _ in range(len(waiting)):
        for library in list(waiting):
            try:
                ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
            except OSError:
                continue
            waiting.remove(library)


@pytest.fixture
def ros_node() -> Iterator[Any]:
    """A node within the test process, in a context of its own."""
    rclpy = pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    load_message_libraries()
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("test_observer", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture
def spin_until(ros_node: Any) -> Callable[..., bool]:
    """Spin the test's node until a condition holds; tells whether it came to hold."""
    from rclpy.executors import SingleThreadedExecutor

    executor = SingleThreadedExecutor(context=ros_node.context)
    executor.add_node(ros_node)

    def spin(condition: Callable[[], bool], timeout_s: float = DISCOVERY_TIMEOUT_S) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not condition() and time.monotonic() < deadline_s:
            executor.spin_once(timeout_sec=0.05)
        return condition()

    return spin


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter for started programs."""
    return str(PYTHON) if PYTHON.exists() else sys.executable
