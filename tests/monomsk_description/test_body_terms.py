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


def test_segments_asked_for_together_stand_where_each_stands_alone(skeleton, random_q, rng):
    names = ("calcn_r", "femur_l", "hand_r", "torso")
    q = random_q()
    terms = skeleton.body_terms(q, rng.normal(size=37))
    together = skeleton.segment_set(names).poses(terms.joint_poses)
    alone = skeleton.segment_poses(q)
    for name, pose in zip(names, together, strict=True):
        np.testing.assert_allclose(pose, alone[name].homogeneous, atol=1e-12)
    assert skeleton.segment_set(names) is skeleton.segment_set(names)
