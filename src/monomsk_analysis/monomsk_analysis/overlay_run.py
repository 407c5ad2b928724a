"""Drawing an analysis over its own recording, which is decoded a second time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pinocchio as pin

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.frame_source import FrameSource, TimeWindow
from monomsk_analysis.overlay import OverlayFrame, choose_key_frames, write_overlay
from monomsk_analysis.overlay_scene import OverlayScene, lost_scene, scene_from_dynamics
from monomsk_analysis.progress import Advance
from monomsk_analysis.report_data import KeyFrame
from monomsk_analysis.tracking import Tracking
from monomsk_perception.camera import CameraIntrinsics

_DEFAULT_RATE_HZ = 30.0


@dataclass(frozen=True)
class OverlayRequest:
    """What to draw over.

    Attributes:
        window: the part of the source that was analysed.
        intrinsics: the camera.
        tracking: what perception made of the source.
    """

    window: TimeWindow
    intrinsics: CameraIntrinsics
    tracking: Tracking


def draw_overlay(
    path: Path,
    source: FrameSource,
    analysis: Analysis,
    request: OverlayRequest,
    advance: Advance,
) -> tuple[KeyFrame, ...]:
    """Write the overlay video and return its key frames.

    Args:
        path: the video file.
        source: the recording, to be read again.
        analysis: what to draw.
        request: camera, landmarks and part of the source.
        advance: called after each frame.

    Raises:
        OutputError: the video cannot be written.
    """
    rate_hz = request.tracking.rate_hz
    result = write_overlay(
        path,
        _frames(source, analysis, request, advance),
        rate_hz if rate_hz > 0.0 else _DEFAULT_RATE_HZ,
        choose_key_frames(analysis.analysed),
    )
    return result.key_frames


def _frames(
    source: FrameSource, analysis: Analysis, request: OverlayRequest, advance: Advance
) -> Iterator[OverlayFrame]:
    position = {int(index): k for k, index in enumerate(request.tracking.indices)}
    poses = _camera_poses(request.tracking)
    for frame in source.frames(request.window):
        k = position.get(frame.index)
        if k is not None:
            yield OverlayFrame(frame.image_bgr, _scene(k, analysis, request, poses[k]))
            advance()


def _camera_poses(tracking: Tracking) -> list[pin.SE3 | None]:
    """The camera pose at each frame; in interpolated frames the one before holds on."""
    poses: list[pin.SE3 | None] = []
    for observation in tracking.observations:
        known = observation.pose_world_camera
        poses.append(known if known is not None else (poses[-1] if poses else None))
    return poses


def _scene(
    k: int, analysis: Analysis, request: OverlayRequest, pose: pin.SE3 | None
) -> OverlayScene:
    observation, result = request.tracking.observations[k], analysis.dynamics[k]
    time_s = float(analysis.times[k])
    if result is None or pose is None:
        return lost_scene(time_s)
    sigma_q = None if observation.state is None else observation.state.sigma_q
    return scene_from_dynamics(
        analysis.skeleton,
        result,
        observation.landmarks,
        request.intrinsics,
        pose,
        time_s,
        sigma_q,
    )
