import math
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.camera_choice import (
    CameraRequest,
    CameraRequestError,
    choose_intrinsics,
    choose_pose,
)
from monomsk_analysis.frame_source import SourceFacts
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import CameraError

BAG_CAMERA = CameraIntrinsics(640, 480, 500.0, 500.0, 320.0, 240.0)


def facts(
    width_px: int = 640,
    height_px: int = 480,
    quarter_turns: int = 0,
    intrinsics: CameraIntrinsics | None = None,
) -> SourceFacts:
    return SourceFacts(Path("x"), "video", width_px, height_px, 10, quarter_turns, intrinsics)


def camera_file(folder: Path, width_px: int, height_px: int) -> Path:
    path = folder / "camera.yaml"
    path.write_text(
        f"width: {width_px}\nheight: {height_px}\n"
        f"k: [800, 0, {width_px / 2 - 20}, 0, 800, {height_px / 2}, 0, 0, 1]\nd: []\n"
    )
    return path


def test_a_given_focal_length_is_not_assumed() -> None:
    camera = choose_intrinsics(CameraRequest(focal_px=700.0), facts(intrinsics=BAG_CAMERA))
    assert camera.focal_x_px == 700.0
    assert not camera.assumed


def test_the_bags_own_camera_comes_before_an_assumed_one() -> None:
    assert choose_intrinsics(CameraRequest(), facts(intrinsics=BAG_CAMERA)).focal_x_px == 500.0
    assert choose_intrinsics(CameraRequest(), facts()).assumed


def test_a_calibration_at_another_resolution_is_scaled(tmp_path: Path) -> None:
    request = CameraRequest(camera_info=camera_file(tmp_path, 1280, 960))
    camera = choose_intrinsics(request, facts())
    assert camera.focal_x_px == pytest.approx(400.0)
    assert (camera.width_px, camera.height_px) == (640, 480)


def test_a_calibration_of_the_lying_phone_is_turned_with_the_video(tmp_path: Path) -> None:
    request = CameraRequest(camera_info=camera_file(tmp_path, 1280, 720))
    camera = choose_intrinsics(request, facts(720, 1280, quarter_turns=1))
    assert (camera.width_px, camera.height_px) == (720, 1280)
    # 20 pixels left of the middle of the lying image are above the middle after a clockwise turn.
    assert camera.center_y_px == pytest.approx(620.0)
    assert camera.center_x_px == pytest.approx(360.0, abs=1.0)


def test_a_calibration_turns_with_images_that_hung_upside_down(tmp_path: Path) -> None:
    request = CameraRequest(camera_info=camera_file(tmp_path, 1280, 720))
    camera = choose_intrinsics(request, facts(1280, 720, quarter_turns=2))
    assert camera.center_x_px == pytest.approx(1280 - 1 - 620.0)


def test_a_calibration_of_another_shape_is_refused(tmp_path: Path) -> None:
    request = CameraRequest(camera_info=camera_file(tmp_path, 1280, 720))
    with pytest.raises(CameraError):
        choose_intrinsics(request, facts(640, 480))
    with pytest.raises(CameraError):
        choose_intrinsics(request, facts(720, 1280, quarter_turns=0))


def test_contradictions_are_refused() -> None:
    with pytest.raises(CameraRequestError) as caught:
        choose_intrinsics(CameraRequest(focal_px=500.0, camera_info=Path("c.yaml")), facts())
    assert caught.value.options == ("--focal-px", "--camera-info")


def test_a_given_pose_looks_down_by_its_pitch() -> None:
    pose = choose_pose(CameraRequest(height_m=1.2, pitch_deg=10.0))
    assert pose is not None
    viewing = pose.pose_world_camera.rotation[:, 2]
    np.testing.assert_allclose(
        viewing, [math.cos(math.radians(10)), 0, -math.sin(math.radians(10))], atol=1e-12
    )
    assert pose.pose_world_camera.translation[2] == pytest.approx(1.2)
    assert choose_pose(CameraRequest()) is None


@pytest.mark.parametrize(
    ("height_m", "pitch_deg"), [(1.2, None), (None, 3.0), (0.0, 3.0), (1.2, 90.0), (math.nan, 1.0)]
)
def test_half_or_impossible_poses_are_refused(
    height_m: float | None, pitch_deg: float | None
) -> None:
    with pytest.raises(CameraRequestError):
        choose_pose(CameraRequest(height_m=height_m, pitch_deg=pitch_deg))
