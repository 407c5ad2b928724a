from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.assembly import assemble
from monomsk_description.errors import AnatomyFileError


@pytest.fixture(scope="module")
def anatomy():
    return load_anatomy()


def test_joints_out_of_depth_first_order_are_refused(anatomy):
    joints = {joint.name: joint for joint in anatomy.joints}
    names = list(joints)
    # Both hips first: valid as a tree, but Pinocchio's derivatives would be silently wrong.
    names.remove("hip_l")
    names.insert(1, "hip_l")
    interleaved = replace(anatomy, joints=tuple(joints[name] for name in names))
    with pytest.raises(AnatomyFileError, match="walker_knee_r.*depth-first"):
        assemble(interleaved)


def test_a_joint_on_an_unknown_segment_is_refused(anatomy):
    joints = list(anatomy.joints)
    joints[0] = replace(joints[0], parent="sacrum")
    with pytest.raises(AnatomyFileError, match="hip_r"):
        assemble(replace(anatomy, joints=tuple(joints)))


@pytest.mark.parametrize("change", ["lost segment", "free segment", "moved twice"])
def test_joints_move_each_segment_once(anatomy, change):
    segments, joints = dict(anatomy.segments), list(anatomy.joints)
    if change == "lost segment":
        del segments["hand_l"]
    elif change == "free segment":
        segments["hat"] = replace(segments["hand_l"], name="hat")
    else:
        joints.append(replace(joints[-1], name="second"))
    changed = replace(anatomy, segments=segments, joints=tuple(joints))
    with pytest.raises(AnatomyFileError, match=r"hand_l|hat|twice"):
        assemble(changed)


def test_one_joint_an_axis_and_every_axis_a_coordinate(anatomy):
    assembly = assemble(anatomy)
    assert assembly.model.nv == 6 + len(assembly.axes)
    assert len(assembly.coordinates) == 31
    assert len(assembly.axes) == 31 + 2 * 4
    assert {axis.coordinate for axis in assembly.axes} == set(assembly.coordinates)
    assert set(assembly.segments) == set(anatomy.segments)


def test_limits_of_coupled_axes_are_what_the_curve_reaches(anatomy):
    model = assemble(anatomy).model
    joint = model.joints[model.getJointId("knee_angle_r_rotation_4")]
    assert model.lowerPositionLimit[joint.idx_q] == pytest.approx(0.0, abs=1e-12)
    assert model.upperPositionLimit[joint.idx_q] == pytest.approx(0.2628, abs=1e-4)
    assert np.isinf(model.lowerPositionLimit[:7]).all()
