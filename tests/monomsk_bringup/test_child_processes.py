"""Programs that a command runs end with it, however it is ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from monomsk_bringup.child_processes import launch_command, orderly_end, running

_PARENT = """
import os, sys, time
from monomsk_bringup.child_processes import orderly_end, running

child = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
try:
    with orderly_end(), open(sys.argv[1], "w") as log, running(child, os.environ, log) as process:
        print(process.pid, flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_child_in_its_own_session_ends_with_the_command(
    number: signal.Signals, tmp_path: Path
) -> None:
    def in_background() -> None:
        # as a shell starts what runs in the background; without the nohup of whoever runs the tests
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    command = [sys.executable, "-c", _PARENT, str(tmp_path / "log.txt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=in_background) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        _wait_until_up(tmp_path / "log.txt")
        parent.send_signal(number)
        try:
            assert parent.wait(60) == 130
        finally:
            parent.kill()
    assert not child.is_running()


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with orderly_end():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), orderly_end():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_child_that_has_ended_is_left_alone(tmp_path: Path) -> None:
    with (
        (tmp_path / "log.txt").open("w") as log,
        running([sys.executable, "-c", "raise SystemExit(3)"], os.environ, log) as process,
    ):
        assert process.wait(60) == 3


def test_ros2_launch_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monomsk_bringup.child_processes.shutil.which", lambda _: None)
    own = launch_command("monomsk.launch.xml", {"play_times": 2})
    assert own[0] == sys.executable
    monkeypatch.setattr("monomsk_bringup.child_processes.shutil.which", lambda _: "/bin/ros2")
    command = launch_command("monomsk.launch.xml", {"play_times": 2})
    assert command == ["ros2", "launch", "monomsk_bringup", "monomsk.launch.xml", "play_times:=2"]


def _wait_until_up(log: Path) -> None:
    deadline_s = time.monotonic() + 60.0
    while not log.read_text():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
