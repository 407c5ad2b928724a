import os
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest

from monomsk_bringup.errors import NotInstalledError
from monomsk_bringup.launch_plan import PlannedProcess
from monomsk_bringup.processes import StopTimeouts, Supervisor

TIMEOUTS = StopTimeouts(sigint_s=0.5, sigterm_s=0.5)
STUBBORN = "import signal,time;signal.signal(signal.SIGINT,signal.SIG_IGN);"


def planned(label, code, shutdown_on_exit=False):
    return PlannedProcess(
        label, (sys.executable, "-S", "-c", code), dict(os.environ), None, shutdown_on_exit
    )


def run(tmp_path, *processes, stop_after=None):
    """Run processes; ask for the end once `stop_after` has been printed."""
    lines = []

    def emit(line):
        lines.append(line)
        if stop_after is not None and stop_after in line:
            supervisor.request_stop()

    supervisor = Supervisor(processes, tmp_path, emit, TIMEOUTS)
    return supervisor.run(), lines


def test_output_is_forwarded_with_the_name_in_front(tmp_path):
    exits, lines = run(
        tmp_path, planned("a-1", "import sys; print('out'); print('err', file=sys.stderr)")
    )
    assert {"[a-1] out", "[a-1] err"} <= set(lines)
    assert [(end.label, end.code, end.by_itself) for end in exits] == [("a-1", 0, True)]


def test_the_death_of_one_leaves_the_others_running(tmp_path):
    exits, lines = run(
        tmp_path,
        planned("bad-1", "raise SystemExit(3)"),
        planned("good-2", "import time; time.sleep(0.6); print('still here')"),
    )
    assert [(end.label, end.code) for end in exits] == [("bad-1", 3), ("good-2", 0)]
    assert "[good-2] still here" in lines
    assert "[ERROR] [bad-1]: process has died [exit code 3]" in lines


def test_the_end_of_a_process_can_end_everything(tmp_path):
    start_s = time.monotonic()
    exits, _ = run(
        tmp_path,
        planned("player-1", "pass", shutdown_on_exit=True),
        planned("node-2", "import time; time.sleep(60)"),
    )
    assert time.monotonic() - start_s < 10.0
    assert [(end.label, end.by_itself) for end in exits] == [("player-1", True), ("node-2", False)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import time; print('up'); time.sleep(60)", (-signal.SIGINT, 1)),
        (STUBBORN + "print('up'); time.sleep(60)", (-signal.SIGTERM,)),
        (
            STUBBORN + "signal.signal(signal.SIGTERM,signal.SIG_IGN); print('up'); time.sleep(60)",
            (-signal.SIGKILL,),
        ),
    ],
    ids=["sigint", "sigterm", "sigkill"],
)
def test_stopping_becomes_more_forceful(tmp_path, code, expected):
    exits, lines = run(tmp_path, planned("node-1", code), stop_after="up")
    assert exits[0].code in expected
    assert not any("[ERROR] [node-1]: process has died" in line for line in lines)
    assert not exits[0].by_itself


def test_children_of_a_process_end_with_it(tmp_path):
    code = (
        "import subprocess,sys,time;"
        "child=subprocess.Popen([sys.executable,'-S','-c','import signal,time;"
        "signal.signal(signal.SIGINT,signal.SIG_IGN);time.sleep(60)']);"
        "print('child', child.pid); time.sleep(60)"
    )
    _, lines = run(tmp_path, planned("node-1", code), stop_after="child")
    child = int(next(line for line in lines if "child" in line).split()[-1])
    deadline_s = time.monotonic() + 5.0
    while time.monotonic() < deadline_s and _is_running(child):
        time.sleep(0.05)
    assert not _is_running(child)


def test_sigint_is_not_ignored_even_when_the_runner_ignores_it(tmp_path):
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    before = signal.signal(signal.SIGINT, lambda *_: None)  # as launch_cli does
    try:
        _, lines = run(tmp_path, planned("node-1", code))
    finally:
        signal.signal(signal.SIGINT, before)
    assert "[node-1] True" in lines


def test_all_end_when_nobody_reads_the_output_any_more(tmp_path):
    told = []

    def emit(line):
        told.append(line)
        if any("up" in earlier for earlier in told):
            raise BrokenPipeError

    sleeper = planned("node-1", "import time; print('up'); time.sleep(60)")
    supervisor = Supervisor((sleeper, replace(sleeper, label="node-2")), tmp_path, emit, TIMEOUTS)
    exits = supervisor.run()
    assert [(end.code in (1, -signal.SIGINT), end.by_itself) for end in exits] == [
        (True, False)
    ] * 2


def test_a_program_that_cannot_start_ends_what_was_started(tmp_path):
    lines = []
    absent = PlannedProcess("absent-2", ("/no/such/program",), dict(os.environ), None, False)
    supervisor = Supervisor(
        [planned("node-1", "import time; time.sleep(60)"), absent], tmp_path, lines.append, TIMEOUTS
    )
    with pytest.raises(NotInstalledError, match="/no/such/program"):
        supervisor.run()
    assert any("[node-1]: process was ended by SIGINT" in line for line in lines)
    assert threading.active_count() < 10


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "os.kill(os.getpid(), 9)", "pass"])
def test_a_process_that_ends_starts_again(tmp_path, end):
    """Twice, however it ended; the third one lives until everything is to end."""
    count = tmp_path / "count"
    code = (
        f"import os, time; file = open({str(count)!r}, 'a+'); file.write('x'); file.flush();"
        "file.seek(0); number = len(file.read()); print('start', number, flush=True)\n"
        f"if number < 3: {end}\n"
        "else: time.sleep(60)"
    )
    process = replace(planned("node-1", code), respawn_delay_s=0.01)
    exits, lines = run(tmp_path, process, stop_after="start 3")
    assert [line for line in lines if "] start" in line] == [
        f"[node-1] start {number}" for number in (1, 2, 3)
    ]
    assert [end.by_itself for end in exits] == [True, True, False]


def test_who_waits_to_start_again_does_not_hold_up_the_end(tmp_path):
    process = replace(planned("node-1", "pass"), respawn_delay_s=3600.0)
    start_s = time.monotonic()
    exits, _ = run(tmp_path, process, stop_after="finished cleanly")
    assert len(exits) == 1 and time.monotonic() - start_s < 60.0


def _is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
