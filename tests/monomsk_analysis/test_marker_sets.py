"""Marker sets: every marker has a place on the skeleton, sides mirror, names decide."""

import numpy as np
import pytest

from monomsk_analysis.errors import UnknownMarkersError
from monomsk_analysis.marker_sets import MARKER_SETS, choose_marker_set, load_marker_set
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SUBJECT = Subject(height_m=1.75, mass_kg=70.0)


@pytest.mark.parametrize("name", MARKER_SETS)
def test_every_marker_lies_on_the_body(name: str) -> None:
    markers = load_marker_set(name)
    skeleton = build_skeleton(SUBJECT, markers.on(load_anatomy(), tuple(markers.places)))
    places = skeleton.points(skeleton.neutral(), skeleton.markers)
    centers = skeleton.segment_poses(skeleton.neutral())
    for site, place in zip(skeleton.anatomy.markers, places, strict=True):
        assert np.linalg.norm(place - centers[site.segment].translation) < 0.6
        assert -0.02 < place[2] < 1.75


@pytest.mark.parametrize("name", MARKER_SETS)
def test_left_markers_mirror_right_ones(name: str) -> None:
    markers = load_marker_set(name)
    skeleton = build_skeleton(SUBJECT, markers.on(load_anatomy(), tuple(markers.places)))
    places = dict(
        zip(markers.places, skeleton.points(skeleton.neutral(), skeleton.markers), strict=True)
    )
    pairs = [("R" + left[1:], left) for left in places if left.startswith("L")]
    assert len(pairs) > 15
    for right, left in pairs:
        np.testing.assert_allclose(places[left], places[right] * [1.0, -1.0, 1.0], atol=1e-9)


@pytest.mark.parametrize("name", MARKER_SETS)
def test_a_set_is_recognised_by_its_names(name: str) -> None:
    assert choose_marker_set(tuple(load_marker_set(name).places)).name == name


def test_unknown_markers_are_named() -> None:
    with pytest.raises(UnknownMarkersError, match="M0, M1"):
        choose_marker_set(tuple(f"M{k}" for k in range(40)))
    assert load_marker_set("plug_in_gait").unknown(("LASI", "LFHD", "XYZ")) == ("XYZ",)


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownMarkersError, match="plug_in_gait"):
        load_marker_set("helen_hayes")
