"""The environment's Python finds monomsk without sourcing anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from environment_files import COMMAND, ROS_LAST, path_file_text, write_if_changed

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv/bin/python3"


def test_every_python_package_of_the_repository_is_on_the_path() -> None:
    lines = path_file_text(ROOT, "3.11").splitlines()
    packages = {Path(line).name for line in lines if line.startswith(str(ROOT / "src"))}
    assert packages == {path.parent.name for path in (ROOT / "src").glob("*/setup.py")}
    assert str(ROOT / "install/monomsk_msgs/lib/python3.11/site-packages") in lines


def test_a_sourced_ros_is_found_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/b", "/opt/ros/jazzy/lib/python", "/a", "/c"])
    exec(ROS_LAST)
    assert sys.path == ["/b", "/a", "/c", "/opt/ros/jazzy/lib/python"]


def test_an_unchanged_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "command"
    assert write_if_changed(path, "text", 0o755)
    assert path.stat().st_mode & 0o777 == 0o755
    assert not write_if_changed(path, "text", 0o755)
    assert write_if_changed(path, "other", 0o755)


def test_the_command_compiles_and_names_its_interpreter() -> None:
    text = COMMAND.format(python="/x/bin/python3")
    assert text.startswith("#!/x/bin/python3\n")
    compile(text, "monomsk", "exec")


@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv here: run make setup")
def test_messages_and_cores_are_importable_from_an_empty_environment(tmp_path: Path) -> None:
    code = (
        "import monomsk_msgs.msg as m, monomsk_perception, monomsk_analysis, sys\n"
        "print(monomsk_perception.__file__, m.BodyState.STATUS_LOST)"
    )
    done = subprocess.run(
        [PYTHON, "-c", code], env={}, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    where = ROOT / "src/monomsk_perception/monomsk_perception/__init__.py"
    assert done.stdout.split() == [str(where), "3"]
