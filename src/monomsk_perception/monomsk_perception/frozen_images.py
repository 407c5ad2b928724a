"""Notices a camera that repeats one image with ever new stamps.

A body that seems to stand still is a wrong number: the sensor noise of a working camera makes two
equal images in a row all but impossible. A single repeated image is no fault (24 images a second
played at 30).
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

#: The same image for longer than this is a fault [ns].
FROZEN_AFTER_NS = 300_000_000
_STRIDE = 7  # looking at some pixels is enough: noise is everywhere


class FrozenImages:
    """Compares each image with the one before.

    Attributes:
        is_repeated: Whether the last image was the one before once more: no new measurement.
    """

    def __init__(self) -> None:
        self._mark = 0
        self._since_ns: int | None = None
        self.is_repeated = False

    def check(self, image: npt.NDArray[np.uint8], stamp_ns: int) -> bool:
        """Tell whether the image has been the same for too long.

        Args:
            image: (height, width, 3).
            stamp_ns: Its stamp [ns].
        """
        pixels = np.ascontiguousarray(image[::_STRIDE, ::_STRIDE])
        mark = zlib.crc32(pixels.data, image.shape[0] * 65536 + image.shape[1])
        if mark != self._mark or self._since_ns is None or stamp_ns < self._since_ns:
            self._mark, self._since_ns = mark, stamp_ns
            self.is_repeated = False
            return False
        self.is_repeated = True
        return stamp_ns - self._since_ns > FROZEN_AFTER_NS
