"""Perception's core imports where there is no ROS; only nodes and conversions need it."""

import subprocess
import sys
from pathlib import Path

import monomsk_perception

PACKAGE = Path(monomsk_perception.__file__).parent
ROS_SIDE = {"__init__", "conversions"} | {path.stem for path in PACKAGE.glob("*_node.py")}

PROGRAM = """
import importlib, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"rclpy", "monomsk_msgs", "sensor_msgs", "cv_bridge"}:
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Blocker())
for name in sys.argv[1:]:
    importlib.import_module(f"monomsk_perception.{name}")
"""


def test_core_modules_import_without_ros() -> None:
    modules = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in ROS_SIDE)
    assert {"landmarker", "geometric_lifter", "pipeline"} <= set(modules)
    folders = [str(PACKAGE.parent), str(PACKAGE.parents[1] / "monomsk_description")]
    program = f"import sys; sys.path[:0] = {folders!r}\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program, *modules],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
