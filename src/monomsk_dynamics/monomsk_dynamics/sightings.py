"""From where a camera saw a person, frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_dynamics.errors import ShapeError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_LANDMARKS = len(LANDMARK_NAMES)


@dataclass(frozen=True)
class Sightings:
    """What an image shows well: a landmark's direction from the camera, not its distance.

    Attributes:
        camera_positions: Of the lens, world (n, 3) [m]; NaN where nobody was seen.
        visibility: Of each landmark (n, 33), 0 for one that was not seen to 1.
    """

    camera_positions: Array
    visibility: Array

    def __post_init__(self) -> None:
        expected = (len(self.camera_positions), _LANDMARKS)
        if self.camera_positions.shape[1:] != (3,) or self.visibility.shape != expected:
            shapes = f"{self.camera_positions.shape} and {self.visibility.shape}"
            raise ShapeError("sightings", f"shapes {shapes}, expected (n, 3) and (n, {_LANDMARKS})")

    def __len__(self) -> int:
        return len(self.camera_positions)

    def at(self, frames: Indices) -> "Sightings":
        """Those of some frames."""
        return Sightings(self.camera_positions[frames], self.visibility[frames])
