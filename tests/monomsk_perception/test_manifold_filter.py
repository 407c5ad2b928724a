"""The filter and smoother: against closed forms and a batch solution."""

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton
from monomsk_perception.manifold_filter import (
    CONFIGURATION,
    NV,
    SIZE,
    VELOCITY,
    Estimate,
    NormalEquations,
    error,
    gauss_newton_step,
    inverse,
    predict,
    retract,
    smooth_backward,
)

SECOND_NS = 1_000_000_000
KNEE = 9  # tangent index of knee_angle_r


def start(skeleton: Skeleton, stamp_ns: int = 0) -> Estimate:
    return Estimate(stamp_ns, skeleton.neutral(), np.zeros(NV), np.zeros(3), 0.1 * np.eye(SIZE))


def measured_knee(skeleton: Skeleton, state: Estimate, angle: float, sigma: float):
    information, gradient = np.zeros((SIZE, SIZE)), np.zeros(SIZE)
    information[KNEE, KNEE] = sigma**-2
    gradient[KNEE] = (state.q[KNEE + 1] - angle) / sigma**2
    return NormalEquations(information, gradient)


def test_retract_and_error_are_inverse(skeleton: Skeleton) -> None:
    rng = np.random.default_rng(0)
    a = start(skeleton)
    step = 0.3 * rng.normal(size=SIZE)
    np.testing.assert_allclose(error(skeleton, a, retract(skeleton, a, step)), step, atol=1e-12)


def test_prediction_moves_with_the_velocity_and_grows_uncertain(skeleton: Skeleton) -> None:
    before = start(skeleton)
    before.v[KNEE] = 2.0
    after = predict(skeleton, before, SECOND_NS // 10, np.full(NV, 3.0))
    np.testing.assert_allclose(after.q[KNEE + 1] - before.q[KNEE + 1], 0.2)
    dt, density = 0.1, 3.0
    variance = 0.1 + 0.1 * dt**2 + density * dt**3 / 3.0
    np.testing.assert_allclose(after.covariance[KNEE, KNEE], variance)
    cross = 0.1 * dt + density * dt**2 / 2.0
    np.testing.assert_allclose(after.covariance[KNEE, NV + KNEE], cross)
    np.testing.assert_allclose(after.covariance, after.covariance.T)


def updated(
    skeleton: Skeleton, prior: Estimate, measured: NormalEquations
) -> tuple[np.ndarray, np.ndarray]:
    """One step from the prior, and the covariance after it."""
    before = inverse(prior.covariance)
    step, information = gauss_newton_step(skeleton, prior, before, prior, measured)
    return step, inverse(information)


def test_update_is_the_precision_weighted_mean(skeleton: Skeleton) -> None:
    prior = start(skeleton)
    step, covariance = updated(skeleton, prior, measured_knee(skeleton, prior, 0.6, 0.2))
    gain = 0.1 / (0.1 + 0.04)
    np.testing.assert_allclose(step[KNEE], gain * 0.6, rtol=1e-6)
    np.testing.assert_allclose(covariance[KNEE, KNEE], 0.1 * (1 - gain), rtol=1e-6)


def run(skeleton: Skeleton, angles: np.ndarray, dt_ns: int) -> tuple[list, list]:
    filtered, predicted = [], []
    state = start(skeleton)
    for index, angle in enumerate(angles):
        if index:
            state = predict(skeleton, state, index * dt_ns, np.full(NV, 5.0))
        predicted.append(state)
        measured = measured_knee(skeleton, state, angle, 0.05)
        step, covariance = updated(skeleton, state, measured)
        moved = retract(skeleton, state, step)
        state = Estimate(moved.stamp_ns, moved.q, moved.v, moved.camera, covariance)
        filtered.append(state)
    return filtered, predicted


def test_smoother_equals_the_batch_solution(skeleton: Skeleton) -> None:
    """One coordinate is a linear Gaussian problem: solve it at once and compare."""
    rng = np.random.default_rng(4)
    count, dt = 12, 0.05
    angles = 0.3 * np.sin(np.arange(count) * 0.4) + 0.05 * rng.normal(size=count)
    filtered, predicted = run(skeleton, angles, int(dt * SECOND_NS))
    smoothed = smooth_backward(skeleton, filtered, predicted)
    transition = np.array([[1.0, dt], [0.0, 1.0]])
    noise = 5.0 * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    information = np.zeros((2 * count, 2 * count))
    vector = np.zeros(2 * count)
    information[:2, :2] += np.eye(2) / 0.1
    for k in range(count):
        information[2 * k, 2 * k] += 1 / 0.05**2
        vector[2 * k] += angles[k] / 0.05**2
        if k:
            link = np.hstack([-transition, np.eye(2)])
            block = slice(2 * k - 2, 2 * k + 2)
            information[block, block] += link.T @ np.linalg.inv(noise) @ link
    expected = np.linalg.solve(information, vector).reshape(count, 2)
    covariance = np.linalg.inv(information)
    found = np.array([[s.q[KNEE + 1], s.v[KNEE]] for s in smoothed])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    sigma = [s.covariance[KNEE, KNEE] for s in smoothed]
    np.testing.assert_allclose(sigma, np.diag(covariance)[::2], rtol=1e-5)


def test_smoothing_lowers_every_variance(skeleton: Skeleton) -> None:
    filtered, predicted = run(skeleton, np.zeros(8), SECOND_NS // 20)
    smoothed = smooth_backward(skeleton, filtered, predicted)
    for before, after in zip(filtered, smoothed, strict=True):
        drop = np.diag(before.covariance) - np.diag(after.covariance)
        assert (drop > -1e-9).all()
    np.testing.assert_array_equal(smoothed[-1].covariance, filtered[-1].covariance)


@pytest.mark.parametrize("block", [CONFIGURATION, VELOCITY])
def test_unmeasured_parts_keep_their_prior(skeleton: Skeleton, block: slice) -> None:
    prior = start(skeleton)
    equations = NormalEquations(np.zeros((SIZE, SIZE)), np.zeros(SIZE))
    step, covariance = updated(skeleton, prior, equations)
    np.testing.assert_allclose(step[block], 0.0, atol=1e-12)
    np.testing.assert_allclose(covariance, prior.covariance, atol=1e-9)
