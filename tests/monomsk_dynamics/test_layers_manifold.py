"""Steps, differences and gradients on the manifold of configurations, in torch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from monomsk_dynamics.layers import manifold  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_torch_thread")

DOUBLE = torch.float64


def states(skeleton, count=4, spread=0.5):
    rng = np.random.default_rng(3)
    steps = rng.normal(size=(count, 37)) * spread
    return np.array([skeleton.integrate(skeleton.neutral(), step) for step in steps])


def tangents(scale, count=4):
    return np.random.default_rng(4).normal(size=(count, 37)) * scale


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-3, 0.1, 1.0])
def test_integrate_and_difference_agree_with_the_skeleton(skeleton, scale):
    q, step = states(skeleton), tangents(scale)
    reached = manifold.integrate(torch.tensor(q), torch.tensor(step)).numpy()
    expected = np.array([skeleton.integrate(*pair) for pair in zip(q, step, strict=True)])
    np.testing.assert_allclose(reached, expected, atol=1e-14)
    back = manifold.difference(torch.tensor(q), torch.tensor(expected)).numpy()
    wanted = [skeleton.difference(*pair) for pair in zip(q, expected, strict=True)]
    np.testing.assert_allclose(back, np.array(wanted), atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 0.19, 0.21, 1.5, 3.1])
def test_gradients_of_integrate_and_difference_match_finite_differences(skeleton, angle):
    q = torch.tensor(states(skeleton, 1), requires_grad=True)
    step = tangents(0.3, 1)
    step[:, 3:6] *= angle / np.linalg.norm(step[:, 3:6], axis=1, keepdims=True)
    step = torch.tensor(step, requires_grad=True)
    assert torch.autograd.gradcheck(manifold.integrate, (q, step), rtol=1e-6, atol=1e-8)
    target = manifold.integrate(q, step).detach().requires_grad_()
    assert torch.autograd.gradcheck(manifold.difference, (q, target), rtol=1e-5, atol=1e-7)


def test_quaternion_length_is_immaterial(skeleton):
    q = torch.tensor(states(skeleton))
    longer = q.clone()
    longer[:, 3:7] *= 2.5
    step = torch.tensor(tangents(0.3))
    torch.testing.assert_close(manifold.integrate(longer, step), manifold.integrate(q, step))
    torch.testing.assert_close(manifold.normalized(longer), q)


def test_configuration_gradient_is_the_tangent_gradient_over_38_numbers(skeleton):
    q = torch.tensor(states(skeleton))
    q[:, 3:7] *= torch.tensor([0.5, 1.0, 2.0, 3.0])[:, None]
    weights = torch.tensor(tangents(1.0))

    def value(at):
        turned = manifold.quaternion_matrix(at[:, 3:7]) @ weights[:, 3:6, None]
        return (
            turned[..., 0].sin().sum(-1) * at[:, 0] + (at[:, 7:] * weights[:, 6:]).sum(-1)
        ).sum()

    over_q = torch.autograd.grad(value(q.requires_grad_()), q)[0]
    zero = torch.zeros(4, 37, dtype=DOUBLE, requires_grad=True)
    over_tangent = torch.autograd.grad(value(manifold.integrate(q.detach(), zero)), zero)[0]
    torch.testing.assert_close(manifold.configuration_gradient(q, over_tangent), over_q)
    # No gradient along the quaternion: its length means nothing.
    along = (over_q[:, 3:7] * q[:, 3:7]).sum(-1)
    assert along.abs().max() < 1e-12


def test_configuration_from_two_directions():
    rng = np.random.default_rng(5)
    columns = torch.tensor(rng.normal(size=(50, 6)))
    q = manifold.configuration(torch.zeros(50, 3), columns, torch.zeros(50, 31))
    rotation = manifold.quaternion_matrix(q[:, 3:7])
    identity = torch.eye(3, dtype=DOUBLE).expand(50, 3, 3)
    torch.testing.assert_close(rotation @ rotation.transpose(1, 2), identity)
    first = torch.nn.functional.normalize(columns[:, :3], dim=-1)
    torch.testing.assert_close(rotation[:, :, 0], first)
    assert (torch.linalg.det(rotation) > 0.9).all()
    assert ((rotation[:, :, 1] * columns[:, 3:]).sum(-1) > 0.0).all()


def test_quaternion_of_a_matrix_at_half_turns():
    quaternions = torch.eye(4, dtype=DOUBLE)
    found = manifold.matrix_quaternion(manifold.quaternion_matrix(quaternions))
    torch.testing.assert_close(found.abs(), quaternions)
