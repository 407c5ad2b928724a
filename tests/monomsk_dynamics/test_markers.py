"""Shapes lie where the body and its forces are."""

import numpy as np
import pytest

from monomsk_dynamics.markers import METRES_PER_NEWTON, NAMES, Arrow, Lines, shapes
from monomsk_dynamics.results import BodyDynamics, SoleContact


@pytest.fixture
def result(skeleton):
    on = SoleContact(True, 0.9, np.array([10.0, 0.0, 700.0]), np.array([0.1, -0.1, 0.0]), 0.0)
    off = SoleContact(False, 0.1, np.zeros(3), np.full(3, np.nan), 0.0)
    zero = np.zeros(37)
    return BodyDynamics(
        0, skeleton.neutral(), zero, zero, zero, zero, (on, off), np.zeros(6), float("nan")
    )


def test_a_loaded_sole_has_an_arrow_and_an_unloaded_one_none(skeleton, result):
    drawn = {shape.name: shape for shape in shapes(result, skeleton)}
    assert set(drawn) <= set(NAMES)
    assert "force_l" not in drawn
    arrow = drawn["force_r"]
    assert isinstance(arrow, Arrow)
    np.testing.assert_allclose(arrow.end - arrow.start, METRES_PER_NEWTON * result.soles[0].force)
    np.testing.assert_allclose(arrow.start, result.soles[0].center_of_pressure)


def test_bones_run_from_joint_to_joint(skeleton, result):
    bones = shapes(result, skeleton)[0]
    assert isinstance(bones, Lines)
    assert len(bones.starts) == len(skeleton.anatomy.joints)
    lengths = np.linalg.norm(bones.ends - bones.starts, axis=1)
    assert lengths.max() < 0.6
    assert bones.ends[:, 2].min() > -0.01
