"""Priors of the load: walking and standing, and their mirror symmetry."""

import numpy as np
import pytest

from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import (
    LoadSharing,
    given_forces,
    trailing_shear,
    transfer_share,
    vertical_shape,
)
from monomsk_dynamics.options import LoadSharingOptions

BOTH = np.array([True, True])
STANDING = GaitPhase(np.full(2, 0.5), None, float("nan"))
WALK = np.array([1.3, 0.0])
REST = np.zeros(2)


@pytest.fixture(scope="module")
def upright(skeleton):
    return evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))


@pytest.fixture(scope="module")
def sharing(skeleton, feet):
    return LoadSharing(feet, skeleton.mass_kg * 9.81)


def test_transfer_goes_from_all_to_nothing():
    shares = [transfer_share(x, 0.0) for x in np.linspace(0, 1, 11)]
    assert shares[0] == 1.0
    assert shares[-1] == 0.0
    assert shares[5] == pytest.approx(0.5)
    assert np.all(np.diff(shares) < 0)


def test_trailing_shear_starts_at_one_and_ends_at_zero():
    assert trailing_shear(0.0, 0.0) == pytest.approx(1.0, abs=1e-12)
    assert trailing_shear(1.0, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_vertical_force_of_walking_carries_the_weight_over_a_stride():
    phase = np.linspace(0.0, 1.0, 1001)
    impulse = np.trapezoid([vertical_shape(p) for p in phase], phase)
    # Two stances of 0.60 to 0.66 of a stride carry one body weight.
    assert 1 / (2 * 0.66) < impulse < 1 / (2 * 0.60)


def test_standing_expects_no_foot_and_no_shear(sharing, upright):
    prior = sharing.prior(upright, BOTH, STANDING, REST)
    np.testing.assert_allclose(prior.share, 0.5)
    np.testing.assert_allclose(prior.shear_ratio, 0.0)
    assert not prior.forces
    inside = upright.points[:8]
    assert inside[:, 0].min() < prior.center_of_pressure[0, 0] < inside[:, 0].max()
    assert inside[:, 1].min() < prior.center_of_pressure[0, 1] < inside[:, 1].max()


def test_walking_moves_the_centre_of_pressure_forward(sharing, upright):
    places = [
        sharing.prior(upright, BOTH, GaitPhase(np.full(2, p), None, np.nan), WALK)
        .center_of_pressure[0, 0]
        for p in np.linspace(0, 1, 9)
    ]  # fmt: skip
    assert np.all(np.diff(places) > 0)


def test_priors_of_the_two_feet_mirror_each_other(sharing, upright):
    prior = sharing.prior(upright, BOTH, GaitPhase(np.full(2, 0.4), None, np.nan), WALK)
    mirror = np.array([1.0, -1.0, 1.0])
    np.testing.assert_allclose(
        prior.center_of_pressure[0], mirror * prior.center_of_pressure[1], atol=1e-12
    )
    np.testing.assert_allclose(prior.shear_ratio[0], mirror[:2] * prior.shear_ratio[1], atol=1e-12)
    assert prior.shear_ratio[0, 1] > 0 > prior.shear_ratio[1, 1]  # to the midline


@pytest.mark.parametrize("trailing", [0, 1])
def test_the_trailing_foot_unloads(sharing, upright, trailing):
    phase = GaitPhase(np.array([0.9, 0.1])[:: 1 - 2 * trailing], trailing, 0.8)
    prior = sharing.prior(upright, BOTH, phase, WALK)
    assert prior.share[trailing] < 0.2
    assert prior.share.sum() == pytest.approx(1.0, abs=0.03)


def test_single_support_leaves_the_share_to_mechanics(sharing, upright):
    phase = GaitPhase(np.array([0.4, np.nan]), None, np.nan)
    prior = sharing.prior(upright, np.array([True, False]), phase, WALK)
    assert np.isinf(prior.share_sigma).all()


def test_the_heading_is_where_one_walks(sharing, upright):
    prior = sharing.prior(upright, BOTH, STANDING, np.array([0.0, 1.3]))
    np.testing.assert_allclose(prior.heading[:, 0], [0.0, 1.0, 0.0], atol=1e-12)
    still = sharing.prior(upright, BOTH, STANDING, REST)
    np.testing.assert_allclose(still.heading[:, 0], [1.0, 0.0, 0.0], atol=1e-12)


def test_from_standing_to_walking_without_a_jump(skeleton, feet, upright):
    options = LoadSharingOptions()
    sharing = LoadSharing(feet, 700.0, options)
    phase = GaitPhase(np.array([0.9, 0.1]), 0, 0.8)
    speeds = np.linspace(0.0, 3 * options.walking_speed_m_s, 200)
    shares = [sharing.prior(upright, BOTH, phase, np.array([s, 0.0])).share[0] for s in speeds]
    assert np.abs(np.diff(shares)).max() < 0.02


def test_unknown_force_priors_are_left_out():
    forces = np.full((2, 3), np.nan)
    sigmas = np.full((2, 3), np.nan)
    assert given_forces(forces, sigmas) == ()
    forces[1, 2], sigmas[1, 2] = 300.0, 20.0
    (prior,) = given_forces(forces, sigmas)
    assert prior.foot == 1
    assert np.isfinite(prior.sigma).tolist() == [False, False, True]
