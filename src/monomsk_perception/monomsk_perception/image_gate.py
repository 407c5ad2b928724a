"""Which images of a stream are new measurements, by their stamps and by what they show."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from monomsk_perception.frozen_images import FrozenImages
from monomsk_perception.stamp_guard import StampGuard, StampVerdict
from monomsk_perception.stream_monitor import StreamMonitor

Image = npt.NDArray[np.uint8]

_BLANK_CONTRAST = 3.0  # grey levels: no person looks like this


class Report(Protocol):
    """Whoever is told of what goes wrong."""

    def __call__(self, event: str, text: str, is_error: bool = True) -> None:
        """Something went wrong."""


class ImageGate:
    """Judges every image of a stream, in the order in which they come.

    Args:
        monitor: Counts what is kept out.
        report: Told of a camera that stands still and of a clock that went back.
    """

    def __init__(self, monitor: StreamMonitor, report: Report) -> None:
        self._monitor, self._report = monitor, report
        self._stamps = StampGuard()
        self._frozen = FrozenImages()

    def order(self, stamp_ns: int) -> StampVerdict:
        """Whether a stamp [ns] is next, late, or the beginning of a new recording."""
        verdict = self._stamps.check(stamp_ns)
        if verdict is StampVerdict.OUT_OF_ORDER:
            self._monitor.count("images out of order")
        elif verdict is StampVerdict.JUMPED_BACK:
            text = "the image stamps went back: starting anew"
            self._report("time jumped back", text, is_error=False)
        return verdict

    def is_new(self, image: Image, stamp_ns: int) -> bool:
        """Whether an image (height, width, 3) is not the one before once more."""
        if self._frozen.check(image, stamp_ns):
            self._report("frozen images", "the camera repeats one image")
            return False
        if self._frozen.is_repeated:
            self._monitor.count("repeated images")
            return False
        return True

    def is_blank(self, image: Image) -> bool:
        """Whether there is nothing to see in an image (height, width, 3)."""
        if float(image[::16, ::16].std()) >= _BLANK_CONTRAST:
            return False
        self._monitor.count("blank images")
        return True
