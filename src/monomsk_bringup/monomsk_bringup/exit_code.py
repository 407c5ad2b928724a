"""How a command of this package ends: orderly, with an exit code and a line about what failed."""

from __future__ import annotations

import sys
from collections.abc import Callable

from monomsk_bringup.child_processes import orderly_end
from monomsk_bringup.errors import BringupError

INTERRUPTED = 130


def exit_code_of(program: str, work: Callable[[], int | None], failed: int = 1) -> int:
    """Do a command's work; what it started ends with it.

    Args:
        program: Its name, in front of an error.
        work: What it does; gives the exit code, None for 0.
        failed: The exit code of an error.
    """
    try:
        with orderly_end():
            return work() or 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BringupError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return failed
