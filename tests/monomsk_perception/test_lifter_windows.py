"""Even windows of uneven landmarks, and the answers put together again."""

from collections.abc import Sequence

import numpy as np
import pytest

from monomsk_perception.lifter_answer import (
    HISTORY_FRAMES,
    LIVE_EVERY,
    WINDOW_FRAMES,
    Answer,
    Track,
    live_numbers,
)
from monomsk_perception.lifter_windows import (
    even_times,
    interpolated,
    lift_frame,
    lift_track,
    low_passed,
    resampled,
)


class Echo:
    """A network that answers with the rays it saw; log scales are 1 where a frame is unseen."""

    def __call__(
        self, track: Track, subject: np.ndarray, asked: Sequence[int] | None = None
    ) -> Answer:
        assert len(track) <= WINDOW_FRAMES
        chosen = range(len(track)) if asked is None else asked
        hidden = np.where(track.seen > 0, 0.0, 1.0)[chosen]
        frames = len(chosen)
        coordinates = np.repeat(track.rays[chosen, :1, 0], 31, axis=1)
        rotation = np.repeat(np.eye(3)[None], frames, axis=0)
        return Answer(
            rotation, np.zeros((frames, 3)), np.zeros((frames, 2)), coordinates,
            np.repeat(hidden[:, None], 31, axis=1), np.zeros((frames, 8)), np.zeros((frames, 4)),
        )  # fmt: skip


def track_of(values: np.ndarray) -> Track:
    rays = np.repeat(values[:, None, None], 19, axis=1).repeat(2, axis=2)
    return Track(rays, np.ones(rays.shape[:2]), np.ones(len(values)))


@pytest.mark.parametrize("frames", [1, 30, 64, 65, 300])
def test_a_recording_of_any_length_comes_back_frame_by_frame(frames: int) -> None:
    values = np.sin(np.arange(frames) * 0.1)
    answer = lift_track(Echo(), track_of(values), np.zeros(17))
    np.testing.assert_allclose(answer.coordinates[:, 4], values, atol=1e-12)
    np.testing.assert_allclose(answer.log_scale, 0.0)


@pytest.mark.parametrize("frame", [0, 5, 21, 22, 70, 96, 99])
@pytest.mark.parametrize("look_ahead", [0, 1, 3, 8])
def test_a_live_answer_is_the_frames_own_and_knows_no_more(frame: int, look_ahead: int) -> None:
    seen: list[float] = []
    numbers: list[int] = []

    class Spy(Echo):
        def __call__(
            self, track: Track, subject: np.ndarray, asked: Sequence[int] | None = None
        ) -> Answer:
            seen.extend(track.rays[:, 0, 0])
            numbers.extend(track.numbers)
            return super().__call__(track, subject, asked)

    answer = lift_frame(Spy(), track_of(np.arange(100.0)), np.zeros(17), frame, look_ahead)
    assert answer.coordinates.shape == (1, 31)
    assert answer.coordinates[0, 0] == frame
    start, end = max(frame - HISTORY_FRAMES + 1, 0), min(frame + look_ahead, 99)
    if frame < 16:
        past = list(range(frame + 1))
    else:
        ages = [*range(0, 16, LIVE_EVERY), *range(18, HISTORY_FRAMES, 4)]
        past = [frame - age for age in ages[::-1] if frame >= age]
    assert seen == past + [k for k in range(frame + 1, end + 1) if (end - k) % LIVE_EVERY == 0]
    assert numbers == [value - start for value in seen]


@pytest.mark.parametrize("look_ahead", [0, 1, 8])
def test_live_windows_begin_with_the_recording_and_end_with_the_last_known_frame(
    look_ahead: int,
) -> None:
    for own in (0, 1, 2, 15, 16, 17, 18, 43, 44, 45, 90):
        numbers = live_numbers(own, look_ahead)
        assert (np.diff(numbers) > 0).all()
        assert own in numbers
        assert max(own - HISTORY_FRAMES, -1) < numbers[0] <= max(own - HISTORY_FRAMES + 4, 3)
        assert numbers[-1] == own + look_ahead


def test_gaps_are_bridged_and_marked() -> None:
    times = np.concatenate([np.arange(0, 1, 1 / 60), np.arange(2, 3, 1 / 60)])
    rays = np.repeat(times[:, None, None], 19, axis=1).repeat(2, axis=2)
    rays[10:20, 3] = np.nan
    wanted = even_times(0.0, 3.0)
    track = resampled(times, rays, np.ones(rays.shape[:2]), wanted)
    inside = wanted <= times[-1]
    np.testing.assert_allclose(track.rays[inside, 3, 0], wanted[inside], atol=1e-9)
    assert not track.seen[(wanted > 1.1) & (wanted < 1.9)].any()
    assert track.seen[(wanted < 0.95) | ((wanted > 2.05) & inside)].all()
    assert track.visibility[7, 3] == 0.0


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 120.0])
def test_any_frame_rate_gives_the_same_even_track(rate_hz: float) -> None:
    times = np.arange(0.0, 3.0, 1.0 / rate_hz)
    slow = np.sin(2.0 * np.pi * 0.5 * times)
    rays = np.repeat(slow[:, None, None], 19, axis=1).repeat(2, axis=2)
    wanted = np.arange(0.5, 2.5, 1.0 / 30.0)
    track = resampled(times, low_passed(times, rays), np.ones(rays.shape[:2]), wanted)
    np.testing.assert_allclose(track.rays[:, 0, 0], np.sin(np.pi * wanted), atol=0.02)
    assert track.seen.all()


def test_the_low_pass_takes_jitter_and_leaves_motion_in_place() -> None:
    times = np.arange(0.0, 4.0, 1.0 / 60.0)
    motion = np.sin(2.0 * np.pi * 1.0 * times)
    jitter = 0.1 * np.sin(2.0 * np.pi * 20.0 * times)
    rays = np.repeat((motion + jitter)[:, None, None], 19, axis=1).repeat(2, axis=2)
    smooth = low_passed(times, rays)[:, 0, 0]
    assert np.abs(smooth - motion)[30:-30].max() < 0.02


def test_answers_between_frames_lie_between_them() -> None:
    answer = lift_track(Echo(), track_of(np.arange(40.0)), np.zeros(17))
    found = interpolated(answer, np.arange(40) / 30.0, np.array([0.0, 1.05 / 30.0, 20.5 / 30.0]))
    np.testing.assert_allclose(found.coordinates[:, 0], [0.0, 1.05, 20.5], atol=1e-9)
    np.testing.assert_allclose(found.pelvis_rotation, np.eye(3)[None].repeat(3, axis=0), atol=1e-9)
