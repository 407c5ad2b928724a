"""A script of this folder in a process of its own that changes its behaviour while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import PYTHON


class SteeredProcess:
    """The script reads one JSON object a line from its stdin; what it prints goes to a file."""

    def __init__(
        self, script: str, words: Sequence[object], environment: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self.popen = subprocess.Popen(
            [str(word) for word in (PYTHON, Path(__file__).with_name(script), *words)],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def tell(self, behaviour: Mapping[str, Any]) -> None:
        """Change the behaviour."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps(behaviour).encode() + b"\n")
        self.popen.stdin.flush()

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.popen.pid, signal.SIGKILL)
        self.popen.wait(5.0)

    def close(self) -> None:
        """Let it end by itself; end it where it does not."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()
        try:
            self.popen.wait(5.0)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(5.0)
