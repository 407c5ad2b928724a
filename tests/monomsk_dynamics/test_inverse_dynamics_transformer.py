"""The inverse-dynamics transformer: shipped weights, axes, and what becomes of its answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics import rotations
from monomsk_dynamics.errors import NetworkWeightsError
from monomsk_dynamics.frame import FootGeometry, evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.inverse_dynamics_transformer import (
    CARD_NAME,
    DATA_FOLDER,
    WEIGHTS_NAME,
    InverseDynamicsTransformer,
    KineticsExpectation,
)
from monomsk_dynamics.learned_sharing import with_expectation, with_frame
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.wrench_rows import prior_rows

pytest.importorskip("onnxruntime")


def stance(skeleton: Skeleton, frames: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Somebody who glides forward on the right leg, the left one lifted behind."""
    times = np.arange(frames) / 60.0
    q = np.tile(skeleton.neutral(), (frames, 1))
    for name, value in (("hip_flexion_l", -0.2), ("knee_angle_l", 1.2), ("hip_adduction_r", 0.1)):
        q[:, 7 + skeleton.coordinate_index(name)] = value
    lean = 0.05 * np.sin(2.0 * np.pi * times)
    q[:, 7 + skeleton.coordinate_index("lumbar_extension")] = lean
    return times, (q, np.zeros((frames, 37)), np.zeros((frames, 37)))


def test_answer_turns_with_the_person(skeleton: Skeleton) -> None:
    transformer = InverseDynamicsTransformer(skeleton)
    times, (q, v, a) = stance(skeleton, 60)
    turn = rotations.exp(np.array([0.0, 0.0, 2.0]))
    turned = q.copy()
    turned[:, :3] = q[:, :3] @ rotations.matrix(turn).T
    turned[:, 3:7] = [rotations.multiply(turn, row) for row in q[:, 3:7]]
    straight = transformer.expect(times, (q, v, a))
    other = transformer.expect(times, (turned, v, a))
    np.testing.assert_allclose(other.force, straight.force @ rotations.matrix(turn).T, atol=0.1)
    np.testing.assert_allclose(other.torque, straight.torque, atol=0.1)


def test_sum_of_the_forces_stays_near_what_the_motion_needs(skeleton: Skeleton) -> None:
    times, motion = stance(skeleton, 60)
    expected = InverseDynamicsTransformer(skeleton).expect(times, motion)
    total = expected.force.sum(axis=1)
    np.testing.assert_allclose(total[:, 2], 70.0 * 9.81, rtol=0.1)
    assert expected.force[:, 0, 2].mean() > 4.0 * expected.force[:, 1, 2].mean()
    assert (expected.force_sigma > 0.0).all()


def test_only_legs_have_torques(skeleton: Skeleton) -> None:
    times, motion = stance(skeleton, 30)
    expected = InverseDynamicsTransformer(skeleton).expect(times, motion)
    legs = 6 + np.array([skeleton.coordinate_index(f"ankle_angle_{side}") for side in "rl"])
    assert np.isfinite(expected.torque[:, legs]).all()
    assert np.isnan(expected.torque[:, :6]).all()
    assert np.isnan(expected.torque[:, 6 + skeleton.coordinate_index("elbow_flex_r")]).all()


def test_uneven_and_other_rates_give_the_same(skeleton: Skeleton) -> None:
    transformer = InverseDynamicsTransformer(skeleton)
    times, (q, v, a) = stance(skeleton, 61)
    fine = transformer.expect(times, (q, v, a))
    rows = np.arange(0, 61, 2)
    coarse = transformer.expect(times[rows], (q[rows], v[rows], a[rows]))
    np.testing.assert_allclose(coarse.force, fine.force[rows], atol=15.0)


def test_damaged_weights_are_refused_by_name(skeleton: Skeleton, tmp_path: Path) -> None:
    for name in (WEIGHTS_NAME, CARD_NAME):
        shutil.copy(DATA_FOLDER / name, tmp_path / name)
    with (tmp_path / WEIGHTS_NAME).open("ab") as file:
        file.write(b"x")
    with pytest.raises(NetworkWeightsError, match="checksum"):
        InverseDynamicsTransformer(skeleton, tmp_path)
    with pytest.raises(NetworkWeightsError, match="cannot be read"):
        InverseDynamicsTransformer(skeleton, tmp_path / "nowhere")


def test_prior_takes_over_in_walking_and_stays_out_of_standing(skeleton: Skeleton) -> None:
    feet = FootGeometry.of(skeleton)
    terms = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))
    sharing = LoadSharing(feet, 70.0 * 9.81)
    both = np.array([True, False])
    phase = GaitPhase(np.array([0.5, np.nan]), None, float("nan"))
    prior = sharing.prior(terms, both, phase, np.array([1.3, 0.0]))
    expected = KineticsExpectation(
        np.eye(3)[None], np.full((1, 2, 3), 100.0), np.full((1, 2, 3), 20.0),
        np.empty((1, 37)), np.empty((1, 37)),
    )  # fmt: skip
    (standing,) = with_expectation([prior], expected, [0.0])
    assert standing is prior
    (walking,) = with_expectation([prior], expected, [1.0])
    learned = walking.forces[-1]
    assert learned.foot == 0, "a foot in the air has no prior"
    np.testing.assert_allclose(learned.sigma, 20.0)
    assert (walking.shear_sigma > 100.0 * prior.shear_sigma).all()
    (surer,) = with_expectation([prior], expected, [1.0], 0.4)
    np.testing.assert_allclose(surer.forces[-1].sigma, 8.0)
    (slow,) = with_expectation([prior], expected, [0.5])
    np.testing.assert_allclose(slow.forces[-1].sigma, 40.0)


def test_the_prior_turns_with_the_person(skeleton: Skeleton) -> None:
    """Along the way and across it the network is not equally sure."""
    sharing = LoadSharing(FootGeometry.of(skeleton), 70.0 * 9.81)
    phase = GaitPhase(np.array([0.5, np.nan]), None, float("nan"))
    force, sigma = np.array([[30.0, -10.0, 600.0]] * 2), np.array([[50.0, 10.0, 30.0]] * 2)

    def rows(yaw: float) -> tuple[np.ndarray, np.ndarray]:
        turn = rotations.matrix(rotations.exp(np.array([0.0, 0.0, yaw])))
        q = skeleton.integrate(skeleton.neutral(), np.eye(37)[5] * yaw)
        terms = evaluate_frame(skeleton, q, np.zeros(37))
        prior = sharing.prior(terms, np.array([True, False]), phase, turn[:2, 0] * 1.3)
        own = with_frame(prior, (force @ turn.T, sigma, turn), 1.0)
        matrix, targets = prior_rows(own, 700.0)
        return matrix @ np.kron(np.eye(4), turn), targets

    for straight, turned in zip(rows(0.0), rows(0.8), strict=True):
        np.testing.assert_allclose(turned, straight, atol=1e-9)
