"""Models with fewer coordinates than the full body, and how to complete them."""

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.completion import complete
from monomsk_description.errors import IncompleteSkeletonError
from monomsk_description.osim_writer import osim_text
from monomsk_description.skeleton import Skeleton, personal_skeleton

WELDED = ("subtalar_r", "radius_hand_l", "walker_knee_l")
LOST = ("subtalar_angle_r", "wrist_flex_l", "wrist_dev_l", "knee_angle_l")


@pytest.fixture(scope="module")
def welded(skeleton) -> Skeleton:
    """The skeleton with some joints welded where they are at zero, in frames of another kind."""
    anatomy = skeleton.anatomy
    joints = [
        replace(
            joint,
            axes=(),
            in_parent=joint.at_zero(),
            in_child=type(joint.in_child)(np.eye(3), np.zeros(3)),
        )
        if joint.name in WELDED
        else joint
        for joint in anatomy.joints
    ]
    ranges = {n: r for n, r in anatomy.coordinate_ranges_rad.items() if n not in LOST}
    return Skeleton(
        skeleton.subject, replace(anatomy, joints=tuple(joints), coordinate_ranges_rad=ranges)
    )


def _drop(skeleton, welded, q):
    """The full configuration's part that the welded skeleton has."""
    kept = [7 + skeleton.coordinate_index(n) for n in welded.coordinate_names]
    return np.r_[q[:7], q[kept]]


@pytest.fixture
def pose(skeleton, random_q):
    q = random_q()
    q[[7 + skeleton.coordinate_index(name) for name in LOST]] = 0.0
    return q


def test_a_welded_skeleton_works_on_its_own(skeleton, welded, pose):
    assert welded.nv == 37 - len(LOST)
    assert set(skeleton.coordinate_names) - set(welded.coordinate_names) == set(LOST)
    q = _drop(skeleton, welded, pose)
    np.testing.assert_allclose(
        welded.points(q, welded.landmarks), skeleton.points(pose, skeleton.landmarks), atol=1e-12
    )
    v, a = np.linspace(-1, 1, welded.nv), np.linspace(2, -3, welded.nv)
    tau = welded.inverse_dynamics(q, v, a)
    np.testing.assert_allclose(welded.forward_dynamics(q, v, tau), a, atol=1e-8)


def test_welded_segments_stay_addressable(skeleton, welded, pose):
    q = _drop(skeleton, welded, pose)
    full, poses = skeleton.segment_poses(pose), welded.segment_poses(q)
    assert set(poses) == set(full)
    for name, placement in full.items():
        error = placement.actInv(poses[name])
        assert np.linalg.norm(error.translation) < 1e-12
        assert np.linalg.norm(pin.log3(error.rotation)) < 1e-9


def test_who_needs_the_full_body_is_told_what_is_missing(skeleton, welded):
    skeleton.require_full_body()
    with pytest.raises(IncompleteSkeletonError, match="subtalar_angle_r") as caught:
        welded.require_full_body()
    assert set(caught.value.missing) == set(LOST)


def test_a_completed_skeleton_is_the_full_body_again(skeleton, welded, pose):
    again = personal_skeleton(complete(welded.anatomy), height_m=1.78)
    again.require_full_body()
    locked = [again.coordinate_index(name) for name in LOST]
    np.testing.assert_array_equal(again.lower_limits[locked], 0.0)
    np.testing.assert_array_equal(again.upper_limits[locked], 0.0)
    names = again.joint_centers.names
    np.testing.assert_allclose(
        again.points(pose, again.joint_centers),
        skeleton.points(pose, skeleton.joint_centers)[
            [skeleton.joint_centers.names.index(n) for n in names]
        ],
        atol=1e-12,
    )


def test_completed_joints_move_about_the_full_bodys_axes(skeleton, welded, random_q):
    """Also away from zero, where nothing of the weld is left but its place."""
    again = personal_skeleton(complete(welded.anatomy), height_m=1.78)
    q = random_q()
    for name in ("landmarks", "soles"):
        np.testing.assert_allclose(
            again.points(q, getattr(again, name)),
            skeleton.points(q, getattr(skeleton, name)),
            atol=1e-12,
        )


def test_completing_a_full_body_changes_nothing(skeleton):
    again = complete(skeleton.anatomy)
    assert all(a is b for a, b in zip(again.joints, skeleton.anatomy.joints, strict=True))
    assert again.coordinate_ranges_rad == skeleton.anatomy.coordinate_ranges_rad


def test_locked_coordinates_are_locked_in_opensim_too(welded):
    text = osim_text(personal_skeleton(complete(welded.anatomy), height_m=1.78))
    block = text.split('<Coordinate name="subtalar_angle_r">')[1].split("</Coordinate>")[0]
    assert "<locked>true</locked>" in block
    block = text.split('<Coordinate name="subtalar_angle_l">')[1].split("</Coordinate>")[0]
    assert "<locked>false</locked>" in block


def test_urdf_of_a_welded_skeleton_fixes_the_welded_links(welded):
    model = pin.buildModelFromXML(welded.urdf(), pin.JointModelFreeFlyer())
    assert pin.computeTotalMass(model) == pytest.approx(72.0)
    assert "subtalar_angle_r" not in list(model.names)
    assert model.existBodyName("calcn_r")
