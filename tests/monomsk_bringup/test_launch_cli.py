import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import yaml

from monomsk_bringup.launch_cli import main


@contextmanager
def start_runner(*words):
    runner = subprocess.Popen(
        [sys.executable, "-m", "monomsk_bringup.launch_cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        # as a shell starts a program in the background
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    with runner:
        try:
            yield runner
            runner.wait(20.0)
        finally:
            runner.terminate()


def test_nodes_run_with_their_arguments_until_sigint(write_launch):
    path = write_launch(
        "<node pkg='toys' exec='talker' name='n' namespace='a'>"
        "<param name='h' type='float' value='2'/><remap from='x' to='y'/></node>"
    )
    with start_runner(path) as runner:
        started = next(line for line in runner.stdout if "[talker-1] started" in line)
        words = started.split()
        file = words[words.index("--params-file") + 1]
        with open(file) as content:
            parameters = yaml.safe_load(content)
        runner.send_signal(signal.SIGINT)
        rest = runner.stdout.read()
    assert started.startswith("[talker-1] started --ros-args -r __node:=n -r __ns:=/a -r x:=y")
    assert parameters == {"/a/n": {"ros__parameters": {"h": 2.0}}}
    assert "sending SIGINT" in rest
    assert runner.returncode == 0
    assert not os.path.exists(file)


def test_package_and_file_name_find_the_launch_file(write_launch):
    write_launch("<executable cmd='echo hello'/>")
    with start_runner("toys", "test.launch.xml") as runner:
        output = runner.stdout.read()
    assert "[echo-1] hello" in output and runner.returncode == 0


def test_a_node_that_dies_is_told_by_the_exit_code(write_launch):
    with start_runner(write_launch("<executable cmd='false'/>")) as runner:
        runner.stdout.read()
    assert runner.returncode == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["toys", "absent.launch.xml"], "no such launch file in package 'toys'"),
        (["nowhere", "test.launch.xml"], "package not found"),
        (["/no/such/file.xml"], "expected PACKAGE FILE"),
        (["toys", "test.launch.xml", "b:=1"], "'b': unknown"),
    ],
)
def test_mistakes_are_told_in_one_line(write_launch, capsys, words, problem):
    write_launch("<arg name='a' default='1'/>")
    assert main(words) == 2
    error = capsys.readouterr().err
    assert problem in error and error.count("\n") == 1


def test_arguments_are_shown(write_launch, capsys):
    path = write_launch(
        "<arg name='a' default='$(find-pkg-share toys)/x' description='What a is.'/><arg name='b'/>"
    )
    assert main([str(path), "--show-args"]) == 0
    shown = capsys.readouterr().out
    assert "'a':\n        What a is.\n        (default: '$(find-pkg-share toys)/x')" in shown
    assert "'b':\n        no description given" in shown
