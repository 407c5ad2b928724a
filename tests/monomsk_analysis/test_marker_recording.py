"""Marker files: axes, units, gaps; one real C3D file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.errors import FileFormatError
from monomsk_analysis.marker_recording import fill_gaps, read_markers, up_axis
from monomsk_analysis.trc import MarkerTable, write_trc

TIMES = 0.01 * np.arange(30)


def table(scale: float = 1.0) -> MarkerTable:
    """Five markers of a standing person, y up: heel, knee, hip, chest, head."""
    rows = np.array([[0, 0.02, 0], [0.02, 0.5, 0.1], [0, 0.9, 0.1], [0, 1.3, 0], [0.05, 1.7, 0.05]])
    positions = np.tile(rows + [1.0, 0.001, 0.3], (len(TIMES), 1, 1))
    return MarkerTable(TIMES, tuple("ABCDE"), scale * positions, 100.0)


def test_y_up_becomes_z_up(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table())
    found = read_markers(tmp_path / "a.trc")
    heights = found.of(tuple("ABCDE"))[0, :, 2]
    np.testing.assert_allclose(heights, [0.021, 0.501, 0.901, 1.301, 1.701], atol=1e-6)
    # OpenSim's z points right, the world's y left.
    assert found.positions[0, 0, 1] == pytest.approx(-0.3)
    assert any("y axis points up" in note for note in found.notes)


def test_a_given_up_axis_rules(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table())
    found = read_markers(tmp_path / "a.trc", up="z")
    np.testing.assert_allclose(found.positions, table().positions, atol=1e-6)


def test_a_wrong_unit_in_the_header_is_put_right_and_said(tmp_path: Path) -> None:
    for scale in (1e3, 1e-3):
        write_trc(tmp_path / "a.trc", table(scale))
        found = read_markers(tmp_path / "a.trc")
        assert np.ptp(found.positions[0, :, 2]) == pytest.approx(1.68, abs=0.01)
        assert any("by the header's unit" in note for note in found.notes)


def test_what_is_no_person_is_refused(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table(30.0))
    with pytest.raises(FileFormatError, match="no person"):
        read_markers(tmp_path / "a.trc")


def test_markers_at_zero_were_not_seen(tmp_path: Path) -> None:
    markers = table()
    markers.positions[4, 2] = 0.0
    write_trc(tmp_path / "a.trc", markers)
    assert np.isnan(read_markers(tmp_path / "a.trc").positions[4, 2]).all()


def test_short_gaps_are_filled_and_long_ones_stay() -> None:
    positions = np.stack([np.sin(TIMES), np.cos(TIMES), TIMES**2], axis=1)[:, None]
    holes = positions.copy()
    holes[3:8] = holes[10:28] = np.nan
    filled = fill_gaps(TIMES, holes, max_gap_s=0.1)
    np.testing.assert_allclose(filled[3:8], positions[3:8], atol=5e-4)
    assert np.isnan(filled[10:28]).all()


def test_the_furthest_reach_is_up() -> None:
    assert up_axis(table().positions) == "y"
    assert up_axis(table().positions[:, :, [2, 0, 1]]) == "z"


def test_an_unknown_marker_has_no_place(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table())
    assert np.isnan(read_markers(tmp_path / "a.trc").of(("A", "nobody"))[:, 1]).all()


def test_exchanged_labels_are_put_right_and_said(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table())
    found = read_markers(tmp_path / "a.trc")
    one, two, *rest = found.names
    mended = found.exchanged([(one, two)])
    np.testing.assert_array_equal(mended.of((one, two)), found.of((two, one)))
    np.testing.assert_array_equal(mended.of(rest), found.of(rest))
    assert f"{one} with {two}" in mended.notes[-1]
    assert found.exchanged([]) is found
    with pytest.raises(FileFormatError, match="not among its .*: nobody"):
        found.exchanged([(one, "nobody")])


def test_a_c3d_file_that_is_none_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    with pytest.raises(FileFormatError, match="no such file"):
        read_markers(tmp_path / "none.c3d")
    (tmp_path / "bad.c3d").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(FileFormatError):
        read_markers(tmp_path / "bad.c3d")


def test_a_real_c3d_file(shared_data: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d")
    path = shared_data / "gait_c3d" / "HC002D_Straight_HC002D06.c3d"
    if not path.is_file():
        pytest.skip(f"no recording at {path}")
    found = read_markers(path)
    assert np.diff(found.times) == pytest.approx(0.01)
    assert found.height_m == pytest.approx(1.45)
    assert found.mass_kg == pytest.approx(32.1, abs=0.01)
    assert {"LASI", "RANK", "LTOE"} <= set(found.names)
    assert not {"LHipAngles", "LAnklePower"} & set(found.names)
    assert len(found.events) == 12
    assert found.events[0].time_s <= found.events[-1].time_s
    heel = found.of(("LHEE",))[:, 0, 2]
    assert 0.0 < np.nanmin(heel) < 0.05
    # Both plates carry this person, one foot each; the reader's own filter finds the same.
    weight_n = found.mass_kg * 9.81
    reader = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"]
    for plate, theirs in zip(found.plates, reader, strict=True):
        assert 0.9 < plate.force[:, 2].max() / weight_n < 1.5
        loaded = plate.force[:, 2] > 50.0
        own_m = plate.center_of_pressure[loaded]
        lower, upper = plate.corners.min(axis=0), plate.corners.max(axis=0)
        assert ((own_m[:, :2] > lower[:2]) & (own_m[:, :2] < upper[:2])).all()
        vertical = np.abs(theirs["force"][2, loaded])
        np.testing.assert_allclose(plate.force[loaded, 2], vertical, atol=1.0)
        theirs_m = 1e-3 * theirs["center_of_pressure"][:2, loaded].T
        np.testing.assert_allclose(own_m[:, :2], theirs_m, atol=2e-3)


def write_c3d(path: Path, plates: int, channels: np.ndarray) -> None:
    """A standing cloud of markers, and force plates that are described without their signals."""
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["m"]
    file["parameters"]["POINT"]["LABELS"]["value"] = ["A", "B", "C"]
    points = np.ones((4, 3, 10))
    points[2] = np.array([0.1, 1.0, 1.8])[:, None]
    file["data"]["points"] = points
    file.add_parameter("FORCE_PLATFORM", "USED", [plates])
    file.add_parameter("FORCE_PLATFORM", "TYPE", [2] * plates)
    if channels.size:
        file.add_parameter("FORCE_PLATFORM", "CHANNEL", channels)
    file.write(str(path))


@pytest.mark.parametrize(
    "channels", [np.empty((0, 0)), np.arange(1.0, 13.0).reshape(2, 6).T], ids=["none", "missing"]
)
def test_described_plates_without_signals_are_said_and_left_out(
    tmp_path: Path, channels: np.ndarray
) -> None:
    write_c3d(tmp_path / "a.c3d", 2, channels)
    found = read_markers(tmp_path / "a.c3d")
    assert found.plates == ()
    assert sum("Force plate" in note for note in found.notes) == 2


def test_reading_leaves_the_record_alone(tmp_path: Path) -> None:
    write_trc(tmp_path / "a.trc", table())
    found = read_markers(tmp_path / "a.trc")
    assert replace(found, notes=()).notes == ()
    np.testing.assert_array_equal(found.stamps_ns, np.round(1e9 * TIMES).astype(np.int64))
