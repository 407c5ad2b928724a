"""The algorithms import and run where there is no ROS."""

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "src"
ROS_SIDE = {"assist_node", "simulated_device_node", "conversions", "command_publisher"}

SCRIPT = """
import sys
for name in ("rclpy", "rosidl_runtime_py", "monomsk_msgs", "geometry_msgs", "std_msgs"):
    sys.modules[name] = None
import importlib
for name in sys.argv[1:]:
    importlib.import_module("monomsk_assist." + name)
print("imported", len(sys.argv) - 1)
"""


def test_core_imports_without_ros():
    folder = SOURCES / "monomsk_assist" / "monomsk_assist"
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ROS_SIDE)
    paths = [str(SOURCES / package) for package in ("monomsk_assist", "monomsk_description")]
    script = f"import sys; sys.path[:0] = {paths!r}\n{SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-c", script, *modules], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert f"imported {len(modules)}" in done.stdout
