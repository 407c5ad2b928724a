"""Physics of clips: possible motion passes, impossible motion is found and named."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_training.clip_checks import ClipLimits, _footing, clip_physics, settled
from monomsk_training.library import LIBRARY_RATE_HZ
from monomsk_training.motion_clip import COLUMN, MotionClip, at_rest

FRAMES = 150
SECONDS = np.arange(FRAMES) / LIBRARY_RATE_HZ


def clip_of(values: np.ndarray) -> MotionClip:
    return MotionClip("clip", "someone", LIBRARY_RATE_HZ, values)


def swaying() -> np.ndarray:
    """A person who stands and sways a little, pelvis 0.95 m high."""
    values = at_rest(FRAMES)
    values[:, COLUMN["pelvis_ty"]] = 0.95
    values[:, COLUMN["lumbar_bending"]] = 0.1 * np.sin(3.0 * SECONDS)
    return values


def faults(values: np.ndarray) -> list[str]:
    return clip_physics(clip_of(values)).faults(ClipLimits())


def test_who_stands_may_stay_and_weighs_what_a_body_weighs() -> None:
    physics = clip_physics(clip_of(swaying()))
    assert physics.faults(ClipLimits()) == []
    assert physics.heave == pytest.approx(1.0, abs=0.05)
    assert physics.flight_m.max() == 0.0


def test_skating_feet_are_found() -> None:
    values = swaying()
    values[:, COLUMN["pelvis_tx"]] = 0.5 * np.sin(6.0 * SECONDS)
    assert any("slide" in fault for fault in faults(values))


def test_a_steady_belt_is_no_skating() -> None:
    values = swaying()
    values[:, COLUMN["pelvis_tx"]] = 1.2 * SECONDS
    physics = clip_physics(clip_of(values))
    assert physics.belt_m_s > 0.5
    assert physics.faults(ClipLimits()) == []


def test_a_sinking_floor_is_found() -> None:
    values = swaying()
    values[:, COLUMN["pelvis_ty"]] += 0.3 * np.tanh(2.0 * (SECONDS - 1.25))
    assert any("heights" in fault for fault in faults(values))


def test_whirling_trunks_are_found() -> None:
    values = swaying()
    values[:, COLUMN["lumbar_bending"]] = 0.6 * np.sin(25.0 * SECONDS)
    assert any("N m/kg" in fault for fault in faults(values))


def test_travel_of_a_smaller_person_is_scaled_to_the_steps() -> None:
    """Feet that carry go back by 1 m/s from the pelvis, which goes forward by 0.8 m/s."""
    pelvis = np.stack([0.8 * SECONDS, 0.0 * SECONDS], axis=1)
    phase = (SECONDS[:, None] + [0.0, 0.5]) % 1.0
    carries = phase < 0.5
    soles = np.zeros((FRAMES, 2, 8, 3))
    along = np.where(carries, 0.25 - phase, phase - 0.75) + pelvis[:, :1]
    soles[..., 0] = along[..., None] + 0.1 * np.linspace(0.0, 1.0, 8)
    soles[..., 2] = np.where(carries, 0.0, 0.1)[..., None]
    footing = _footing(soles, pelvis, np.ones(FRAMES), LIBRARY_RATE_HZ)
    assert footing.travel_scale == pytest.approx(1.25, abs=0.03)
    assert footing.slide_m_s < 0.05
    clip = clip_of(swaying())
    moved = replace(clip, values=clip.values + 0.3)
    physics = replace(clip_physics(clip), travel_scale=1.25)
    columns = [COLUMN["pelvis_tx"], COLUMN["pelvis_tz"]]
    np.testing.assert_allclose(
        settled(moved, physics).values[:, columns], 1.25 * moved.values[:, columns]
    )


def test_flight_is_measured_from_take_off_to_landing() -> None:
    values = swaying()
    height = values[:, COLUMN["pelvis_ty"]]
    since = SECONDS - 1.0
    aloft = (since > 0.0) & (since < 0.5)
    height[aloft] += 0.5 * 9.81 * since[aloft] * (0.5 - since[aloft])
    physics = clip_physics(clip_of(values))
    # What is 0.31 m high is lower after the filter, and take-off is seen late.
    assert 0.1 < physics.flight_m.max() < 0.35
    assert (physics.flight_m[:50] == 0.0).all()
    assert (physics.flight_m[-40:] == 0.0).all()
    settled_clip = settled(clip_of(values), physics)
    np.testing.assert_array_equal(settled_clip.values[:, COLUMN["pelvis_ty"]], physics.flight_m)
