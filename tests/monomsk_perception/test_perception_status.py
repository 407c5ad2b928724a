import pytest

from monomsk_description.status_level import Level
from monomsk_perception.perception_status import judge, status_values
from monomsk_perception.stream_monitor import StreamMonitor
from monomsk_perception.tracking import TrackingStatus

TRACKING = TrackingStatus.TRACKING


def working() -> StreamMonitor:
    monitor = StreamMonitor()
    for _ in range(30):
        monitor.image()
        monitor.result(0.04, {"landmarks": 0.01}, quality=0.9, visibility=0.8)
    return monitor


def verdict(monitor: StreamMonitor, status: TrackingStatus = TRACKING) -> tuple[Level, str]:
    return judge(monitor.summarize(1.0), status, 3)


def test_a_followed_person_is_fine() -> None:
    assert verdict(working()) == (Level.OK, "following person 3")


def test_no_images_is_stale() -> None:
    assert verdict(StreamMonitor())[0] is Level.STALE


def test_an_error_outweighs_a_warning_and_both_outweigh_results() -> None:
    monitor = working()
    monitor.trouble("no calibration", "focal length assumed", is_error=False)
    assert verdict(monitor) == (Level.WARN, "focal length assumed")
    monitor = working()
    monitor.trouble("image failed", "fog")
    monitor.trouble("no calibration", "focal length assumed", is_error=False)
    assert verdict(monitor) == (Level.ERROR, "fog")


@pytest.mark.parametrize(
    ("events", "status", "words"),
    [
        ({}, TrackingStatus.NO_PERSON, "nobody in view"),
        ({}, TrackingStatus.LOST, "out of sight"),
        ({"blank images": 9}, TrackingStatus.NO_PERSON, "blank"),
        ({"images before camera_info": 9}, TrackingStatus.NO_PERSON, "camera_info"),
        ({"images without state": 9}, TrackingStatus.TRACKING, "look_ahead"),
    ],
)
def test_why_there_are_no_results(events: dict, status: TrackingStatus, words: str) -> None:
    monitor = StreamMonitor()
    monitor.count("images", 30)
    for event, number in events.items():
        monitor.count(event, number)
    level, text = verdict(monitor, status)
    assert level is Level.WARN and words in text


def test_stamps_that_stand_still_are_an_error() -> None:
    monitor = StreamMonitor()
    monitor.count("images", 30)
    monitor.count("images out of order", 30)
    assert verdict(monitor)[0] is Level.ERROR


@pytest.mark.parametrize(
    ("result", "dropped", "words"),
    [
        ((0.04, {"lift": 0.01}, 0.05, 0.8), 0, "badly"),
        ((0.04, {"lift": 0.01}, 0.9, 0.2), 0, "much of the person is hidden"),
        ((0.04, {"lift": 0.01}, 0.9, 0.7, 0.2), 0, "both legs are hidden"),
        ((0.60, {"lift": 0.01}, 0.9, 0.8), 0, "late"),
        ((0.04, {"lift": 0.01}, 0.9, 0.8), 20, "dropped"),
    ],
)
def test_poor_results_are_warned_of(result: tuple, dropped: int, words: str) -> None:
    monitor = StreamMonitor()
    monitor.count("images", 30)
    monitor.count("images dropped", dropped)
    for _ in range(10):
        monitor.result(*result)
    level, text = verdict(monitor)
    assert level is Level.WARN and words in text


def test_the_numbers_are_all_there() -> None:
    values = status_values(working().summarize(1.0), TRACKING, 3)
    assert {
        "rate_hz",
        "age_s",
        "max_age_s",
        "tracking",
        "track_id",
        "quality",
        "visibility",
        "leg_visibility",
    } <= set(values)
    assert values["rate_hz"] == "30.0" and values["landmarks_s"] == "0.0100"
    assert values["max_landmarks_s"] == "0.0100" and values["images"] == 30
