"""The terms of an instant together equal those asked for one by one."""

import numpy as np


def test_terms_together_equal_those_one_by_one(skeleton, random_q, rng):
    for _ in range(5):
        q, v = random_q(), rng.normal(size=37)
        terms = skeleton.body_terms(q, v)
        positions = skeleton.soles.positions(terms.joint_poses)
        jacobians = skeleton.soles.jacobians(positions, terms.columns)
        center = terms.center_of_mass.copy()
        np.testing.assert_allclose(terms.mass_matrix, skeleton.mass_matrix(q), atol=1e-12)
        np.testing.assert_allclose(terms.bias, skeleton.bias_forces(q, v), atol=1e-9)
        np.testing.assert_allclose(center, skeleton.center_of_mass(q), atol=1e-12)
        alone = skeleton.points_with_jacobians(q, skeleton.soles)
        np.testing.assert_allclose(positions, alone[0], atol=1e-12)
        np.testing.assert_allclose(jacobians, alone[1], atol=1e-12)
