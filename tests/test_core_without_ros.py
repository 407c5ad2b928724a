"""The algorithms import and run where there is no ROS; only the thin side of a package needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "src"
#: Each package's modules that may import ROS, besides its nodes.
ROS_SIDE = {
    "monomsk_description": {"lifecycle_node"},
    "monomsk_perception": {"conversions", "result_publishers"},
    "monomsk_dynamics": {"conversions"},
    "monomsk_assist": {"conversions", "command_publisher"},
    "monomsk_training": set(),
}

PROGRAM = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        package = name.split(".")[0]
        ros = {"rclpy", "rosidl_runtime_py", "cv_bridge", "builtin_interfaces"}
        if package in ros or package.endswith("_msgs"):
            raise ImportError(f"{name} must not be needed")

sys.meta_path.insert(0, Blocker())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def core_modules(package: str) -> list[str]:
    stems = {path.stem for path in (SOURCES / package / package).glob("*.py")}
    stems -= ROS_SIDE[package] | {stem for stem in stems if stem.endswith("_node")}
    return [f"{package}.{stem}" for stem in sorted(stems - {"__init__"})]


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = [str(SOURCES / package) for package in ROS_SIDE]
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {folders!r}\n{program}", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("package", ROS_SIDE)
def test_core_modules_import_without_ros(package: str) -> None:
    if package == "monomsk_training":
        pytest.importorskip("torch")
    modules = core_modules(package)
    assert len(modules) > 10
    done = run(PROGRAM, *modules)
    assert done.returncode == 0, done.stderr


def test_what_needs_ros_is_kept_out() -> None:
    """The program would notice."""
    done = run(PROGRAM, "monomsk_perception.conversions")
    assert "must not be needed" in done.stderr


def test_a_skeleton_is_built_without_ros() -> None:
    use = "from monomsk_description.skeleton import build_skeleton\n"
    use += "from monomsk_description.subject import Subject\n"
    done = run(f"{PROGRAM}{use}print(build_skeleton(Subject(1.7, 65.0)).nv)")
    assert done.stdout.strip() == "37", done.stderr
