"""docs/human_model.md says of the model what the model does."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

facts = importlib.import_module("human_model_facts")
PAGE = Path(__file__).parents[2] / "docs" / "human_model.md"


@pytest.fixture(scope="module")
def body():
    return build_skeleton(Subject(1.70, 75.337))


def test_every_coordinate_is_explained_once(body):
    explained = [sign.coordinate for sign in facts.SIGNS]
    expected = [name for name in body.coordinate_names if not name.endswith("_l")]
    assert sorted(explained) == sorted(expected)


@pytest.mark.parametrize("sign", facts.SIGNS, ids=lambda sign: sign.coordinate)
def test_positive_means_what_the_page_says(body, sign):
    row = body.landmarks.names.index(sign.landmark)
    base = [(name, np.deg2rad(angle)) for name, angle in sign.bent_deg]
    before = body.points(facts.bent(body, *base), body.landmarks)[row]
    after = body.points(facts.bent(body, *base, (sign.coordinate, 0.05)), body.landmarks)[row]
    step = after - before
    assert step @ np.array(sign.direction) > 0.5 * np.linalg.norm(step) > 0.0005


@pytest.mark.parametrize("sign", facts.SIGNS, ids=lambda sign: sign.coordinate)
def test_the_left_side_mirrors_the_right(body, sign):
    if not sign.coordinate.endswith("_r"):
        pytest.skip("the trunk has no sides")
    mirrored = sign.landmark.replace("right", "left")
    rows = [body.landmarks.names.index(name) for name in (sign.landmark, mirrored)]
    q = facts.bent(body, (sign.coordinate, 0.1), (f"{sign.coordinate[:-2]}_l", 0.1))
    right, left = body.points(q, body.landmarks)[rows]
    np.testing.assert_allclose(left, right * [1, -1, 1], atol=1e-12)


def test_axes_turn_what_they_say(body):
    for sign in facts.SIGNS:
        segment, axis = facts.turning_axis(body, sign.coordinate)
        joint = next(j for j in body.anatomy.joints if j.child == segment)
        assert sign.coordinate in {one.coordinate for one in joint.axes}
        assert np.linalg.norm(axis) == pytest.approx(1.0)


def test_the_page_s_tables_are_the_model_s():
    script = importlib.import_module("draw_human_model")
    text = PAGE.read_text()
    assert script.with_tables(text) == text, "run scripts/draw_human_model.py --tables-only"
    for image in (
        "human_model",
        "human_model_signs",
        "human_model_details",
        "human_model_muscles",
    ):
        assert f"images/{image}.png" in text
        assert (PAGE.parent / "images" / f"{image}.png").stat().st_size < 300_000
