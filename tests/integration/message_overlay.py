"""Message packages that the ROS wheels lack, built for a test and never shipped.

Only what the nodes use of them: tf2_msgs/TFMessage, and three messages of hri_msgs (REP-155).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conftest import PYTHON, ROOT

from monomsk_perception.humans_adapter import COCO_ORDER

_POINTS = "\n".join(f"uint8 {name.upper()} = {index}" for index, name in enumerate(COCO_ORDER))
PACKAGES: dict[str, dict[str, str]] = {
    "tf2_msgs": {"TFMessage": "geometry_msgs/TransformStamped[] transforms\n"},
    "hri_msgs": {
        "IdsList": "std_msgs/Header header\nstring[] ids\n",
        "NormalizedPointOfInterest2D": "float32 x\nfloat32 y\nfloat32 c\n",
        "Skeleton2D": (
            f"std_msgs/Header header\n{_POINTS}\nNormalizedPointOfInterest2D[18] skeleton\n"
        ),
    },
}
_DEPENDENCIES = ("geometry_msgs", "std_msgs")
BUILD_LIMIT_S = 600.0


def environment_with_messages(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment in which the missing packages can be imported, after building them.

    Skips the test where they cannot be built.
    """
    missing = [name for name in PACKAGES if not _can_import(name, environment)]
    if not missing:
        return dict(environment)
    path = f"{PYTHON.parent}{os.pathsep}{environment.get('PATH', '')}"
    tools = [tool for tool in ("colcon", "cmake", "g++") if not shutil.which(tool, path=path)]
    if tools:
        pytest.skip(f"{', '.join(missing)} cannot be built without {', '.join(tools)}")
    for name in missing:
        _write_package(folder / "src" / name, name, PACKAGES[name])
    command = ["colcon", "--log-base", "log", "build", "--base-paths", "src", "--executor"]
    command += ["sequential", "--cmake-args", "-DBUILD_TESTING=OFF", "--no-warn-unused-cli"]
    command += [f"-DPython3_EXECUTABLE={PYTHON}"]
    with (folder / "build.log").open("wb") as log:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment, "PATH": path},
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=BUILD_LIMIT_S,
            check=False,
        )
    assert done.returncode == 0, (folder / "build.log").read_text(errors="replace")[-3000:]
    printed = subprocess.run(
        ["bash", "-c", 'source "$0" && env -0', str(folder / "install" / "local_setup.bash")],
        capture_output=True,
        check=True,
        env=dict(environment),
    ).stdout.decode()
    return dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)


def _can_import(package: str, environment: Mapping[str, str]) -> bool:
    command = [str(PYTHON), "-c", f"import {package}.msg"]
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    return done.returncode == 0


def _write_package(folder: Path, name: str, messages: Mapping[str, str]) -> None:
    (folder / "msg").mkdir(parents=True)
    for message, text in messages.items():
        (folder / "msg" / f"{message}.msg").write_text(text)
    found = "\n".join(f"find_package({package} REQUIRED)" for package in _DEPENDENCIES)
    files = " ".join(f'"msg/{message}.msg"' for message in messages)
    (folder / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.8)\nproject({name})\n"
        f"find_package(ament_cmake REQUIRED)\nfind_package(rosidl_default_generators REQUIRED)\n"
        f"{found}\nrosidl_generate_interfaces({name} {files} "
        f"DEPENDENCIES {' '.join(_DEPENDENCIES)})\nament_package()\n"
    )
    own = (ROOT / "src" / "monomsk_msgs" / "package.xml").read_text()
    (folder / "package.xml").write_text(own.replace("<name>monomsk_msgs<", f"<name>{name}<"))
