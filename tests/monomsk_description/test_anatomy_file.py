"""The shipped anatomy against the OpenSim model it cites, read here by other means."""

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.errors import AnatomyFileError

MODEL = "models/Rajagopal2016.osim"
SIDED = ("hip", "walker_knee", "ankle", "subtalar", "mtp", "acromial", "elbow", "radioulnar",
         "radius_hand")  # fmt: skip
# The model writes half a turn as -3.14159 on both sides: its left side is no exact mirror.
_ANGLE_ERROR = 1e-5
JOINTS = ["back", *(f"{name}_{side}" for name in SIDED for side in "rl")]


def _numbers(element, tag):
    return np.array([float(x) for x in element.findtext(tag).split()])


@dataclass
class OsimJoint:
    """A joint of the file: frames, and each moving axis as vectors over its coordinate."""

    element: ElementTree.Element

    @property
    def coordinates(self):
        return self.element.findall("coordinates/Coordinate")

    def frame(self, side):
        name = self.element.findtext(f"socket_{side}_frame")
        frame = next(f for f in self.element.find("frames") if f.get("name") == name)
        body = frame.findtext("socket_parent").removeprefix("/bodyset/")
        rotation = Rotation.from_euler("XYZ", _numbers(frame, "orientation")).as_matrix()
        return body, rotation, _numbers(frame, "translation")

    def moving_axes(self):
        """(kind, coordinate, unit axis, function) in the order the motion is composed."""
        names = [c.get("name") for c in self.coordinates]
        if self.element.tag == "PinJoint":
            return [("rotation", names[0], np.array([0, 0, 1.0]), None)]
        if self.element.tag == "UniversalJoint":
            return [("rotation", n, axis, None) for n, axis in zip(names, np.eye(3), strict=False)]
        order = [f"translation{i}" for i in (1, 2, 3)] + [f"rotation{i}" for i in (1, 2, 3)]
        by_name = {a.get("name"): a for a in self.element.find("SpatialTransform")}
        axes = [(name[:-1], by_name[name]) for name in order]
        return [
            (kind, axis.findtext("coordinates"), _numbers(axis, "axis"), _moving_function(axis))
            for kind, axis in axes
            if _moving_function(axis) is not None
        ]


def _moving_function(axis):
    for tag in ("LinearFunction", "SimmSpline"):
        if axis.find(f".//{tag}") is not None:
            return axis.find(f".//{tag}")
    assert float(axis.find(".//Constant").findtext("value")) == 0.0
    return None


@pytest.fixture(scope="module")
def anatomy():
    return load_anatomy()


@pytest.fixture
def osim(shared_data):
    return ElementTree.parse(shared_data(MODEL)).getroot()


@pytest.fixture
def osim_joint(osim):
    return lambda name: OsimJoint(osim.find(f".//JointSet/objects/*[@name='{name}']"))


def _osim_inertia(body):
    xx, yy, zz, xy, xz, yz = _numbers(body, "inertia")
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def test_every_body_has_the_models_mass_center_and_inertia(anatomy, osim):
    bodies = {b.get("name"): b for b in osim.find(".//BodySet/objects")}
    patellae = {"patella_r", "patella_l"}
    assert set(bodies) - set(anatomy.segments) == patellae
    for name in sorted(set(bodies) - patellae - {"femur_r", "femur_l"}):
        segment, body = anatomy.segments[name], bodies[name]
        assert segment.mass_kg == float(body.findtext("mass")), name
        np.testing.assert_array_equal(segment.center_of_mass_m, _numbers(body, "mass_center"))
        np.testing.assert_array_equal(segment.inertia_kg_m2, _osim_inertia(body))
    total = sum(float(body.findtext("mass")) for body in bodies.values())
    assert anatomy.mass_kg == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("side", ["r", "l"])
def test_femurs_carry_their_patellae(anatomy, osim, osim_joint, side):
    """Mass and first moment add up; so does the moment of inertia about the femur's origin."""
    femur = osim.find(f".//Body[@name='femur_{side}']")
    patella = osim.find(f".//Body[@name='patella_{side}']")
    masses = [float(body.findtext("mass")) for body in (femur, patella)]
    joint = osim_joint(f"patellofemoral_{side}")
    axes = {a.get("name"): a for a in joint.element.find("SpatialTransform")}
    at_extension = [_numbers(axes[f"translation{i}"].find(".//SimmSpline"), "y")[0] for i in (1, 2)]
    sideways = float(axes["translation3"].find(".//Constant").findtext("value"))
    origin = joint.frame("parent")[2] + [*at_extension, sideways]
    places = [_numbers(femur, "mass_center"), origin + _numbers(patella, "mass_center")]

    def about_origin(mass, place, inertia):
        return inertia + mass * (place @ place * np.eye(3) - np.outer(place, place))

    expected = sum(
        about_origin(m, p, _osim_inertia(b))
        for m, p, b in zip(masses, places, (femur, patella), strict=True)
    )
    lumped = anatomy.segments[f"femur_{side}"]
    assert lumped.mass_kg == pytest.approx(sum(masses), rel=1e-12)
    np.testing.assert_allclose(
        lumped.mass_kg * lumped.center_of_mass_m,
        masses[0] * places[0] + masses[1] * places[1],
        atol=1e-12,
    )
    np.testing.assert_allclose(
        about_origin(lumped.mass_kg, lumped.center_of_mass_m, lumped.inertia_kg_m2),
        expected,
        atol=1e-12,
    )


@pytest.mark.parametrize("name", JOINTS)
def test_every_joint_sits_where_the_models_does(anatomy, osim_joint, name):
    joint = next(j for j in anatomy.joints if j.name == name)
    (parent, in_parent, at_parent), (child, in_child, at_child) = map(
        osim_joint(name).frame, ("parent", "child")
    )
    assert (joint.parent, joint.child) == (parent, child)
    np.testing.assert_allclose(joint.in_parent.translation, at_parent, atol=1e-12)
    np.testing.assert_allclose(joint.in_child.translation, at_child, atol=1e-12)
    neutral = joint.in_parent.rotation @ joint.in_child.rotation.T
    np.testing.assert_allclose(neutral, in_parent @ in_child.T, atol=_ANGLE_ERROR)


@pytest.mark.parametrize("name", JOINTS)
def test_every_joint_moves_about_the_models_axes(anatomy, osim_joint, name):
    """Axes are compared in the segments: a mirrored frame may be written in several ways."""
    joint = next(j for j in anatomy.joints if j.name == name)
    in_parent, in_child = (osim_joint(name).frame(side)[1] for side in ("parent", "child"))
    expected = osim_joint(name).moving_axes()
    assert len(joint.axes) == len(expected)
    for axis, (kind, coordinate, direction, function) in zip(joint.axes, expected, strict=True):
        assert (axis.kind, axis.coordinate) == (kind, coordinate)
        knots, values = _samples(function)
        ours = knots if axis.curve is None else axis.curve(knots)
        for placement, rotation in ((joint.in_parent, in_parent), (joint.in_child, in_child)):
            np.testing.assert_allclose(
                np.outer(ours, placement.rotation @ axis.axis),
                np.outer(values, rotation @ direction),
                atol=_ANGLE_ERROR,
            )


def _samples(function):
    """Places of the coordinate and the axis there."""
    if function is not None and function.tag == "SimmSpline":
        return _numbers(function, "x"), _numbers(function, "y")
    slope, offset = (1.0, 0.0) if function is None else _numbers(function, "coefficients")
    places = np.array([-1.0, 0.0, 0.5])
    return places, slope * places + offset


def test_every_coordinate_has_the_models_range(anatomy, osim):
    ours = anatomy.coordinate_ranges_rad
    theirs = {c.get("name"): _numbers(c, "range") for c in osim.findall(".//JointSet//Coordinate")}
    betas = {"knee_angle_r_beta", "knee_angle_l_beta"}
    assert {n for n in theirs if not n.startswith("pelvis")} - betas == set(ours)
    for name, bounds in ours.items():
        np.testing.assert_allclose(bounds, theirs[name], atol=1e-12, err_msg=name)


def test_joints_are_depth_first(anatomy):
    branch = ["pelvis"]
    for joint in anatomy.joints:
        while branch[-1] != joint.parent:
            branch.pop()
        branch.append(joint.child)
    assert len(anatomy.joints) == len(anatomy.segments) - 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AnatomyFileError, match=r"nowhere\.yaml") as caught:
        load_anatomy(tmp_path / "nowhere.yaml")
    assert caught.value.source.endswith("nowhere.yaml")


@pytest.fixture
def broken_file(tmp_path):
    """Writes a small anatomy with one change and returns its path."""
    content = {
        "name": "sphere on a stick", "height_m": 1.0,
        "segments": {
            "pelvis": {"mass_kg": 1.0, "center_of_mass_m": [0, 0, 0], "inertia_kg_m2": [1, 1, 1]},
            "torso": {"mass_kg": 1.0, "center_of_mass_m": [0, 0, 0], "inertia_kg_m2": [1, 1, 1]},
        },
        "joints": {"back": {"parent": "pelvis", "child": "torso", "axes": [
            {"rotation": [0, 0, 2], "coordinate": "bend"},
            {"translation": [0, 1, 0], "coordinate": "bend", "knots": [0, 1], "spline": [0, 1]},
        ]}},
        "coordinate_ranges_rad": {"bend": [-1, 1]},
        "segment_lengths": {}, "sole_points": {},
        "sole_frame_r": {"segment": "pelvis", "location_m": [0, 0, 0]},
    }  # fmt: skip

    def write(change):
        change(content)
        path = tmp_path / "anatomy.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


def test_a_small_anatomy_is_read(broken_file):
    anatomy = load_anatomy(broken_file(lambda content: None))
    np.testing.assert_array_equal(anatomy.joints[0].axes[0].axis, [0, 0, 1])
    assert anatomy.mass_kg == 2.0


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("joints"),
        lambda c: c["segments"]["torso"].update(center_of_mass_m=[0, 0]),
        lambda c: c["segments"]["torso"].update(mass_kg="heavy"),
        lambda c: c["joints"]["back"]["axes"][1].update(knots=[1, 0]),
        lambda c: c["joints"]["back"]["axes"][1].update(knots=[0, 1, 2]),
        lambda c: c["coordinate_ranges_rad"].pop("bend"),
        lambda c: c.update(segments=["pelvis", "torso"]),
        lambda c: c["joints"]["back"]["axes"][0].update(rotation=[0, 0, 0]),
    ],
    ids=[
        "no joints",
        "short vector",
        "mass in words",
        "knots fall",
        "lost knot",
        "no range",
        "segments without entries",
        "no direction",
    ],
)
def test_a_malformed_entry_is_an_error_with_the_files_name(broken_file, change):
    with pytest.raises(AnatomyFileError, match=r"anatomy\.yaml: missing or malformed"):
        load_anatomy(broken_file(change))


def test_a_file_that_is_no_yaml_is_an_error(tmp_path):
    path = tmp_path / "anatomy.yaml"
    path.write_text("segments: [")
    with pytest.raises(AnatomyFileError):
        load_anatomy(path)
