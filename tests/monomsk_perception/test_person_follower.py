"""Following without networks: people are moving circles, seen by a detector and an estimator."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from monomsk_perception.blazepose_detector import PersonDetection
from monomsk_perception.blazepose_landmarks import RegionLandmarks
from monomsk_perception.errors import ImageError, OptionError
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.region import Region
from monomsk_perception.tracking import TrackingStatus

IMAGE = np.zeros((1000, 2000, 3), np.uint8)
STEP_NS = 33_333_333
TRACKING, ACQUIRED = TrackingStatus.TRACKING, TrackingStatus.ACQUIRED
LOST, NO_PERSON = TrackingStatus.LOST, TrackingStatus.NO_PERSON


@dataclass
class Person:
    name: int
    x: float
    y: float = 500.0
    radius: float = 150.0

    @property
    def alignment(self):
        return np.array([[self.x, self.y], [self.x, self.y - self.radius]])

    @property
    def region(self):
        return Region.around_body(*self.alignment)


class World:
    """Who is there; counts how often it was looked at."""

    def __init__(self, *people):
        self.people = list(people)
        self.searches = self.looks = 0
        self.spoil = lambda found: found

    def detect(self, image, area=None):
        self.searches += 1
        inside = [
            p
            for p in self.people
            if area is None
            or max(abs(p.x - area.center_x_px), abs(p.y - area.center_y_px)) < (area.size_px / 2)
        ]
        return [PersonDetection(0.9, p.region) for p in inside]

    def estimate(self, image, region):
        """Like the network: whoever is nearest to the middle of the crop, however it came there."""
        self.looks += 1
        near = [p for p in self.people if p.region.distance_to(region) < 0.5]
        if not near:
            return self.landmarks(Person(0, region.center_x_px, region.center_y_px), 0.05)
        nearest = min(near, key=lambda p: p.region.distance_to(region))
        return self.spoil(self.landmarks(nearest, 0.95))

    def landmarks(self, person, score):
        return RegionLandmarks(
            pixels=np.tile(person.alignment[0], (33, 1)),
            visibility=np.ones(33),
            presence=np.ones(33),
            metric=np.full((33, 3), float(person.name)),
            score=score,
            alignment=person.alignment,
        )


def start(world, **options):
    return Landmarker(LandmarkerOptions(**options), detector=world, estimator=world)


class Clip:
    """Shows one image after the other; answers with the name of the person or None."""

    def __init__(self, world, **options):
        self.landmarker = start(world, **options)
        self.index = -1

    def show(self, count=1):
        for _ in range(count):
            self.index += 1
            found = self.landmarker.detect(IMAGE, self.index * STEP_NS)
        return None if found is None else int(found.metric[0, 0])

    @property
    def status(self):
        return self.landmarker.status


def test_nobody():
    world = World()
    clip = Clip(world)
    assert clip.show() is None
    assert (clip.status, clip.landmarker.person_number) == (NO_PERSON, 0)


def test_the_largest_person_is_followed_without_further_searches():
    world = World(Person(1, 400, radius=150), Person(2, 1500, radius=220))
    clip = Clip(world)
    assert (clip.show(), clip.status) == (2, ACQUIRED)
    for _ in range(30):
        world.people[0].radius += 10.0  # comes nearer, in vain
        world.people[1].x -= 5.0
        assert (clip.show(), clip.status) == (2, TRACKING)
    assert world.searches == 1
    assert clip.landmarker.person_number == 1


def test_a_short_loss_is_found_again_as_the_same_person():
    world = World(Person(1, 1000))
    clip = Clip(world)
    clip.show(5)
    person = world.people.pop()
    for _ in range(10):
        assert (clip.show(), clip.status) == (None, LOST)
    person.x += 100.0
    world.people.append(person)
    assert clip.show(3) == 1
    assert clip.landmarker.person_number == 1


def test_somebody_else_is_refused_while_waiting_and_taken_afterwards():
    world = World(Person(1, 400))
    clip = Clip(world, hold_s=0.5)
    clip.show(5)
    world.people[:] = [Person(2, 1700, radius=250)]
    answers = [(clip.show(), clip.status) for _ in range(25)]
    assert answers[:14] == [(None, LOST)] * 14
    assert answers[-1] == (2, TRACKING)
    assert clip.landmarker.person_number == 2


def test_landmarks_never_jump_to_another_person():
    """The followed person disappears just when another one is in the crop, beside or nearer."""
    for other in (Person(2, 560), Person(2, 400, radius=300)):
        world = World(Person(1, 400))
        clip = Clip(world)
        clip.show(5)
        world.people[:] = [other]
        assert (clip.show(), clip.status) == (None, LOST)
        world.people[:] = [Person(1, 405)]
        assert clip.show() == 1


@pytest.mark.parametrize("rate_factor", [1, 5])
def test_crossing_a_person_farther_away(rate_factor):
    """Two people walk past each other; one is smaller. Also at 6 images a second."""
    world = World(Person(1, 300, radius=200), Person(2, 1700, radius=120))
    clip = Clip(world)
    for _ in range(140 // rate_factor):
        answer = clip.show()
        assert answer in (1, None)
        clip.index += rate_factor - 1
        world.people[0].x += 10.0 * rate_factor
        world.people[1].x -= 10.0 * rate_factor
    assert answer == 1


def test_the_detector_runs_less_and_less_often():
    world = World()
    clip = Clip(world)
    clip.show(300)
    assert 45 < world.searches < 100
    before = world.searches
    clip.show(300)
    assert world.searches - before == pytest.approx(10.0 / 0.2, rel=0.2)
    world.people.append(Person(1, 700))
    # The whole image is one of three things searched in turn.
    assert clip.show(19) == 1


class Unsure(World):
    """A detector that is never certain."""

    def detect(self, image, area=None):
        return [replace(found, score=0.6) for found in super().detect(image, area)]


@pytest.mark.parametrize("rule", ["largest", "nearest", "center"])
def test_whoever_is_doubtful_is_passed_over_at_first(rule):
    clip = Clip(Unsure(Person(1, 700)), person=rule)
    answers = [clip.show() for _ in range(40)]
    assert answers[:20] == [None] * 20
    assert answers[-1] == 1


def test_doubts_begin_anew_after_an_empty_room():
    world = Unsure()
    clip = Clip(world)
    clip.show(300)
    world.people.append(Person(1, 700))
    assert [clip.show() for _ in range(15)] == [None] * 15
    assert clip.show(200) == 1


def test_doubtful_people_in_a_chosen_region_are_followed_at_once():
    clip = Clip(Unsure(Person(1, 700)), person="region", person_box=(0.0, 0.0, 1.0, 1.0))
    assert clip.show() == 1


def test_recordings_are_searched_everywhere():
    world = World()
    Clip(world, max_search_interval_s=0.0).show(300)
    assert world.searches == 300


def test_images_are_searched_at_once_after_a_loss():
    world = World(Person(1, 700))
    clip = Clip(world)
    clip.show(3)
    world.people.clear()
    clip.show()
    assert (clip.status, world.searches) == (LOST, 2)


def test_a_long_gap_in_time_searches_again():
    world = World(Person(1, 700))
    clip = Clip(world)
    clip.show(3)
    clip.index += 20
    assert (clip.show(), clip.status, world.searches) == (1, ACQUIRED, 2)


def test_a_jump_back_in_time_starts_anew():
    world = World(Person(1, 400))
    clip = Clip(world)
    clip.show(10)
    world.people[:] = [Person(2, 1700)]
    clip.index = -1
    assert (clip.show(), clip.status) == (2, ACQUIRED)


def test_reset_forgets_the_person():
    world = World(Person(1, 400))
    clip = Clip(world)
    clip.show(10)
    world.people[:] = [Person(2, 1700)]
    clip.landmarker.reset()
    assert clip.status is NO_PERSON
    assert (clip.show(), clip.landmarker.person_number) == (2, 2)


def test_equal_stamps_do_no_harm():
    landmarker = start(World(Person(1, 400)))
    assert all(landmarker.detect(IMAGE, 0) is not None for _ in range(5))


@pytest.mark.parametrize("field", ["pixels", "metric", "alignment"])
def test_numbers_that_are_none_are_nobody(field):
    world = World(Person(1, 400))
    clip = Clip(world)
    clip.show(2)

    def spoil(found):
        getattr(found, field)[0] = np.nan
        return found

    world.spoil = spoil
    assert (clip.show(), clip.status) == (None, LOST)
    world.spoil = lambda found: found
    assert clip.show() == 1


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "no array"),
        (np.zeros((40, 40), np.uint8), "shape"),
        (np.zeros((40, 40, 4), np.uint8), "shape"),
        (np.zeros((40, 40, 3), np.float32), "float32"),
        (np.zeros((0, 10, 3), np.uint8), "too small"),
        (np.zeros((16, 400, 3), np.uint8), "too small"),
    ],
)
def test_what_is_no_image_is_refused(image, words):
    world = World(Person(1, 400))
    with pytest.raises(ImageError, match=words):
        start(world).detect(image, 0)
    assert world.looks == 0


@pytest.mark.parametrize(
    "options",
    [
        {"model": "huge"},
        {"num_threads": 0},
        {"min_tracking_score": 1.0},
        {"min_detection_score": float("nan")},
        {"hold_s": -1.0},
        {"max_step": float("nan")},
        {"max_growth": 1.0},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError) as caught:
        LandmarkerOptions(**options)
    assert caught.value.option == next(iter(options))
