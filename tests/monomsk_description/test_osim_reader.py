"""What the reader refuses and how it translates; agreement with OpenSim is in the golden tests."""

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import SubElement, fromstring

import numpy as np
import pytest

from monomsk_description.anatomy import Placement
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.curves import polynomial
from monomsk_description.errors import (
    AnatomyFileError,
    ImplausibleSubjectError,
    UnsupportedModelError,
)
from monomsk_description.frames import rotation_about, rotation_from_body_xyz
from monomsk_description.osim_document import OsimAxis, OsimJoint
from monomsk_description.osim_joints import place_at, to_joint
from monomsk_description.osim_reader import from_osim
from monomsk_description.osim_writer import osim_text
from monomsk_description.skeleton import personal_skeleton


@pytest.fixture
def changed(skeleton, tmp_path):
    """Writes a good model after a change of its XML; returns the path."""

    def write(change) -> Path:
        root = fromstring(osim_text(skeleton).split("?>", 1)[1])
        change(root.find("Model"))
        path = tmp_path / "changed.osim"
        path.write_text(ElementTree.tostring(root, encoding="unicode"))
        return path

    return write


def _joint(model, name):
    return model.find(f"JointSet/objects/*[@name='{name}']")


def _rename_joint_type(model):
    _joint(model, "ankle_r").tag = "EllipsoidJoint"


def _unknown_function(model):
    _joint(model, "hip_r").find("SpatialTransform/TransformAxis/LinearFunction").tag = "GCVSpline"


def _malformed_spline(model):
    _joint(model, "walker_knee_r").find(".//SimmSpline/x").text = "0 1"


def _two_coordinates(model):
    _joint(model, "hip_r").find(".//TransformAxis/coordinates").text = "hip_flexion_r knee_angle_r"


def _no_coordinate(model):
    _joint(model, "hip_r").find(".//TransformAxis/coordinates").text = ""


def _belt(model):
    objects = SubElement(SubElement(model, "ConstraintSet"), "objects")
    SubElement(objects, "PointConstraint", name="belt")


def _coupled_hips(model):
    objects = SubElement(SubElement(model, "ConstraintSet"), "objects")
    coupler = SubElement(objects, "CoordinateCouplerConstraint", name="stiff")
    function = SubElement(coupler, "coupled_coordinates_function")
    SubElement(SubElement(function, "LinearFunction"), "coefficients").text = "1 0"
    SubElement(coupler, "independent_coordinate_names").text = "hip_flexion_r"
    SubElement(coupler, "dependent_coordinate_name").text = "hip_flexion_l"


def _welded_pelvis(model):
    root = _joint(model, "ground_pelvis")
    root.tag = "WeldJoint"
    root.remove(root.find("coordinates"))


def _another_root(model):
    joint = _joint(model, "ground_pelvis")
    joint.find(
        "frames/PhysicalOffsetFrame[@name='pelvis_offset']/socket_parent"
    ).text = "/bodyset/torso"


def _loop(model):
    _joint(model, "back").find(
        ".//PhysicalOffsetFrame[@name='torso_offset']/socket_parent"
    ).text = "/bodyset/femur_r"


def _no_toes(model):
    joints, bodies = model.find("JointSet/objects"), model.find("BodySet/objects")
    joints.remove(_joint(model, "mtp_r"))
    bodies.remove(bodies.find("Body[@name='toes_r']"))


def _foreign_frame(model):
    _joint(model, "back").find("socket_parent_frame").text = "/componentset/seat"


def _lost_marker(model):
    model.find("MarkerSet/objects/Marker/socket_parent_frame").text = "/bodyset/hat"


def _doubled(model):
    _joint(model, "ankle_r").tag = "CustomJoint"
    transform = SubElement(_joint(model, "ankle_r"), "SpatialTransform")
    axis = SubElement(transform, "TransformAxis", name="rotation1")
    SubElement(axis, "coordinates").text = "ankle_angle_r"
    SubElement(axis, "axis").text = "0 0 1"
    SubElement(SubElement(axis, "LinearFunction", name="function"), "coefficients").text = "2 0"


def _foreign_coordinate(model):
    _joint(model, "hip_r").find(".//TransformAxis/coordinates").text = "knee_angle_r"


def _lost_body(model):
    bodies = model.find("BodySet/objects")
    bodies.remove(bodies.find("Body[@name='hand_r']"))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (_foreign_coordinate, "CustomJoint 'hip_r'"),
        (_lost_body, "radius_hand_r"),
        (_rename_joint_type, "EllipsoidJoint 'ankle_r'"),
        (_unknown_function, "GCVSpline"),
        (_malformed_spline, "SimmSpline"),
        (_two_coordinates, "CustomJoint 'hip_r'"),
        (_no_coordinate, "CustomJoint 'hip_r'"),
        (_belt, "PointConstraint 'belt'"),
        (_coupled_hips, "hip_flexion_l"),
        (_welded_pelvis, "ground_pelvis"),
        (_another_root, "torso"),
        (_loop, "femur_r"),
        (_no_toes, "toes_r"),
        (_foreign_frame, "CustomJoint 'back'"),
        (_lost_marker, "marker 'nose'"),
        (_doubled, "ankle_r"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_cannot_be_represented_is_refused_by_name(changed, change, part):
    path = changed(change)
    with pytest.raises(UnsupportedModelError) as caught:
        from_osim(path)
    assert part in caught.value.part
    assert caught.value.source == str(path)


@pytest.mark.parametrize(
    "content",
    ["", "<OpenSimDocument>", "<OpenSimDocument/>", "<OpenSimDocument><Model/></OpenSimDocument>"],
    ids=["empty", "broken", "no model", "no bodies"],
)
def test_files_that_are_no_models_are_refused(tmp_path, content):
    path = tmp_path / "model.osim"
    path.write_text(content)
    with pytest.raises(AnatomyFileError, match=r"model\.osim"):
        from_osim(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AnatomyFileError, match=r"nowhere\.osim"):
        from_osim(tmp_path / "nowhere.osim")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("BodySet/objects/Body[@name='torso']/mass", "heavy"),
        ("BodySet/objects/Body[@name='torso']/mass", "nan"),
        ("BodySet/objects/Body[@name='torso']/mass", "-1"),
        ("BodySet/objects/Body[@name='torso']/inertia", "1 2 3"),
        ("BodySet/objects/Body[@name='torso']/mass_center", "1 2"),
        ("BodySet/objects/Body[@name='torso']/mass_center", "0 nan 0"),
        ("BodySet/objects/Body[@name='torso']/mass_center", "0 inf 0"),
        ("JointSet/objects/*[@name='hip_r']//PhysicalOffsetFrame/orientation", "nan 0 0"),
        ("JointSet/objects/*[@name='hip_r']//TransformAxis/axis", "0 0 0"),
        ("JointSet/objects/*[@name='hip_r']//TransformAxis/axis", "1 0"),
        ("JointSet/objects/*[@name='hip_r']//Coordinate/range", "1 -1"),
    ],
)
def test_malformed_numbers_are_errors(changed, path, text):
    def change(model):
        model.find(path).text = text

    with pytest.raises(AnatomyFileError, match="malformed"):
        from_osim(changed(change))


def test_a_pelvis_on_a_free_joint_is_a_pelvis(changed, skeleton):
    def change(model):
        root = _joint(model, "ground_pelvis")
        root.tag = "FreeJoint"
        root.remove(root.find("SpatialTransform"))

    found = personal_skeleton(from_osim(changed(change)))
    assert found.coordinate_names == skeleton.coordinate_names
    assert found.mass_kg == pytest.approx(skeleton.mass_kg)


def test_a_free_joint_moves_first_and_turns_then(changed):
    """Its file names the angles first; a child on the shifted place turns where it is."""

    def change(model):
        joint = _joint(model, "hip_r")
        joint.tag = "FreeJoint"
        joint.remove(joint.find("SpatialTransform"))
        for name in ("hip_tx", "hip_ty", "hip_tz"):
            place = SubElement(joint.find("coordinates"), "Coordinate", name=name)
            SubElement(place, "range").text = "-1 1"

    hip = next(j for j in from_osim(changed(change)).joints if j.name == "hip_r")
    assert [axis.kind for axis in hip.axes] == ["translation"] * 3 + ["rotation"] * 3
    assert [axis.coordinate for axis in hip.axes[:3]] == ["hip_tx", "hip_ty", "hip_tz"]


def test_mirrored_or_invisible_bones_do_not_mirror_the_body(changed, skeleton):
    """Some models draw left bones as right ones with a scale of -1, or shrink bones to nothing."""

    def change(model):
        model.find("BodySet/objects/Body[@name='calcn_l']//scale_factors").text = "1 1 -1"
        model.find("BodySet/objects/Body[@name='calcn_r']//scale_factors").text = "0 0 0"

    found = personal_skeleton(from_osim(changed(change)))
    right, left = found.points(found.neutral(), found.soles).reshape(2, 8, 3)
    sideways = left[:, 1] - found.segment_poses(found.neutral())["calcn_l"].translation[1]
    assert np.ptp(right[:, 0]) > 0.15
    # The heel's lateral point is the outer one.
    assert sideways[2] > sideways[1]


def test_a_disabled_constraint_does_not_matter(changed):
    def change(model):
        _belt(model)
        SubElement(model.find(".//PointConstraint"), "isEnforced").text = "false"

    assert from_osim(changed(change)).mass_kg == pytest.approx(72.0)


def test_sides_come_in_the_projects_order_whatever_the_files(changed, skeleton):
    def change(model):
        objects = model.find("JointSet/objects")
        objects[:] = list(objects)[::-1]

    assert personal_skeleton(from_osim(changed(change))).coordinate_names == (
        skeleton.coordinate_names
    )


def test_constant_axes_vanish_into_the_frames(rng):
    """Whatever mixture of constant and moving axes: the same motion."""
    for _ in range(20):
        joint = _random_joint(rng)
        lean = to_joint(joint, "test")
        assert all(axis.coordinate == "bend" for axis in lean.axes)
        bend = float(rng.uniform(-1, 1))
        expected = place_at(joint, {"bend": bend})
        placement = lean.in_parent
        for axis in lean.axes:
            value = bend if axis.curve is None else axis.curve.at(bend).value
            shift = value * axis.axis if axis.kind == "translation" else np.zeros(3)
            turn = rotation_about(axis.axis, value if axis.kind == "rotation" else 0.0)
            placement = placement.compose(Placement(turn, shift))
        found = placement.compose(lean.in_child.inverse())
        np.testing.assert_allclose(found.translation, expected.translation, atol=1e-14)
        np.testing.assert_allclose(found.rotation, expected.rotation, atol=1e-14)


def _random_joint(rng):
    def placement():
        return Placement(rotation_from_body_xyz(rng.uniform(-1, 1, 3)), rng.uniform(-1, 1, 3))

    kinds = ["translation"] * 3 + ["rotation"] * 3
    leader = int(rng.integers(6))
    axes = []
    for index, kind in enumerate(kinds):
        vector = rng.normal(size=3)
        vector /= np.linalg.norm(vector)
        if index == leader:
            axes.append(OsimAxis(kind, vector, "bend", polynomial([0.0, -1.0])))
        elif rng.random() < 0.5:
            axes.append(OsimAxis(kind, vector, None, polynomial(rng.uniform(-1, 1))))
        else:
            axes.append(OsimAxis(kind, vector, "bend", polynomial(rng.uniform(-1, 1, size=3))))
    ranges = {"bend": (-1.0, 1.0)}
    return OsimJoint("j", "pelvis", "torso", placement(), placement(), ranges, tuple(axes))


def test_patellae_ride_on_the_femurs(shared_data):
    anatomy = from_osim(shared_data("models/Rajagopal2016.osim"))
    assert not any("patella" in name for name in anatomy.segments)
    assert not any("beta" in name for name in anatomy.coordinate_ranges_rad)
    assert anatomy.mass_kg == pytest.approx(75.337)
    assert anatomy.segments["femur_r"].mass_kg == pytest.approx(9.3014 + 0.0862)


def test_sizes_of_a_scaled_subject_are_found(shared_data):
    """The subject of mocap_walking_3d is 1.829 m tall."""
    anatomy = from_osim(shared_data("mocap_walking_3d/subject_walk_scaled.osim"))
    assert anatomy.height_m == pytest.approx(1.829, rel=0.02)
    assert anatomy.length_rules["shank"].model_length_m == pytest.approx(0.465, abs=0.002)
    skeleton = personal_skeleton(anatomy)
    assert "height_m" in skeleton.subject.assumed
    assert personal_skeleton(anatomy, height_m=1.829).subject.assumed == frozenset()
    soles = skeleton.points(skeleton.neutral(), skeleton.soles)
    assert 0.2 < np.ptp(soles[:8, 0]) < 0.33


def test_a_model_of_the_unscaled_file_is_the_shipped_one(shared_data, rng):
    ours, read = load_anatomy(), from_osim(shared_data("models/Rajagopal2016.osim"))
    skeletons = [personal_skeleton(a, height_m=1.70) for a in (ours, read)]
    assert skeletons[0].coordinate_names == skeletons[1].coordinate_names
    q = skeletons[0].neutral()
    q[7:] = rng.uniform(skeletons[0].lower_limits, skeletons[0].upper_limits)
    for name in ("soles", "landmarks", "joint_centers"):
        first, second = (s.points(q, getattr(s, name)) for s in skeletons)
        order = np.argsort(getattr(skeletons[0], name).names)
        other = np.argsort(getattr(skeletons[1], name).names)
        np.testing.assert_allclose(first[order], second[other], atol=2e-6)


def test_a_height_that_is_given_is_never_replaced(changed):
    anatomy = from_osim(changed(lambda model: None))
    assert personal_skeleton(anatomy, 1.6).subject.height_m == 1.6
    with pytest.raises(ImplausibleSubjectError, match="height_m"):
        personal_skeleton(anatomy, 0.0)
