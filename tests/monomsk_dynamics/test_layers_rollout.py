"""Simulations and the losses built on them: physics, gradients, and what diverges."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from monomsk_dynamics.consistency import Simulation, SolvedFrame  # noqa: E402
from monomsk_dynamics.errors import OptionError, ShapeError  # noqa: E402
from monomsk_dynamics.layers import losses  # noqa: E402
from monomsk_dynamics.layers.losses import Prediction, RolloutOptions  # noqa: E402
from monomsk_dynamics.layers.pinocchio_body import PinocchioBody  # noqa: E402
from monomsk_dynamics.layers.rollout import rollout  # noqa: E402
from monomsk_dynamics.layers.torch_body import TorchBody  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_torch_thread")

PERIOD_S = 1.0 / 60.0
BACKENDS = (PinocchioBody, TorchBody)


@pytest.fixture(scope="module", params=BACKENDS, ids=lambda backend: backend.__name__)
def body(request, skeleton):
    return request.param(skeleton)


@pytest.fixture(scope="module")
def motion(skeleton, smooth_curve, derivatives):
    """Seven frames of a smooth motion with its accelerations, loaded on both soles."""
    times = 0.3 + PERIOD_S * np.arange(7)
    rates = [derivatives(time) for time in times]
    q = torch.tensor(np.array([smooth_curve(time) for time in times]))
    v, a = (torch.tensor(np.array(part)) for part in zip(*rates, strict=True))
    phases = torch.arange(16 * 3, dtype=q.dtype).reshape(16, 3)
    swing = torch.sin(3.0 * torch.tensor(times)[:, None, None] + phases)
    forces = 15.0 * swing + torch.tensor([0.0, 0.0, 40.0], dtype=q.dtype)
    tau = TorchBody(skeleton).inverse_dynamics(q, v, a, forces)
    return Prediction(q, v, tau, forces), a


def test_steps_are_those_of_the_consistency_check(skeleton, body, motion):
    predicted, a = motion
    free = body.inverse_dynamics(predicted.q, predicted.v, a)
    q, v, tau = (x[:2].numpy() for x in (*predicted[:2], free))
    reached = rollout(body, predicted.q[0], predicted.v[0], free[:2], None, PERIOD_S)
    frames = [SolvedFrame(k * PERIOD_S, q[k], v[k], tau[k]) for k in (0, 1)]
    expected = Simulation(skeleton).run(frames)
    # The check is Nyström's form of the scheme, with one mass matrix for both middle states.
    np.testing.assert_allclose(reached.q[-1], expected[0], atol=1e-4)
    np.testing.assert_allclose(reached.v[-1], expected[1], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(("smooth_loads", "armature_kg_m2"), [(True, 0.0), (False, 0.01)])
def test_a_clean_motion_returns_within_a_tenth_of_a_degree(
    skeleton, motion, smooth_loads, armature_kg_m2
):
    predicted, a = motion
    for backend in BACKENDS:
        body = backend(skeleton, armature_kg_m2=armature_kg_m2)
        tau = body.inverse_dynamics(predicted.q, predicted.v, a, predicted.forces)
        start = predicted.q[0], predicted.v[0]
        reached = rollout(body, *start, tau, predicted.forces, PERIOD_S, smooth_loads)
        assert reached.q.shape == (7, 38)
        assert not reached.diverged
        off = skeleton.difference(predicted.q[-1].numpy(), reached.q[-1].numpy())
        assert np.degrees(np.abs(off[3:])).max() < 0.1
        assert np.abs(off[:3]).max() < 1e-3


def test_smooth_loads_are_closer_to_a_smooth_motion(skeleton, motion):
    predicted, _ = motion
    body, errors = TorchBody(skeleton), []
    for smooth_loads in (False, True):
        options = RolloutOptions(span=6, smooth_loads=smooth_loads)
        loss = losses.forward_inverse_loss(body, predicted, PERIOD_S, options)
        errors.append(float(loss.coordinates_rad))
    assert errors[1] < 0.2 * errors[0]


def test_free_fall(skeleton, body, random_state):
    q, _ = random_state(3)
    start, none = torch.tensor(q)[None], torch.zeros(1, 5, 37, dtype=torch.float64)
    reached = rollout(body, start, none[:, 0], none, None, PERIOD_S)
    fallen = skeleton.center_of_mass(reached.q[0, -1].numpy()) - skeleton.center_of_mass(q)
    # From rest, without torques, everything falls alike: nothing else moves.
    np.testing.assert_allclose(fallen, [0.0, 0.0, -0.5 * 9.81 * (4 * PERIOD_S) ** 2], atol=1e-9)
    np.testing.assert_allclose(reached.q[0, -1, 3:].numpy(), q[3:], atol=1e-9)


def test_energy_is_kept_without_forces(skeleton, random_state):
    body = TorchBody(skeleton)
    q, v = (torch.tensor(x) for x in random_state(5))
    reached = rollout(body, q, v, torch.zeros(13, 37, dtype=q.dtype), None, PERIOD_S / 4.0)

    def energy(frame: int) -> float:
        q, v = reached.q[frame], reached.v[frame]
        height = skeleton.center_of_mass(q.numpy())[2]
        return float(0.5 * v @ body.mass_matrix(q) @ v) + skeleton.mass_kg * 9.81 * height

    assert abs(energy(-1) - energy(0)) < 1e-4 * abs(energy(0))


def test_gradients_of_a_rollout_match_finite_differences(skeleton, body, motion):
    predicted, _ = motion
    inputs = [predicted.q[0], predicted.v[0], predicted.tau[:4], predicted.forces[:4]]
    rng = np.random.default_rng(7)
    weights = torch.tensor(rng.normal(size=(4, 38 + 37)))

    def value(*state):
        reached = rollout(body, *state, PERIOD_S)
        return (torch.cat([reached.q, reached.v], dim=-1) * weights).sum()

    variables = [x.clone().requires_grad_() for x in inputs]
    found = torch.autograd.grad(value(*variables), variables)
    for place, gradient in enumerate(found):
        direction = torch.tensor(rng.normal(size=gradient.shape))
        step = 1e-5
        ends = []
        for sign in (1.0, -1.0):
            moved = list(inputs)
            moved[place] = inputs[place] + sign * step * direction
            ends.append(float(value(*moved)))
        number, analytical = (ends[0] - ends[1]) / (2.0 * step), float((gradient * direction).sum())
        assert abs(number - analytical) < 1e-5 * abs(analytical)


def test_backends_simulate_alike(skeleton, motion):
    predicted, _ = motion
    results = []
    for backend in BACKENDS:
        body = backend(skeleton, armature_kg_m2=0.01)
        variables = [x[:5].clone().requires_grad_() for x in predicted]
        loss = losses.forward_inverse_loss(body, Prediction(*variables), PERIOD_S).total
        results.append((loss.detach(), *torch.autograd.grad(loss, variables)))
    for own, other in zip(*results, strict=True):
        assert float((own - other).abs().max()) < 1e-9 * float(other.abs().max()) + 1e-15


def test_loss_is_small_for_a_consistent_prediction_and_grows_with_a_torque_error(body, motion):
    predicted, _ = motion
    options = RolloutOptions(smooth_loads=True)
    consistent = losses.forward_inverse_loss(body, predicted, PERIOD_S, options)
    assert consistent.total < 1e-4
    assert consistent.coordinates_rad < np.radians(0.1)
    assert consistent.diverged == 0.0
    wrong = predicted.tau.clone()
    wrong[:, 6 + 3] += 5.0  # a knee
    inconsistent = losses.forward_inverse_loss(
        body, predicted._replace(tau=wrong), PERIOD_S, options
    )
    assert inconsistent.total > 100.0 * consistent.total


def test_descending_the_loss_finds_the_torque(skeleton, motion):
    predicted, _ = motion
    body, right = TorchBody(skeleton), predicted.tau
    joints = [6, 9]  # right hip flexion and knee
    correction = torch.zeros(2, dtype=right.dtype, requires_grad=True)
    error = torch.tensor([6.0, -4.0], dtype=right.dtype)
    optimizer = torch.optim.LBFGS([correction], max_iter=6, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        tau = right.index_add(-1, torch.tensor(joints), (error + correction).expand(7, 2))
        wrong = predicted._replace(tau=tau)
        loss = losses.forward_inverse_loss(
            body, wrong, PERIOD_S, RolloutOptions(3, 3, smooth_loads=True)
        ).total
        loss.backward()
        return loss.detach()

    optimizer.step(closure)
    np.testing.assert_allclose(correction.detach().numpy(), -error.numpy(), atol=0.3)


def test_a_diverging_simulation_is_counted_and_harms_no_gradient(body, motion):
    predicted, _ = motion
    tau = torch.stack([predicted.tau, predicted.tau])
    tau[1, 2:, 6:] += 1e5
    others = (torch.stack([x, x]) for x in (predicted.q, predicted.v, predicted.forces))
    q, v, forces = (x.requires_grad_() for x in others)
    tau.requires_grad_()
    options = RolloutOptions(span=6, stride=6, smooth_loads=True)
    result = losses.forward_inverse_loss(body, Prediction(q, v, tau, forces), PERIOD_S, options)
    assert result.diverged == 0.5
    assert result.total < 1e-4
    result.total.backward()
    for x in (q, v, tau, forces):
        assert torch.isfinite(x.grad).all()
        assert x.grad[1].abs().max() == 0.0
    assert tau.grad[0].abs().max() > 0.0


def test_residual_is_the_missing_torque(body, motion):
    predicted, a = motion
    residual = losses.equation_of_motion_residual(body, predicted, a)
    assert residual.abs().max() < 1e-8
    more = predicted._replace(tau=predicted.tau + 2.0)
    torch.testing.assert_close(
        losses.equation_of_motion_residual(body, more, a), torch.full_like(residual, -2.0)
    )


def test_too_few_frames_are_refused(body, motion):
    predicted, _ = motion
    with pytest.raises(ShapeError, match="needs two"):
        rollout(body, predicted.q[0], predicted.v[0], predicted.tau[:1], None, PERIOD_S)
    with pytest.raises(ShapeError, match="7 frames"):
        losses.forward_inverse_loss(body, predicted, PERIOD_S, RolloutOptions(span=7))
    with pytest.raises(OptionError, match="span"):
        RolloutOptions(span=0)
