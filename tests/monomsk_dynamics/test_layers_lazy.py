"""Torch and casadi are for who asks for them: neither the package nor a node loads them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src"
HEAVY = ("torch", "casadi")

SCRIPT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print("loaded", [name for name in ("torch", "casadi") if name in sys.modules])
"""


def loaded_by(*modules: str) -> str:
    paths = [str(path) for path in SOURCES.iterdir()]
    script = f"import sys; sys.path[:0] = {paths!r}\n{SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-c", script, *modules], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_algorithms_load_neither():
    folder = SOURCES / "monomsk_dynamics" / "monomsk_dynamics"
    ros_side = {"dynamics_node", "conversions", "__init__"}
    # The window optimisation is imported by who asks for it.
    optimizing = {"optimization", "window_solver"}
    left_out = ros_side | optimizing
    names = [p.stem for p in sorted(folder.glob("*.py")) if p.stem not in left_out]
    assert "offline" in names
    modules = ["monomsk_dynamics", "monomsk_dynamics.layers"]
    assert loaded_by(*modules, *(f"monomsk_dynamics.{name}" for name in names)) == "loaded []"


@pytest.mark.parametrize(
    "node", ["monomsk_dynamics.dynamics_node", "monomsk_perception.perception_node"]
)
def test_nodes_load_neither(node):
    if (
        importlib.util.find_spec("rclpy") is None
        or importlib.util.find_spec("monomsk_msgs") is None
    ):
        pytest.skip("no ROS environment sourced")
    assert loaded_by(node) == "loaded []"


def test_the_check_sees_a_loaded_module():
    pytest.importorskip("torch")
    assert "torch" in loaded_by("monomsk_dynamics.layers.rollout")
