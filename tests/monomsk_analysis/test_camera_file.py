from pathlib import Path

import pytest

from monomsk_analysis.camera_file import read_camera_file
from monomsk_analysis.errors import FileFormatError
from monomsk_perception.errors import CameraError

CALIBRATION = """\
image_width: 1280
image_height: 720
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [900.0, 0.0, 640.0, 0.0, 905.0, 360.0, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.05, -0.1, 0.001, 0.0, 0.0]
"""
ECHO = """\
header:
  frame_id: camera
height: 720
width: 1280
distortion_model: plumb_bob
d: [0.0, 0.0, 0.0, 0.0, 0.0]
k: [900.0, 0.0, 640.0, 0.0, 905.0, 360.0, 0.0, 0.0, 1.0]
---
"""


@pytest.mark.parametrize("text", [CALIBRATION, ECHO])
def test_both_forms_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(text)
    camera = read_camera_file(path)
    assert (camera.width_px, camera.height_px) == (1280, 720)
    assert (camera.focal_x_px, camera.focal_y_px) == (900.0, 905.0)
    assert not camera.assumed
    assert len(camera.distortion) == (5 if text is CALIBRATION else 0)


def test_a_zero_matrix_is_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(ECHO.replace("900.0", "0.0").replace("905.0", "0.0").replace("1.0", "0.0"))
    with pytest.raises(CameraError):
        read_camera_file(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no camera parameters"),
        ("- 1\n- 2\n", "no camera parameters"),
        ("width: 3\nheight: 2\n", "no entry camera_matrix"),
        (ECHO.replace("width: 1280", "breadth: 1280"), "no entry image_width"),
        (ECHO.replace("[900.0", "[wide"), "not a list of numbers"),
        (ECHO.replace("720", "tall"), "not a whole number"),
        (ECHO.replace("720", ".inf"), "not a whole number"),
        ("a: [1, 2\nb: }", "not YAML"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=reason):
        read_camera_file(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_camera_file(tmp_path / "none.yaml")
