from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from monomsk_analysis.camera_choice import CameraRequest, choose_intrinsics
from monomsk_analysis.errors import InputError, TimeWindowError, VideoError
from monomsk_analysis.frame_source import SourceFacts, TimeWindow, open_source
from monomsk_analysis.turned_source import turned
from monomsk_analysis.video import VideoSource, _FrameClock
from monomsk_perception.camera import CameraIntrinsics

FRAMES = 24
EVERYTHING = TimeWindow()


def write_video(path: Path, rate_hz: float = 30.0) -> Path:
    """A video whose brightness counts its frames, 96 wide and 64 high."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate_hz, (96, 64))
    for k in range(FRAMES):
        image = np.full((64, 96, 3), 10 * k, dtype=np.uint8)
        image[:8, :8] = 255
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4")


def test_frames_come_in_order_with_their_times(video: Path) -> None:
    source = VideoSource(video)
    frames = list(source.frames(EVERYTHING))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(FRAMES) / 30.0, atol=1e-6)
    assert [f.stamp_ns for f in frames] == [round(f.time_s * 1e9) for f in frames]
    brightness = [frame.image_bgr[32:, 48:].mean() for frame in frames]
    np.testing.assert_allclose(brightness, 10.0 * np.arange(FRAMES), atol=4)
    assert (source.facts.width_px, source.facts.height_px) == (96, 64)
    assert source.notes == ()


def test_a_source_can_be_read_twice(video: Path) -> None:
    source = VideoSource(video)
    assert len(list(source.frames(EVERYTHING))) == len(list(source.frames(EVERYTHING))) == FRAMES


def test_window_keeps_index_and_time_of_the_whole_video(video: Path) -> None:
    frames = list(VideoSource(video).frames(TimeWindow(0.2, 0.5)))
    assert frames[0].index == 6
    assert frames[-1].index == 15
    assert frames[0].time_s == pytest.approx(0.2)


def test_images_of_a_camera_on_its_side_are_put_upright(video: Path) -> None:
    stored = VideoSource(video)
    for rotation_deg, corner in (
        (90, np.s_[:6, -6:]),
        (180, np.s_[-6:, -6:]),
        (270, np.s_[-6:, :6]),
    ):
        source = turned(stored, rotation_deg)
        frames = list(source.frames(TimeWindow(0.2, 0.5)))
        assert frames[0].index == 6
        size = (96, 64) if rotation_deg == 180 else (64, 96)
        assert (source.facts.width_px, source.facts.height_px) == size
        assert frames[0].image_bgr.shape == (size[1], size[0], 3)
        # The bright corner of `write_video`, at the top left as stored.
        assert frames[0].image_bgr[corner].mean() > 200.0
        assert source.facts.quarter_turns == rotation_deg // 90
    assert turned(stored, 0) is stored


def test_the_camera_of_a_bag_turns_with_its_images(video: Path) -> None:
    class Lying(VideoSource):
        @property
        def facts(self) -> SourceFacts:
            camera = CameraIntrinsics(96, 64, 80.0, 81.0, 40.0, 30.0)
            return replace(super().facts, intrinsics=camera)

    camera = choose_intrinsics(CameraRequest(), turned(Lying(video), 90).facts)
    assert (camera.width_px, camera.height_px) == (64, 96)
    assert (camera.focal_x_px, camera.focal_y_px) == (81.0, 80.0)
    assert (camera.center_x_px, camera.center_y_px) == (64 - 1 - 30.0, 40.0)
    camera = choose_intrinsics(CameraRequest(), turned(Lying(video), 180).facts)
    assert (camera.center_x_px, camera.center_y_px) == (96 - 1 - 40.0, 64 - 1 - 30.0)


def test_window_after_the_end_is_an_error(video: Path) -> None:
    with pytest.raises(VideoError, match="ends at 0.77 s"):
        list(VideoSource(video).frames(TimeWindow(5.0)))


@pytest.mark.parametrize(("start_s", "end_s"), [(-1.0, 2.0), (2.0, 1.0), (float("nan"), 3.0)])
def test_impossible_windows_are_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(TimeWindowError, match="no time between"):
        TimeWindow(start_s, end_s)


def test_missing_empty_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no such file"):
        VideoSource(tmp_path / "none.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="empty"):
        VideoSource(tmp_path / "empty.mp4")
    (tmp_path / "notes.mp4").write_text("this is a text, not a video\n" * 100)
    with pytest.raises(VideoError, match="not a video"):
        VideoSource(tmp_path / "notes.mp4")
    with pytest.raises(VideoError, match="not a file"):
        VideoSource(tmp_path)


def test_a_truncated_video_is_refused_quietly(
    video: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = video.read_bytes()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content[: len(content) // 2])
    with pytest.raises(VideoError, match="broken"):
        VideoSource(broken)
    assert capfd.readouterr().err == ""


def test_a_video_broken_in_the_middle_says_so(tmp_path: Path) -> None:
    # An AVI's index may be missing: what is there is read.
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (96, 64))
    rng = np.random.default_rng(1)
    for _ in range(FRAMES):
        writer.write(rng.integers(0, 255, (64, 96, 3), dtype=np.uint8))
    writer.release()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    source = VideoSource(path)
    count = len(list(source.frames(EVERYTHING)))
    assert 5 < count < FRAMES
    assert "could be decoded" in " ".join(source.notes)


def rotate_track(content: bytes) -> bytes:
    """The same mp4 with a display matrix that says: turn by 90 degrees."""
    upright = bytes.fromhex("00010000" + "00" * 12 + "00010000" + "00" * 12 + "40000000")
    turned = bytes.fromhex(
        "00000000" + "00010000" + "00" * 4 + "ffff0000" + "00" * 4 + "00" * 12 + "40000000"
    )
    assert len(upright) == len(turned) == 36
    start = content.index(b"tkhd")
    place = content.index(upright, start)
    return content[:place] + turned + content[place + 36 :]


def test_a_phone_video_lying_on_its_side_comes_upright(video: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(rotate_track(video.read_bytes()))
    source = VideoSource(turned)
    assert (source.facts.width_px, source.facts.height_px) == (64, 96)
    assert source.facts.quarter_turns == 1
    image = next(iter(source.frames(EVERYTHING))).image_bgr
    assert image.shape == (96, 64, 3)
    # The bright corner of the stored image, top left, is now top right: a clockwise turn.
    assert image[:6, -6:].mean() > 200
    assert image[:6, :6].mean() < 60


def test_clock_repairs_times_that_do_not_increase() -> None:
    clock = _FrameClock(nominal_period_ms=10.0)
    times = [clock.tick(value) for value in (100.0, 110.0, 110.0, float("nan"), 140.0)]
    np.testing.assert_allclose(times, [0.0, 10.0, 20.0, 30.0, 40.0])
    assert clock.repaired == 2


def test_open_source_asks_no_image_topic_of_a_video(video: Path) -> None:
    assert open_source(video).facts.kind == "video"
    with pytest.raises(InputError, match="not a bag"):
        open_source(video, "/camera/image")


def test_real_video_with_an_edit_list_keeps_its_clock(shared_data: Path) -> None:
    source = VideoSource(shared_data / "lab_walk_trunk_sway" / "video.mp4")
    times = [frame.time_s for frame in source.frames(EVERYTHING)]
    assert len(times) == 89
    np.testing.assert_allclose(times, np.arange(89) / 60.0, atol=1e-6)
    assert (source.facts.width_px, source.facts.height_px) == (720, 1280)
    assert "179 frames and 89" in " ".join(source.notes)
