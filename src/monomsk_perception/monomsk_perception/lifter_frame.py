"""One frame on its way through the skeleton fit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monomsk_description.frames import Array
from monomsk_perception.floor_levels import FootLevels
from monomsk_perception.manifold_filter import Estimate
from monomsk_perception.pose_prior import PosePrior


@dataclass(frozen=True)
class Measurement:
    """One frame's landmarks, ready for the fit.

    Attributes:
        stamp_ns: Time of the image [ns].
        rays: Landmark rays (33, 3), z = 1.
        metric: Metric landmarks (33, 3) in the optical frame [m], scaled to the subject.
        visibility: Visibility of each landmark (33,).
        contact: Contact probability of right heel, right toe, left heel, left toe (4,).
        interval_s: Time since the last frame [s].
        belief: What a learned lifter believes of the frame, if there is one.
        levels: What the feet stand on; both on the floor where nothing else is believed.
    """

    stamp_ns: int
    rays: Array
    metric: Array
    visibility: Array
    contact: Array
    interval_s: float
    belief: PosePrior | None = None
    levels: FootLevels = field(default_factory=lambda: FootLevels(np.zeros(2), np.ones(2, bool)))


@dataclass(frozen=True)
class Lifted:
    """What one frame's fit found.

    Attributes:
        estimate: The state after the frame's measurement.
        prediction: The state before it.
        contact: Contact probability of right heel, right toe, left heel, left toe (4,).
        quality: How well the skeleton explains the image, 0 to 1.
        restarted: Whether the fit began anew with this frame.
    """

    estimate: Estimate
    prediction: Estimate
    contact: Array
    quality: float
    restarted: bool
