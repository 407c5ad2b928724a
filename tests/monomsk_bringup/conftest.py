import os
from pathlib import Path

import pytest

FAKE_NODE = """#!/bin/sh
echo "started $@"
exec sleep 60
"""


@pytest.fixture
def fake_install(tmp_path, monkeypatch):
    """An ament prefix with one package `toys` whose executable `talker` prints its arguments."""
    prefix = tmp_path / "install"
    marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / "toys"
    marker.parent.mkdir(parents=True)
    marker.touch()
    (prefix / "share" / "toys" / "launch").mkdir(parents=True)
    executable = prefix / "lib" / "toys" / "talker"
    executable.parent.mkdir(parents=True)
    executable.write_text(FAKE_NODE)
    executable.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))
    return prefix


@pytest.fixture
def write_launch(fake_install):
    def write(body: str, name: str = "test.launch.xml") -> Path:
        path = fake_install / "share" / "toys" / "launch" / name
        path.write_text(f"<launch>{body}</launch>")
        return path

    return write


@pytest.fixture
def environment():
    return dict(os.environ)
