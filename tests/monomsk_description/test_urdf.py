from xml.etree import ElementTree

import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.urdf import fit_mimic


@pytest.fixture(scope="module")
def robot(skeleton):
    return ElementTree.fromstring(skeleton.urdf())


@pytest.fixture(scope="module")
def urdf_model(skeleton):
    return pin.buildModelFromXML(skeleton.urdf(), pin.JointModelFreeFlyer())


def _urdf_segments(model, q, joint_values):
    data = model.createData()
    q_urdf = pin.neutral(model)
    q_urdf[:7] = q[:7]
    for name, value in joint_values.items():
        q_urdf[model.joints[model.getJointId(name)].idx_q] = value
    pin.framesForwardKinematics(model, data, q_urdf)
    return lambda segment: data.oMf[model.getFrameId(segment)]


def _exact_axes(skeleton, q):
    """Value of every axis by its name, the coupled ones from their curves."""
    values = dict(zip(skeleton.coordinate_names, q[7:], strict=True))
    for joint in skeleton.anatomy.joints:
        for number, axis in enumerate(joint.axes):
            if axis.curve is not None:
                name = f"{axis.coordinate}_{axis.kind}_{number}"
                values[name] = axis.curve.at(values[axis.coordinate]).value
    return values


def _mimicked_axes(skeleton, q, robot):
    values = dict(zip(skeleton.coordinate_names, q[7:], strict=True))
    for joint in robot.iter("joint"):
        mimic = joint.find("mimic")
        if mimic is not None:
            multiplier, offset = float(mimic.get("multiplier")), float(mimic.get("offset"))
            values[joint.get("name")] = multiplier * values[mimic.get("joint")] + offset
    return values


def _distance(pose_a, pose_b):
    error = pose_a.actInv(pose_b)
    return np.linalg.norm(error.translation), np.linalg.norm(pin.log3(error.rotation))


def test_mass_and_inertia_survive(skeleton, urdf_model):
    assert pin.computeTotalMass(urdf_model) == pytest.approx(72.0, rel=1e-12)
    q = skeleton.neutral()
    data = urdf_model.createData()
    q_urdf = pin.neutral(urdf_model)
    q_urdf[:7] = q[:7]
    tensor = pin.crba(urdf_model, data, q_urdf)[3:6, 3:6]
    expected = skeleton.mass_matrix(q)[3:6, 3:6]
    np.testing.assert_allclose(np.triu(tensor), np.triu(expected), atol=1e-12)


def test_segment_poses_are_exact_with_exact_axes(skeleton, urdf_model, random_q):
    for _ in range(10):
        q = random_q()
        urdf_pose = _urdf_segments(urdf_model, q, _exact_axes(skeleton, q))
        for name, pose in skeleton.segment_poses(q).items():
            assert max(_distance(pose, urdf_pose(name))) < 1e-12, name


def test_mimicked_knee_stays_within_its_stated_error(skeleton, urdf_model, robot, random_q):
    scale = skeleton.subject.height_m / 1.70
    worst = np.zeros(2)
    for _ in range(50):
        q = random_q()
        urdf_pose = _urdf_segments(urdf_model, q, _mimicked_axes(skeleton, q, robot))
        poses = skeleton.segment_poses(q)
        for name in ("femur_r", "femur_l", "torso", "hand_r", "hand_l"):
            assert max(_distance(poses[name], urdf_pose(name))) < 1e-12, name
        for name in ("tibia_r", "tibia_l"):
            worst = np.maximum(worst, _distance(poses[name], urdf_pose(name)))
    assert worst[0] < 1.4e-3 * scale
    assert worst[1] < np.radians(4.6)
    assert worst[1] > np.radians(1.0), "the knee's coupled rotation is gone"


def test_mimic_fit_reports_its_largest_error(skeleton):
    bounds = skeleton.anatomy.coordinate_ranges_rad["knee_angle_r"]
    knee = next(j for j in skeleton.anatomy.joints if j.name == "walker_knee_r")
    for axis in (a for a in knee.axes if a.curve is not None):
        fit = fit_mimic(axis, bounds)
        places = np.linspace(*bounds, 1000)
        line = fit.multiplier * places + fit.offset
        assert np.abs(line - axis.curve(places)).max() == pytest.approx(fit.max_error, rel=1e-2)
        # No other line near it fits better.
        for change in ((3e-3, 0.0), (-3e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)):
            other = (fit.multiplier + change[0]) * places + fit.offset + change[1]
            squares = np.sum((line - axis.curve(places)) ** 2)
            assert np.sum((other - axis.curve(places)) ** 2) > squares


def test_limits_are_those_of_the_coordinates(skeleton, urdf_model):
    for name in skeleton.coordinate_names:
        joint = urdf_model.joints[urdf_model.getJointId(name)]
        index = skeleton.coordinate_index(name)
        assert urdf_model.lowerPositionLimit[joint.idx_q] == skeleton.lower_limits[index]
        assert urdf_model.upperPositionLimit[joint.idx_q] == skeleton.upper_limits[index]


def test_root_links_and_names(skeleton, robot):
    links = {link.get("name") for link in robot.iter("link")}
    children = {joint.find("child").get("link") for joint in robot.iter("joint")}
    assert links - children == {"pelvis"}
    assert set(skeleton.anatomy.segments) | {"r_sole", "l_sole"} <= links
    moving = {j.get("name") for j in robot.iter("joint") if j.get("type") != "fixed"}
    driven = {j.get("name") for j in robot.iter("joint") if j.find("mimic") is not None}
    assert moving - driven == set(skeleton.coordinate_names)


def test_sole_links_are_the_sole_frames(skeleton, urdf_model, random_q):
    q = random_q()
    urdf_pose = _urdf_segments(urdf_model, q, _exact_axes(skeleton, q))
    for name, pose in zip(("r_sole", "l_sole"), skeleton.sole_poses(q), strict=True):
        assert max(_distance(pose, urdf_pose(name))) < 1e-12


def test_visuals_join_joint_centers(robot):
    femur = next(link for link in robot.iter("link") if link.get("name") == "femur_r")
    cylinder = femur.find("visual/geometry/cylinder")
    middle = [float(x) for x in femur.find("visual/origin").get("xyz").split()]
    assert float(cylinder.get("length")) == pytest.approx(2 * np.linalg.norm(middle))
    assert 0.005 < float(cylinder.get("radius")) < 0.1
