import errno
from pathlib import Path

import pytest

from monomsk_analysis.errors import OutputError
from monomsk_analysis.result_folder import result_folder


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_files_appear_at_the_end_only(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with result_folder(target, overwrite=False) as folder:
        (folder / "kinematics.mot").write_text("new")
        assert not (target / "kinematics.mot").exists()
    assert names(target) == ["kinematics.mot"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(RuntimeError), result_folder(target, overwrite=False) as folder:
        (folder / "kinematics.mot").write_text("half")
        raise RuntimeError
    assert not target.exists()


def test_a_failure_keeps_the_results_of_the_run_before(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("old")
    with pytest.raises(RuntimeError), result_folder(tmp_path, overwrite=True) as folder:
        (folder / "summary.json").write_text("half")
        raise RuntimeError
    assert names(tmp_path) == ["summary.json"]
    assert (tmp_path / "summary.json").read_text() == "old"


def test_a_full_disk_is_an_error_in_one_line(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with (
        pytest.raises(OutputError, match="no space left on the disk") as caught,
        result_folder(target, overwrite=False) as folder,
    ):
        (folder / "kinematics.mot").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.path == target
    assert "\n" not in str(caught.value)
    assert not target.exists()


def test_a_device_that_is_full(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with (
        pytest.raises(OutputError, match="no space left"),
        result_folder(tmp_path / "out", overwrite=False),
        full.open("w") as file,
    ):
        file.write("x" * 100_000)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"), result_folder(tmp_path, overwrite=False):
        pass
    file = tmp_path / "precious.txt"
    with pytest.raises(OutputError, match="is a file"), result_folder(file, overwrite=True):
        pass


def test_overwriting_removes_stale_results_and_nothing_else(tmp_path: Path) -> None:
    for name in ("overlay.mp4", "summary.json", "precious.txt"):
        (tmp_path / name).write_text("old")
    with result_folder(tmp_path, overwrite=True) as folder:
        (folder / "summary.json").write_text("new")
    assert names(tmp_path) == ["precious.txt", "summary.json"]
    assert (tmp_path / "summary.json").read_text() == "new"


def test_the_rest_of_a_killed_run_does_not_block(tmp_path: Path) -> None:
    (tmp_path / ".monomsk_partial").mkdir()
    (tmp_path / ".monomsk_partial" / "kinematics.mot").write_text("half")
    with result_folder(tmp_path, overwrite=False) as folder:
        (folder / "summary.json").write_text("new")
    assert names(tmp_path) == ["summary.json"]


def test_errors_name_the_folder_that_the_user_gave(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(OutputError) as caught, result_folder(target, overwrite=False) as folder:
        raise OutputError(folder / "overlay.mp4", "the encoder stopped")
    assert str(caught.value) == f"{target}: overlay.mp4: the encoder stopped; no results were kept"
    assert not target.exists()
