import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_analysis.gait import GAIT_FILE, gait_entries, gait_summary, write_gait
from monomsk_dynamics.gait import GaitTable, gait_events, gait_steps
from monomsk_dynamics.gait_stances import SolePaths, find_stances

RATE_HZ = 100.0
STRIDE_S, SPEED_MPS, STANCE, WIDTH_M = 1.1, 1.3, 0.62, 0.14
STRIDE_M = STRIDE_S * SPEED_MPS
START_NS = 1_700_000_000_000_000_000


def walking(duration_s: float = 5.0, speed_mps: float = SPEED_MPS) -> GaitTable:
    """Even walking: right and left half a stride apart, stance 62 % of it."""
    times = np.arange(0.0, duration_s, 1 / RATE_HZ)
    strides, phase = np.divmod(times[:, None] / STRIDE_S + np.array([0.8, 0.3]), 1.0)
    flown = np.maximum(phase - STANCE, 0.0) / (1.0 - STANCE)
    ahead = flown - np.sin(2 * np.pi * flown) / (2 * np.pi)
    forward = (strides + ahead - np.array([0.8, 0.3])) * STRIDE_S * speed_mps
    sides = np.broadcast_to([-WIDTH_M / 2, WIDTH_M / 2], forward.shape)
    paths = SolePaths(
        stamps_ns=START_NS + np.round(times * 1e9).astype(np.int64),
        in_contact=phase < STANCE,
        positions=np.stack([forward, sides, np.zeros_like(forward)], axis=-1),
        pelvis=np.stack([speed_mps * times, 0 * times, 0.9 + 0 * times], axis=1),
    )
    stances = find_stances(paths)
    return GaitTable(gait_events(paths, stances), gait_steps(paths, stances))


def recording(table: GaitTable, duration_s: float = 5.0) -> SimpleNamespace:
    """What `write_gait` needs of an analysis; its time begins at 2 s."""
    times = np.arange(0.0, duration_s, 1 / RATE_HZ)
    stamps = START_NS + np.round(times * 1e9).astype(np.int64)
    return SimpleNamespace(
        gait=table,
        times=2.0 + times,
        analysed=np.ones(len(times), dtype=bool),
        results=[SimpleNamespace(stamp_ns=int(stamp)) for stamp in stamps],
    )


def test_even_walking() -> None:
    gait = gait_summary(walking())
    assert gait is not None
    assert gait.speed_mps == pytest.approx(SPEED_MPS, rel=0.01)
    assert gait.cadence_spm == pytest.approx(120.0 / STRIDE_S, rel=0.01)
    assert gait.stride_length_m == pytest.approx((STRIDE_M,) * 2, rel=0.01)
    assert gait.step_length_m == pytest.approx((STRIDE_M / 2,) * 2, rel=0.01)
    assert gait.step_width_m == pytest.approx(WIDTH_M, abs=0.002)
    assert gait.stance_fraction == pytest.approx((STANCE,) * 2, abs=0.01)
    assert gait.double_support_fraction == pytest.approx(2 * (STANCE - 0.5), abs=0.02)
    assert gait.strides == (4, 3)
    assert gait.step_length_symmetry_percent == pytest.approx(0.0, abs=1.0)
    assert gait.step_time_symmetry_percent == pytest.approx(0.0, abs=2.0)
    assert gait.stance_time_symmetry_percent == pytest.approx(0.0, abs=2.0)


def test_standing_is_no_gait() -> None:
    table = walking(speed_mps=0.02)
    assert table == GaitTable()
    assert gait_summary(table) is None
    assert gait_entries(table) is None


def test_one_step_is_no_stride() -> None:
    gait = gait_summary(walking(duration_s=1.0))
    assert gait is not None
    assert gait.strides == (0, 0)
    assert np.isnan([gait.speed_mps, gait.cadence_spm, *gait.stance_fraction]).all()


def test_the_summary_names_the_sides() -> None:
    entries = gait_entries(walking())
    assert entries is not None
    assert entries["strides"] == {"right": 4, "left": 3}
    assert entries["heel_strikes"] + entries["toe_offs"] == len(walking().events)
    assert 0.01 < entries["event_time_sigma_s"] < 0.03


def test_the_table_has_a_row_for_each_event(tmp_path: Path) -> None:
    table = walking()
    write_gait(tmp_path, recording(table))
    with (tmp_path / GAIT_FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table.events)
    strikes = [row for row in rows if row["event"] == "heel strike"]
    lefts = [float(row["time_s"]) for row in strikes if row["foot"] == "left"]
    np.testing.assert_allclose(
        lefts, 2.0 + (0.7 + np.arange(len(lefts))) * STRIDE_S, atol=0.6 / RATE_HZ
    )
    assert float(strikes[4]["step_length_m"]) == pytest.approx(STRIDE_M / 2, rel=0.01)
    assert float(strikes[4]["speed_m_s"]) == pytest.approx(SPEED_MPS, rel=0.01)
    assert strikes[0]["stride_time_s"] == "nan"
    assert {row["stride_time_s"] for row in rows if row["event"] == "toe off"} == {""}


def test_nothing_is_written_where_nobody_steps(tmp_path: Path) -> None:
    write_gait(tmp_path, recording(GaitTable()))
    assert not list(tmp_path.iterdir())
