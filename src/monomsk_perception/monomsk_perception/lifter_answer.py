"""What the lifter's network is asked and what it answers, in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array

#: Landmarks that the network uses (BlazePose numbers): nose, ears, shoulders to wrists, hips to
#: toes, left before right.
USED_LANDMARKS = (0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
#: The same landmark of the other side, by place among those used.
OTHER_SIDE = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17)
#: Lengths of a person that it may be told, in its order.
LENGTH_NAMES = (
    "thigh", "shank", "foot", "pelvis_width", "trunk", "shoulder_width", "upper_arm", "forearm",
)  # fmt: skip
RATE_HZ = 30.0
#: The longest window, and how many of its frames a live answer looks back over, its own among
#: them: a longer past takes less than 0.02 degrees from the errors (docs/training.md).
WINDOW_FRAMES, HISTORY_FRAMES = 64, 44
#: Live answers look at one of so many frames, and of those older than the recent ones at one of
#: `_OLDER_EVERY`: as good as all of them at a third of the cost. Of a past that is no longer than
#: the recent frames, as when a camera has just started, they look at all.
LIVE_EVERY = 2
_RECENT_FRAMES, _OLDER_EVERY = 16, 4
#: Later frames that a live answer may wait for, at most.
MAX_LOOK_AHEAD = 8


@dataclass(frozen=True, eq=False)
class Track:
    """Landmarks of frames at even times, some of which may be left out.

    Attributes:
        rays: (frames, 19, 2) in the image plane z = 1; finite.
        visibility: (frames, 19), 0 to 1.
        seen: 1.0 where there are landmarks at all, else 0.0 (frames,).
        numbers: Which frames of a window these are, rising integers (frames,); None: the first
            ones, all.
        windows: Which of several windows, answered at once, each row belongs to (frames,); None:
            all to one.
    """

    rays: Array
    visibility: Array
    seen: Array
    numbers: NDArray[np.int64] | None = None
    windows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.seen)

    def rows(self, chosen: slice | NDArray[np.int64]) -> Track:
        """Some of the frames, as if they followed each other."""
        return Track(self.rays[chosen], self.visibility[chosen], self.seen[chosen])


@dataclass(frozen=True, eq=False)
class Answer:
    """The network's answer for frames of one person; standard deviations are of its own making.

    Attributes:
        pelvis_rotation: Pelvis axes in the optical frame (frames, 3, 3).
        pelvis_position: In the optical frame (frames, 3) [m].
        pelvis_log_scale: Logarithm of expected errors: angle [rad], place over depth (frames, 2).
        coordinates: (frames, 31) [rad].
        log_scale: Logarithm of their expected absolute error (frames, 31) [rad].
        proportions: Logarithms of lengths over what the stature suggests (frames, 8).
        contact: Log odds: right heel, right toes, left heel, left toes (frames, 4).
    """

    pelvis_rotation: Array
    pelvis_position: Array
    pelvis_log_scale: Array
    coordinates: Array
    log_scale: Array
    proportions: Array
    contact: Array

    @classmethod
    def for_frames(cls, values: Mapping[str, Array]) -> Answer:
        """What the network gives by name; its proportions (8,) are those of every frame."""
        proportions = np.repeat(values["proportions"][None], len(values["coordinates"]), axis=0)
        return cls(**{**values, "proportions": proportions})


class WindowNetwork(Protocol):
    """A network that answers for one window of at most `WINDOW_FRAMES` frames."""

    def __call__(self, track: Track, subject: Array, asked: Sequence[int] | None = None) -> Answer:
        """The answer for some frames of a window.

        Args:
            track: The window.
            subject: See `subject_token`.
            asked: Rows of the frames that are asked for, one row of the answer each; None: all.
        """
        ...


def live_numbers(own: int, look_ahead: int) -> NDArray[np.int64]:
    """Which frames a live answer looks at, rising, none before 0; see `LIVE_EVERY`.

    Args:
        own: Number of the frame that is asked for.
        look_ahead: Later frames that are known; the last one is looked at.
    """
    every = LIVE_EVERY if own >= _RECENT_FRAMES else 1
    recent = np.arange(own, max(own - _RECENT_FRAMES, -1), -every)
    older = np.arange(recent[-1] - _OLDER_EVERY, max(own - HISTORY_FRAMES, -1), -_OLDER_EVERY)
    later = np.arange(own + look_ahead, own, -LIVE_EVERY)
    return np.concatenate([older[::-1], recent[::-1], later[::-1]])


def subject_token(height_m: float, lengths: Mapping[str, float]) -> Array:
    """What the network is told of a person (17,).

    Args:
        height_m: Stature [m].
        lengths: Measured lengths over what the stature suggests, by name.
    """
    ratios = np.array([np.log(lengths.get(name, 1.0)) for name in LENGTH_NAMES])
    known = np.array([float(name in lengths) for name in LENGTH_NAMES])
    return np.concatenate([[3.0 * np.log(height_m / 1.7)], 10.0 * ratios, known])
