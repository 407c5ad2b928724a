"""Pinhole camera with lens distortion: pixels to rays and back, in the camera's optical frame.

The optical frame is ROS's: x right, y down, z forward. Pixels count from the centre of the first
pixel, column then row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from monomsk_perception.camera_checks import (
    check_center,
    check_distortion,
    check_focal,
    check_matrix,
    check_size,
)
from monomsk_perception.distortion import distort, turn_distortion, undistort
from monomsk_perception.errors import CameraError

FloatArray = npt.NDArray[np.float64]

ASSUMED_FOCAL_PER_LONGER_SIDE = 0.8
"""Focal length over the longer image side of a camera that nobody calibrated.

Horizontal field of view of 64 degrees: between webcams and depth cameras (0.71 to 0.75), phones
recording video (0.71 to 0.85) and laboratory cameras (0.87).
"""

DISTORTION_MODELS = ("", "none", "plumb_bob", "rational_polynomial")
"""Names in sensor_msgs/CameraInfo that mean OpenCV's standard model."""


@dataclass(frozen=True)
class CameraIntrinsics:
    """What a camera does to a point: focal lengths, principal point, distortion.

    Attributes:
        width_px: Image width [px].
        height_px: Image height [px].
        focal_x_px: Focal length along the columns [px].
        focal_y_px: Focal length along the rows [px].
        center_x_px: Column of the principal point [px].
        center_y_px: Row of the principal point [px].
        distortion: OpenCV's k1, k2, p1, p2[, k3[, k4, k5, k6]]; empty without distortion.
        assumed: Whether the focal length was guessed; every result that uses it says so.
    """

    width_px: int
    height_px: int
    focal_x_px: float
    focal_y_px: float
    center_x_px: float
    center_y_px: float
    distortion: tuple[float, ...] = ()
    assumed: bool = False

    def __post_init__(self) -> None:
        """Refuse what no camera can have.

        Raises:
            CameraError: If a value is not finite, not positive or implausible.
        """
        check_size(self.width_px, self.height_px)
        longer_px = max(self.width_px, self.height_px)
        for field in ("focal_x_px", "focal_y_px"):
            check_focal(field, getattr(self, field), longer_px)
        if not 0.5 <= self.focal_x_px / self.focal_y_px <= 2.0:
            raise CameraError(
                "focal_x_px", self.focal_x_px, f"far from focal_y_px = {self.focal_y_px}"
            )
        check_center("center_x_px", self.center_x_px, self.width_px)
        check_center("center_y_px", self.center_y_px, self.height_px)
        check_distortion(self.distortion)

    @classmethod
    def from_focal(
        cls, width_px: int, height_px: int, focal_px: float | None = None
    ) -> CameraIntrinsics:
        """Build an undistorted camera with its principal point in the middle of the image.

        Args:
            width_px: Image width [px].
            height_px: Image height [px].
            focal_px: Focal length [px]; None assumes ``ASSUMED_FOCAL_PER_LONGER_SIDE`` times the
                longer side and marks the camera as assumed.

        Raises:
            CameraError: If the size or the focal length is impossible.
        """
        check_size(width_px, height_px)
        focal = ASSUMED_FOCAL_PER_LONGER_SIDE * max(width_px, height_px)
        if focal_px is not None:
            focal = float(focal_px)
        return cls(
            width_px=width_px,
            height_px=height_px,
            focal_x_px=focal,
            focal_y_px=focal,
            center_x_px=(width_px - 1) / 2.0,
            center_y_px=(height_px - 1) / 2.0,
            assumed=focal_px is None,
        )

    @classmethod
    def from_matrix(
        cls,
        matrix: Sequence[float] | FloatArray,
        distortion: Sequence[float] | FloatArray,
        width_px: int,
        height_px: int,
        distortion_model: str = "plumb_bob",
    ) -> CameraIntrinsics:
        """Build a camera from the fields k, d, width, height of sensor_msgs/CameraInfo.

        Args:
            matrix: 9 numbers, row by row, or 3x3: [fx, 0, cx, 0, fy, cy, 0, 0, 1].
            distortion: 0, 4, 5 or 8 coefficients, also with zeros behind; all zero means none.
            width_px: Image width [px].
            height_px: Image height [px].
            distortion_model: One of ``DISTORTION_MODELS``.

        Raises:
            CameraError: If the matrix is zero (an uncalibrated camera driver), not finite,
                transposed or implausible, or if the distortion model is not supported.
        """
        k = check_matrix(matrix)
        if distortion_model not in DISTORTION_MODELS:
            raise CameraError(
                "distortion_model", distortion_model, "supported are plumb_bob, rational_polynomial"
            )
        coefficients = tuple(float(c) for c in np.asarray(distortion, dtype=np.float64).ravel())
        if not any(coefficients):  # NaN counts as true and is refused later
            coefficients = ()
        if not any(coefficients[8:]):
            coefficients = coefficients[:8]
        return cls(
            width_px=int(width_px),
            height_px=int(height_px),
            focal_x_px=float(k[0, 0]),
            focal_y_px=float(k[1, 1]),
            center_x_px=float(k[0, 2]),
            center_y_px=float(k[1, 2]),
            distortion=coefficients,
        )

    @cached_property
    def matrix(self) -> FloatArray:
        """(3, 3) camera matrix [px], read-only."""
        matrix = np.array(
            [
                [self.focal_x_px, 0.0, self.center_x_px],
                [0.0, self.focal_y_px, self.center_y_px],
                [0.0, 0.0, 1.0],
            ]
        )
        matrix.setflags(write=False)
        return matrix

    def rays(self, pixels: npt.ArrayLike) -> FloatArray:
        """Undistorted viewing rays of pixels.

        Args:
            pixels: (n, 2) column and row [px].

        Returns:
            (n, 3) rays in the optical frame, scaled to z = 1. NaN where the pixel is NaN or where
            the distortion has no ray for it (far outside the image of a wide lens).
        """
        points = np.ascontiguousarray(pixels, dtype=np.float64).reshape(-1, 2)
        rays = np.ones((len(points), 3))
        center, focal = (self.center_x_px, self.center_y_px), (self.focal_x_px, self.focal_y_px)
        rays[:, :2] = undistort((points - center) / focal, self.distortion)
        rays[~np.isfinite(rays).all(axis=1)] = np.nan
        return rays

    def project(self, points_camera: npt.ArrayLike) -> FloatArray:
        """Pixels of points.

        Args:
            points_camera: (n, 3) points in the optical frame [m].

        Returns:
            (n, 2) column and row [px], also outside the image; NaN for points not in front.
        """
        points = np.ascontiguousarray(points_camera, dtype=np.float64).reshape(-1, 3)
        depth = np.where(points[:, 2] > 0.0, points[:, 2], np.nan)
        normalized = points[:, :2] / depth[:, None]
        x, y = distort(normalized, self.distortion).T
        return np.column_stack(
            [x * self.focal_x_px + self.center_x_px, y * self.focal_y_px + self.center_y_px]
        )

    def scaled(self, width_px: int, height_px: int) -> CameraIntrinsics:
        """Return the same camera after its image was resized.

        Args:
            width_px: New width [px].
            height_px: New height [px].

        Raises:
            CameraError: If the new size is impossible or has another aspect ratio (over 2 %).
        """
        check_size(width_px, height_px)
        scale_x, scale_y = width_px / self.width_px, height_px / self.height_px
        if abs(scale_x / scale_y - 1.0) > 0.02:
            size = (self.width_px, self.height_px)
            raise CameraError(
                "image size", (width_px, height_px), f"another aspect ratio than calibrated {size}"
            )
        return CameraIntrinsics(
            width_px=width_px,
            height_px=height_px,
            focal_x_px=self.focal_x_px * scale_x,
            focal_y_px=self.focal_y_px * scale_y,
            # The corner of an image, not the centre of its first pixel, stays in place.
            center_x_px=(self.center_x_px + 0.5) * scale_x - 0.5,
            center_y_px=(self.center_y_px + 0.5) * scale_y - 0.5,
            distortion=self.distortion,
            assumed=self.assumed,
        )

    def rotated(self, quarter_turns: int) -> CameraIntrinsics:
        """Return the camera of the image after ``quarter_turns`` clockwise turns of 90 degrees.

        For phones that store an upright video lying on its side. The optical frame turns along,
        so that x stays right and y stays down in the turned image.

        Args:
            quarter_turns: Clockwise turns, any integer.
        """
        camera = self
        for _ in range(quarter_turns % 4):
            camera = CameraIntrinsics(
                width_px=camera.height_px,
                height_px=camera.width_px,
                focal_x_px=camera.focal_y_px,
                focal_y_px=camera.focal_x_px,
                center_x_px=camera.height_px - 1 - camera.center_y_px,
                center_y_px=camera.center_x_px,
                distortion=turn_distortion(camera.distortion),
                assumed=camera.assumed,
            )
        return camera
