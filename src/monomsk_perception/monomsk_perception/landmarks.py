"""The 33 landmarks of one person in one image: the result of the landmarker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monomsk_perception.errors import LandmarkError

LANDMARK_COUNT = 33
"""Number of landmarks of BlazePose."""

#: Left and right.
_KNEES_AND_ANKLES = [[25, 26], [27, 28]]

_SHAPES: dict[str, tuple[int, ...]] = {
    "pixels": (LANDMARK_COUNT, 2),
    "visibility": (LANDMARK_COUNT,),
    "presence": (LANDMARK_COUNT,),
    "metric": (LANDMARK_COUNT, 3),
}


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Landmarks of one person, in the order of `LANDMARK_NAMES`, unfiltered.

    The arrays are read-only copies. Left and right are the person's own.

    Attributes:
        stamp_ns: The image's stamp [ns].
        pixels: (33, 2) column and row [px], as OpenCV and camera matrices count them: the centre
            of the first pixel is (0, 0). May lie outside the image.
        visibility: (33,) probability that the landmark is in the image and not hidden, 0 to 1.
        presence: (33,) probability that the landmark is inside the image, 0 to 1.
        metric: (33, 3) position [m] relative to the middle of the hips, in the axes of the camera
            frame (x right, y down, z away), for a person of average size seen by a camera
            without perspective: the network knows neither the person's height nor the focal length.
        score: Probability that the region holds a person, 0 to 1.
        image_size: Width and height of the image [px].
    """

    stamp_ns: int
    pixels: npt.NDArray[np.float64]
    visibility: npt.NDArray[np.float64]
    presence: npt.NDArray[np.float64]
    metric: npt.NDArray[np.float64]
    score: float
    image_size: tuple[int, int]

    def __post_init__(self) -> None:
        """Copy the arrays, check their shapes and lock them.

        Raises:
            LandmarkError: If an array has a wrong shape.
        """
        for field, expected in _SHAPES.items():
            array = np.array(getattr(self, field), dtype=np.float64)
            if array.shape != expected:
                raise LandmarkError(field, array.shape, expected)
            array.setflags(write=False)
            object.__setattr__(self, field, array)

    @property
    def leg_visibility(self) -> float:
        """Mean visibility of knee and ankle, 0 to 1, of the leg that is seen better."""
        return float(self.visibility[_KNEES_AND_ANKLES].mean(axis=0).max())
