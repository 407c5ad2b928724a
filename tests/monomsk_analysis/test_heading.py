"""Exports face forward: the same physics in a ground turned about the vertical."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monomsk_analysis.analysis import Analysis, analyse
from monomsk_analysis.heading import face_forward, mean_heading
from monomsk_analysis.motion import split_motion
from monomsk_analysis.opensim_kinematics import opensim_from_configuration
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

HEADING = 2.5


@pytest.fixture(scope="module")
def turned_stander() -> Analysis:
    """Somebody who leans a little forward and faces away from the world's x."""
    skeleton = build_skeleton(Subject(1.75, 70.0))
    q = skeleton.neutral()
    pose = Rotation.from_euler("ZY", [HEADING, 0.1])
    q[3:7] = pose.as_quat()
    q[2] -= skeleton.points(q, skeleton.soles)[:, 2].min()
    times = np.arange(40) / 60.0
    stamps = (times * 1e9).astype(np.int64)
    split = split_motion(stamps, [q] * len(stamps), skeleton)
    return analyse(skeleton, times, split)


def test_mean_heading_averages_across_the_half_turn() -> None:
    q = np.zeros((2, 38))
    q[:, 3:7] = Rotation.from_rotvec([[0, 0, np.pi - 0.1], [0, 0, -np.pi + 0.1]]).as_quat()
    assert abs(abs(mean_heading(q)) - np.pi) < 1e-9


def test_the_person_faces_x_afterwards(turned_stander: Analysis) -> None:
    turned, angle = face_forward(turned_stander)
    assert angle == pytest.approx(-HEADING)
    q = np.array([result.q for result in turned.results])
    assert mean_heading(q) == pytest.approx(0.0, abs=1e-9)


def test_a_forward_lean_is_negative_tilt_whatever_the_heading(turned_stander: Analysis) -> None:
    before = opensim_from_configuration(turned_stander.results[0].q[None])[0, 0]
    turned, _ = face_forward(turned_stander)
    after = opensim_from_configuration(turned.results[0].q[None])[0, 0]
    assert before > 0.0
    # The dynamics may lean an unsure motion a little.
    assert after == pytest.approx(-0.1, abs=0.01)


def test_forces_turn_with_the_body(turned_stander: Analysis) -> None:
    turned, angle = face_forward(turned_stander)
    skeleton = turned_stander.skeleton
    rotation = Rotation.from_euler("z", angle).as_matrix()
    for old, new in zip(turned_stander.results[10].soles, turned.results[10].soles, strict=True):
        np.testing.assert_allclose(new.force, rotation @ old.force, atol=1e-9)
    old_sigma, new_sigma = (run.results[10].sole_force_sigma for run in (turned_stander, turned))
    for own, moved in zip(old_sigma, new_sigma, strict=True):
        covariance = rotation @ np.diag(own**2) @ rotation.T
        np.testing.assert_allclose(moved**2, np.diag(covariance))
    total = sum(sole.force[2] for sole in turned.results[10].soles)
    assert total == pytest.approx(skeleton.mass_kg * 9.81, rel=0.01)
    place = skeleton.points(turned.results[10].q, skeleton.soles).mean(axis=0)
    pressure = turned.results[10].soles[0].center_of_pressure
    assert np.linalg.norm((pressure - place)[:2]) < 0.3
