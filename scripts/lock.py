"""Write `requirements/*.lock` from `requirements/*.in` and what is installed in this environment.

A lock names the requirements of its `.in` file and everything they need, at the installed versions.
Only distributions with a `.dist-info` count: the ROS wheels also leave egg-infos whose versions no
registry has (`pip freeze` lists them). What a lock earlier in the order holds is not repeated.

Run with the environment's own Python.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ORDER = ("core", "build", "ros", "dev")
NEVER_LOCKED = frozenset({"pip"})


class NotInstalledError(LookupError):
    """A requirement that is not installed.

    Attributes:
        name: The distribution's name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed here: install it, then lock")
        self.name = name


class Distribution:
    """The name, version and requirements of an installed distribution."""

    def __init__(self, name: str, version: str, requires: Iterable[str]) -> None:
        self.name = canonicalize_name(name)
        self.version = Version(version).public  # without "+cpu": registries do not know it
        self.requires = [Requirement(text) for text in requires]


def installed_distributions() -> dict[str, Distribution]:
    """Installed distributions with a `.dist-info`, by canonical name."""
    found: dict[str, Distribution] = {}
    for entry in importlib.metadata.distributions():
        folder = getattr(entry, "_path", None)  # no public way to tell dist-info from egg-info
        if folder is not None and str(folder).endswith(".dist-info"):
            distribution = Distribution(entry.metadata["Name"], entry.version, entry.requires or ())
            found.setdefault(distribution.name, distribution)
    return found


def parse_requirements(text: str) -> list[Requirement]:
    """Requirements of an `.in` file: one a line, `#` starts a comment."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def closure(
    roots: Iterable[Requirement], installed: Mapping[str, Distribution]
) -> dict[str, Distribution]:
    """Everything that `roots` need here, by canonical name.

    Raises:
        NotInstalledError: A root or one of its needs is not installed.
    """
    needed: dict[str, Distribution] = {}
    visited: set[tuple[str, frozenset[str]]] = set()
    pending = list(roots)
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        extras = frozenset(requirement.extras)
        if (name, extras) in visited or name in NEVER_LOCKED:
            continue
        visited.add((name, extras))
        if name not in installed:
            raise NotInstalledError(name)
        needed[name] = installed[name]
        for child in installed[name].requires:
            marker = child.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras | {""}):
                pending.append(child)
    return needed


def lock_text(name: str, roots: Iterable[Requirement], needed: Mapping[str, Distribution]) -> str:
    """Content of `<name>.lock`: a root keeps its marker, such as the platforms it exists for."""
    markers: dict[str, Marker] = {}
    for root in roots:
        if root.marker:
            markers[canonicalize_name(root.name)] = root.marker
    rows = [
        f"{key}=={needed[key].version}" + (f" ; {markers[key]}" if key in markers else "")
        for key in sorted(needed)
    ]
    return "\n".join([f"# from {name}.in by scripts/lock.py (make lock)", *rows, ""])


def write_locks(folder: Path, installed: Mapping[str, Distribution]) -> None:
    """Write all locks of `folder`."""
    locked: set[str] = set()
    for name in ORDER:
        roots = parse_requirements((folder / f"{name}.in").read_text(encoding="utf-8"))
        needed = closure(roots, installed)
        fresh = {key: value for key, value in needed.items() if key not in locked}
        locked |= set(fresh)
        (folder / f"{name}.lock").write_text(lock_text(name, roots, fresh), encoding="utf-8")
        print(f"{name}.lock: {len(fresh)} packages")


if __name__ == "__main__":
    try:
        write_locks(Path(__file__).resolve().parents[1] / "requirements", installed_distributions())
    except NotInstalledError as error:
        sys.exit(f"lock: {error}")
