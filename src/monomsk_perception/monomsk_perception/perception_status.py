"""What the state of the stream is called and how bad it is: the node's diagnostic status."""

from __future__ import annotations

from typing import Any

from monomsk_description.status_level import Level
from monomsk_perception.stream_monitor import StreamSummary
from monomsk_perception.tracking import TrackingStatus

#: Results worse than this are warned of.
LEAST_QUALITY = 0.2
LEAST_VISIBILITY = 0.5
MOST_AGE_S = 0.25
MOST_DROPPED = 0.5


def judge(summary: StreamSummary, status: TrackingStatus, track_id: int) -> tuple[Level, str]:
    """How the stream of the last interval is doing, the worst thing first.

    Args:
        summary: Of the interval.
        status: Of the last image.
        track_id: Who is followed.
    """
    errors = [trouble.text for trouble in summary.troubles if trouble.is_error]
    if errors:
        return Level.ERROR, errors[-1]
    images = summary.recent.get("images", 0)
    if not images:
        return Level.STALE, "no images"
    if summary.recent.get("images out of order", 0) >= max(images, 5):
        return Level.ERROR, "the images' stamps do not go forward"
    warnings = [trouble.text for trouble in summary.troubles]
    if warnings:
        return Level.WARN, warnings[-1]
    if not summary.stages_s:
        return Level.WARN, _why_nothing(summary, status)
    return _judge_results(summary, track_id)


def _why_nothing(summary: StreamSummary, status: TrackingStatus) -> str:
    if summary.recent.get("blank images", 0):
        return "nobody in view: the images are blank"
    if summary.recent.get("images before camera_info", 0):
        return "waiting for camera_info"
    if summary.recent.get("images without state", 0):
        return "a person, but no state: images too far apart for look_ahead"
    if status is TrackingStatus.LOST:
        return "the followed person is out of sight, nobody in view"
    return "nobody in view"


def _judge_results(summary: StreamSummary, track_id: int) -> tuple[Level, str]:
    dropped = summary.recent.get("images dropped", 0)
    if summary.quality < LEAST_QUALITY:
        return Level.WARN, "the body model explains the images badly"
    if summary.leg_visibility < LEAST_VISIBILITY:
        return Level.WARN, "both legs are hidden or outside the image: their angles are guesses"
    if summary.visibility < LEAST_VISIBILITY:
        return Level.WARN, "much of the person is hidden or outside the image"
    if summary.age_s > MOST_AGE_S:
        return Level.WARN, f"results are late: {summary.age_s:.2f} s after their image"
    if dropped > MOST_DROPPED * summary.recent.get("images", 0):
        return Level.WARN, "most images are dropped: the computer is too slow for their rate"
    return Level.OK, f"following person {track_id}"


def status_values(summary: StreamSummary, status: TrackingStatus, track_id: int) -> dict[str, Any]:
    """The numbers of the diagnostic status: of the last interval, and counts since the start."""
    values: dict[str, Any] = {
        "rate_hz": f"{summary.rate_hz:.1f}",
        "results_hz": f"{summary.results_hz:.1f}",
        "age_s": f"{summary.age_s:.4f}",
        "max_age_s": f"{summary.max_age_s:.4f}",
        "tracking": status.value,
        "track_id": track_id,
        "quality": f"{summary.quality:.2f}",
        "visibility": f"{summary.visibility:.2f}",
        "leg_visibility": f"{summary.leg_visibility:.2f}",
    }
    for stage, seconds in summary.stages_s.items():
        values[f"{stage}_s"] = f"{seconds:.4f}"
        values[f"max_{stage}_s"] = f"{summary.max_stages_s[stage]:.4f}"
    return values | summary.counts
