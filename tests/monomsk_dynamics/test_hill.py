"""Hill curves against OpenSim's De Groote-Fregly muscles (golden file of fit_muscles.py)."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from monomsk_description.muscle_parameters import MuscleParameters
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.hill import (
    active_force_length,
    fiber_state,
    force_velocity,
    passive_force_length,
    tendon_forces,
)

DATA = Path(__file__).parent / "data" / "rigid_tendon_muscles.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(DATA) as file:
        return dict(file)


@pytest.fixture(scope="module")
def parameters():
    """Of the model's right leg."""
    both = MuscleGeometry(build_skeleton(Subject(1.70, 75.337))).parameters
    return MuscleParameters(*[getattr(both, f.name)[:40] for f in fields(both)])


@pytest.fixture
def states(golden):
    """Lengths, speeds and activations of a few states in which no tendon is slack."""
    return tuple(golden[name][:4] for name in ("lengths", "speeds", "activations"))


def test_forces_are_opensims(golden, parameters):
    """Within 1 %, or a thousandth of the strongest force where a tendon is all but slack."""
    found = tendon_forces(parameters, golden["lengths"], golden["speeds"]).at(golden["activations"])
    taut = golden["lengths"] > parameters.tendon_slack_length
    shortening_too_fast = golden["forces"] < 0.0
    compare = taut & ~shortening_too_fast
    assert compare.mean() > 0.95
    tolerance = 0.01 * golden["forces"] + 1e-3 * parameters.max_isometric_force
    assert (np.abs(found - golden["forces"])[compare] < tolerance[compare]).all()
    strong = compare & (golden["forces"] > 0.05 * parameters.max_isometric_force)
    relative = np.abs(found / golden["forces"] - 1.0)[strong]
    assert strong.sum() > 1000
    assert relative.max() < 0.01
    assert np.median(relative) < 1e-3


def test_slack_tendons_do_not_push(parameters):
    lengths = parameters.tendon_slack_length * 0.9
    forces = tendon_forces(parameters, lengths, np.zeros(40))
    assert (forces.active >= 0.0).all()
    assert (np.abs(forces.at(np.ones(40))) < 1e-2 * parameters.max_isometric_force).all()


def test_curves_pass_through_their_landmarks():
    assert active_force_length(np.array(1.0)) == pytest.approx(1.0, abs=0.01)
    assert passive_force_length(np.array(1.6)) == pytest.approx(1.0, abs=1e-9)
    assert passive_force_length(np.array(0.2)) == pytest.approx(0.0, abs=1e-12)
    assert force_velocity(np.array(0.0)) == pytest.approx(1.0, abs=2e-3)
    assert force_velocity(np.array(-1.0)) == pytest.approx(0.0, abs=2e-2)
    assert 1.3 < force_velocity(np.array(1.0)) < 1.8
    speeds = np.linspace(-1.0, 1.0, 50)
    assert (np.diff(force_velocity(speeds)) > 0.0).all()


def test_fibres_keep_their_width(parameters, states):
    """Fibre length times the sine of its angle is constant, as a pennate muscle's thickness."""
    fiber = fiber_state(parameters, states[0], states[1])
    width = fiber.length * np.sqrt(1.0 - fiber.cos_pennation**2)
    expected = np.broadcast_to(np.sin(parameters.pennation), width.shape)
    np.testing.assert_allclose(width, expected, atol=1e-7)


def test_fibre_velocity_is_the_rate_of_fibre_length(parameters, states):
    lengths, speeds, _ = states
    step = 1e-6
    ahead = fiber_state(parameters, lengths + step * speeds, speeds).length
    behind = fiber_state(parameters, lengths - step * speeds, speeds).length
    velocity = fiber_state(parameters, lengths, speeds).velocity
    rate = (ahead - behind) / (2 * step) / parameters.max_contraction_velocity
    taut = fiber_state(parameters, lengths, speeds).length > 0.5
    np.testing.assert_allclose(velocity[taut], rate[taut], rtol=2e-3, atol=1e-6)


def test_torch_agrees_and_its_gradients_are_finite_differences(parameters, states):
    torch = pytest.importorskip("torch")
    lengths, speeds, activations = (torch.tensor(v, requires_grad=True) for v in states)
    found = tendon_forces(parameters, lengths, speeds).at(activations)
    plain = tendon_forces(parameters, states[0], states[1]).at(states[2])
    np.testing.assert_allclose(found.detach(), plain, rtol=1e-12)
    gradients = torch.autograd.grad(found.sum(), (lengths, speeds))
    for index, gradient in enumerate(gradients):
        step = [1e-7 * (k == index) for k in range(2)]
        ahead, behind = (
            tendon_forces(parameters, states[0] + s * step[0], states[1] + s * step[1]).at(
                states[2]
            )
            for s in (1.0, -1.0)
        )
        np.testing.assert_allclose(gradient, (ahead - behind) / 2e-7, rtol=1e-4, atol=1.0)


def test_casadi_agrees_and_its_jacobian_is_a_finite_difference(parameters, states):
    casadi = pytest.importorskip("casadi")
    x = casadi.SX.sym("lengths_speeds", 80)
    force = tendon_forces(parameters, x[:40], x[40:]).at(0.5)
    function = casadi.Function("forces", [x], [force, casadi.jacobian(force, x)])
    at = np.concatenate([states[0][0], states[1][0]])
    value, jacobian = (np.array(v) for v in function(at))

    def plain(point):
        return tendon_forces(parameters, point[:40], point[40:]).at(0.5)

    np.testing.assert_allclose(value[:, 0], plain(at), rtol=1e-12)
    for muscle in (0, 12, 33):
        for offset in (0, 40):
            step = np.zeros(80)
            step[muscle + offset] = 1e-7
            slope = (plain(at + step) - plain(at - step))[muscle] / 2e-7
            assert jacobian[muscle, muscle + offset] == pytest.approx(slope, rel=1e-4, abs=1.0)
