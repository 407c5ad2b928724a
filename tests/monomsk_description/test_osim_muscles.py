"""Which muscles of a model are read and why others are not."""

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement, fromstring

import pytest

from monomsk_description.osim_muscles import read_muscles
from monomsk_description.osim_writer import osim_text
from monomsk_description.personal_muscles import personal_muscles

_PARAMETERS = {
    "max_isometric_force": "900", "optimal_fiber_length": "0.1", "tendon_slack_length": "0.1",
}  # fmt: skip


def _texts(element: Element, **texts: str) -> Element:
    for tag, text in texts.items():
        SubElement(element, tag).text = text
    return element


def _add_muscle(forces: Element, name: str, side: str) -> Element:
    """A muscle from pelvis to femur."""
    muscle = SubElement(forces, "Thelen2003Muscle", name=f"{name}_{side}")
    _texts(muscle, **_PARAMETERS)
    path = SubElement(muscle, "GeometryPath")
    points = SubElement(SubElement(path, "PathPointSet"), "objects")
    for segment, place in (("pelvis", "-0.1 0 0.05"), (f"femur_{side}", "0.02 -0.1 0.03")):
        point = SubElement(points, "PathPoint", name=segment)
        _texts(point, socket_parent_frame=f"/bodyset/{segment}", location=place)
    return muscle


@pytest.fixture
def model(skeleton, tmp_path):
    """Writes a model with a muscle `hip` on either side, the right one after a change."""

    def write(change) -> Path:
        root = fromstring(osim_text(skeleton).split("?>", 1)[1])
        forces = SubElement(SubElement(root.find("Model"), "ForceSet"), "objects")
        change(root.find("Model"), _add_muscle(forces, "hip", "r"))
        _add_muscle(forces, "hip", "l")
        path = tmp_path / "changed.osim"
        path.write_text(ElementTree.tostring(root, encoding="unicode"))
        return path

    return write


def _no_change(model, muscle):
    pass


def _not_applied(model, muscle):
    SubElement(muscle, "appliesForce").text = "false"


def _disabled(model, muscle):
    SubElement(muscle, "isDisabled").text = "true"


def _no_fibres(model, muscle):
    muscle.find("optimal_fiber_length").text = "0"


def _torus(model, muscle):
    body = model.find("BodySet/objects/Body[@name='pelvis']")
    SubElement(SubElement(SubElement(body, "WrapObjectSet"), "objects"), "WrapTorus", name="ring")
    _add_wrap(muscle, "ring")


def _cylinder_on_the_torso(model, muscle):
    body = model.find("BodySet/objects/Body[@name='torso']")
    objects = SubElement(SubElement(body, "WrapObjectSet"), "objects")
    place = {"xyz_body_rotation": "0 0 0", "translation": "0 0 0"}
    _texts(SubElement(objects, "WrapCylinder", name="rib"), radius="0.02", length="0.1", **place)
    _add_wrap(muscle, "rib")


def _add_wrap(muscle, name):
    wraps = SubElement(SubElement(muscle.find("GeometryPath"), "PathWrapSet"), "objects")
    SubElement(SubElement(wraps, "PathWrap"), "wrap_object").text = name


def _moved_by_the_trunk(model, muscle):
    point = muscle.find("GeometryPath/PathPointSet/objects/PathPoint")
    point.tag = "MovingPathPoint"
    for axis in "xyz":
        SubElement(point, f"socket_{axis}_coordinate").text = "/jointset/back/lumbar_bending"
        line = SubElement(SubElement(point, f"{axis}_location"), "LinearFunction")
        SubElement(line, "coefficients").text = "0.01 0"


def test_both_sides_are_read(model):
    found = read_muscles(model(_no_change))
    assert [muscle.name for muscle in found.muscles] == ["hip_r", "hip_l"]
    assert not found.unread


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_not_applied, "switched off"),
        (_disabled, "switched off"),
        (_no_fibres, "optimal_fiber_length"),
        (_torus, "WrapTorus"),
        (_cylinder_on_the_torso, "within a leg"),
        (_moved_by_the_trunk, "within a leg"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_muscles_that_cannot_serve_are_named(model, change, reason):
    found = personal_muscles(model(change))
    assert found.legs is None
    assert reason in found.left_out["hip_r"]
    assert "other leg" in found.left_out["hip_l"]
