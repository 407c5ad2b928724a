"""Which camera took the images: given, read from a file or a bag, or assumed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from monomsk_analysis.camera_file import read_camera_file
from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.frame_source import SourceFacts
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource


class CameraRequestError(AnalysisError):
    """Camera options that contradict each other, or half of a pair.

    Attributes:
        options: names of the options.
    """

    def __init__(self, options: tuple[str, ...], reason: str) -> None:
        self.options = options
        super().__init__(f"{' and '.join(options)}: {reason}")


@dataclass(frozen=True)
class CameraRequest:
    """What the user knows of the camera.

    Attributes:
        focal_px: focal length of the upright image [px].
        camera_info: calibration file.
        height_m: height of the lens above the floor [m].
        pitch_deg: how far it looks down [degrees].
    """

    focal_px: float | None = None
    camera_info: Path | None = None
    height_m: float | None = None
    pitch_deg: float | None = None


def choose_intrinsics(request: CameraRequest, facts: SourceFacts) -> CameraIntrinsics:
    """Return the intrinsics of the source's upright images.

    Raises:
        CameraRequestError: the request contradicts itself.
        FileFormatError: the calibration file cannot be read.
        CameraError: the camera is impossible, or belongs to images of another shape.
    """
    if request.focal_px is not None and request.camera_info is not None:
        raise CameraRequestError(("--focal-px", "--camera-info"), "give one of them")
    if request.camera_info is not None:
        return _fit(read_camera_file(request.camera_info), facts)
    if request.focal_px is None and facts.intrinsics is not None:
        return _fit(facts.intrinsics, facts)
    return CameraIntrinsics.from_focal(facts.width_px, facts.height_px, request.focal_px)


def choose_pose(request: CameraRequest) -> CameraPose | None:
    """Return the camera's pose; None where it is to be estimated.

    Raises:
        CameraRequestError: only one of height and pitch is given, or one is impossible.
    """
    names = ("--camera-height-m", "--camera-pitch-deg")
    height_m, pitch_deg = request.height_m, request.pitch_deg
    if height_m is None and pitch_deg is None:
        return None
    if height_m is None or pitch_deg is None:
        raise CameraRequestError(names, "give both, or none to have them estimated")
    if not 0.0 < height_m < 100.0:
        raise CameraRequestError(names[:1], f"{height_m:g} m above the floor is impossible")
    if not -90.0 < pitch_deg < 90.0:
        raise CameraRequestError(names[1:], f"{pitch_deg:g} degrees down is impossible")
    return CameraPose.level(height_m, CameraPoseSource.PARAMETER, math.radians(pitch_deg))


def _fit(camera: CameraIntrinsics, facts: SourceFacts) -> CameraIntrinsics:
    """The camera for the source's images: turned as they were, and of their size."""
    turns = facts.quarter_turns
    calibrated_lying = (camera.width_px > camera.height_px) != (facts.width_px > facts.height_px)
    if turns == 2 or (turns % 2 and calibrated_lying):
        camera = camera.rotated(turns)
    return camera.scaled(facts.width_px, facts.height_px)
