import dataclasses
import resource
from pathlib import Path

import cv2
import numpy as np
import pinocchio as pin
import pytest

from monomsk_analysis import overlay_video
from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.number_text import number, spread
from monomsk_analysis.overlay import (
    OverlayFrame,
    choose_key_frames,
    draw_frame,
    write_overlay,
)
from monomsk_analysis.overlay_scene import lost_scene, scene_from_dynamics
from monomsk_analysis.overlay_style import BRIDGED, FORCE, LOST, SIDE_COLORS, TRACKED
from monomsk_analysis.overlay_text import TextPainter
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_perception.camera import CameraIntrinsics

GRAVITY = 9.81
WIDTH, HEIGHT = 480, 640
CENTER_OF_PRESSURE = np.array([0.05, -0.12, 0.0])
CAMERA = CameraIntrinsics.from_focal(WIDTH, HEIGHT, 600.0)
# Four metres in front of the person, one metre high, looking back along the world's -x.
POSE_WORLD_CAMERA = pin.SE3(
    np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([4.0, 0.0, 1.0])
)


@pytest.fixture(scope="module")
def skeleton():
    return build_skeleton(Subject.assume(height_m=1.8, mass_kg=80.0))


def dynamics_of(skeleton, force=None, knee_torque_nm=0.0):
    """Standing on the right leg; the left one is in the air."""
    q = skeleton.neutral()
    tau = np.zeros(37)
    tau[6 + skeleton.coordinate_index("knee_angle_l")] = knee_torque_nm
    weight = skeleton.mass_kg * GRAVITY
    force = np.array([0.0, 0.0, weight]) if force is None else force
    right = SoleContact(True, 1.0, force, CENTER_OF_PRESSURE, 0.0)
    left = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    return BodyDynamics(
        stamp_ns=0, q=q, v=np.zeros(37), a=np.zeros(37), tau=tau, tau_sigma=np.full(37, 8.0),
        soles=(right, left), root_residual=np.zeros(6), consistency_error=0.0,
    )  # fmt: skip


def scene_of(skeleton, dynamics, pose=POSE_WORLD_CAMERA):
    return scene_from_dynamics(skeleton, dynamics, None, CAMERA, pose, time_s=0.5)


def project(point_world):
    """The pinhole equations by hand, independent of the package's camera."""
    x, y, z = POSE_WORLD_CAMERA.rotation.T @ (point_world - POSE_WORLD_CAMERA.translation)
    return np.array([600.0 * x / z + (WIDTH - 1) / 2, 600.0 * y / z + (HEIGHT - 1) / 2])


def blank():
    return np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def is_color(pixel, color, tolerance=12):
    return np.abs(pixel.astype(int) - np.array(color)).max() <= tolerance


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (0.0, 0.4, 0.8), (0.0, -0.5, 0.6)])
def test_arrow_of_one_body_weight_is_half_a_body_long_and_ends_on_the_projected_tip(
    skeleton, direction
):
    unit = np.array(direction) / np.linalg.norm(direction)
    force = unit * skeleton.mass_kg * GRAVITY
    scene = scene_of(skeleton, dynamics_of(skeleton, force))
    tip = project(CENTER_OF_PRESSURE + unit * 0.5 * 1.8)
    np.testing.assert_allclose(scene.soles[0].arrow_px[0], project(CENTER_OF_PRESSURE), atol=1e-6)
    np.testing.assert_allclose(scene.soles[0].arrow_px[1], tip, atol=1e-6)

    image = blank()
    draw_frame(image, scene)
    foot = project(CENTER_OF_PRESSURE)
    along = (tip - foot) / np.linalg.norm(tip - foot)
    just_before = np.round(tip - 5.0 * along).astype(int)
    just_beyond = np.round(tip + 6.0 * along).astype(int)
    assert is_color(image[just_before[1], just_before[0]], FORCE)
    assert not is_color(image[just_beyond[1], just_beyond[0]], FORCE, 60)


def test_unloaded_sole_has_no_arrow(skeleton):
    scene = scene_of(skeleton, dynamics_of(skeleton))
    assert np.isnan(scene.soles[1].arrow_px).all()
    assert scene.soles[0].vertical_force == pytest.approx(1.0)


def test_sides_have_their_colours_where_their_knees_are(skeleton):
    dynamics = dynamics_of(skeleton)
    image = blank()
    draw_frame(image, scene_of(skeleton, dynamics))
    segments = skeleton.segment_poses(dynamics.q)
    for side, suffix in enumerate(("_r", "_l")):
        hip = segments["femur" + suffix].translation
        knee = segments["tibia" + suffix].translation
        x, y = np.round(project(0.5 * (hip + knee))).astype(int)
        assert is_color(image[y, x], SIDE_COLORS[side], 50)


def test_torque_ring_grows_with_the_torque(skeleton):
    def ring_pixels(torque_nm):
        scene = scene_of(skeleton, dynamics_of(skeleton, knee_torque_nm=torque_nm))
        with_ring, x_y = blank(), scene.readouts[1][1].position_px
        draw_frame(with_ring, scene)
        x, y = np.round(x_y).astype(int)
        return int((with_ring[y - 20 : y + 20, x - 20 : x + 20] > 200).all(axis=2).sum())

    none, half, full = ring_pixels(0.0), ring_pixels(80.0), ring_pixels(159.0)
    assert none < half < full


def test_lost_frame_has_no_skeleton_but_the_tag():
    image = blank()
    draw_frame(image, lost_scene(1.25))
    tags = (np.abs(image.astype(int) - np.array(LOST)).max(axis=2) < 3).sum()
    assert tags > 100
    assert (image[HEIGHT // 4 :] == 128).all()
    for color in (*SIDE_COLORS, FORCE, TRACKED):
        assert not (image == np.array(color)).all(axis=2).any()


def test_a_frame_that_only_the_motion_bridges_says_so(skeleton):
    bridged = scene_of(skeleton, dynamics_of(skeleton))
    seen = dataclasses.replace(
        bridged, landmarks_px=np.full((33, 2), 50.0), landmark_visibility=np.ones(33)
    )
    for scene, color in ((bridged, BRIDGED), (seen, TRACKED)):
        image = blank()
        draw_frame(image, scene)
        assert (image == np.array(color)).all(axis=2).sum() > 100


def test_unknown_forces_and_angles_are_drawn_as_unknown(skeleton):
    dynamics = dynamics_of(skeleton, force=np.full(3, np.nan))
    scene = scene_of(skeleton, dataclasses.replace(dynamics, tau=np.full(37, np.nan)))
    image = blank()
    draw_frame(image, scene)
    assert np.isnan(scene.soles[0].arrow_px[1]).all()
    assert not np.array_equal(image, blank())


def test_body_behind_the_camera_draws_nothing_and_does_not_fail(skeleton):
    turned = pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, np.pi), np.zeros(3)) * POSE_WORLD_CAMERA
    away = pin.SE3(turned.rotation, np.array([4.0, 0.0, 1.0]))
    scene = scene_of(skeleton, dynamics_of(skeleton), away)
    image = blank()
    draw_frame(image, scene)
    assert (image[HEIGHT // 2 : HEIGHT * 3 // 4] == 128).all()


def test_unknown_values_read_as_unknown():
    nan = float("nan")
    assert number(nan, 1) == "--"
    assert spread(nan, 2) == ""
    assert number(-0.001, 2, signed=True) == "0.00"
    assert number(0.456, 1, signed=True) == "+0.5"


def test_text_is_cut_at_the_border_and_numbers_keep_their_width():
    painter = TextPainter(16)
    assert painter.width_px("111") == painter.width_px("888")
    image = np.zeros((20, 30, 3), np.uint8)
    painter.draw(image, "wide text", -12, -4, (255, 255, 255))
    assert image.any()
    painter.draw(image, "outside", 40, 3, (255, 255, 255))


def frames_of(scene, count, width=WIDTH, height=HEIGHT):
    rng = np.random.default_rng(2)
    for index in range(count):
        image = np.full((height, width, 3), 4 * index + 60, np.uint8)
        image[:, :40] = rng.integers(0, 255, (height, 40, 3))
        image.flags.writeable = False
        yield OverlayFrame(image, scene)


def read_back(path):
    capture = cv2.VideoCapture(str(path))
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return images, rate_hz


def test_video_reads_back_with_every_frame_in_even_size(tmp_path, skeleton):
    path = tmp_path / "overlay.mp4"
    scene = scene_of(skeleton, dynamics_of(skeleton))
    result = write_overlay(path, frames_of(scene, 9, 481, 641), 30.0, key_frame_indices=(2, 5))
    images, rate_hz = read_back(path)
    assert (len(images), result.frames) == (9, 9)
    assert images[0].shape == (642, 482, 3)
    assert (result.height_px, result.width_px) == (642, 482)
    assert rate_hz == pytest.approx(30.0)
    assert [frame.time_s for frame in result.key_frames] == [0.5, 0.5]
    # The background's grey survives the colour conversions.
    for index in (0, 8):
        assert abs(int(np.median(images[index][300:400, 440:470])) - (4 * index + 60)) <= 3
    assert list(tmp_path.iterdir()) == [path]


def test_browsers_can_play_the_video(tmp_path):
    result = write_overlay(tmp_path / "overlay.mp4", frames_of(lost_scene(0.0), 3), 25.0)
    if overlay_video.find_ffmpeg() is None:
        pytest.skip("no ffmpeg here")
    data = result.path.read_bytes()
    assert result.codec == "h264" and b"avc1" in data
    assert data.index(b"moov") < data.index(b"mdat")


def test_without_ffmpeg_another_codec_is_announced(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(overlay_video, "find_ffmpeg", lambda: None)
    result = write_overlay(tmp_path / "overlay.mp4", frames_of(lost_scene(0.0), 3), 25.0)
    assert result.codec == "mp4v"
    assert "browsers" in caplog.text
    assert len(read_back(result.path)[0]) == 3


@pytest.fixture
def small_disk():
    """No file may grow beyond 20 kB: to a writer the same as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_is_an_error_with_the_path_and_leaves_no_file(tmp_path, small_disk):
    rng = np.random.default_rng(0)
    noise = [
        OverlayFrame(rng.integers(0, 255, (240, 320, 3), np.uint8), lost_scene(0.0))
        for _ in range(80)
    ]
    with pytest.raises(AnalysisError, match=r"overlay\.mp4") as caught:
        write_overlay(tmp_path / "overlay.mp4", noise, 30.0)
    assert caught.value.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_frames_and_sizes_are_errors(tmp_path):
    with pytest.raises(AnalysisError, match="no frames"):
        write_overlay(tmp_path / "a.mp4", [], 30.0)
    with pytest.raises(AnalysisError, match="No such file"):
        write_overlay(Path("/nonexistent/a.mp4"), frames_of(lost_scene(0.0), 1), 30.0)
    mixed = [*frames_of(lost_scene(0.0), 1), *frames_of(lost_scene(0.0), 1, 320, 240)]
    with pytest.raises(AnalysisError, match="320x240 px, not 480x640"):
        write_overlay(tmp_path / "a.mp4", mixed, 30.0)
    with pytest.raises(AnalysisError, match="frame rate"):
        write_overlay(tmp_path / "a.mp4", frames_of(lost_scene(0.0), 1), float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_key_frames_are_tracked_and_spread():
    tracked = np.zeros(100, bool)
    tracked[20:80] = True
    chosen = choose_key_frames(tracked, 6)
    assert len(chosen) == 6
    assert all(tracked[index] for index in chosen)
    assert min(np.diff(chosen)) >= 9
    assert choose_key_frames(np.zeros(5, bool)) == ()
    assert choose_key_frames(np.array([False, True]), 6) == (1,)
