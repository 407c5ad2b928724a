"""The square, turned region of an image in which one person is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

REGION_SCALE = 1.25
"""Region size over the diameter of the circle around the body (MediaPipe's pose graphs)."""


@dataclass(frozen=True)
class Region:
    """A square in an image.

    Attributes:
        center_x_px: Column of the centre [px].
        center_y_px: Row of the centre [px].
        size_px: Side length [px].
        rotation_rad: Angle from the image's axes to the square's [rad], clockwise as seen (x right,
            y down); 0 for a person whose head points up.
    """

    center_x_px: float
    center_y_px: float
    size_px: float
    rotation_rad: float = 0.0

    @classmethod
    def around_body(cls, center: npt.ArrayLike, top: npt.ArrayLike) -> Region:
        """Region of a person from the two alignment points that the networks give.

        Args:
            center: (2,) middle of the hips [px].
            top: (2,) point on the circle around the whole body, in the direction of the head [px].
        """
        x, y = (float(c) for c in np.asarray(center))
        to_x, to_y = (float(c) for c in np.asarray(top))
        radius_px = math.hypot(to_x - x, to_y - y)
        angle = math.pi / 2.0 - math.atan2(y - to_y, to_x - x)
        return cls(x, y, 2.0 * radius_px * REGION_SCALE, math.remainder(angle, math.tau))

    @classmethod
    def whole_image(cls, width_px: int, height_px: int) -> Region:
        """The smallest upright square around an image."""
        return cls(width_px / 2.0, height_px / 2.0, float(max(width_px, height_px)))

    @property
    def is_valid(self) -> bool:
        """Whether the numbers are finite and the square is larger than a few pixels."""
        values = (self.center_x_px, self.center_y_px, self.size_px, self.rotation_rad)
        return all(math.isfinite(v) for v in values) and self.size_px > 4.0

    def matrix_image_crop(self, side_px: float) -> FloatArray:
        """Affine map from a crop's pixels to the image's.

        Args:
            side_px: Side length of the crop [px].

        Returns:
            (2, 3) matrix: image pixel = matrix @ (crop column, crop row, 1).
        """
        scale = self.size_px / side_px
        cos, sin = math.cos(self.rotation_rad) * scale, math.sin(self.rotation_rad) * scale
        half = side_px / 2.0
        return np.array(
            [
                [cos, -sin, self.center_x_px - half * (cos - sin)],
                [sin, cos, self.center_y_px - half * (sin + cos)],
            ]
        )

    def to_image(self, points: npt.ArrayLike) -> FloatArray:
        """Image pixels of points given in the region.

        Args:
            points: (n, 2) column and row as fractions of the region's side, 0 to 1.

        Returns:
            (n, 2) pixels.
        """
        matrix = self.matrix_image_crop(1.0)
        return np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]

    def turn_to_image(self, points: npt.ArrayLike) -> FloatArray:
        """Turn points from the region's axes to the image's; neither moved nor scaled.

        Args:
            points: (n, 3) x along the region's columns, y along its rows, z away.

        Returns:
            (n, 3) x right, y down, z away.
        """
        turned = np.array(points, dtype=np.float64)
        cos, sin = math.cos(self.rotation_rad), math.sin(self.rotation_rad)
        turned[:, :2] = turned[:, :2] @ np.array([[cos, sin], [-sin, cos]])
        return turned

    def distance_to(self, other: Region) -> float:
        """Distance of the centres over the mean size [-]."""
        distance_px = math.hypot(
            self.center_x_px - other.center_x_px, self.center_y_px - other.center_y_px
        )
        return distance_px / (0.5 * (self.size_px + other.size_px))

    def size_ratio_to(self, other: Region) -> float:
        """Larger over smaller size [-], at least 1."""
        ratio = self.size_px / other.size_px
        return max(ratio, 1.0 / ratio)
