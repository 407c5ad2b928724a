"""Draws the README's pictures of a result: docs/images/overlay.jpg and docs/images/report.png.

Usage:
    python scripts/draw_result_images.py --video "$(python scripts/fetch_samples.py)/cam01.mp4"

Analyses the sample video with the shipped networks. The overlay stands on the floor alone, without
the picture of the person. The report's part is taken by Chromium; without one the overlay is drawn
alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.camera_choice import CameraRequest, choose_intrinsics
from monomsk_analysis.frame_source import Frame
from monomsk_analysis.overlay import draw_frame
from monomsk_analysis.overlay_scene import scene_from_dynamics
from monomsk_analysis.perception_tracker import TrackerOptions, make_tracker
from monomsk_analysis.tracking import Observation, Tracker
from monomsk_analysis.video import VideoSource
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_description.threads import use_one_thread
from monomsk_perception.camera import CameraIntrinsics

Image = NDArray[np.uint8]

SUBJECT = Subject(1.72, 66.0)
#: Shares of the recording at which it is shown.
MOMENTS = (0.12, 0.5, 0.92)
_GAP_PX = 8
_DARK, _LIGHT = 34, 70  # grey levels of the background, top and bottom
_GRID = (110, 104, 98)
_GRID_REACH_M, _GRID_STEP_M, _LINE_STEP_M = 10.0, 1.0, 0.05
_NEAREST_M = 0.3
#: Sections of the report that are shown, with so many figures each.
_SECTIONS = ("torques-legs", "forces")
_FIGURES = 6
_PAGE_PX = (1280, 2600)
_MARGIN_PX = 8
_COLORS = 96


@dataclass
class RememberingTracker:
    """A tracker that keeps what it saw last, with hindsight."""

    own: Tracker
    observations: Sequence[Observation] = field(default_factory=tuple)

    def observe(self, frame: Frame) -> Observation:
        """Look at the next image."""
        return self.own.observe(frame)

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return the observations with hindsight, and keep them."""
        self.observations = self.own.revise(observations)
        return self.observations


def floor_picture(intrinsics: CameraIntrinsics, pose_world_camera: pin.SE3) -> Image:
    """A grid on the floor as the camera would see it (height, width, 3), BGR."""
    height_px, width_px = intrinsics.height_px, intrinsics.width_px
    shade = np.linspace(_LIGHT, _DARK, height_px)[:, None, None]
    picture = np.broadcast_to(shade, (height_px, width_px, 3)).astype(np.uint8)
    picture = np.ascontiguousarray(picture)
    pose = pose_world_camera.inverse()
    along = np.arange(-_GRID_REACH_M, _GRID_REACH_M, _LINE_STEP_M)
    for place in np.arange(-_GRID_REACH_M, _GRID_REACH_M, _GRID_STEP_M):
        for axis in (0, 1):
            points = np.zeros((len(along), 3))
            points[:, axis], points[:, 1 - axis] = along, place
            points = points @ pose.rotation.T + pose.translation
            points = points[points[:, 2] > _NEAREST_M]
            if len(points):
                pixels = np.clip(intrinsics.project(points), -1e4, 1e4).round().astype(np.int32)
                cv2.polylines(picture, [pixels], False, _GRID, 1, cv2.LINE_AA)
    return picture


def draw_moments(
    analysis: Analysis, observations: Sequence[Observation], intrinsics: CameraIntrinsics
) -> Image:
    """The result at some moments, side by side."""
    pictures: list[Image] = []
    frames = np.flatnonzero(analysis.analysed)
    for share in MOMENTS:
        k = int(frames[round(share * (len(frames) - 1))])
        seen, result = observations[k], analysis.dynamics[k]
        if result is None or seen.pose_world_camera is None or seen.state is None:
            raise RuntimeError(f"nobody is seen in frame {k}")
        picture = floor_picture(intrinsics, seen.pose_world_camera)
        scene = scene_from_dynamics(
            analysis.skeleton, result, seen.landmarks, intrinsics, seen.pose_world_camera,
            float(analysis.times[k]), seen.state.sigma_q,
        )  # fmt: skip
        draw_frame(picture, scene)
        if pictures:
            pictures.append(np.full((picture.shape[0], _GAP_PX, 3), 255, np.uint8))
        pictures.append(picture)
    return np.hstack(pictures)


def photograph(report: Path) -> Image | None:
    """Some sections of a report as a browser shows them; None without a browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        return None
    hidden = "".join(f":not(#{name})" for name in _SECTIONS)
    later = f".figure:nth-child(n+{_FIGURES + 1})"
    style = f"<style>main > *{hidden}, {later} {{ display: none }}</style></head>"
    page = report.with_name("part.html")
    page.write_text(report.read_text("utf-8").replace("</head>", style, 1), "utf-8")
    shot = report.with_name("part.png")
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--virtual-time-budget=10000", "--window-size={},{}".format(*_PAGE_PX),
            f"--screenshot={shot}", page.as_uri(),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    picture = np.asarray(cv2.imread(str(shot)), dtype=np.uint8)
    drawn = np.flatnonzero((picture != picture[-1, 0]).any(axis=(1, 2)))
    return picture[max(drawn[0] - _MARGIN_PX, 0) : drawn[-1] + _MARGIN_PX]


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the README's pictures of a result.")
    parser.add_argument("--video", type=Path, required=True, help="the sample video cam01.mp4")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="where images/ is")
    given = parser.parse_args()
    use_one_thread()
    source = VideoSource(given.video)
    intrinsics = choose_intrinsics(CameraRequest(), source.facts)
    tracker = RememberingTracker(
        make_tracker(build_skeleton(SUBJECT), intrinsics, None, TrackerOptions())
    )
    images = given.docs / "images"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result"
        analysis = run_analyze(
            AnalyzeRequest(given.video, out, SUBJECT, overlay=False), tracker=tracker
        )
        moments = draw_moments(analysis, tracker.observations, intrinsics)
        small = cv2.resize(moments, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(images / "overlay.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 88])
        report = photograph(out / "report.html")
        if report is None:
            print("no chromium: the report's picture stays as it is", file=sys.stderr)
            return
        few_colors = PIL.Image.fromarray(report[..., ::-1]).quantize(
            _COLORS, dither=PIL.Image.Dither.NONE
        )
        few_colors.save(images / "report.png", optimize=True)


if __name__ == "__main__":
    main()
