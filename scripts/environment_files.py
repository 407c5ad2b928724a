"""Let the virtual environment's Python find monomsk without sourcing anything.

Writes a path file, so that the packages are imported straight from `src/` (and the messages from
`install/`), and the command `.venv/bin/monomsk`. Run with the environment's own Python.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

# Sorted after the path files of other packages, so that their entries are there already.
PATH_FILE = "zz_monomsk.pth"

# A sourced ROS puts its Python packages before the environment's own; those that both have
# (pinocchio) were built there for another numpy. ROS's own packages are found last just as well.
ROS_LAST = 'import sys; sys.path.sort(key=lambda path: path.startswith("/opt/ros/"))'

COMMAND = """\
#!{python}
import sys

from monomsk_analysis.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""


def path_file_text(root: Path, version: str) -> str:
    """Content of the path file.

    Args:
        root: The repository.
        version: Python's version as it names its folders, such as "3.11".
    """
    packages = sorted(setup.parent for setup in (root / "src").glob("*/setup.py"))
    messages = root / f"install/monomsk_msgs/lib/python{version}/site-packages"
    return "\n".join([*map(str, packages), str(messages), ROS_LAST, ""])


def write_if_changed(path: Path, text: str, mode: int) -> bool:
    """Write a file unless it already reads so; tells whether it was written."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return True


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    site = Path(sysconfig.get_path("purelib"))
    bin_folder = Path(sysconfig.get_path("scripts"))
    write_if_changed(site / PATH_FILE, path_file_text(root, version), 0o644)
    command = COMMAND.format(python=bin_folder / "python3")
    write_if_changed(bin_folder / "monomsk", command, 0o755)


if __name__ == "__main__":
    main()
