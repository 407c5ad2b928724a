"""The assistance benchmark measures what it says: known delays, known shares, known jitter."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis import bench_assist
from monomsk_analysis.assist_picture import draw_assistance
from monomsk_analysis.assist_record import AssistRecord, CommandRow, summarize_assistance
from monomsk_analysis.bench_assist_device import score_device, wear
from monomsk_analysis.bench_assist_gait import CyclicGait, read_cyclic_gait
from monomsk_analysis.bench_assist_loop import Tick, held
from monomsk_assist.command import Command, JointSetpoint, State
from monomsk_assist.laws import TorqueGainLaw

DATA = Path(os.environ.get("MONOMSK_SHARED_DATA", Path("..") / "shared" / "data"))
GAIN = 0.3
HIPS = ("hip_flexion_r", "hip_flexion_l")


@pytest.fixture(scope="module")
def gait() -> CyclicGait:
    folder = DATA / "mocap_walking_3d"
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder} (set MONOMSK_SHARED_DATA)")
    return read_cyclic_gait(folder)


def ticks(gait: CyclicGait, duration_s: float, delay_s: float) -> list[Tick]:
    """Commands at 200 Hz that are the ideal ones, late."""
    given = []
    for time_s in np.arange(0.0, duration_s, 0.005):
        torques = [GAIN * gait.torque(time_s - delay_s, name) for name in HIPS]
        joints = tuple(JointSetpoint(n, t, 99.0) for n, t in zip(HIPS, torques, strict=True))
        command = Command(1, State.ACTIVE, (), 1.0, joints, joints, 0.05, 0.0, 0.05)
        given.append(Tick(float(time_s), command))
    return given


def test_the_walk_goes_on_without_a_seam(gait: CyclicGait) -> None:
    assert 1.0 < gait.stride_s < 1.3
    assert 1.0 < gait.advance_m[0] < 2.0
    assert gait.root_force_share < 0.15  # the plates saw all of the stride
    before = gait.configuration(gait.stride_s - 1e-4)
    after = gait.configuration(gait.stride_s + 1e-4)
    assert np.abs(gait.skeleton.difference(before, after)).max() < 2e-3
    step = 1e-4
    v = gait.velocity(0.4)
    moved = gait.skeleton.difference(gait.configuration(0.4), gait.configuration(0.4 + step))
    assert moved / step == pytest.approx(v, abs=0.05)
    assert gait.fraction(gait.heel_strikes_s[1], 1) == pytest.approx(0.0)


@pytest.mark.parametrize("delay_s", [0.0, 0.06])
def test_a_known_delay_is_found(gait: CyclicGait, delay_s: float) -> None:
    trial = bench_assist._Trial(TorqueGainLaw(GAIN), 0.0, False)
    given = ticks(gait, bench_assist._WALK_S, delay_s - bench_assist.MOTOR_DELAY_S)
    score = bench_assist._score(gait, given, trial)
    # commands hold for 5 ms: half of it is delay
    assert score.delay_ms == pytest.approx(1e3 * delay_s + 2.5, abs=2.0)
    assert score.shape_rmse_nm_kg < 0.01
    assert score.active_share == 1.0


def test_the_share_that_is_commanded_is_taken_from_the_person(gait: CyclicGait) -> None:
    duration_s = 3.0
    idle = wear(gait, (), duration_s)
    assisted = wear(gait, ticks(gait, duration_s, -0.0075), duration_s)
    score = score_device("ideal", assisted, idle, 0.5, gait.skeleton.mass_kg)
    assert score.assisted_share == pytest.approx(GAIN, abs=0.02)
    assert 0.6 < score.person_rms_share < 0.8
    assert score.slack_deg < 6.0
    # worn without torque, the device asks a little of the hips
    extra = idle.straps[idle.times_s > 0.5]
    assert 0.1 < np.abs(extra).mean() < 6.0


def test_held_is_the_last_command() -> None:
    joint = JointSetpoint("hip_flexion_r", 3.0, 9.0)
    first = Command(1, State.ACTIVE, (), 1.0, (joint,), (joint,), 0.05, 0.0, 0.05)
    other = JointSetpoint("hip_flexion_r", 5.0, 9.0)
    second = Command(1, State.ACTIVE, (), 1.0, (other,), (other,), 0.05, 0.0, 0.05)
    given = [Tick(0.0, first), Tick(0.01, second)]
    assert list(held(given, 0, np.array([0.0, 0.009, 0.01, 1.0]))) == [3.0, 3.0, 5.0, 5.0]


def row(received_ns: int, state: int = 2, age_s: float = 0.05) -> CommandRow:
    return CommandRow(
        received_ns, received_ns - 100_000, state, ("hip_flexion_r",), (4.0,), age_s, 0.06, ()
    )


def test_jitter_is_the_deviation_from_the_period() -> None:
    rng = np.random.default_rng(1)
    late_ns = rng.choice([0, 400_000], 2000, p=[0.9, 0.1])
    rows = [row(5_000_000 * k + int(late_ns[k])) for k in range(2000)]
    early = [row(-1, state=1, age_s=float("nan"))]
    summary = summarize_assistance(AssistRecord(early + rows))
    assert summary["commands"] == 2000
    assert summary["jitter_on_arrival"]["period_ms"] == pytest.approx(5.0)
    assert summary["jitter_on_arrival"]["median"] == pytest.approx(0.0)
    assert summary["jitter_on_arrival"]["p99"] == pytest.approx(0.4)
    assert summary["state_shares"]["active"] == 1.0
    assert summary["largest_effort_n_m"] == 4.0
    assert summarize_assistance(AssistRecord()) == {"commands": 0}


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    record = AssistRecord(
        [row(5_000_000 * k, state=1 if k < 50 else 2) for k in range(200)],
        [(10_000_000 * k, {"hip_flexion_r": 0.1 * k}) for k in range(100)],
    )
    draw_assistance(record, tmp_path / "assist.png")
    assert (tmp_path / "assist.png").stat().st_size > 5_000
    draw_assistance(AssistRecord(), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
