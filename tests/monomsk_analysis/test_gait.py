import numpy as np
import pytest

from monomsk_analysis.gait import summarise_gait

RATE_HZ = 100.0
STRIDE_S, SPEED_MPS, STANCE = 1.1, 1.3, 0.62


def walking(duration_s: float = 5.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Even walking: right and left half a stride apart, stance 62 % of it."""
    times = np.arange(0.0, duration_s, 1 / RATE_HZ)
    phase = times[:, None] / STRIDE_S + np.array([0.8, 0.3])
    pelvis = np.stack([SPEED_MPS * times, 0 * times, 0.9 + 0 * times], axis=1)
    return times, phase % 1.0 < STANCE, pelvis


def test_even_walking() -> None:
    gait = summarise_gait(*walking())
    assert gait is not None
    assert gait.speed_mps == pytest.approx(SPEED_MPS)
    assert gait.cadence_spm == pytest.approx(120.0 / STRIDE_S, rel=0.01)
    assert gait.stride_length_m == pytest.approx((SPEED_MPS * STRIDE_S,) * 2, rel=0.01)
    assert gait.stance_fraction == pytest.approx((STANCE,) * 2, abs=0.01)
    assert gait.double_support_fraction == pytest.approx(2 * (STANCE - 0.5), abs=0.02)
    assert gait.strides == (4, 3)


def test_standing_is_no_gait() -> None:
    times, contact, pelvis = walking()
    assert summarise_gait(times, contact, 0.1 * pelvis) is None


def test_walking_without_a_complete_stride_is_no_gait() -> None:
    assert summarise_gait(*walking(duration_s=1.0)) is None


def test_a_flicker_is_no_heel_strike() -> None:
    times, contact, pelvis = walking()
    expected = summarise_gait(times, contact, pelvis)
    swing = np.flatnonzero(~contact[:, 0])
    contact[swing[len(swing) // 2], 0] = True
    again = summarise_gait(times, contact, pelvis)
    assert expected is not None and again is not None
    assert again.strides == expected.strides


def test_one_frame_is_no_gait() -> None:
    times, contact, pelvis = walking()
    assert summarise_gait(times[:1], contact[:1], pelvis[:1]) is None
