from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.errors import FileFormatError, MissingColumnsError
from monomsk_analysis.storage import Table, coordinate_label, read_storage, write_storage

GOOD = "Coordinates\nversion=1\nnRows=2\nnColumns=3\ninDegrees=yes\nendheader\ntime\ta\tb\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_round_trip_keeps_everything(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    times = np.arange(50) / 60.0
    values = rng.normal(scale=100.0, size=(50, 3))
    values[3, 1] = np.nan
    table = Table(times, ("pelvis_tilt", "pelvis_tx", "knee_angle_r"), values, True, "walk")
    write_storage(tmp_path / "walk.mot", table)
    back = read_storage(tmp_path / "walk.mot")
    assert back.labels == table.labels
    assert back.in_degrees
    assert back.name == "walk"
    np.testing.assert_allclose(back.times, times, atol=1e-8)
    np.testing.assert_allclose(back.values, values, atol=1e-8)
    assert np.isnan(back.values[3, 1])


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("/jointset/hip_r/hip_flexion_r/value", "hip_flexion_r"),
        ("/jointset/ground_pelvis/pelvis_tx/value", "pelvis_tx"),
        ("knee_angle_r", "knee_angle_r"),
        ("/jointset/hip_r/hip_flexion_r/speed", "/jointset/hip_r/hip_flexion_r/speed"),
    ],
)
def test_coordinate_paths_become_names(label: str, expected: str) -> None:
    assert coordinate_label(label) == expected


def test_reads_old_header_and_windows_line_ends(tmp_path: Path) -> None:
    header = "name my run.mot\r\ndatacolumns 3\r\ndatarows 1\r\nendheader\r\n\r\n"
    text = header + " time\t a\t b\t\r\n 0\t1\t2\t\r\n"
    table = read_storage(write(tmp_path / "old.mot", text))
    assert table.name == "my run.mot"
    assert table.labels == ("a", "b")
    assert table.values.tolist() == [[1.0, 2.0]]
    assert not table.in_degrees


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", None, "endheader"),
        ("hello\nworld\n", None, "endheader"),
        (GOOD, None, "no rows"),
        (GOOD + "0\t1\n", 8, "2 values, but 3 columns"),
        (GOOD + "0\t1\t2\n1\tx\t2\n", 9, "not a number"),
        (GOOD + "0\t1\t2\n0\t1\t2\n", 9, "does not follow"),
        (GOOD + "nan\t1\t2\n", 8, "time is nan"),
        (GOOD.replace("\tb", "\ta") + "0\t1\t2\n", 7, "repeated column a"),
        (GOOD.replace("time", "frame") + "0\t1\t2\n", 7, "'frame', expected 'time'"),
        ("x\nendheader\n\n", None, "no column labels"),
    ],
)
def test_bad_files_are_refused_with_their_line(
    tmp_path: Path, text: str, line: int | None, reason: str
) -> None:
    path = write(tmp_path / "bad.mot", text)
    with pytest.raises(FileFormatError, match=reason) as caught:
        read_storage(path)
    assert caught.value.line_number == line
    assert str(path) in str(caught.value)


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no such file"):
        read_storage(tmp_path / "none.mot")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_storage(tmp_path)
    (tmp_path / "noise.mot").write_bytes(np.random.default_rng(2).bytes(5000))
    with pytest.raises(FileFormatError):
        read_storage(tmp_path / "noise.mot")


def test_columns_by_name_in_the_order_asked() -> None:
    table = Table(np.zeros(1), ("a", "b", "c"), np.array([[1.0, 2.0, 3.0]]), name="motion")
    assert table.columns(["c", "a"]).tolist() == [[3.0, 1.0]]
    with pytest.raises(MissingColumnsError, match="missing y, x") as caught:
        table.columns(("a", "y", "x"))
    assert caught.value.missing == ("y", "x")


def test_table_refuses_wrong_shapes() -> None:
    with pytest.raises(ValueError, match="expected"):
        Table(np.zeros(2), ("a",), np.zeros((3, 1)))


def test_real_files_of_every_dialect(shared_data: Path, tmp_path: Path) -> None:
    files = sorted([*shared_data.rglob("*.mot"), *shared_data.rglob("*.sto")])
    assert len(files) >= 10
    for path in files:
        if path.stat().st_size > 2_000_000:
            continue
        table = read_storage(path)
        assert np.all(np.isfinite(table.values)), path
        write_storage(tmp_path / "copy.sto", table)
        back = read_storage(tmp_path / "copy.sto")
        assert back.labels == table.labels
        assert back.in_degrees == table.in_degrees
        np.testing.assert_allclose(back.values, table.values, atol=1e-8)
    coordinates = read_storage(shared_data / "mocap_walking_3d" / "coordinates.sto")
    assert not coordinates.in_degrees
    assert {"pelvis_tilt", "knee_angle_r", "pro_sup_l"} <= set(coordinates.labels)
