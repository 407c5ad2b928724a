"""A learned belief as residuals: gradients against finite differences, and where it pulls."""

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.manifold_filter import CAMERA, NV
from monomsk_perception.pose_prior import PosePrior, add_pose_prior
from monomsk_perception.residuals import Sum


def belief_of(skeleton: Skeleton, q: np.ndarray, camera: CameraPose) -> PosePrior:
    """A belief in exactly this configuration."""
    pose = camera.pose_world_camera.actInv(pin.XYZQUATToSE3(q[:7]))
    return PosePrior(
        q[7:].copy(), np.full(31, 0.05), pose.rotation, 0.1, pose.translation, np.full(4, 0.5)
    )


@pytest.fixture
def camera() -> CameraPose:
    level = CameraPose.level(1.3, CameraPoseSource.ESTIMATED)
    return level.corrected(np.array([0.2, -0.1, 1.3]))


def cost(prior: PosePrior, q: np.ndarray, camera: CameraPose) -> float:
    """Half the sum of squares, from the belief's definition alone."""
    seen = camera.pose_world_camera.rotation.T @ pin.Quaternion(q[3:7]).toRotationMatrix()
    turn = pin.log3(prior.rotation_camera_pelvis.T @ seen) / prior.rotation_sigma_rad
    return 0.5 * float(turn @ turn + (((q[7:] - prior.mean) / prior.sigma) ** 2).sum())


def test_gradient_is_that_of_the_cost(skeleton: Skeleton, camera: CameraPose) -> None:
    rng = np.random.default_rng(3)
    q = skeleton.integrate(skeleton.neutral(), 0.3 * rng.normal(size=NV))
    prior = belief_of(skeleton, skeleton.integrate(q, 0.2 * rng.normal(size=NV)), camera)
    total = Sum.empty()
    add_pose_prior(total, prior, q, camera, 1.0)
    for index in range(NV):
        step = np.zeros(NV)
        step[index] = 1e-6
        up, down = (cost(prior, skeleton.integrate(q, s * step), camera) for s in (1, -1))
        assert total.gradient[index] == pytest.approx((up - down) / 2e-6, abs=1e-4)
    for index in range(2):
        step = np.zeros(3)
        step[index] = 1e-6
        up, down = (
            cost(prior, q, camera.corrected(camera.corrections + s * step)) for s in (1, -1)
        )
        expected = (up - down) / 2e-6
        assert total.gradient[CAMERA][index] == pytest.approx(expected, abs=1e-4)


def test_the_believed_configuration_costs_nothing(skeleton: Skeleton, camera: CameraPose) -> None:
    q = skeleton.integrate(skeleton.neutral(), 0.2 * np.random.default_rng(0).normal(size=NV))
    prior = belief_of(skeleton, q, camera)
    np.testing.assert_allclose(
        skeleton.difference(prior.configuration(camera), q), np.zeros(NV), atol=1e-9
    )
    total = Sum.empty()
    add_pose_prior(total, prior, q, camera, 1.0)
    np.testing.assert_allclose(total.gradient, 0.0, atol=1e-6)


def test_a_sole_bears_load_more_surely_than_its_heel_or_toes_are_said_to_touch(
    skeleton: Skeleton, camera: CameraPose
) -> None:
    belief = belief_of(skeleton, skeleton.neutral(), camera)
    said = np.array([0.1, 0.4, 0.0, 1.0])
    right, left = replace(belief, contact=said).sole_contact
    assert 0.4 < right < 0.75
    assert 0.99 < left < 1.0
    in_air = replace(belief, contact=np.full(4, 0.01)).sole_contact
    assert (in_air < 0.05).all()
    # Surer toes never make a sole less sure.
    rising = [
        replace(belief, contact=np.array([0.2, p, 0.2, p])).sole_contact[0]
        for p in np.linspace(0.0, 1.0, 11)
    ]
    assert (np.diff(rising) >= 0.0).all()
