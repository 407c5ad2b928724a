"""Keeping a loop's time on a busy machine: priority for its threads, no pauses for garbage."""

import gc
import os
from pathlib import Path

_THREADS = Path("/proc/self/task")
#: Linux shares the processor out between sessions first: niceness within one counts only there.
_SESSION = Path("/proc/self/autogroup")


def prefer_process(niceness: int, realtime_priority: int) -> str:
    """Give all threads of this process a higher priority, as far as that is allowed.

    The threads of DDS count too: they deliver the inputs.

    Args:
        niceness: From -20 (first) to 19 (last).
        realtime_priority: Of SCHED_FIFO, 1 to 99; 0: no real-time scheduling.

    Returns:
        What was refused, in a sentence; empty: nothing.
    """
    try:
        threads = [int(path.name) for path in _THREADS.iterdir()]
    except OSError:
        return "no priorities: this system does not list its threads"
    refused = ""
    for thread in threads:
        try:
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
        except PermissionError:
            refused = f"niceness {niceness} is not permitted (limits.conf: nice)"
        except ProcessLookupError:
            continue  # it has ended meanwhile
    refused = _prefer_session(niceness) or refused
    if realtime_priority == 0:
        return refused
    for thread in threads:
        try:
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(realtime_priority))
        except PermissionError:
            return "real-time priority is not permitted (limits.conf: rtprio)"
        except ProcessLookupError:
            continue  # it has ended meanwhile
    return refused


def _prefer_session(niceness: int) -> str:
    """Give the session's group of processes a priority too; what was refused."""
    if not _SESSION.exists():
        return ""
    try:
        _SESSION.write_text(str(niceness))
    except OSError:
        return f"niceness {niceness} of the session is not permitted"
    return ""


def stop_collecting() -> None:
    """Put aside what is there and collect no garbage by itself; see `collect_some`."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect_some() -> None:
    """Collect what is young: cheap, because the rest is put aside."""
    gc.collect(0)


def collect_again() -> None:
    """Back to Python's own ways."""
    gc.unfreeze()
    gc.enable()
