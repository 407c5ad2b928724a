from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from monomsk_analysis.frame_source import Frame, SourceFacts, TimeWindow
from monomsk_analysis.tracking import Observation, Tracking, sightings, track
from monomsk_description.body_state import BodyState
from monomsk_perception.landmarks import Landmarks

RATE_HZ = 20.0


class Images:
    """A source of black images."""

    facts = SourceFacts(Path("x"), "video", 4, 4, 5)
    notes: tuple[str, ...] = ()

    def frames(self, window: TimeWindow) -> Iterator[Frame]:
        for k in range(3, 8):
            time_s = k / RATE_HZ
            yield Frame(k, time_s, round(time_s * 1e9), np.zeros((4, 4, 3), dtype=np.uint8))


class Clock:
    """A clock that goes one second forward whenever it is read."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


class Tracker:
    """Finds nobody; detection runs in the first image and in the third."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def observe(self, frame: Frame) -> Observation:
        self.seen.append(frame.index)
        timings = {"detect": 0.25} if frame.index in (3, 5) else {}
        return Observation(None, None, timings_s=timings)

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        return [*observations[:-1], Observation(None, None, timings_s={"last": 1.0})]


def test_every_image_is_seen_once_and_keeps_its_number_and_time() -> None:
    tracker, advanced = Tracker(), []
    tracking = track(Images(), TimeWindow(), tracker, lambda: advanced.append(1), Clock())
    assert tracker.seen == tracking.indices.tolist() == [3, 4, 5, 6, 7]
    np.testing.assert_allclose(tracking.times, np.arange(3, 8) / RATE_HZ)
    assert tracking.stamps_ns[0] == 150_000_000
    assert tracking.rate_hz == pytest.approx(20.0)
    assert len(advanced) == 5


def test_stages_that_an_image_skips_take_no_time() -> None:
    tracking = track(Images(), TimeWindow(), Tracker(), clock=Clock())
    assert tracking.stage_seconds["detect"].tolist() == [0.25, 0.0, 0.25, 0.0, 0.0]
    assert tracking.stage_seconds["perception"].tolist() == [1.0] * 5
    assert tracking.stage_seconds["decode"].tolist() == [1.0] * 5
    assert tracking.stage_seconds["hindsight"].tolist() == [0.2] * 5


def test_hindsight_has_the_last_word() -> None:
    tracking = track(Images(), TimeWindow(), Tracker(), clock=Clock())
    assert tracking.observations[-1].timings_s == {"last": 1.0}


def seen(quality: float, place: float) -> Observation:
    """A state from a camera at a place."""
    landmarks = Landmarks(
        0, np.zeros((33, 2)), np.full(33, 0.8), np.ones(33), np.zeros((33, 3)), 0.9, (4, 4)
    )
    state = BodyState(0, np.zeros(38), np.zeros(37), quality=quality)
    pose = pin.SE3(np.eye(3), np.array([place, 0.0, 1.0]))
    return Observation(landmarks, state, pose)


def test_sightings_are_those_of_good_fits() -> None:
    observations = [seen(0.9, float(k)) for k in range(14)]
    observations += [seen(0.1, 14.0), Observation(None, None)]
    stamps = np.arange(16)
    found = sightings(Tracking(stamps, stamps / RATE_HZ, stamps, tuple(observations), {}))
    np.testing.assert_allclose(found.camera_positions[:14, 0], np.arange(14.0))
    assert (found.visibility[:14] == 0.8).all()
    assert np.isnan(found.camera_positions[14:]).all() and not found.visibility[14:].any()
