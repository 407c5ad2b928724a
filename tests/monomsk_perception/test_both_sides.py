"""Mirror images of recordings and answers, and their mean."""

import numpy as np
import pinocchio as pin

from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.both_sides import BothSides, mirrored_answer, mirrored_track
from monomsk_perception.lifter_answer import USED_LANDMARKS, WINDOW_FRAMES, Answer, Track

RNG = np.random.default_rng(8)
SKELETON = build_skeleton(Subject(1.75, 70.0))
#: About the pelvis' own upward axis, by 0.3 rad.
TURN = pin.rpy.rpyToMatrix(0.0, 0.0, 0.3)


def person(frames: int = 3) -> tuple[Track, Answer]:
    """A random posture in front of a camera: what is seen and what it is."""
    rotations = np.linalg.qr(RNG.normal(size=(frames, 3, 3)))[0]
    rotations *= np.sign(np.linalg.det(rotations))[:, None, None]
    limits = SKELETON.lower_limits, SKELETON.upper_limits
    coordinates = RNG.uniform(*limits, size=(frames, 31))
    position = RNG.normal(0.0, 0.3, (frames, 3)) + [0.0, 0.0, 4.0]
    answer = Answer(
        rotations, position, RNG.normal(size=(frames, 2)), coordinates,
        RNG.normal(size=(frames, 31)), RNG.normal(size=(frames, 8)), RNG.normal(size=(frames, 4)),
    )  # fmt: skip
    return seen(answer), answer


def seen(answer: Answer) -> Track:
    """The landmarks of an answer's posture as a camera sees them."""
    rays = []
    for rotation, position, coordinates in zip(
        answer.pelvis_rotation, answer.pelvis_position, answer.coordinates, strict=True
    ):
        q = np.concatenate([np.zeros(6), [1.0], coordinates])
        points = SKELETON.points(q, SKELETON.landmarks)[list(USED_LANDMARKS)]
        points = points @ rotation.T + position
        rays.append(points[:, :2] / points[:, 2:])
    count = len(rays)
    return Track(np.array(rays), np.ones((count, 19)), np.ones(count))


def test_the_mirrored_answer_is_the_person_that_the_mirror_shows() -> None:
    track, answer = person()
    mirror_image = mirrored_track(track)
    np.testing.assert_allclose(seen(mirrored_answer(answer)).rays, mirror_image.rays, atol=1e-9)
    assert np.linalg.det(mirrored_answer(answer).pelvis_rotation).min() > 0.99


def test_mirroring_twice_changes_nothing() -> None:
    track, answer = person()
    np.testing.assert_array_equal(mirrored_track(mirrored_track(track)).rays, track.rays)
    again = mirrored_answer(mirrored_answer(answer))
    for name in Answer.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(answer, name))


def test_errors_that_a_network_makes_to_one_side_cancel() -> None:
    track, answer = person(WINDOW_FRAMES)

    class Biased:
        """Knows person and mirror image, but turns pelvises and bends every right knee more."""

        def __call__(self, shown: Track, subject: np.ndarray, asked: list[int]) -> Answer:
            assert shown.windows.tolist() == np.repeat([0, 1], len(track)).tolist()
            np.testing.assert_array_equal(shown.rays[len(track) :], mirrored_track(track).rays)
            np.testing.assert_array_equal(shown.numbers, np.tile(range(len(track)), 2))
            parts = vars(answer), vars(mirrored_answer(answer))
            both = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            both["coordinates"][:, 3] += 0.2
            both["pelvis_rotation"] = both["pelvis_rotation"] @ TURN
            return Answer(**{name: value[asked] for name, value in both.items()})

    found = BothSides(Biased())(track, np.zeros(17))
    error = found.coordinates - answer.coordinates
    np.testing.assert_allclose(error[:, [3, 10]], 0.1, atol=1e-12)
    np.testing.assert_allclose(np.delete(error, [3, 10], axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.pelvis_rotation, answer.pelvis_rotation, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(found.pelvis_rotation), 1.0, atol=1e-12)
