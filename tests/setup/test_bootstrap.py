"""The set-up says what is missing, before it changes anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/bootstrap.sh"
TOOLS = "bash cat cut dirname flock id mkdir sed sha256sum tail touch".split()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with a `clone` that holds the set-up script, and a `bin` with all the commands."""
    (tmp_path / "clone/scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "clone/scripts/bootstrap.sh")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (tmp_path / "bin" / tool).symlink_to(found)
    command(tmp_path, "uname", "echo x86_64")
    for name in ("cmake", "g++", "make", "apt-get"):
        command(tmp_path, name, 'echo "$(basename "$0") $*" >&2; exit 1')
    (tmp_path / "bin/python3").symlink_to(sys.executable)
    return tmp_path


def command(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    return subprocess.run(
        ["bash", machine / "clone/scripts/bootstrap.sh"],
        env={**path, **environment},
        executable=shutil.which("bash"),
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_ordinary_user_is_told_the_command(machine: Path) -> None:
    command(machine, "id", "echo 1000")
    (machine / "bin/cmake").unlink()
    (machine / "bin/g++").unlink()
    done = run(machine)
    assert done.returncode == 1
    assert "sudo apt-get install -y cmake g++" in done.stderr
    assert not (machine / "clone/.venv").exists()


def test_root_gets_the_packages_installed(machine: Path) -> None:
    command(machine, "id", "echo 0")
    (machine / "bin/cmake").unlink()
    asked = machine / "asked"
    command(machine, "apt-get", f'echo "$*" >>{asked}; exit 1')
    done = run(machine)
    assert done.returncode == 1
    assert "system packages failed" in done.stderr
    assert asked.read_text().splitlines()[0].startswith("update")


def test_without_apt_the_packages_are_named(machine: Path) -> None:
    (machine / "bin/make").unlink()
    (machine / "bin/apt-get").unlink()
    done = run(machine)
    assert done.returncode == 1
    assert "please install: make" in done.stderr


def test_an_old_python_is_refused(machine: Path) -> None:
    old = 'case "$*" in *version_info*) exit 1;; -V) echo Python 3.9.1;; esac'
    command(machine, "python3", old)
    done = run(machine)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, python3 is Python 3.9.1" in done.stderr


def test_arm_without_ros_is_told_to_use_apt(machine: Path) -> None:
    command(machine, "uname", "echo aarch64")
    done = run(machine)
    assert done.returncode == 1
    assert "source /opt/ros/jazzy/setup.bash" in done.stderr


def test_a_failing_step_shows_the_end_of_the_log(machine: Path) -> None:
    script = 'case "$*" in *"-m venv"*) echo no space left; exit 3;; esac; exit 0'
    command(machine, "python3", script)
    done = run(machine)
    assert done.returncode == 1
    assert "no space left" in done.stderr
    assert "Python environment failed; all of it is in log/setup.log" in done.stderr


def test_a_sourced_jazzy_is_used(machine: Path) -> None:
    asked = machine / "asked"
    command(machine, "python3", f'echo "$*" >>{asked}; case "$*" in *"-m venv"*) exit 3;; esac')
    prefixes = os.pathsep.join([str(machine / "clone/install/x"), "/opt/ros/jazzy"])
    done = run(machine, ROS_DISTRO="jazzy", AMENT_PREFIX_PATH=prefixes)
    assert "ROS 2 Jazzy from apt" in done.stdout
    assert "--system-site-packages" in asked.read_text()


def test_only_this_folders_own_set_up_sourced_means_wheels(machine: Path) -> None:
    command(machine, "python3", 'case "$*" in *"-m venv"*) exit 3;; esac')
    prefixes = os.pathsep.join([str(machine / "clone/install/x"), str(machine / "clone/.venv")])
    done = run(machine, ROS_DISTRO="jazzy", AMENT_PREFIX_PATH=prefixes)
    assert "ROS 2 Jazzy from wheels" in done.stdout


def test_a_path_with_spaces_is_refused(machine: Path) -> None:
    # virtual environments and colcon write paths into first lines of scripts, where spaces end them
    (machine / "clone").rename(machine / "a clone")
    done = subprocess.run(
        [str(shutil.which("bash")), machine / "a clone/scripts/bootstrap.sh"],
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "a path with spaces will not do" in done.stderr
