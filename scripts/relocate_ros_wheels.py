"""Make the ROS 2 wheels of a virtual environment a place that CMake and colcon can build on.

The wheels carry CMake exports and ament files with paths of the machine that built them. This
rewrites those paths to the environment's own and puts `local_setup.{sh,bash,zsh}` at its root, so
that colcon chains to it as it does to any other ROS installation. Running it again changes nothing.

Run with the environment's own Python.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUILD_PYTHON = r"/opt/python/cp\d+-cp\d+"
BUILD_INSTALL = r"/project/build/temp\.[\w.-]+/install"
SYSTEM_LIBRARY = r"/usr/lib64/lib\w+\.so;"

LOCAL_SETUP = """\
# Adds the ROS 2 wheels of this virtual environment to the shell. Made by the set-up; sourced by
# install/setup.bash, which colcon generates.
_monomsk_prefix="{prefix}"
_monomsk_prepend() {{
  eval "_monomsk_value=\\"\\${{$1:-}}\\""
  case ":$_monomsk_value:" in
    *":$2:"*) ;;
    *) eval "export $1=\\"$2\\${{_monomsk_value:+:\\$_monomsk_value}}\\"" ;;
  esac
}}
_monomsk_prepend AMENT_PREFIX_PATH "$_monomsk_prefix"
_monomsk_prepend CMAKE_PREFIX_PATH "$_monomsk_prefix"
_monomsk_prepend PATH "$_monomsk_prefix/bin"
_monomsk_prepend LD_LIBRARY_PATH "$_monomsk_prefix/lib"
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3
unset -f _monomsk_prepend
unset _monomsk_prefix _monomsk_value
"""


@dataclass(frozen=True)
class Layout:
    """Where the environment keeps what the wheels looked for elsewhere.

    Attributes:
        prefix: Root of the virtual environment.
        python_include: Folder with `Python.h`.
        numpy_include: Folder with numpy's headers.
    """

    prefix: Path
    python_include: Path
    numpy_include: Path

    def substitutions(self) -> list[tuple[re.Pattern[str], str]]:
        """Patterns in the order they must be applied, the longest paths first."""
        return [
            (re.compile(BUILD_PYTHON + r"/include/python3\.\d+"), str(self.python_include)),
            (
                re.compile(BUILD_PYTHON + r"/lib/python3\.\d+/site-packages/numpy/_core/include"),
                str(self.numpy_include),
            ),
            (re.compile(BUILD_PYTHON), str(self.prefix)),
            (re.compile(BUILD_INSTALL), str(self.prefix)),
            # a private dependency of a library that the wheel already bundles
            (re.compile(SYSTEM_LIBRARY), ""),
        ]


def candidate_files(prefix: Path) -> Iterator[Path]:
    """Text files of the wheels that may name a path: CMake exports, ament hooks and index."""
    for folder in (prefix / "share", prefix / "lib" / "cmake"):
        for path in sorted(folder.rglob("*")):
            is_text = path.suffix in {".cmake", ".sh", ".bash", ".zsh", ".dsv"}
            if path.is_file() and (is_text or "parent_prefix_path" in path.parts):
                yield path


def relocate(layout: Layout) -> list[Path]:
    """Rewrite the build machine's paths.

    Returns:
        The files that changed; empty when there was nothing left to do.
    """
    substitutions = layout.substitutions()
    changed = []
    for path in candidate_files(layout.prefix):
        before = path.read_text(encoding="utf-8")
        after = before
        for pattern, replacement in substitutions:
            after = pattern.sub(lambda _, text=replacement: text, after)  # type: ignore[misc]
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def write_local_setup(prefix: Path) -> None:
    """Write the files by which colcon recognises the environment as a prefix to chain to."""
    text = LOCAL_SETUP.format(prefix=prefix)
    for shell in ("sh", "bash", "zsh"):
        (prefix / f"local_setup.{shell}").write_text(text, encoding="utf-8")


def main() -> None:
    """Relocate the environment of the running interpreter."""
    import numpy

    layout = Layout(
        prefix=Path(sys.prefix),
        python_include=Path(sysconfig.get_path("include")),
        numpy_include=Path(numpy.get_include()),
    )
    changed = relocate(layout)
    write_local_setup(layout.prefix)
    print(f"{len(changed)} files rewritten")


if __name__ == "__main__":
    main()
