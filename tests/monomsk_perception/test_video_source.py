import cv2
import numpy as np
import pytest

from monomsk_perception.video_source import (
    RateDivider,
    SourceOptions,
    VideoSource,
    VideoSourceError,
)

FRAMES, RATE_HZ, SIZE = 12, 20.0, (160, 120)


@pytest.fixture
def video(tmp_path):
    """A clip whose frame k is grey of level 20 k."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), RATE_HZ, SIZE)
    for index in range(FRAMES):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 20 * index, np.uint8))
    writer.release()
    return path


def read_all(source):
    times, levels = [], []
    while (time_s := source.grab()) is not None:
        times.append(time_s)
        levels.append(float(source.retrieve().mean()))
    source.close()
    return times, levels


def test_every_frame_comes_once_in_order_at_its_time(video):
    source = VideoSource(SourceOptions(str(video)))
    assert source.native_rate_hz == pytest.approx(RATE_HZ)
    assert source.size == SIZE and not source.is_camera
    times, levels = read_all(source)
    assert times == pytest.approx(np.arange(FRAMES) / RATE_HZ, abs=1e-3)
    assert levels == pytest.approx(20.0 * np.arange(FRAMES), abs=4.0)


def test_plays_follow_each_other_without_a_jump_in_time(video):
    times, levels = read_all(VideoSource(SourceOptions(str(video), plays=3)))
    assert times == pytest.approx(np.arange(3 * FRAMES) / RATE_HZ, abs=1e-3)
    assert levels == pytest.approx(np.tile(20.0 * np.arange(FRAMES), 3), abs=4.0)


def test_for_ever_is_longer_than_the_file(video):
    source = VideoSource(SourceOptions(str(video), plays=0))
    assert all(source.grab() is not None for _ in range(5 * FRAMES))
    source.close()


def test_large_images_are_shrunk_and_say_by_how_much(video):
    source = VideoSource(SourceOptions(str(video), max_side_px=80))
    assert (source.size, source.shrink) == ((80, 60), 0.5)
    source.grab()
    image = source.retrieve()
    assert image.shape == (60, 80, 3) and image.flags.c_contiguous
    small = VideoSource(SourceOptions(str(video), max_side_px=1000))
    assert (small.size, small.shrink) == (SIZE, 1.0)


def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path, video):
    empty, text, cut = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "cut.mp4"
    empty.touch()
    text.write_text("no video at all" * 100)
    cut.write_bytes(video.read_bytes()[:200])
    for source, reason in (
        ("", "no source"),
        (str(tmp_path / "absent.mp4"), "no such file"),
        (str(tmp_path), "not a file"),
        (str(empty), "empty"),
        (str(text), "not a video"),
        (str(cut), "not a video|not a single frame"),
        ("97", "no such camera"),
    ):
        with pytest.raises(VideoSourceError, match=reason) as caught:
            VideoSource(SourceOptions(source))
        assert caught.value.source == source


@pytest.mark.parametrize(
    ("native_hz", "wanted_hz", "kept_per_s"),
    [(60, 30, 30), (60, 25, 25), (30, 30, 30), (30, 60, 30)],
)
def test_a_lower_rate_keeps_real_time(native_hz, wanted_hz, kept_per_s):
    divider = RateDivider(wanted_hz, native_hz)
    times = np.arange(10 * native_hz) / native_hz
    kept = np.array([time_s for time_s in times if divider.wants(time_s)])
    assert len(kept) == 10 * kept_per_s
    assert np.abs(kept - np.arange(len(kept)) / kept_per_s).max() <= 0.5 / native_hz + 1e-9


def test_zero_keeps_every_frame():
    divider = RateDivider(0.0, 60.0)
    assert all(divider.wants(time_s) for time_s in np.arange(60) / 60.0)


def test_after_a_gap_no_burst_makes_up_for_it():
    divider = RateDivider(30.0, 60.0)
    times = np.concatenate([np.arange(60), np.arange(600, 660)]) / 60.0
    kept = [time_s for time_s in times if divider.wants(time_s)]
    assert sum(time_s >= 10.0 for time_s in kept) == 30
