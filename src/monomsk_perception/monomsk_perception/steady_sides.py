"""Left stays left: now and then the detector exchanges a person's sides for some images.

Arms (with the face) and legs are followed apart, each landmark at constant velocity. Where the
sides lie clearly closer to where they were expected when they are exchanged, they are; where that
cannot be told, what held for the image before holds. The detector is right most of the time: names
that it insists on for longer than it gave the others before are believed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monomsk_description.frames import Array
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_perception.landmarks import Landmarks


@dataclass(frozen=True)
class SideOptions:
    """When sides count as exchanged.

    Attributes:
        doubt: Distance of a landmark from where it is expected beyond which more distance says
            little, over the person's size in the image.
        doubt_s2: What the square of the time since the last image adds to it [1/s^2]: limbs
            accelerate.
        margin: Difference of both ways' logarithmic costs that decides.
        patience_s: The longest time for which the detector's names are contradicted [s].
        max_gap_s: After a longer pause nothing is expected [s].
    """

    doubt: float = 0.015
    doubt_s2: float = 30.0
    margin: float = 4.0
    patience_s: float = 1.5
    max_gap_s: float = 0.15


#: Share of a surprise that place and velocity take over.
_PLACE_GAIN, _SPEED_GAIN = 0.6, 0.3


class SteadySides:
    """Keeps apart the sides of one person through a stream of landmarks.

    Args:
        options: When sides count as exchanged.
    """

    def __init__(self, options: SideOptions | None = None) -> None:
        self._options = options or SideOptions()
        self._stamp_ns = 0
        self._image_size = (0, 0)
        self.reset()

    def reset(self) -> None:
        """Forget the person: the next landmarks are believed."""
        self._places: Array | None = None
        self._speeds = np.zeros((len(_FOLLOWED), 2, 2))
        # Of arms and legs:
        self._exchanged = np.zeros(2, bool)
        self._right_for_s = np.zeros(2)

    def kept(self, landmarks: Landmarks) -> Landmarks:
        """The landmarks with left and right as they were; the same object where they are so.

        Args:
            landmarks: Of the next image; a pause, a stamp that is not later, or another image size
                starts anew.
        """
        step_s = (landmarks.stamp_ns - self._stamp_ns) * 1e-9
        is_resized = landmarks.image_size != self._image_size
        self._stamp_ns, self._image_size = landmarks.stamp_ns, landmarks.image_size
        if is_resized or not 0.0 < step_s <= self._options.max_gap_s:
            self.reset()
        self._follow(landmarks, step_s)
        if not self._exchanged.any():
            return landmarks
        order = np.arange(len(LANDMARK_NAMES))
        for pairs, exchanged in zip((_UPPER, _LEGS), self._exchanged, strict=True):
            if exchanged:
                order[pairs] = pairs[:, ::-1]
        return replace(
            landmarks,
            pixels=landmarks.pixels[order],
            visibility=landmarks.visibility[order],
            presence=landmarks.presence[order],
            metric=landmarks.metric[order],
        )

    def _follow(self, landmarks: Landmarks, step_s: float) -> None:
        seen = landmarks.pixels[_FOLLOWED]
        if self._places is None:
            self._places = seen
            return
        expected = self._places + self._speeds * step_s
        options = self._options
        size_px = max(float((seen.max((0, 1)) - seen.min((0, 1))).max()), 1.0)
        reach_px = (options.doubt + options.doubt_s2 * step_s**2) * size_px
        both = np.stack([seen - expected, seen[:, ::-1] - expected])
        costs = np.log1p((both**2).sum(-1) / reach_px**2).sum(-1)
        gains = (costs[0] - costs[1]) * landmarks.visibility[_FOLLOWED].min(1)
        gain = np.add.reduceat(gains, _FIRST_ROWS)
        exchanged = np.where(np.abs(gain) > options.margin, gain > 0.0, self._exchanged)
        right_for_s = self._right_for_s + np.where(exchanged, -step_s, step_s)
        # The names given before were the exchanged ones: what is expected changes sides.
        given_up = right_for_s < 0.0
        turned = given_up[_GROUP_OF_ROW]
        expected[turned], self._speeds[turned] = expected[turned, ::-1], self._speeds[turned, ::-1]
        self._exchanged = exchanged & ~given_up
        self._right_for_s = np.minimum(np.abs(right_for_s), options.patience_s)
        is_exchanged = self._exchanged[_GROUP_OF_ROW, None, None]
        surprise = np.where(is_exchanged, seen[:, ::-1], seen) - expected
        far = np.sqrt((surprise**2).sum(-1, keepdims=True)) / (3.0 * reach_px)
        surprise /= np.maximum(far, 1.0)
        self._places = expected + _PLACE_GAIN * surprise
        self._speeds += _SPEED_GAIN / step_s * surprise


def _pairs(*names: str) -> npt.NDArray[np.int64]:
    """Numbers of the left and the right landmark of each name (n, 2)."""
    return np.array(
        [[LANDMARK_NAMES.index(name.format(side)) for side in ("left", "right")] for name in names]
    )


_ARMS = _pairs("{}_shoulder", "{}_elbow", "{}_wrist")
_LEGS = _pairs("{}_hip", "{}_knee", "{}_ankle", "{}_heel", "{}_foot_index")
_FACE_AND_HANDS = _pairs(
    "{}_eye_inner", "{}_eye", "{}_eye_outer", "{}_ear", "mouth_{}", "{}_pinky", "{}_index",
    "{}_thumb",
)  # fmt: skip
_UPPER = np.concatenate([_ARMS, _FACE_AND_HANDS])
#: Pairs that are followed; where arms and legs begin among them, and which each row belongs to.
_FOLLOWED = np.concatenate([_ARMS, _LEGS])
_FIRST_ROWS = np.array([0, len(_ARMS)])
_GROUP_OF_ROW = np.repeat([0, 1], [len(_ARMS), len(_LEGS)])
