"""Writing and reading again; what OpenSim makes of it is in the golden tests."""

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pytest

from monomsk_description.curves import Curve, cubic_spline, piecewise_linear, polynomial
from monomsk_description.errors import UnsupportedModelError
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.osim_functions import read_function, write_function
from monomsk_description.osim_reader import from_osim
from monomsk_description.osim_writer import osim_text, to_osim
from monomsk_description.skeleton import Skeleton, personal_skeleton


@pytest.fixture
def written(skeleton, tmp_path):
    path = tmp_path / "subject.osim"
    to_osim(skeleton, path)
    return path


def test_a_model_survives_writing_and_reading(skeleton, written, random_q):
    again = personal_skeleton(from_osim(written), height_m=skeleton.subject.height_m)
    assert again.coordinate_names == skeleton.coordinate_names
    np.testing.assert_array_equal(again.lower_limits, skeleton.lower_limits)
    q, v, a = random_q(), np.linspace(-1, 1, 37), np.linspace(5, -5, 37)
    np.testing.assert_allclose(
        again.inverse_dynamics(q, v, a), skeleton.inverse_dynamics(q, v, a), atol=1e-9
    )
    for name in ("landmarks", "soles"):
        first, second = getattr(skeleton, name), getattr(again, name)
        assert first.names == second.names
        np.testing.assert_allclose(again.points(q, second), skeleton.points(q, first), atol=1e-12)


def test_landmarks_are_its_markers(skeleton, written, random_q):
    again = personal_skeleton(from_osim(written))
    assert again.markers.names == LANDMARK_NAMES
    q = random_q()
    np.testing.assert_allclose(
        again.points(q, again.markers), skeleton.points(q, skeleton.landmarks), atol=1e-12
    )


def test_writing_what_was_read_doubles_nothing(written):
    first = written.read_text()
    again = osim_text(personal_skeleton(from_osim(written), height_m=1.78))
    names = [m.get("name") for m in ElementTree.fromstring(again.split("?>")[1]).iter("Marker")]
    assert sorted(names) == sorted(LANDMARK_NAMES)
    assert first.count("<PinJoint") == again.count("<PinJoint") > 0


def test_bones_are_drawn_at_the_subjects_scale(written):
    root = ElementTree.parse(written).getroot()
    femur = root.find(".//Body[@name='femur_l']/attached_geometry/Mesh")
    hand = root.find(".//Body[@name='hand_r']/attached_geometry/Mesh")
    assert femur.findtext("mesh_file") == "l_femur.vtp"
    scale = 1.78 / 1.70
    np.testing.assert_allclose([float(x) for x in femur.findtext("scale_factors").split()], scale)
    sizes = [float(x) for x in hand.findtext("scale_factors").split()]
    np.testing.assert_allclose(sizes, 0.85 * scale)


def test_the_pelvis_stands_at_its_height_and_gravity_points_down(skeleton, written):
    root = ElementTree.parse(written).getroot()
    coordinate = root.find(".//Coordinate[@name='pelvis_ty']")
    assert float(coordinate.findtext("default_value")) == skeleton.neutral()[2]
    gravity = [float(x) for x in root.find("Model").findtext("gravity").split()]
    assert gravity == [0.0, -9.81, 0.0]


def test_every_rotation_slot_has_an_axis_of_its_own(written):
    """OpenSim refuses transforms whose axes depend on each other."""
    for transform in ElementTree.parse(written).getroot().iter("SpatialTransform"):
        axes = [[float(x) for x in a.findtext("axis").split()] for a in transform]
        assert len(axes) == 6
        for three in (axes[:3], axes[3:]):
            assert abs(np.linalg.det(three)) > 0.5


@pytest.mark.parametrize(
    "curve",
    [
        polynomial(0.3),
        polynomial([0.1, 2.0]),
        polynomial([0.0, 0.5, -2.0, 0.1, 7.0]),
        cubic_spline([0, 0.4, 1.0, 1.5, 2.0], [0, 0.1, -0.2, 0.3, 0.3]),
        piecewise_linear([-1, 0, 2], [3, 1, 2]),
        piecewise_linear([-1, 0], [3, 1]),
    ],
    ids=["constant", "line", "polynomial", "spline", "lines", "two points"],
)
def test_functions_survive_writing_and_reading(curve):
    owner = Element("TransformAxis")
    write_function(owner, curve)
    places = np.linspace(-2, 3, 101)
    np.testing.assert_allclose(read_function(owner, "test")(places), curve(places), atol=1e-12)


def test_a_multiplied_function_is_read():
    text = """<axis><MultiplierFunction name="function"><function><SimmSpline>
        <x>0 1 2</x><y>0 1 4</y></SimmSpline></function><scale>-2</scale>
        </MultiplierFunction></axis>"""
    curve = read_function(ElementTree.fromstring(text), "test")
    np.testing.assert_allclose(curve([0.5, 1.5]), [-0.5, -4.5], atol=1e-14)


def test_polynomials_are_written_highest_power_first():
    """OpenSim's order."""
    text = """<axis><PolynomialFunction name="function"><coefficients>2 0 1</coefficients>
        </PolynomialFunction></axis>"""
    assert read_function(ElementTree.fromstring(text), "test")(3.0) == 19.0


def test_a_curve_that_opensim_does_not_know_is_refused():
    spline = cubic_spline([0, 1, 2, 3], [0, 1, 0, 1])
    bent = Curve(spline.breaks, spline.origins, spline.coefficients + [[0, 0, 0, 1.0]])
    with pytest.raises(UnsupportedModelError, match="curve"):
        write_function(Element("TransformAxis"), bent)


def test_axes_in_another_order_than_opensims_are_refused(skeleton, tmp_path):
    joints = list(skeleton.anatomy.joints)
    joints[1] = replace(joints[1], axes=joints[1].axes[::-1])
    odd = Skeleton(skeleton.subject, replace(skeleton.anatomy, joints=tuple(joints)))
    with pytest.raises(UnsupportedModelError, match="walker_knee_r"):
        to_osim(odd, tmp_path / "odd.osim")


def test_a_folder_that_is_not_there_is_an_error(skeleton, tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        to_osim(skeleton, tmp_path / "nowhere" / "subject.osim")
