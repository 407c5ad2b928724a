"""What a node need not have before its first image is not loaded."""

import subprocess
import sys

import pytest


@pytest.mark.requires_ros
@pytest.mark.parametrize("module", ["scipy.signal", "scipy.stats", "torch"])
def test_the_perception_node_starts_without(module):
    code = f"import sys, monomsk_perception.perception_node; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
