"""How commands end."""

import os
import signal

import pytest

from monomsk_bringup.errors import BringupError
from monomsk_bringup.exit_code import INTERRUPTED, exit_code_of


def fail(error: Exception) -> int:
    raise error


def test_work_that_is_done_gives_its_own_code():
    assert exit_code_of("demo", lambda: None) == 0
    assert exit_code_of("demo", lambda: 1, failed=2) == 1


@pytest.mark.parametrize("error", [BringupError("no graph"), OSError("no graph")])
def test_an_error_is_one_line_with_the_programs_name(error, capsys):
    assert exit_code_of("demo", lambda: fail(error), failed=2) == 2
    assert capsys.readouterr().err == "demo: error: no graph\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_work_in_good_order(number, capsys):
    before = signal.getsignal(number)
    ended = []

    def work() -> int:
        try:
            os.kill(os.getpid(), number)
            return 0
        finally:
            ended.append(True)

    assert exit_code_of("demo", work) == INTERRUPTED
    assert ended and capsys.readouterr().err == ""
    assert signal.getsignal(number) is before


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        exit_code_of("demo", lambda: fail(ZeroDivisionError()))
