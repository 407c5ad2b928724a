"""Locks hold what is needed, at versions that a registry knows, each package once."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lock import ORDER, Distribution, NotInstalledError, parse_requirements, write_locks

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"


def installed(*rows: tuple[str, str, list[str]]) -> dict[str, Distribution]:
    found = [Distribution(*row) for row in rows]
    return {distribution.name: distribution for distribution in found}


def write_inputs(folder: Path, **texts: str) -> None:
    for name in ORDER:
        (folder / f"{name}.in").write_text(texts.get(name, ""))


def locked(folder: Path, name: str) -> list[str]:
    lines = (folder / f"{name}.lock").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_a_lock_holds_needs_of_needs_and_no_local_version(tmp_path: Path) -> None:
    write_inputs(tmp_path, core="torch==2.0  # exactly\n")
    packages = installed(
        ("Torch", "2.0+cpu", ["Sym_Py>=1", "cuda; platform_system == 'Plan9'"]),
        ("sym-py", "1.3", ["mpmath"]),
        ("mpmath", "1.0", []),
        ("unrelated", "9", []),
    )
    write_locks(tmp_path, packages)
    assert locked(tmp_path, "core") == ["mpmath==1.0", "sym-py==1.3", "torch==2.0"]


def test_extras_are_followed_only_where_asked_for(tmp_path: Path) -> None:
    needs = ["rich; extra == 'pretty'", "ugly; extra == 'ugly'"]
    packages = installed(("tool", "1", needs), ("rich", "2", []), ("ugly", "3", []))
    write_inputs(tmp_path, core="tool[pretty]\n")
    write_locks(tmp_path, packages)
    assert locked(tmp_path, "core") == ["rich==2", "tool==1"]


def test_a_later_lock_does_not_repeat_an_earlier_one(tmp_path: Path) -> None:
    write_inputs(tmp_path, core="numpy\n", dev="pytest\n")
    packages = installed(("numpy", "2", []), ("pytest", "9", ["numpy"]))
    write_locks(tmp_path, packages)
    assert locked(tmp_path, "dev") == ["pytest==9"]


def test_a_root_keeps_its_marker(tmp_path: Path) -> None:
    write_inputs(tmp_path, core='c3d ; python_version >= "3.0"\n')
    write_locks(tmp_path, installed(("c3d", "1", [])))
    assert locked(tmp_path, "core") == ['c3d==1 ; python_version >= "3.0"']


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    write_inputs(tmp_path, core="numpy\n")
    with pytest.raises(NotInstalledError, match="numpy") as caught:
        write_locks(tmp_path, {})
    assert caught.value.name == "numpy"


@pytest.mark.parametrize("name", ORDER)
def test_committed_locks_pin_every_requirement(name: str) -> None:
    pins: dict[str, Requirement] = {}
    for earlier in ORDER[: ORDER.index(name) + 1]:
        for pin in parse_requirements((REQUIREMENTS / f"{earlier}.lock").read_text()):
            assert [clause.operator for clause in pin.specifier] == ["=="], pin
            assert pin.name not in pins, f"{pin.name} is locked twice"
            pins[pin.name] = pin
    for root in parse_requirements((REQUIREMENTS / f"{name}.in").read_text()):
        version = next(iter(pins[root.name].specifier)).version
        assert root.specifier.contains(version), f"{root} against {version}"
