"""Who is who: looks, crossing people, people who leave and return."""

from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest
from tests.monomsk_perception.composed import crossing, cut_outs, put, repainted, room

from monomsk_perception.appearance import difference, look
from monomsk_perception.errors import ModelFileError
from monomsk_perception.identity import Identity
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.model_files import find_model
from monomsk_perception.person_choice import areas, preferred
from monomsk_perception.region import Region

FRAME_NS = 33_333_333
SECOND_NS = 1_000_000_000
HIPS = [23, 24]


def stick_person(color: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture of two coloured limbs, and 33 landmarks on them."""
    image = np.full((240, 320, 3), 128, np.uint8)
    cv2.rectangle(image, (130, 60), (190, 130), color, -1)
    noise = np.random.default_rng(0).normal(0.0, 10.0, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    pixels = np.full((33, 2), 160.0)
    pixels[[11, 12]] = (185, 60), (135, 60)
    pixels[[23, 24]] = (180, 130), (140, 130)
    pixels[[25, 26]] = (180, 190), (140, 190)
    return image, pixels


def looks_of(color: tuple[int, int, int]) -> np.ndarray:
    image, pixels = stick_person(color)
    found = look(image, pixels, np.ones(33))
    assert found is not None
    return found


def test_a_look_is_normed_and_tells_colours_apart() -> None:
    red, green, light_red = map(looks_of, ((30, 30, 220), (40, 190, 40), (45, 45, 232)))
    np.testing.assert_allclose((red**2).sum(axis=1), 1.0)
    assert difference(red, red) == pytest.approx(0.0, abs=1e-6)
    assert difference(red, light_red) < 0.3 < 0.6 < difference(red, green)


def test_hidden_or_tiny_people_have_no_look() -> None:
    image, pixels = stick_person((30, 30, 220))
    assert look(image, pixels, np.zeros(33)) is None
    assert look(image, 0.02 * pixels, np.ones(33)) is None
    assert look(image, pixels + 1000.0, np.ones(33)) is None
    assert look(image, np.full((33, 2), np.nan), np.ones(33)) is None


def test_a_new_look_must_last_before_it_is_believed() -> None:
    red, green = looks_of((30, 30, 220)), looks_of((40, 190, 40))
    identity = Identity()
    for k in range(60):
        identity.learn(red, k * FRAME_NS)
    assert identity.changed_suddenly(green) and not identity.changed_suddenly(red)
    for k in range(60, 75):  # half a second
        identity.learn(green, k * FRAME_NS)
    assert identity.is_other(green)
    for k in range(75, 100):
        identity.learn(green, k * FRAME_NS)
    assert identity.is_same(green) and identity.is_same(red)


def test_without_a_look_nobody_is_judged() -> None:
    identity = Identity()
    assert not identity.is_other(None) and not identity.is_same(None)
    identity.learn(None, 0)
    assert not identity.is_known
    assert not identity.is_same(looks_of((1, 2, 3))) and not identity.is_other(looks_of((1, 2, 3)))


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (2560, 720), (480, 480)])
def test_the_whole_image_and_its_parts_are_searched_in_turn(size: tuple[int, int]) -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    searched = [places for turn in range(120) for places in areas("largest", box, size, turn)]
    assert searched[::3] == [None] * 40
    small = {part for part in searched if part and part.size_px < min(size)}
    assert {part.size_px for part in small} == {0.6 * min(size)}
    for axis, length in enumerate(size):
        begins = sorted({(p.center_x_px, p.center_y_px)[axis] - 0.5 * p.size_px for p in small})
        assert begins[0] == pytest.approx(0.0)
        assert begins[-1] + 0.6 * min(size) == pytest.approx(length)
        assert max(np.diff(begins)) <= 0.7 * 0.6 * min(size) + 1e-6
    # Where everybody counts, the small parts alone take turns.
    for turn in (0, 1):
        everywhere = areas("nearest", box, size, turn)
        assert len(everywhere) == 5
        assert everywhere[0] is None


def test_the_rules_order_people() -> None:
    far, near, small = Region(900, 300, 400), Region(200, 420, 300), Region(520, 300, 100)
    people, size = [small, far, near], (1000, 600)
    whole = (0.0, 0.0, 1.0, 1.0)
    assert preferred(people, "largest", whole, size)[0] is far
    assert preferred(people, "nearest", whole, size)[0] is near
    assert preferred(people, "center", whole, size)[0] is small
    assert preferred(people, "region", (0.0, 0.0, 0.4, 1.0), size) == [near]


@pytest.fixture(scope="module")
def models() -> None:
    try:
        find_model("pose_detection")
        find_model("pose_landmark_lite")
    except ModelFileError as error:
        pytest.skip(str(error))


def landmarker(**options: object) -> Landmarker:
    return Landmarker(LandmarkerOptions(model="lite", num_threads=1, **options))


@pytest.mark.parametrize("step_px", [7.0, 10.0])
def test_a_crossing_person_of_other_looks_does_not_take_over(models: None, step_px: float) -> None:
    follower, sides = landmarker(), []
    for index, (picture, x, other_x) in enumerate(crossing(step_px)):
        if index == 0:
            picture[:, 480:] = 120  # the other one comes later
        found = follower.detect(picture, index * FRAME_NS)
        if found is not None and abs(x - other_x) > 60.0:
            hips = found.pixels[HIPS].mean(0)[0]
            sides.append(abs(hips - x) < abs(hips - other_x))
    assert len(sides) > 50
    assert all(sides)
    assert follower.person_number == 1


def test_who_returns_after_a_long_time_keeps_the_number(models: None) -> None:
    """Away for three seconds, during which somebody else comes and is another person."""
    people = cut_outs(20)
    follower, numbers = landmarker(hold_s=0.5), []
    for index in range(130):
        scene, person = room(index), people[index % 20]
        if index < 30 or index >= 100:
            put(scene, person, 300.0)
        if 60 <= index < 85:
            put(scene, repainted(person), 650.0)
        found = follower.detect(scene, index * FRAME_NS)
        numbers.append(0 if found is None else follower.person_number)
    assert set(numbers[3:30]) == {1}
    assert set(numbers[31:60]) == {0}
    assert set(numbers[75:84]) <= {0, 2}
    # another one was followed meanwhile: the first comes back as somebody new
    assert len(set(numbers[118:])) == 1 and numbers[-1] != 0


def test_who_returns_alone_is_known_again(models: None) -> None:
    people = cut_outs(20)
    follower, numbers = landmarker(hold_s=0.5), []
    for index in range(90):
        scene = room(index)
        if index < 30:
            put(scene, people[index % 20], 300.0)
        if index >= 60:
            put(scene, people[index % 20], 700.0)
        found = follower.detect(scene, index * FRAME_NS)
        numbers.append(0 if found is None else follower.person_number)
    assert set(numbers[31:60]) == {0}
    assert set(numbers[75:]) == {1}


def test_the_person_in_the_region_is_followed_and_leaves_it(models: None) -> None:
    people = cut_outs(40)
    follower = landmarker(person="region", person_box=(0.5, 0.0, 1.0, 1.0), hold_s=0.3)
    places = []
    for index in range(40):
        scene = room(index)
        put(scene, people[index], 150.0)
        put(scene, people[index][:, ::-1], 800.0 - 14.0 * index)
        found = follower.detect(scene, index * FRAME_NS)
        places.append(np.nan if found is None else found.pixels[HIPS].mean(0)[0])
    assert np.nanmin(places) >= 475.0
    assert np.isfinite(places[:15]).sum() >= 12
    assert np.isnan(places[-8:]).all()


def test_another_rule_chooses_anew(models: None) -> None:
    person = cut_outs(1)[0]
    follower = landmarker()
    scene = room()
    put(scene, person, 200.0)
    put(scene, cv2.resize(person, None, fx=0.7, fy=0.7), 700.0)
    pictures = [scene + np.uint8(k) for k in range(6)]
    for k, picture in enumerate(islice(pictures, 3)):
        found = follower.detect(picture, k * FRAME_NS)
    assert found is not None and found.pixels[HIPS].mean(0)[0] < 400.0
    options = LandmarkerOptions(
        model="lite", num_threads=1, person="region", person_box=(0.5, 0.0, 1.0, 1.0)
    )
    follower.retune(options)
    for k, picture in enumerate(pictures[3:], 3):
        found = follower.detect(picture, k * FRAME_NS)
    assert found is not None and found.pixels[HIPS].mean(0)[0] > 500.0
    assert follower.person_number == 2
