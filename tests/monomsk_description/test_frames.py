import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import (
    ROTATION_REP103_OPENSIM,
    rotation_from_body_xyz,
    rotation_to_rep103,
    to_opensim,
    to_rep103,
)


def test_axes_mean_what_the_conventions_say():
    forward, up, right = np.eye(3)
    np.testing.assert_array_equal(to_rep103(forward), [1, 0, 0])
    np.testing.assert_array_equal(to_rep103(up), [0, 0, 1])
    np.testing.assert_array_equal(to_rep103(right), [0, -1, 0])


def test_conversions_undo_each_other_and_turn_nothing_inside_out(rng):
    vectors = rng.normal(size=(4, 5, 3))
    np.testing.assert_array_equal(to_opensim(to_rep103(vectors)), vectors)
    assert np.linalg.det(ROTATION_REP103_OPENSIM) == 1.0


def test_a_rotation_means_the_same_in_both_conventions(rng):
    rotation, vector = Rotation.random(rng=rng).as_matrix(), rng.normal(size=3)
    np.testing.assert_allclose(
        rotation_to_rep103(rotation) @ to_rep103(vector), to_rep103(rotation @ vector), atol=1e-14
    )


def test_body_fixed_angles_agree_with_scipy(rng):
    for angles in rng.uniform(-3, 3, size=(10, 3)):
        expected = Rotation.from_euler("XYZ", angles).as_matrix()
        np.testing.assert_allclose(rotation_from_body_xyz(angles), expected, atol=1e-14)
