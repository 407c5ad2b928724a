"""Rigid-body mechanics of the skeleton against first principles."""

import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

GRAVITY = 9.81


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.69, 63.0))


@pytest.fixture
def rng():
    return np.random.default_rng(1687)


@pytest.fixture
def state(skeleton, rng):
    """A configuration well inside the ranges, a velocity, an acceleration."""
    q = skeleton.integrate(skeleton.neutral(), np.r_[rng.normal(size=6), np.zeros(31)])
    inside = rng.uniform(0.15, 0.85, size=31)
    q[7:] = skeleton.lower_limits + inside * (skeleton.upper_limits - skeleton.lower_limits)
    return q, rng.normal(size=37), rng.normal(size=37)


class Bodies:
    """Mass properties of the segments in the world, by nothing but their poses."""

    def __init__(self, skeleton):
        self.skeleton = skeleton
        turn = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        segments = skeleton.anatomy.segments.values()
        self.names = [s.name for s in segments]
        self.masses = np.array([s.mass_kg for s in segments])
        self.centers = [turn @ s.center_of_mass_m for s in segments]
        self.inertias = [turn @ s.inertia_kg_m2 @ turn.T for s in segments]

    def motion(self, q, v, step=1e-5):
        """Places, velocities, rotations and angular velocities by central differences."""
        now, ahead, behind = (
            self.skeleton.segment_poses(self.skeleton.integrate(q, s * step * v))
            for s in (0, 1, -1)
        )
        places = [now[n].act(c) for n, c in zip(self.names, self.centers, strict=True)]
        velocities = [
            (ahead[n].act(c) - behind[n].act(c)) / (2 * step)
            for n, c in zip(self.names, self.centers, strict=True)
        ]
        turns = [pin.log3(ahead[n].rotation @ behind[n].rotation.T) for n in self.names]
        spins = np.array(turns) / (2 * step)
        turned = [
            now[n].rotation @ inertia @ now[n].rotation.T
            for n, inertia in zip(self.names, self.inertias, strict=True)
        ]
        return np.array(places), np.array(velocities), spins, np.array(turned)

    def kinetic_energy(self, q, v):
        _, velocities, spins, inertias = self.motion(q, v)
        linear = 0.5 * self.masses @ np.sum(velocities**2, axis=1)
        return linear + 0.5 * np.einsum("ni,nij,nj->", spins, inertias, spins)

    def potential_energy(self, q):
        places = self.motion(q, np.zeros(37))[0]
        return GRAVITY * self.masses @ places[:, 2]

    def momentum(self, q, v):
        """Linear, and angular about the whole body's centre of mass."""
        places, velocities, spins, inertias = self.motion(q, v)
        center = np.average(places, axis=0, weights=self.masses)
        orbital = np.cross(places - center, velocities * self.masses[:, None]).sum(axis=0)
        return self.masses @ velocities, orbital + np.einsum("nij,nj->i", inertias, spins)


@pytest.fixture
def bodies(skeleton):
    return Bodies(skeleton)


def _runge_kutta(skeleton, q, v, tau, step):
    def rates(dq, dv):
        moved, speed = skeleton.integrate(q, dq), v + dv
        return speed, skeleton.forward_dynamics(moved, speed, tau)

    v1, a1 = rates(np.zeros(37), np.zeros(37))
    v2, a2 = rates(0.5 * step * v1, 0.5 * step * a1)
    v3, a3 = rates(0.5 * step * v2, 0.5 * step * a2)
    v4, a4 = rates(step * v3, step * a3)
    return (
        skeleton.integrate(q, step / 6 * (v1 + 2 * v2 + 2 * v3 + v4)),
        v + step / 6 * (a1 + 2 * a2 + 2 * a3 + a4),
    )


def test_mass_matrix_is_symmetric_and_positive_definite(skeleton, state):
    mass = skeleton.mass_matrix(state[0])
    np.testing.assert_array_equal(mass, mass.T)
    assert np.linalg.eigvalsh(mass).min() > 1e-5


def test_mass_matrix_gives_the_segments_kinetic_energy(skeleton, bodies, state):
    q, v, _ = state
    energy = 0.5 * v @ skeleton.mass_matrix(q) @ v
    assert energy == pytest.approx(bodies.kinetic_energy(q, v), rel=1e-7)


def test_inverse_dynamics_is_linear_in_acceleration_through_the_mass_matrix(skeleton, state):
    q, v, a = state
    tau = skeleton.inverse_dynamics(q, v, a)
    expected = skeleton.mass_matrix(q) @ a + skeleton.bias_forces(q, v)
    np.testing.assert_allclose(tau, expected, atol=1e-9)


def test_forward_dynamics_undoes_inverse_dynamics(skeleton, state):
    q, v, a = state
    tau = skeleton.inverse_dynamics(q, v, a)
    np.testing.assert_allclose(skeleton.forward_dynamics(q, v, tau), a, atol=1e-8)


def test_forward_dynamics_agrees_with_the_articulated_body_algorithm(skeleton, state):
    """Pinocchio's ABA over the axes, pushed by what the coupling asks of each."""
    q, v, _ = state
    a = skeleton.forward_dynamics(q, v, np.zeros(37))
    coupling = skeleton._coupling
    axes = coupling.expand(q)
    v_axes, a_axes = coupling.expand_motion(axes, v, a)
    data = skeleton.model.createData()
    tau_axes = pin.rnea(skeleton.model, data, axes.q, v_axes, a_axes)
    found = pin.aba(skeleton.model, data, axes.q, v_axes, tau_axes)
    np.testing.assert_allclose(found, a_axes, atol=1e-7)
    # The coupling's inner forces do no work: nothing is left over the coordinates.
    np.testing.assert_allclose(coupling.reduce_forces(axes, tau_axes), 0.0, atol=1e-9)


def test_power_of_the_forces_is_the_energys_rate(skeleton, bodies, state):
    q, v, a = state
    step = 1e-4
    power = skeleton.inverse_dynamics(q, v, a) @ v

    def energy(t):
        moved = skeleton.integrate(q, t * v + 0.5 * t**2 * a)
        # The body-fixed angular velocity turns with the tangent; to first order v + a t.
        return bodies.kinetic_energy(moved, v + t * a) + bodies.potential_energy(moved)

    rate = (energy(step) - energy(-step)) / (2 * step)
    assert power == pytest.approx(rate, rel=1e-4)


def test_inverse_dynamics_derivatives_agree_with_finite_differences(skeleton, state):
    q, v, a = state
    by_q, by_v, by_a = skeleton.inverse_dynamics_derivatives(q, v, a)
    step = 1e-6
    for column in range(37):
        tangent = step * np.eye(37)[column]
        name = skeleton.tangent_names[column]
        moved = [skeleton.integrate(q, s * tangent) for s in (1, -1)]
        ahead, behind = (skeleton.inverse_dynamics(x, v, a) for x in moved)
        np.testing.assert_allclose(
            by_q[:, column], (ahead - behind) / (2 * step), atol=2e-5, err_msg=name
        )
        ahead, behind = (skeleton.inverse_dynamics(q, v + s * tangent, a) for s in (1, -1))
        np.testing.assert_allclose(
            by_v[:, column], (ahead - behind) / (2 * step), atol=2e-6, err_msg=name
        )
    np.testing.assert_allclose(by_a, skeleton.mass_matrix(q), atol=1e-10)


def test_a_body_at_rest_weighs_its_mass(skeleton):
    tau = skeleton.bias_forces(skeleton.neutral(), np.zeros(37))
    np.testing.assert_allclose(tau[:3], [0, 0, 63.0 * GRAVITY], atol=1e-9)
    center = skeleton.center_of_mass(skeleton.neutral())
    lever = center - skeleton.neutral()[:3]
    moment = np.cross(lever, [0, 0, 63.0 * GRAVITY])
    np.testing.assert_allclose(tau[3:6], moment, atol=1e-9)


def test_a_tumbling_body_keeps_its_energy(skeleton, bodies, state):
    q, v, _ = state
    before = bodies.kinetic_energy(q, v) + bodies.potential_energy(q)
    for _ in range(100):
        q, v = _runge_kutta(skeleton, q, v, np.zeros(37), 2e-3)
    after = bodies.kinetic_energy(q, v) + bodies.potential_energy(q)
    assert np.linalg.norm(v) > 1.0
    assert after == pytest.approx(before, abs=0.01)


def test_joint_torques_cannot_change_the_whole_bodys_momentum(skeleton, bodies, state, rng):
    """In free fall the centre of mass follows its parabola and angular momentum stays."""
    q, v, _ = state
    tau = np.r_[np.zeros(6), rng.normal(size=31) * skeleton.mass_matrix(q).diagonal()[6:]]
    start = skeleton.center_of_mass(q)
    linear, angular = bodies.momentum(q, v)
    duration_s, steps = 0.1, 100
    for _ in range(steps):
        q, v = _runge_kutta(skeleton, q, v, tau, duration_s / steps)
    linear_after, angular_after = bodies.momentum(q, v)
    fall = np.array([0, 0, -GRAVITY])
    np.testing.assert_allclose(linear_after, linear + 63.0 * fall * duration_s, atol=1e-4)
    np.testing.assert_allclose(angular_after, angular, atol=1e-4)
    expected = start + linear / 63.0 * duration_s + 0.5 * fall * duration_s**2
    np.testing.assert_allclose(skeleton.center_of_mass(q), expected, atol=1e-5)
