"""From point forces to a contact, and what the contact's numbers mean."""

import numpy as np
import pytest

from monomsk_dynamics.contact import Contact
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.soles import foot_twist_jacobian, sole_contacts


@pytest.fixture(scope="module")
def terms(skeleton):
    return evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))


def contacts(terms, feet, forces):
    contact = Contact(np.array([True, True]), np.array([0.9, 0.8]))
    return sole_contacts(terms, feet, forces, contact)


@pytest.mark.parametrize("seed", range(3))
def test_wrench_about_the_centre_of_pressure_has_no_horizontal_moment(terms, feet, seed):
    rng = np.random.default_rng(seed)
    forces = rng.uniform(0.0, 50.0, (16, 3))
    for foot, contact in enumerate(contacts(terms, feet, forces)):
        own = feet.points[foot]
        arms = terms.points[own] - contact.center_of_pressure
        moment = np.cross(arms, forces[own]).sum(axis=0)
        np.testing.assert_allclose(moment, [0.0, 0.0, contact.free_moment], atol=1e-9)
        np.testing.assert_allclose(contact.force, forces[own].sum(axis=0))
        assert contact.center_of_pressure[2] == 0.0


def test_moment_about_any_point_is_that_of_the_point_forces(terms, feet):
    forces = np.random.default_rng(3).uniform(0.0, 50.0, (16, 3))
    about = np.array([0.3, -0.2, 0.9])
    right = contacts(terms, feet, forces)[0]
    own = feet.points[0]
    expected = np.cross(terms.points[own] - about, forces[own]).sum(axis=0)
    np.testing.assert_allclose(right.moment_about(about), expected, atol=1e-9)


def test_no_load_no_centre_of_pressure(terms, feet):
    forces = np.zeros((16, 3))
    forces[feet.points[0], 2] = 10.0
    right, left = contacts(terms, feet, forces)
    assert right.in_contact
    assert not left.in_contact
    assert np.isnan(left.center_of_pressure).all()
    np.testing.assert_array_equal(left.moment_about(np.ones(3)), 0.0)


def test_the_foot_moves_as_its_points_do(skeleton, feet):
    rng = np.random.default_rng(4)
    v = rng.normal(size=37)
    v[6 + 6] = v[6 + 13] = 0.0  # toes at rest in the foot: one rigid body
    q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.2)
    terms = evaluate_frame(skeleton, q, v)
    for foot in (0, 1):
        point = feet.points[foot][3]
        twist = foot_twist_jacobian(terms, feet, foot, terms.points[point]) @ v
        np.testing.assert_allclose(twist[:3], terms.point_velocities[point], atol=1e-10)
