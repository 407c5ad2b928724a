"""Joint contact forces in torch and CasADi: as `JointLoads`, slopes as finite differences."""

import numpy as np
import pytest

from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.joint_loads import JointLoads
from monomsk_dynamics.results import BodyDynamics, SoleContact

STEP = 1e-6


@pytest.fixture(scope="module")
def geometry(skeleton):
    return MuscleGeometry(skeleton)


@pytest.fixture
def instants(random_state):
    """q, v, a, sole forces (2, 3) and muscle forces (80) of three instants."""
    rng = np.random.default_rng(3)
    states = [random_state(seed) for seed in (4, 5, 6)]
    accelerations = rng.normal(scale=3.0, size=(3, 37))
    soles = rng.normal(scale=100.0, size=(3, 2, 3)) + [0.0, 0.0, 400.0]
    tendons = rng.uniform(0.0, 800.0, size=(3, 80))
    q, v = (np.array(values) for values in zip(*states, strict=True))
    return q, v, accelerations, soles, tendons


def expected_forces(loads, q, v, a, soles, tendons):
    places = np.zeros(3)
    contacts = tuple(SoleContact(True, 1.0, force, places, 0.0) for force in soles)
    zero = np.zeros(37)
    instant = BodyDynamics(0, q, v, a, zero, zero, contacts, np.zeros(6), float("nan"))
    return loads.forces(instant, tendons).forces


def test_torch_gives_the_same_forces(skeleton, geometry, instants):
    torch = pytest.importorskip("torch")
    from monomsk_dynamics.layers.torch_joint_loads import TorchJointLoads

    loads, layer = JointLoads(skeleton, geometry), TorchJointLoads(skeleton, geometry)
    found = layer(*(torch.tensor(values) for values in instants)).numpy()
    assert layer.joints == loads.joints
    for row, forces in enumerate(found):
        wanted = expected_forces(loads, *(values[row] for values in instants))
        np.testing.assert_allclose(forces, wanted, atol=1e-7)


def test_casadi_gives_the_same_forces(skeleton, geometry, instants):
    pytest.importorskip("casadi")
    from monomsk_dynamics.layers.casadi_joint_loads import build_joint_load_function

    loads, function = JointLoads(skeleton, geometry), build_joint_load_function(skeleton, geometry)
    for row in range(3):
        instant = [values[row] for values in instants]
        q, v, a, soles, tendons = instant
        found = np.array(function(q, v, a, soles.T, tendons)).T
        np.testing.assert_allclose(found, expected_forces(loads, *instant), atol=1e-7)


def test_torch_gradients_are_finite_differences(skeleton, geometry, instants):
    torch = pytest.importorskip("torch")
    from monomsk_dynamics.layers.torch_joint_loads import TorchJointLoads

    layer, rng = TorchJointLoads(skeleton, geometry), np.random.default_rng(7)
    weights = torch.tensor(rng.normal(size=(3, 6, 3)))
    x = [torch.tensor(values, requires_grad=True) for values in instants]
    gradients = torch.autograd.grad((layer(*x) * weights).sum(), x)
    for index, gradient in enumerate(gradients):
        direction = torch.tensor(rng.normal(size=gradient.shape))
        ahead, behind = (
            (layer(*[
                value.detach() + s * STEP * direction if number == index else value.detach()
                for number, value in enumerate(x)
            ]) * weights).sum()
            for s in (1.0, -1.0)
        )  # fmt: skip
        slope = float((ahead - behind) / (2 * STEP))
        assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-3)


def test_casadi_derivatives_are_finite_differences(skeleton, geometry, instants):
    ca = pytest.importorskip("casadi")
    from monomsk_dynamics.layers.casadi_joint_loads import build_joint_load_function

    function = build_joint_load_function(skeleton, geometry)
    q, v, a, soles, tendons = (values[0] for values in instants)
    inputs = [ca.MX.sym(f"x{i}", *function.size_in(i)) for i in range(5)]
    slopes = ca.Function(
        "slopes", inputs, [ca.jtimes(function(*inputs), inputs[0], ca.DM.ones(38))]
    )
    along = np.array(slopes(q, v, a, soles.T, tendons))
    ahead, behind = (np.array(function(q + s * STEP, v, a, soles.T, tendons)) for s in (1.0, -1.0))
    np.testing.assert_allclose(along, (ahead - behind) / (2 * STEP), rtol=1e-5, atol=1e-2)
