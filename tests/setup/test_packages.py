"""What the packages say about themselves is consistent."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.utils import canonicalize_name

SOURCE = Path(__file__).resolve().parents[2] / "src"
PACKAGES = sorted(path.parent for path in SOURCE.glob("*/package.xml"))
PYTHON_PACKAGES = [path for path in PACKAGES if (path / "setup.py").exists()]
# Keys of the rosdep database and names of ROS 2 Jazzy packages: add one only after looking it up.
KNOWN_KEYS = set(
    """
    ament_cmake ament_index_python builtin_interfaces cv_bridge diagnostic_msgs geometry_msgs
    launch_xml pinocchio python3-jinja2 python3-matplotlib python3-numpy
    python3-opencv python3-pil python3-psutil python3-pytest python3-scipy python3-yaml
    rcl_interfaces rclpy ros2launch rosgraph_msgs
    rosidl_default_generators rosidl_default_runtime sensor_msgs std_msgs std_srvs tf2_msgs
    trajectory_msgs visualization_msgs
    """.split()
)
#: What a package is imported as, where that is not its key.
KEYS = {
    "cv2": "python3-opencv", "jinja2": "python3-jinja2", "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy", "PIL": "python3-pil", "psutil": "python3-psutil",
    "scipy": "python3-scipy", "yaml": "python3-yaml",
}  # fmt: skip
#: Nothing misses these: the program says so where they would be used.
OPTIONAL = {"hri_msgs", "rerun"}
#: Declared because launch files or the build need them.
NOT_IMPORTED = {"launch_xml", "python3-pytest", "ros2launch"}


def imports(package: Path) -> set[str]:
    """Packages that a package imports, the standard library and itself left out."""
    return imported(package / package.name) - {package.name}


def imported(folder: Path) -> set[str]:
    """Packages that files in a folder import, the standard library left out."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names


def comes_from_pip(name: str) -> bool:
    """Whether a package lies in this environment, not in a ROS installation or nowhere."""
    spec = find_spec(name)
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    return any(place and Path(place).is_relative_to(sys.prefix) for place in places)


def pinned() -> set[str]:
    """Imports that no key covers: pip brings them, by requirements/*.in."""
    files = [SOURCE.parent / "requirements" / name for name in ("core.in", "dev.in")]
    lines = "\n".join(file.read_text("utf-8") for file in files)
    names = re.findall(r"^[a-z0-9_-]+", lines, re.MULTILINE)
    return {name.replace("-", "_") for name in names} - set(KEYS)


def manifest(package: Path) -> ElementTree.Element:
    return ElementTree.parse(package / "package.xml").getroot()


def setup_arguments(package: Path) -> dict[str, object]:
    tree = ast.parse((package / "setup.py").read_text())
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setup"
    )
    found: dict[str, object] = {}
    for keyword in call.keywords:
        try:
            found[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except ValueError:
            continue  # computed
    return found


def defines(path: Path, function: str) -> bool:
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return function in names


def test_there_are_packages() -> None:
    assert len(PACKAGES) >= 6


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_manifest(package: Path) -> None:
    root = manifest(package)
    assert root.get("format") == "3"
    assert root.findtext("name") == package.name
    assert root.findtext("license") == "Apache-2.0"
    maintainer = root.find("maintainer")
    assert maintainer is not None
    # catkin_pkg refuses top-level domains of one letter
    assert re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", maintainer.get("email", ""))
    assert len({manifest(other).findtext("version") for other in PACKAGES}) == 1


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_dependency_is_a_known_key_or_a_package_here(package: Path) -> None:
    known = KNOWN_KEYS | {path.name for path in PACKAGES}
    depends = [element.text for element in manifest(package) if element.tag.endswith("depend")]
    assert depends
    assert set(depends) - known == set()
    assert len(set(depends)) == len(depends)


@pytest.mark.parametrize("package", PYTHON_PACKAGES, ids=lambda path: path.name)
def test_what_is_imported_is_declared_and_the_other_way_round(package: Path) -> None:
    declared = {element.text for element in manifest(package) if element.tag.endswith("depend")}
    with_key = imports(package) - pinned() - OPTIONAL
    used = {KEYS.get(name, name) for name in with_key}
    assert used <= declared, f"not declared: {used - declared}"
    siblings = {path.name for path in PACKAGES}
    idle = declared - used - NOT_IMPORTED
    if package.name == "monomsk_bringup":  # its launch files start the nodes of the others
        idle -= siblings
    assert not idle, f"declared, but not imported: {idle}"


@pytest.mark.parametrize("folder", ["src", "scripts", "tests"])
def test_what_pip_brought_here_it_brings_everywhere(folder: str) -> None:
    locks = (SOURCE.parent / "requirements").glob("*.lock")
    lines = [line for lock in locks for line in lock.read_text("utf-8").splitlines()]
    locked = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}
    distributions = packages_distributions()
    missing = {
        name
        for name in imported(SOURCE.parent / folder) & set(distributions)
        if comes_from_pip(name)
        and not locked & {canonicalize_name(one) for one in distributions[name]}
    }
    assert not missing, f"installed here, but by no requirement: {missing}"


@pytest.mark.parametrize("package", PYTHON_PACKAGES, ids=lambda path: path.name)
def test_set_up_agrees_with_the_manifest(package: Path) -> None:
    arguments, root = setup_arguments(package), manifest(package)
    maintainer = root.find("maintainer")
    assert maintainer is not None
    assert arguments["version"] == root.findtext("version")
    assert arguments["license"] == root.findtext("license")
    assert arguments["maintainer_email"] == maintainer.get("email")
    assert (package / "resource" / package.name).exists()


@pytest.mark.parametrize("package", PYTHON_PACKAGES, ids=lambda path: path.name)
def test_every_executable_has_its_function(package: Path) -> None:
    points = setup_arguments(package).get("entry_points", {})
    assert isinstance(points, dict)
    for point in points.get("console_scripts", []):
        module, function = point.split("=")[1].strip().split(":")
        path = package / (module.replace(".", "/") + ".py")
        assert path.exists(), f"{point}: no {path.name}"
        assert defines(path, function), f"{point}: no {function} in {path.name}"
