"""The wheels' build-machine paths become the environment's own, once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from relocate_ros_wheels import Layout, relocate, write_local_setup

EXPORT = """\
set_target_properties(x PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "/opt/python/cp311-cp311/include/python3.11;\
/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include"
  INTERFACE_LINK_LIBRARIES "fastcdr;dl;/usr/lib64/libtinyxml2.so;rt"
)
"""
HOOK = ': ${AMENT_CURRENT_PREFIX:="/project/build/temp.linux-x86_64-cpython-311/install"}\n'


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    prefix = tmp_path / "venv"
    cmake = prefix / "share/std_msgs/cmake"
    cmake.mkdir(parents=True)
    (cmake / "export.cmake").write_text(EXPORT)
    (cmake / "untouched.cmake").write_text("find_package(x)\n")
    (prefix / "share/std_msgs/local_setup.sh").write_text(HOOK)
    index = prefix / "share/ament_index/resource_index/parent_prefix_path"
    index.mkdir(parents=True)
    (index / "std_msgs").write_text("/opt/python/cp311-cp311")
    (prefix / "share/std_msgs/picture.png").write_bytes(b"\xff/opt/python/cp311-cp311")
    return Layout(prefix, Path("/usr/include/python3.11"), Path("/n/include"))


def test_every_kind_of_path_is_rewritten(layout: Layout) -> None:
    changed = relocate(layout)

    share = layout.prefix / "share"
    export = (share / "std_msgs/cmake/export.cmake").read_text()
    assert 'INTERFACE_INCLUDE_DIRECTORIES "/usr/include/python3.11;/n/include"' in export
    assert 'INTERFACE_LINK_LIBRARIES "fastcdr;dl;rt"' in export
    assert f'"{layout.prefix}"' in (share / "std_msgs/local_setup.sh").read_text()
    index = share / "ament_index/resource_index/parent_prefix_path/std_msgs"
    assert index.read_text() == str(layout.prefix)
    assert {path.name for path in changed} == {"export.cmake", "local_setup.sh", "std_msgs"}


def test_running_again_changes_nothing(layout: Layout) -> None:
    relocate(layout)
    assert relocate(layout) == []


def test_other_files_are_left_alone(layout: Layout) -> None:
    picture = layout.prefix / "share/std_msgs/picture.png"
    before = picture.read_bytes()
    relocate(layout)
    assert picture.read_bytes() == before


def test_backslashes_in_a_path_are_taken_literally(layout: Layout) -> None:
    odd = Layout(layout.prefix, Path(r"/odd/\1/include"), layout.numpy_include)
    relocate(odd)
    export = (layout.prefix / "share/std_msgs/cmake/export.cmake").read_text()
    assert r"/odd/\1/include;" in export


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_local_setup_puts_the_environment_first_and_only_once(tmp_path: Path, shell: str) -> None:
    prefix = tmp_path / "a venv"
    prefix.mkdir()
    write_local_setup(prefix)
    script = f'set -u; . "{prefix}/local_setup.{shell}"; . "{prefix}/local_setup.{shell}"; env'
    done = subprocess.run(
        [f"/bin/{shell}", "-c", script],
        env={"PATH": "/usr/bin:/bin", "AMENT_PREFIX_PATH": "/else"},
        capture_output=True,
        text=True,
        check=True,
    )
    environment = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert environment["PATH"] == f"{prefix}/bin:/usr/bin:/bin"
    assert environment["AMENT_PREFIX_PATH"] == f"{prefix}:/else"
    assert environment["CMAKE_PREFIX_PATH"] == str(prefix)
    assert environment["ROS_DISTRO"] == "jazzy"
    assert not [name for name in environment if name.startswith("_monomsk")]
