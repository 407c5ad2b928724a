"""The networks as following a person sees them, with others in their place."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from monomsk_perception.blazepose_detector import PersonDetection
from monomsk_perception.blazepose_landmarks import RegionLandmarks
from monomsk_perception.landmark_networks import LandmarkNetworks
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.region import Region

IMAGE = np.zeros((100, 100, 3), np.uint8)
REGION = Region.whole_image(100, 100)
FOUND = RegionLandmarks(
    pixels=np.full((33, 2), 50.0),
    visibility=np.ones(33),
    presence=np.ones(33),
    metric=np.zeros((33, 3)),
    score=0.9,
    alignment=np.array([[50.0, 50.0], [50.0, 30.0]]),
)


class Fake:
    """Finds one person in each area, slowly, and whatever it is told to find."""

    found = FOUND

    def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
        time.sleep(0.002)
        return [PersonDetection(0.9, area or REGION)]

    def estimate(self, image: np.ndarray, region: Region) -> RegionLandmarks:
        time.sleep(0.002)
        return self.found


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def networks(fake: Fake) -> LandmarkNetworks:
    return LandmarkNetworks(LandmarkerOptions(min_tracking_score=0.5), fake, fake)


def test_times_add_up_until_the_next_image(networks: LandmarkNetworks) -> None:
    assert len(networks.detect(IMAGE, [None, REGION])) == 2
    networks.estimate(IMAGE, REGION)
    assert networks.timings_s["detect"] >= 0.004
    assert networks.timings_s["landmarks"] >= 0.002
    networks.start_timing()
    assert networks.timings_s == {"detect": 0.0, "landmarks": 0.0}


@pytest.mark.parametrize(
    "change",
    [
        {"score": 0.4},
        {"pixels": np.full((33, 2), np.nan)},
        {"visibility": np.full(33, np.nan)},
        {"metric": np.full((33, 3), np.inf)},
    ],
    ids=["unsure", "no pixels", "no visibility", "no places"],
)
def test_what_is_unsure_or_no_number_is_nobody(
    networks: LandmarkNetworks, fake: Fake, change: dict[str, object]
) -> None:
    assert networks.estimate(IMAGE, REGION) is FOUND
    fake.found = replace(FOUND, **change)  # type: ignore[arg-type]
    assert networks.estimate(IMAGE, REGION) is None


def test_another_threshold_takes_effect_at_once(networks: LandmarkNetworks) -> None:
    networks.retune(LandmarkerOptions(min_tracking_score=0.95))
    assert networks.estimate(IMAGE, REGION) is None


def test_measuring_and_warming_up_cost_no_image_any_time(networks: LandmarkNetworks) -> None:
    networks.warm_up()
    assert networks.measure(LandmarkerOptions().model, runs=3) >= 0.002
    assert networks.timings_s == {"detect": 0.0, "landmarks": 0.0}


def test_a_network_in_use_is_measured_between_two_images(
    networks: LandmarkNetworks, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the budget is changed at run time: the executor's thread measures."""
    at_work = threading.Lock()
    met = []

    def estimate(image: np.ndarray, region: Region) -> RegionLandmarks:
        if not at_work.acquire(blocking=False):
            met.append(threading.current_thread().name)
            return FOUND
        time.sleep(0.002)
        at_work.release()
        return FOUND

    monkeypatch.setattr(fake, "estimate", estimate)
    measuring = threading.Thread(target=networks.measure, args=(LandmarkerOptions().model, 20))
    measuring.start()
    while measuring.is_alive():
        networks.estimate(IMAGE, REGION)
    assert not met


class Nearsighted:
    """Takes whoever is small in what it is shown for lying somewhere beside."""

    body = Region(300.0, 200.0, 120.0)

    def __init__(self) -> None:
        self.areas: list[Region | None] = []

    def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
        self.areas.append(area)
        side = 640.0 if area is None else area.size_px
        share = self.body.size_px / side
        if share > 0.5:
            return [PersonDetection(0.95, self.body)]
        beside = Region(300.0 - 50.0, 210.0, 130.0, np.pi / 2.0)
        return [PersonDetection(0.6, beside)]

    def estimate(self, image: np.ndarray, region: Region) -> RegionLandmarks:
        return FOUND


WIDE = np.zeros((360, 640, 3), np.uint8)


def looking(detector: object) -> LandmarkNetworks:
    return LandmarkNetworks(LandmarkerOptions(), detector, detector)  # type: ignore[arg-type]


def test_small_people_are_looked_at_again_closer() -> None:
    detector = Nearsighted()
    (found,) = looking(detector).detect(WIDE, [None])
    assert (found.score, found.region) == (0.95, detector.body)
    assert len(detector.areas) == 2
    assert detector.areas[1].size_px < 300.0  # type: ignore[union-attr]


def test_whoever_is_sure_or_large_is_not_looked_at_again() -> None:
    detector = Nearsighted()
    detector.body = Region(300.0, 200.0, 500.0)
    assert looking(detector).detect(WIDE, [None])[0].score == 0.95
    detector.body = Region(300.0, 200.0, 60.0)
    assert looking(detector).detect(WIDE, [Region(300.0, 200.0, 150.0)])[0].score == 0.6
    assert len(detector.areas) == 2


def test_closer_looks_end_where_they_find_nobody_better() -> None:
    class Stubborn(Nearsighted):
        def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
            self.areas.append(area)
            return [PersonDetection(0.6, Region(300.0, 200.0, 60.0))]

    detector = Stubborn()
    assert looking(detector).detect(WIDE, [None])[0].score == 0.6
    assert len(detector.areas) == 2


def test_a_crowd_costs_no_more_than_a_few_looks() -> None:
    class Crowd(Nearsighted):
        """Each look finds everybody a little more certainly."""

        def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
            self.areas.append(area)
            score = 0.5 + 0.01 * len(self.areas)
            return [PersonDetection(score, Region(60.0 * k, 200.0, 50.0)) for k in range(1, 10)]

    detector = Crowd()
    found = looking(detector).detect(WIDE, [None, Region(180.0, 180.0, 360.0)])
    assert len(found) == 18
    assert len(detector.areas) == 2 + 3


def test_a_closer_look_does_not_take_the_neighbour() -> None:
    class Couple(Nearsighted):
        def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
            self.areas.append(area)
            if area is None:
                return [PersonDetection(0.6, self.body)]
            beside = replace(self.body, center_x_px=self.body.center_x_px + 60.0)
            return [PersonDetection(0.98, beside), PersonDetection(0.92, self.body)]

    detector = Couple()
    (found,) = looking(detector).detect(WIDE, [None])
    assert (found.score, found.region) == (0.92, detector.body)


@pytest.mark.parametrize(
    "region",
    [Region(300.0, 2100.0, 300.0), Region(300.0, 200.0, 5000.0), Region(-700.0, 200.0, 300.0)],
    ids=["far below", "gigantic", "far to the left"],
)
def test_detections_where_nobody_can_be_are_none(region: Region) -> None:
    class Dreamer(Nearsighted):
        def detect(self, image: np.ndarray, area: Region | None = None) -> list[PersonDetection]:
            return [PersonDetection(0.9, region)]

    assert looking(Dreamer()).detect(WIDE, [None]) == []
