"""The best forces of one frame, and the slope of what it costs to need other ones."""

import numpy as np
import pytest

from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.frame_balance import FrameBalance, frame_balances
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.support_prior import SupportPrior
from monomsk_dynamics.wrench_maps import root_to_world, world_to_root

WEIGHT_N = 70.0 * 9.81
SIGMA = np.repeat([0.001, 0.0003], 3) * WEIGHT_N
NO_PHASE = GaitPhase(np.full(2, np.nan), None, float("nan"))


def balance(feet, terms, in_contact, support=None) -> FrameBalance:
    prior = LoadSharing(feet, WEIGHT_N).prior(terms, np.array(in_contact), NO_PHASE, np.zeros(2))
    (found,) = frame_balances(feet, [terms], [(prior, WEIGHT_N)], SIGMA, SolverOptions(), WEIGHT_N)
    return FrameBalance(found.generators, found.rows, found.targets, SIGMA, support)


@pytest.fixture
def standing(skeleton):
    return evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))


def test_standing_soles_bear_the_weight(feet, standing):
    value = balance(feet, standing, [True, True]).value(standing, np.zeros(37))
    np.testing.assert_allclose(value.point_forces.sum(axis=0), [0.0, 0.0, WEIGHT_N], atol=0.5)
    assert (value.point_forces[:, 2] >= 0.0).all()
    assert value.excess < 1.0


def test_without_a_sole_everything_remains(feet, standing):
    value = balance(feet, standing, [False, False]).value(standing, np.zeros(37))
    assert not value.point_forces.any()
    force = root_to_world(standing, standing.center_of_mass) @ value.residual
    np.testing.assert_allclose(force, [0.0, 0.0, WEIGHT_N, 0.0, 0.0, 0.0], atol=1e-6)


def test_the_slope_is_that_of_finite_differences(skeleton, feet, standing):
    """Over accelerations of the pelvis, where the root's need changes by the mass matrix."""
    rng = np.random.default_rng(3)
    frame = balance(feet, standing, [True, False])
    a = np.r_[rng.normal(size=6), np.zeros(31)]
    value, step = frame.value(standing, a), 1e-4
    # The cost changes as |L dw - side|²: its slope over w is -2 L' side.
    slope = -2.0 * value.rows.T @ value.side
    for k in range(6):
        change = np.zeros(37)
        change[k] = step
        ahead, behind = frame.value(standing, a + change), frame.value(standing, a - change)
        expected = slope @ standing.mass_matrix[:6, k]
        assert (ahead.cost - behind.cost) / (2 * step) == pytest.approx(expected, rel=1e-3)


def test_doubt_lets_residuals_grow(feet, standing):
    """A push that one sole cannot give: the more doubt, the less the sole strains to give it."""
    a = np.zeros(37)
    a[0] = 12.0
    frame = balance(feet, standing, [True, False])
    sure, unsure = frame.value(standing, a), frame.value(standing, a, doubt=1e8)
    assert unsure.cost < sure.cost
    assert np.linalg.norm(unsure.residual) > np.linalg.norm(sure.residual)


def test_a_seat_takes_its_share(skeleton, feet, standing):
    seat = SupportPrior(
        standing.hip_center, np.array([0.0, 0.0, 0.5 * WEIGHT_N]),
        np.array([0.05, 0.05, 0.15]) * WEIGHT_N, np.full(3, 0.05 * WEIGHT_N),
    )  # fmt: skip
    value = balance(feet, standing, [True, True], seat).value(standing, np.zeros(37))
    total = value.point_forces.sum(axis=0) + value.support[:3]
    np.testing.assert_allclose(total, [0.0, 0.0, WEIGHT_N], atol=0.5)
    assert 0.2 * WEIGHT_N < value.support[2] < 0.8 * WEIGHT_N
    jacobians = standing.jacobians[:, :, :6]
    loads = np.tensordot(value.point_forces, jacobians, axes=2)
    left = standing.bias[:6] - loads - world_to_root(standing, value.support)
    np.testing.assert_allclose(left, value.residual, atol=1e-6 * WEIGHT_N)
