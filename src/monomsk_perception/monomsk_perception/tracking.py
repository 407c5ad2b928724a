"""What following a person needs of networks, and what it says of an image."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monomsk_perception.blazepose_detector import PersonDetection
from monomsk_perception.blazepose_landmarks import RegionLandmarks
from monomsk_perception.region import Region

Image = npt.NDArray[np.uint8]


class TrackingStatus(Enum):
    """What became of the last image."""

    TRACKING = "tracking"
    """Landmarks, of the person followed since the image before."""
    ACQUIRED = "acquired"
    """Landmarks, of a person whom the detector just found: for the first time or again."""
    LOST = "lost"
    """None: the followed person is out of sight and waited for."""
    NO_PERSON = "no_person"
    """None: nobody is followed and nobody was found."""


class PersonDetector(Protocol):
    """Finds people."""

    def detect(self, image_bgr: Image, area: Region | None = None) -> list[PersonDetection]:
        """All people found in an area, or in the whole image."""


class LandmarkEstimator(Protocol):
    """Finds the landmarks of the person in a region."""

    def estimate(self, image_bgr: Image, region: Region) -> RegionLandmarks:
        """Landmarks and the probability that there is a person at all."""
