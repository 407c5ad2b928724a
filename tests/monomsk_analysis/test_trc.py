from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.trc import MarkerTable, read_trc, write_trc


def markers(frames: int = 5) -> MarkerTable:
    positions = np.random.default_rng(3).normal(size=(frames, 3, 3))
    positions[1, 2] = np.nan
    return MarkerTable(np.arange(frames) / 60.0, ("left_hip", "nose", "R.Heel"), positions, 60.0)


def test_round_trip(tmp_path: Path) -> None:
    table = markers()
    write_trc(tmp_path / "a.trc", table)
    back = read_trc(tmp_path / "a.trc")
    assert back.names == table.names
    assert back.rate_hz == 60.0
    np.testing.assert_allclose(back.times, table.times, atol=1e-8)
    np.testing.assert_allclose(back.positions, table.positions, atol=1e-8)


def test_last_marker_unseen_in_the_last_frame_survives(tmp_path: Path) -> None:
    table = markers()
    table.positions[-1, -1] = np.nan
    write_trc(tmp_path / "a.trc", table)
    assert np.isnan(read_trc(tmp_path / "a.trc").positions[-1, -1]).all()


def test_units_are_honoured(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", markers())
    in_metres = (tmp_path / "a.trc").read_text().replace("\tmm\t", "\tm\t")
    (tmp_path / "b.trc").write_text(in_metres)
    np.testing.assert_allclose(
        read_trc(tmp_path / "b.trc").positions, 1e3 * read_trc(tmp_path / "a.trc").positions
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("PathFileType", "Nonsense", 1, "PathFileType"),
        ("\tmm\t", "\tinch\t", 3, "units are 'inch'"),
        ("60\t60\t5", "x\tx\t5", 3, "DataRate"),
        ("0.01666667", "soon", 8, "not a number"),
        ("0.03333333", "0.01666667", 9, "does not follow"),
        ("0.03333333", "nan", 9, "time is nan"),
        ("nose", "left_hip", 4, "repeated marker left_hip"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    write_trc(tmp_path / "a.trc", markers())
    text = (tmp_path / "a.trc").read_text()
    assert old in text
    (tmp_path / "a.trc").write_text(text.replace(old, new, 1))
    with pytest.raises(FileFormatError, match=reason) as caught:
        read_trc(tmp_path / "a.trc")
    assert caught.value.line_number == line


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_trc(tmp_path / "none.trc")


def test_real_markers(shared_data: Path, tmp_path: Path) -> None:
    table = read_trc(shared_data / "mocap_walking_3d" / "markers_walk.trc")
    assert table.positions.shape == (238, 41, 3)
    assert table.rate_hz == 100.0
    height = table.positions[:, table.names.index("R.Shoulder"), 1]
    assert 1.3 < np.nanmean(height) < 1.7
    write_trc(tmp_path / "copy.trc", table)
    np.testing.assert_allclose(
        read_trc(tmp_path / "copy.trc").positions, table.positions, atol=1e-7
    )
