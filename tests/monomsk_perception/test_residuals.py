"""Every term of the fit: its gradient is that of its cost."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.monomsk_perception.conftest import standing

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.manifold_filter import CAMERA, CONFIGURATION, NV, SIZE, VELOCITY
from monomsk_perception.residuals import (
    CameraPoints,
    CoordinateBeliefs,
    Sum,
    add_balance,
    add_floor,
    add_metric,
    add_reprojection,
    add_sole_contact,
    geman_mcclure,
    huber,
    trunk_over_soles,
)

NO_ROBUSTNESS = 1e9


def seen_by(skeleton: Skeleton, camera: CameraPose, q: np.ndarray) -> CameraPoints:
    points, jacobians = skeleton.points_with_jacobians(q, skeleton.landmarks)
    in_camera, rotation, by_camera = camera.to_camera(points)
    return CameraPoints(in_camera, rotation @ jacobians, by_camera)


def gradient_by_differences(
    skeleton: Skeleton, cost: Callable[[np.ndarray, np.ndarray], float], q: np.ndarray
) -> np.ndarray:
    """Of a cost over configuration steps and camera corrections."""
    gradient, step = np.zeros(SIZE), 1e-6
    for column in [*range(NV), *range(2 * NV, SIZE)]:
        shift = np.zeros(SIZE)
        shift[column] = step
        ahead = cost(skeleton.integrate(q, shift[CONFIGURATION]), shift[CAMERA])
        behind = cost(skeleton.integrate(q, -shift[CONFIGURATION]), -shift[CAMERA])
        gradient[column] = (ahead - behind) / (2 * step)
    return gradient


@pytest.fixture
def camera() -> CameraPose:
    return CameraPose.level(1.3, CameraPoseSource.ESTIMATED, pitch_rad=0.1)


def test_reprojection_gradient(skeleton: Skeleton, camera: CameraPose) -> None:
    q = standing(skeleton)
    rng = np.random.default_rng(0)
    rays = np.column_stack([0.1 * rng.normal(size=(33, 2)), np.ones(33)])
    sigma, weight = np.full(33, 0.01), rng.uniform(0.2, 1.0, 33)

    def cost(moved: np.ndarray, corrections: np.ndarray) -> float:
        seen = seen_by(skeleton, camera.corrected(camera.corrections + corrections), moved)
        image = seen.points[:, :2] / seen.points[:, 2:]
        residuals = (image - rays[:, :2]) * (weight / sigma)[:, None]
        return float(0.5 * (residuals**2).sum())

    total = Sum.empty()
    add_reprojection(total, seen_by(skeleton, camera, q), rays, sigma, weight, NO_ROBUSTNESS)
    expected = gradient_by_differences(skeleton, cost, q)
    np.testing.assert_allclose(total.gradient, expected, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(total.information, total.information.T)


def test_reprojection_leaves_out_unmeasured_landmarks(
    skeleton: Skeleton, camera: CameraPose
) -> None:
    rays = np.full((33, 3), np.nan)
    total = Sum.empty()
    seen = seen_by(skeleton, camera, standing(skeleton))
    errors = add_reprojection(total, seen, rays, np.full(33, 0.01), np.ones(33), 1.5)
    assert np.isnan(errors).all()
    assert not total.gradient.any()
    assert not total.information.any()


def test_metric_gradient(skeleton: Skeleton, camera: CameraPose) -> None:
    q = standing(skeleton)
    rng = np.random.default_rng(3)
    metric = rng.normal(size=(33, 3))
    sigma = np.array([0.05, 0.05, 0.1])
    chosen = [11, 12, 13, 14, 15, 16, *range(23, 33)]

    def cost(moved: np.ndarray, corrections: np.ndarray) -> float:
        seen = seen_by(skeleton, camera.corrected(camera.corrections + corrections), moved)
        relative = seen.points - seen.points[[23, 24]].mean(0)
        residuals = (relative - (metric - metric[[23, 24]].mean(0)))[chosen] / sigma
        return float(0.5 * (residuals**2).sum())

    total = Sum.empty()
    add_metric(total, seen_by(skeleton, camera, q), metric, sigma, np.ones(33), NO_ROBUSTNESS)
    expected = gradient_by_differences(skeleton, cost, q)
    np.testing.assert_allclose(total.gradient, expected, rtol=1e-5, atol=1e-3)


def test_limits_push_back_only_outside_of_the_range(skeleton: Skeleton) -> None:
    beliefs = CoordinateBeliefs(skeleton, LifterOptions(priors_rad={}))
    knee = skeleton.coordinate_index("knee_angle_r")
    inside, outside = standing(skeleton), standing(skeleton)
    outside[7 + knee] = -0.2
    calm, pushed = Sum.empty(), Sum.empty()
    beliefs.add(calm, inside, 1.0)
    beliefs.add(pushed, outside, 1.0)
    assert not calm.gradient.any()
    assert pushed.gradient[6 + knee] < 0.0
    assert np.count_nonzero(pushed.gradient) == 1


def test_prior_pulls_towards_its_mean(skeleton: Skeleton) -> None:
    options = LifterOptions(priors_rad={"lumbar_extension": (-0.2, 0.1)})
    q = standing(skeleton)
    total = Sum.empty()
    CoordinateBeliefs(skeleton, options).add(total, q, 1.0)
    index = skeleton.coordinate_index("lumbar_extension")
    expected = (q[7 + index] + 0.2) / 0.1**2
    np.testing.assert_allclose(total.gradient[6 + index], expected)


def test_sole_contact_pulls_to_the_floor_and_stops_the_sole(skeleton: Skeleton) -> None:
    q = standing(skeleton)
    q[2] += 0.02
    v = np.zeros(NV)
    v[2] = 0.3
    points, jacobians = skeleton.points_with_jacobians(q, skeleton.soles)
    total = Sum.empty()
    add_sole_contact(total, points[:, 2], jacobians, v, np.ones(16), LifterOptions())
    assert total.gradient[CONFIGURATION][2] > 0.0
    assert total.gradient[VELOCITY][2] > 0.0
    flying = Sum.empty()
    add_sole_contact(flying, points[:, 2], jacobians, v, np.zeros(16), LifterOptions())
    assert not flying.gradient.any()


def test_floor_only_pushes_what_is_below_it(skeleton: Skeleton) -> None:
    q = standing(skeleton)
    _, jacobians = skeleton.points_with_jacobians(q, skeleton.soles)
    above, below = Sum.empty(), Sum.empty()
    add_floor(above, np.full(16, 0.01), jacobians, 0.03)
    add_floor(below, np.full(16, -0.01), jacobians, 0.03)
    assert not above.gradient.any()
    assert below.gradient[2] < 0.0


def test_balance_pulls_a_leaning_trunk_back(skeleton: Skeleton) -> None:
    q = standing(skeleton)
    lean = skeleton.integrate(q, np.concatenate([np.zeros(3), [0.0, 0.3, 0.0], np.zeros(31)]))
    both = [skeleton.points_with_jacobians(lean, s) for s in (skeleton.landmarks, skeleton.soles)]
    points = np.concatenate([p for p, _ in both])
    jacobians = np.concatenate([j for _, j in both])
    total = Sum.empty()
    add_balance(total, points, jacobians, trunk_over_soles(49, slice(33, 49)), 1.0, 0.2)
    step = np.zeros(NV)
    step[4] = 1.0
    assert abs(total.gradient[CONFIGURATION] @ step) > 0.01


def test_robust_weights() -> None:
    np.testing.assert_allclose(huber(np.array([0.0, 1.0, 4.0]), 1.0), [1.0, 1.0, 0.5])
    assert geman_mcclure(np.array([0.0]))[0] == 1.0
    assert geman_mcclure(np.array([100.0]))[0] < 1e-3
