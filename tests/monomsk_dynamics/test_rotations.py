"""Quaternion algebra against Pinocchio, and angular rates against finite differences."""

import numpy as np
import pinocchio as pin
import pytest

from monomsk_dynamics import rotations


def random_quaternions(seed: int, count: int = 20) -> np.ndarray:
    q = np.random.default_rng(seed).normal(size=(count, 4))
    return q / np.linalg.norm(q, axis=1)[:, None]


def test_matrix_equals_pinocchio():
    for q in random_quaternions(0):
        np.testing.assert_allclose(
            rotations.matrix(q), pin.Quaternion(q).toRotationMatrix(), atol=1e-14
        )


def test_product_of_quaternions_is_product_of_rotations():
    a, b = random_quaternions(1), random_quaternions(2)
    both = rotations.matrix(rotations.multiply(a, b))
    np.testing.assert_allclose(both, rotations.matrix(a) @ rotations.matrix(b), atol=1e-14)


@pytest.mark.parametrize("length", [0.0, 1e-9, 0.3, 3.1])
def test_log_undoes_exp(length):
    vector = length * np.array([0.6, -0.64, 0.48])
    np.testing.assert_allclose(rotations.log(rotations.exp(vector)), vector, atol=1e-12)


def test_log_takes_the_short_way_whatever_the_sign():
    q = rotations.exp(np.array([0.2, 0.1, -0.4]))
    np.testing.assert_allclose(rotations.log(-q), rotations.log(q), atol=1e-14)


def test_continuous_signs():
    angles = np.linspace(0.0, 20.0, 200)
    curve = rotations.exp(angles[:, None] * np.array([0.0, 0.0, 1.0]))
    flipped = curve * np.where(np.random.default_rng(3).random(200) < 0.5, -1.0, 1.0)[:, None]
    steps = np.diff(rotations.continuous(flipped), axis=0)
    assert np.linalg.norm(steps, axis=1).max() < 0.06


def test_skew_is_the_cross_product():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 7, 3))
    np.testing.assert_allclose(
        np.einsum("nij,nj->ni", rotations.skew(a), b), np.cross(a, b), atol=1e-14
    )


def test_body_rates_of_a_curve_of_any_length_equal_finite_differences():
    def curve(t: float) -> np.ndarray:
        return np.array([np.sin(t), 0.5 * np.cos(2 * t), 0.3 * t, 1.5 + 0.2 * np.sin(3 * t)])

    def unit(t: float) -> np.ndarray:
        return curve(t) / np.linalg.norm(curve(t))

    def omega(t: float, h: float = 1e-5) -> np.ndarray:
        turn = rotations.multiply(rotations.conjugate(unit(t - h)), unit(t + h))
        return rotations.log(turn) / (2 * h)

    t, h = 0.7, 1e-4
    first = (curve(t + h) - curve(t - h)) / (2 * h)
    second = (curve(t + h) - 2 * curve(t) + curve(t - h)) / h**2
    rate, change = rotations.body_rates(curve(t)[None], first[None], second[None])
    np.testing.assert_allclose(rate[0], omega(t), atol=1e-6)
    np.testing.assert_allclose(change[0], (omega(t + h) - omega(t - h)) / (2 * h), atol=1e-5)


def test_one_at_a_time_equals_many_at_once():
    q = random_quaternions(7)
    vectors = np.random.default_rng(8).normal(size=(20, 3))
    for k in range(len(q)):
        one, other, vector = q[k], q[k - 1], vectors[k]
        np.testing.assert_allclose(rotations.matrix(one), rotations.matrix(q)[k], atol=1e-15)
        many = rotations.multiply(q, np.roll(q, 1, axis=0))[k]
        np.testing.assert_allclose(rotations.multiply(one, other), many, atol=1e-15)
        np.testing.assert_allclose(rotations.log(one), rotations.log(q)[k], atol=1e-14)
        np.testing.assert_allclose(rotations.exp(vector), rotations.exp(vectors)[k], atol=1e-15)
        np.testing.assert_array_equal(rotations.skew(vector), rotations.skew(vectors)[k])
        product = rotations.cross(vector, vectors[k - 1])
        np.testing.assert_allclose(product, np.cross(vector, vectors[k - 1]), atol=1e-15)
