"""Both torch backends against the skeleton, finite differences, and each other."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from monomsk_dynamics.errors import ShapeError  # noqa: E402
from monomsk_dynamics.layers import manifold  # noqa: E402
from monomsk_dynamics.layers.pinocchio_body import PinocchioBody  # noqa: E402
from monomsk_dynamics.layers.torch_body import TorchBody  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_torch_thread")

BACKENDS = (PinocchioBody, TorchBody)


@pytest.fixture(scope="module")
def sample(skeleton):
    """q, v, a, forces of five bodies as arrays; knees at zero, bent, and beyond their range."""
    rng = np.random.default_rng(0)
    q = [skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.4) for _ in range(5)]
    q = np.array(q)
    q[:, 7 + skeleton.coordinate_index("knee_angle_r")] = [0.0, 0.7, 1.9, 2.3, -0.1]
    v, a = rng.normal(size=(5, 37)), 5.0 * rng.normal(size=(5, 37))
    return q, v, a, 50.0 * rng.normal(size=(5, 16, 3))


@pytest.fixture(scope="module", params=BACKENDS, ids=lambda backend: backend.__name__)
def body(request, skeleton):
    return request.param(skeleton)


def tensors(*arrays):
    return tuple(torch.tensor(array) for array in arrays)


def each(function, *arrays):
    return np.array([function(*row) for row in zip(*arrays, strict=True)])


def gradients(function, *inputs):
    """Gradients of a fixed weighted sum of a function's outputs."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    output = function(*inputs)
    weights = torch.linspace(-1.0, 1.3, output.numel(), dtype=output.dtype).sin()
    return torch.autograd.grad((output.flatten() * weights).sum(), inputs)


def relative(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


def worst_relative_error(function, *inputs):
    """Of gradients over the manifold against central differences, per input, all directions."""
    found = gradients(function, *inputs)
    weights = None
    worst = 0.0
    for place, (x, gradient) in enumerate(zip(inputs, found, strict=True)):
        step, numbers, flat = 1e-5, [], gradient.flatten()
        for index in range(x.numel()):
            values = []
            for sign in (1.0, -1.0):
                moved = x.detach().clone().flatten()
                moved[index] += sign * step
                arguments = [*inputs]
                arguments[place] = moved.reshape(x.shape)
                output = function(*arguments)
                if weights is None:
                    weights = torch.linspace(-1.0, 1.3, output.numel(), dtype=torch.float64).sin()
                values.append(float((output.flatten() * weights).sum()))
            numbers.append((values[0] - values[1]) / (2.0 * step))
        worst = max(worst, relative(flat, torch.tensor(numbers, dtype=torch.float64)))
    return worst


def test_values_are_the_skeletons(skeleton, body, sample):
    q, v, a, forces = sample
    jacobians = each(lambda q: skeleton.point_jacobians(q, skeleton.soles), q)
    tau = each(skeleton.inverse_dynamics, q, v, a)
    loaded = tau - np.einsum("bnci,bnc->bi", jacobians, forces)
    points = each(lambda q: skeleton.points(q, skeleton.landmarks), q)
    q, v, a, forces = tensors(*sample)
    np.testing.assert_allclose(body.inverse_dynamics(q, v, a).numpy(), tau, atol=1e-9)
    np.testing.assert_allclose(body.inverse_dynamics(q, v, a, forces).numpy(), loaded, atol=1e-9)
    np.testing.assert_allclose(body.points(q, skeleton.landmarks).numpy(), points, atol=1e-12)
    masses = each(skeleton.mass_matrix, sample[0])
    np.testing.assert_allclose(body.mass_matrix(q).numpy(), masses, atol=1e-12)
    accelerations = body.forward_dynamics(q, v, torch.tensor(loaded), forces).numpy()
    np.testing.assert_allclose(accelerations, sample[2], atol=1e-9)


def test_gradients_of_points_match_finite_differences(skeleton, body, sample):
    q = torch.tensor(sample[0][:2])
    assert worst_relative_error(lambda q: body.points(q, skeleton.landmarks), q) < 1e-7


def test_gradients_of_inverse_dynamics_match_finite_differences(body, sample):
    # The second sample: an arbitrary knee angle, away from the knots of its curves.
    q, v, a, forces = (x[1:2] for x in tensors(*sample))
    assert worst_relative_error(body.inverse_dynamics, q, v, a, forces) < 1e-6


def test_gradients_of_forward_dynamics_match_finite_differences(body, sample):
    q, v, a, forces = (x[1:2] for x in tensors(*sample))
    with torch.no_grad():
        tau = body.inverse_dynamics(q, v, a, forces)
    assert worst_relative_error(body.forward_dynamics, q, v, tau, forces) < 1e-5


def test_backends_have_the_same_gradients(skeleton, sample):
    bodies = [backend(skeleton, armature_kg_m2=0.01) for backend in BACKENDS]
    q, v, a, forces = tensors(*sample)
    for name in ("inverse_dynamics", "forward_dynamics"):
        own, other = (gradients(getattr(body, name), q, v, a, forces) for body in bodies)
        assert max(map(relative, own, other)) < 1e-9
    own, other = (gradients(lambda q, b=b: b.points(q, skeleton.soles), q) for b in bodies)
    assert relative(own[0], other[0]) < 1e-9


def test_implicit_gradients_are_those_through_the_factorisation(skeleton, sample):
    body = TorchBody(skeleton)
    q, v, a, forces = tensors(*sample)

    def explicit(q, v, tau, forces):
        mass_matrix, bias = body.equations_of_motion(q, v, forces)
        return torch.linalg.solve(mass_matrix, tau - bias)

    found = gradients(body.forward_dynamics, q, v, 10.0 * a, forces)
    assert max(map(relative, found, gradients(explicit, q, v, 10.0 * a, forces))) < 1e-9


def test_gradient_over_q_is_the_skeletons_tangent_gradient(skeleton, body, sample):
    q, v, a = (x[1:2] for x in tensors(*sample[:3]))
    (over_q,) = gradients(lambda q: body.inverse_dynamics(q, v, a), q)
    weights = np.sin(np.linspace(-1.0, 1.3, 37))
    tangent = weights @ skeleton.inverse_dynamics_derivatives(*(x[1] for x in sample[:3]))[0]
    expected = manifold.configuration_gradient(q, torch.tensor(tangent[None]))
    assert relative(over_q, expected) < 1e-9


def test_any_number_of_batch_dimensions(body, sample):
    q, v, a, forces = tensors(*(x[:4] for x in sample))
    flat = body.forward_dynamics(q, v, a, forces)
    split = (x.reshape(2, 2, *x.shape[1:]) for x in (q, v, a, forces))
    torch.testing.assert_close(body.forward_dynamics(*split), flat.reshape(2, 2, 37))
    single = body.forward_dynamics(q[0], v[0], a[0], forces[0])
    torch.testing.assert_close(single, flat[0], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(body.mass_matrix(q[0]), body.mass_matrix(q)[0])


def test_armature_is_in_both_directions(skeleton, sample):
    q, v, a, forces = tensors(*sample)
    for backend in BACKENDS:
        bare, geared = backend(skeleton), backend(skeleton, armature_kg_m2=0.02)
        tau = geared.inverse_dynamics(q, v, a, forces)
        more = tau - bare.inverse_dynamics(q, v, a, forces)
        torch.testing.assert_close(more[:, 6:], 0.02 * a[:, 6:], rtol=0.0, atol=1e-9)
        assert more[:, :6].abs().max() < 1e-9
        torch.testing.assert_close(geared.forward_dynamics(q, v, tau, forces), a)


def test_single_precision(skeleton, sample):
    q, v, a, forces = (x.float() for x in tensors(*sample))
    expected = TorchBody(skeleton).inverse_dynamics(*tensors(*sample))
    found = TorchBody(skeleton).float().inverse_dynamics(q, v, a, forces)
    assert found.dtype == torch.float32
    assert relative(found.double(), expected) < 1e-5
    precise = PinocchioBody(skeleton).inverse_dynamics(q, v, a, forces)
    assert precise.dtype == torch.float32
    assert relative(precise.double(), expected) < 1e-5


@pytest.mark.parametrize("device", ["meta", "cuda"])
def test_torch_body_stays_on_its_device(skeleton, sample, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    # "meta" computes shapes only, yet refuses operands on different devices.
    body = TorchBody(skeleton).to(device)
    q, v, a, forces = (x.to(device).requires_grad_() for x in tensors(*sample))
    result = body.forward_dynamics(q, v, a, forces).sum() + body.points(q, body.contacts).sum()
    result.backward()
    assert result.device.type == device
    assert forces.grad.shape == forces.shape
    if device == "cuda":
        expected = gradients(TorchBody(skeleton).forward_dynamics, *tensors(*sample))
        found = gradients(body.forward_dynamics, q, v, a, forces)
        assert max(map(relative, (x.cpu() for x in found), expected)) < 1e-9


def test_forces_of_the_wrong_shape_are_refused(body, sample):
    q, v, a, forces = tensors(*sample)
    with pytest.raises(ShapeError, match="forces"):
        body.forward_dynamics(q, v, a, forces[:, :15])


def test_pinocchio_refuses_another_device(skeleton, sample):
    q = torch.tensor(sample[0]).to("meta")
    with pytest.raises(ShapeError, match="TorchBody"):
        PinocchioBody(skeleton).points(q, skeleton.soles)
