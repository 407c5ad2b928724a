"""Packages, their share folders and their executables, through the ament index."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from monomsk_bringup.errors import NotInstalledError

_HINT = "source the workspace (source install/setup.bash)"


def find_prefix(package: str) -> Path:
    """Find where a package is installed.

    Args:
        package: Its name.

    Returns:
        The first folder of `AMENT_PREFIX_PATH` that holds it.

    Raises:
        NotInstalledError: No folder of that variable does.
    """
    try:
        return Path(get_package_prefix(package))
    except (PackageNotFoundError, OSError, ValueError) as error:
        raise NotInstalledError(package, f"package not found; {_HINT}") from error


def find_share(package: str) -> Path:
    """Find a package's share folder.

    Raises:
        NotInstalledError: The package is not installed.
    """
    return find_prefix(package) / "share" / package


def find_executable(package: str, executable: str) -> Path:
    """Find an executable of a package.

    Args:
        package: Package name.
        executable: Executable name.

    Returns:
        Its path.

    Raises:
        NotInstalledError: The package or the executable is not installed.
    """
    path = find_prefix(package) / "lib" / package / executable
    if not os.access(path, os.X_OK):
        raise NotInstalledError(executable, f"no such executable in package '{package}'")
    return path


def find_launch_file(package: str, name: str) -> Path:
    """Find a launch file anywhere in a package's share folder, as `ros2 launch` does.

    Args:
        package: Package name.
        name: File name, such as `monomsk.launch.xml`.

    Returns:
        Its path.

    Raises:
        NotInstalledError: Not installed, or more than one file of that name.
    """
    found = sorted(path for path in find_share(package).rglob(name) if path.is_file())
    if len(found) != 1:
        problem = "no such launch file" if not found else "several launch files of that name"
        raise NotInstalledError(name, f"{problem} in package '{package}'")
    return found[0]
