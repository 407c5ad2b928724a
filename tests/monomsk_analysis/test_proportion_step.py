"""Fitting a person's lengths to a recording, and looking again with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from monomsk_analysis.body_choice import Body, make_body
from monomsk_analysis.errors import InputError
from monomsk_analysis.perception_tracker import PerceptionTracker
from monomsk_analysis.proportion_step import personalise, refuse_model, wants_fit
from monomsk_analysis.tracking import Observation, Tracking
from monomsk_description.proportions import population
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_factory import LifterChoice
from monomsk_perception.pipeline import Perception, PerceptionOptions

SUBJECT = Subject(1.75, 70.0, segment_lengths_m={"foot": 0.19})
CAMERA = CameraPose.level(1.1, CameraPoseSource.PARAMETER)
FRAMES, LOST, NEW_PERSON = 40, 7, 20


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(limits=1):
        yield


class NobodySeen:
    """Stands for the landmark network: this test brings its own landmarks."""

    person_number = 0

    def reset(self) -> None:
        self.person_number = 0


@pytest.fixture(scope="module")
def intrinsics() -> CameraIntrinsics:
    return CameraIntrinsics.from_focal(720, 1280, 900.0)


def _film(intrinsics: CameraIntrinsics) -> list[Landmarks | None]:
    """Somebody with long thighs who squats and turns; lost once."""
    person = build_skeleton(Subject(1.75, 70.0, segment_lengths_m={"thigh": 0.46, "shank": 0.385}))
    pose, film = CAMERA.pose_world_camera, []
    for k in range(FRAMES):
        bend, q = 0.5 - 0.5 * np.cos(0.3 * k), person.neutral()
        for side in "rl":
            for name, angle in (("hip_flexion", 1.2), ("knee_angle", 1.4), ("ankle_angle", 0.4)):
                q[7 + person.coordinate_index(f"{name}_{side}")] = angle * bend
        q[:3] = 4.0, 0.0, 0.95 - 0.3 * bend
        q[3:7] = 0.0, 0.0, np.sin(0.04 * k), np.cos(0.04 * k)
        points = person.points(q, person.landmarks)
        seen = (points - pose.translation) @ pose.rotation
        metric = seen - seen[23:25].mean(0)
        one = Landmarks(
            k * 100_000_000, intrinsics.project(seen), np.ones(33), np.ones(33), metric, 1.0,
            (720, 1280),
        )  # fmt: skip
        film.append(None if k == LOST else one)
    return film


@pytest.fixture(scope="module")
def tracked(intrinsics) -> tuple[PerceptionTracker, Tracking, list[int]]:
    """A tracker and what it saw, with a new person half-way; counts how often it forgot."""
    forgotten: list[int] = []

    def build(skeleton: Skeleton) -> Perception:
        options = PerceptionOptions(lifter=LifterChoice("geometric"))
        perception = Perception(
            skeleton, intrinsics, CAMERA, options, keep_history=True,
            landmarker=NobodySeen(),  # type: ignore[arg-type]
        )  # fmt: skip
        forget = perception.forget

        def counted() -> None:
            forgotten.append(1)
            forget()

        perception.forget = counted  # type: ignore[method-assign]
        return perception

    skeleton = build_skeleton(SUBJECT)
    perception = build(skeleton)
    tracker = PerceptionTracker(perception, build)
    seen = []
    for k, landmarks in enumerate(_film(intrinsics)):
        if k == NEW_PERSON:
            perception.lifter.reset()
        seen.append(tracker._lift(Observation(landmarks, None)))
    observations = tuple(tracker.revise(seen))
    numbers = np.arange(FRAMES)
    tracking = Tracking(
        numbers, 0.1 * numbers, 100_000_000 * numbers, observations, {"perception": np.ones(FRAMES)}
    )
    return tracker, tracking, forgotten


def test_lengths_are_fitted_and_the_landmarks_lifted_again(tracked, intrinsics) -> None:
    tracker, tracking, forgotten = tracked
    body = make_body(SUBJECT)
    person, again = personalise(body, tracking, tracker, intrinsics)
    lengths = person.skeleton.subject.segment_lengths_m
    usual = population(1.75).lengths_m
    assert lengths["thigh"] / lengths["shank"] > 1.04 * usual["thigh"] / usual["shank"]
    # What somebody measured stays.
    assert lengths["foot"] == 0.19
    # Lost where it was lost, and begun anew where it was begun anew.
    assert [o.state is None for o in again.observations] == [k == LOST for k in range(FRAMES)]
    assert len(forgotten) == 2
    before = [o.state.q for o in tracking.observations if o.state is not None]
    after = [o.state.q for o in again.observations if o.state is not None]
    assert np.abs(np.array(after) - np.array(before)).max() > 1e-3
    assert again.stage_seconds["proportions"].shape == (FRAMES,)
    assert set(again.stage_seconds) == {"perception", "proportions"}


def test_the_summary_tells_what_was_fitted(tracked, intrinsics) -> None:
    tracker, tracking, _ = tracked
    body, _ = personalise(make_body(SUBJECT), tracking, tracker, intrinsics)
    sigma = body.entries()["fitted_length_sigma_m"]
    assert 0.0 < sigma["thigh"] < 0.05
    assert any("thigh" in sentence and "fitted" in sentence for sentence in body.assumptions())
    plain = make_body(SUBJECT)
    assert plain.entries()["fitted_length_sigma_m"] is None
    assert not any("fitted" in sentence for sentence in plain.assumptions())


def test_a_recording_that_tells_nothing_is_warned_about(tracked, intrinsics) -> None:
    tracker, tracking, _ = tracked
    lost = replace(
        tracking, observations=tuple(Observation(None, None) for _ in tracking.observations)
    )
    body, again = personalise(make_body(SUBJECT), lost, tracker, intrinsics)
    assert again is lost
    assert body.fitted is None
    assert any("no segment lengths" in sentence for sentence in body.warnings)


@pytest.mark.parametrize(
    ("asked", "lifter", "expected"),
    [
        (None, "geometric", True),
        (None, "transformer", False),
        (True, "transformer", True),
        (False, "geometric", False),
    ],
)
def test_when_lengths_are_fitted(tracked, asked, lifter, expected) -> None:
    body = make_body(SUBJECT)
    assert wants_fit(asked, body, lifter, None) is expected
    assert wants_fit(asked, body, lifter, tracked[0]) is expected

    class SeesOnce:
        def observe(self, frame):
            raise NotImplementedError

        def revise(self, observations):
            return observations

    assert not wants_fit(asked, body, lifter, SeesOnce())
    model = replace(body, file="person.osim")
    if asked:
        with pytest.raises(InputError, match="as it is"):
            wants_fit(asked, model, lifter, None)
    else:
        assert not wants_fit(asked, model, lifter, None)


def test_an_opensim_model_is_taken_as_it_is() -> None:
    body = Body(build_skeleton(Subject(1.75, 70.0)), file="person.osim")
    with pytest.raises(InputError, match=r"person\.osim.*fit-proportions") as caught:
        refuse_model(body)
    assert caught.value.path == Path("person.osim")


def test_a_tracker_that_cannot_look_again_says_so(tracked) -> None:
    with pytest.raises(ValueError, match="rebuild"):
        PerceptionTracker(tracked[0]._perception).again(build_skeleton(SUBJECT), [])
