import subprocess
import sys
from pathlib import Path

import monomsk_description

PACKAGE = Path(monomsk_description.__file__).parent

PROGRAM = """
import importlib, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"rclpy", "monomsk_msgs", "rosidl_runtime_py"}:
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(f"monomsk_description.{name}")
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
print(build_skeleton(Subject(1.7, 65.0)).nv)
"""


def test_every_module_works_without_ros():
    ros_side = {"__init__", "lifecycle_node"}
    modules = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in ros_side)
    assert {"skeleton", "subject", "body_state", "urdf"} <= set(modules)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(PACKAGE.parent), *modules],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "37"
