"""Inverse dynamics of measured walking with its force plates, against OpenSim's own result.

`id_walk.sto` was made with OpenSim's tool at 6 Hz, patellae all but massless, from a slightly
different model: OpenSim 4.6 with the model of today differs from it by up to 0.25 N m at the hip
and 0.14 N m at knee and ankle. bench/opensim_walking.json holds the difference from OpenSim 4.6.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.bench_measured import LEG_COORDINATES, MeasuredScore, bench_measured
from monomsk_analysis.measured_dynamics import (
    MeasuredLoads,
    low_pass,
    measured_inverse_dynamics,
)
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.smoothing import SmoothMotion

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MONOMSK_SHARED_DATA", ROOT.parent / "shared" / "data"))
RATE_HZ = 100.0


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> MeasuredScore:
    folder = DATA / "mocap_walking_3d"
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder} (set MONOMSK_SHARED_DATA)")
    return bench_measured(folder, tmp_path_factory.mktemp("measured"))


def test_moments_of_measured_walking_are_those_of_opensims_tool(score: MeasuredScore) -> None:
    assert score.frames > 250
    assert set(score.massless) == set(LEG_COORDINATES)
    for name, error_n_m in score.massless.items():
        assert error_n_m < (0.31 if name.startswith("hip_flexion") else 0.2), name
    # A patella of 0.07 kg in the femur is felt at the hip only.
    for name, error_n_m in score.lumped.items():
        assert error_n_m == pytest.approx(score.massless[name], abs=0.05), name


def test_moments_differ_from_opensim_4_6_by_less_than_0_3_n_m() -> None:
    """Its file: scripts/golden/write_walking.py, then opensim_walking.py."""
    stored = json.loads((ROOT / "bench" / "opensim_walking.json").read_text())
    assert set(stored["rms_error_n_m"]) == set(LEG_COORDINATES)
    assert max(stored["rms_error_n_m"].values()) < 0.3


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


def test_measured_weight_under_the_feet_leaves_the_pelvis_nothing(skeleton: Skeleton) -> None:
    """Standing at rest: half the weight under each foot, as far in front as the mass centre."""
    q = skeleton.neutral()
    center = skeleton.center_of_mass(q)
    motion = SmoothMotion(
        np.zeros(1, dtype=np.int64), q[None], np.zeros((1, 37)), np.zeros((1, 37))
    )
    force = np.zeros((1, 2, 3))
    force[:, :, 2] = 35.0 * 9.81
    places = np.array([[[center[0], -0.1, 0.0], [center[0], 0.1, 0.0]]])
    loads = MeasuredLoads(force, places, np.zeros((1, 2, 3)))
    forces = measured_inverse_dynamics(skeleton, motion, loads)[0]
    np.testing.assert_allclose(forces[:6], 0.0, atol=1e-8)
    # The load passes the ankles at some distance: that is what their moments are for.
    ankle = skeleton.segment_poses(q)["talus_r"].translation
    expected = -35.0 * 9.81 * (center[0] - ankle[0])
    moment = forces[6 + skeleton.coordinate_index("ankle_angle_r")]
    assert moment == pytest.approx(expected, rel=0.15)


def test_free_torques_turn_the_pelvis_alone_when_the_body_rests(skeleton: Skeleton) -> None:
    rng = np.random.default_rng(8)
    q = skeleton.integrate(skeleton.neutral(), rng.normal(scale=0.3, size=37))
    motion = SmoothMotion(
        np.zeros(1, dtype=np.int64), q[None], np.zeros((1, 37)), np.zeros((1, 37))
    )
    nothing = MeasuredLoads(*(np.zeros((1, 2, 3)) for _ in range(3)))
    torque = np.array([[[1.0, -2.0, 3.0], [0.5, 0.0, -4.0]]])
    twisted = MeasuredLoads(nothing.force, nothing.center_of_pressure, torque)
    change = (
        measured_inverse_dynamics(skeleton, motion, twisted)
        - measured_inverse_dynamics(skeleton, motion, nothing)
    )[0]
    # Power of a pure torque when the whole body turns about the pelvis: the torque itself.
    pelvis = skeleton.segment_poses(q)["pelvis"].rotation
    np.testing.assert_allclose(change[:3], 0.0, atol=1e-9)
    np.testing.assert_allclose(pelvis @ change[3:6], -torque[0].sum(axis=0), atol=1e-9)


def test_the_filter_keeps_slow_motion_and_halves_power_twice_at_its_cut_off() -> None:
    times = np.arange(400) / RATE_HZ
    slow = np.stack([np.sin(2 * np.pi * 0.5 * times), 3.0 + 2.0 * times], axis=1)
    np.testing.assert_allclose(low_pass(slow, RATE_HZ, 6.0), slow, atol=2e-3)
    fast = np.sin(2 * np.pi * 6.0 * times)[:, None]
    middle = low_pass(fast, RATE_HZ, 6.0)[100:300]
    np.testing.assert_allclose(middle, 0.5 * fast[100:300], atol=0.01)
