"""Smooth text on BGR images: glyph masks rendered once, then blended.

OpenCV's own stroke fonts are hard to read at the size of a small display over a video. The font
is the one inside Pillow, so that pictures look the same on every machine.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from monomsk_analysis.errors import AnalysisError

ImageArray = NDArray[np.uint8]
Color = tuple[int, int, int]

_DIGITS = "0123456789"


class TextUnavailableError(AnalysisError):
    """This Pillow was built without FreeType and cannot render text of a given size.

    Attributes:
        size_px: the font size asked for [px].
    """

    def __init__(self, size_px: int) -> None:
        self.size_px = size_px
        super().__init__("Pillow was built without FreeType: no text for the overlay")


class TextPainter:
    """Draws text of one size.

    Attributes:
        size_px: font size [px].
        line_height_px: distance of two lines [px].
    """

    def __init__(self, size_px: int) -> None:
        """Load the font.

        Args:
            size_px: font size [px].
        """
        self.size_px = size_px
        self.line_height_px = round(1.45 * size_px)
        font = ImageFont.load_default(float(size_px))
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise TextUnavailableError(size_px)
        self._font = font
        ascent, descent = self._font.getmetrics()
        self._ascent, self._height = int(ascent), int(ascent + descent)
        self._space_width = max(round(0.3 * size_px), round(self._font.getlength(" ")))
        # Digits get one width, so that changing numbers do not jitter.
        self._digit_width = max(round(self._font.getlength(digit)) for digit in _DIGITS)
        self._glyph = functools.cache(self._render_glyph)
        self._mask = functools.lru_cache(maxsize=4096)(self._render_mask)

    def width_px(self, text: str) -> int:
        """Return the width of a text [px]."""
        return self._mask(text).shape[1]

    def draw(self, image: ImageArray, text: str, x_px: int, y_px: int, color: Color) -> None:
        """Blend a text into an image; what lies outside is cut off.

        Args:
            image: uint8 (h, w, 3), changed in place.
            text: one line.
            x_px: column of its left edge.
            y_px: row of the top of its line.
            color: BGR.
        """
        mask = self._mask(text)
        top, left = max(0, -y_px), max(0, -x_px)
        bottom, right = max(0, image.shape[0] - y_px), max(0, image.shape[1] - x_px)
        mask = mask[top:bottom, left:right]
        if mask.size == 0:
            return
        y_px, x_px = y_px + top, x_px + left
        region = image[y_px : y_px + mask.shape[0], x_px : x_px + mask.shape[1]]
        alpha = cv2.merge([mask, mask, mask])
        ink = cv2.multiply(alpha, np.array((*color, 0), np.float64), scale=1 / 255)
        paper = cv2.multiply(region, cv2.bitwise_not(alpha), scale=1 / 255)
        cv2.add(ink, paper, dst=region)

    def draw_right(self, image: ImageArray, text: str, x_px: int, y_px: int, color: Color) -> None:
        """Blend a text whose right edge is at column `x_px`; see `draw`."""
        self.draw(image, text, x_px - self.width_px(text), y_px, color)

    def _render_glyph(self, character: str) -> ImageArray:
        advance = max(1, round(self._font.getlength(character)))
        if character in _DIGITS:
            advance = self._digit_width
        elif character == " ":
            advance = self._space_width
        glyph: ImageArray = np.zeros((self._height, advance), np.uint8)
        mask, (offset_x, offset_y) = self._font.getmask2(character, mode="L")
        width, height = mask.size
        if width == 0 or height == 0:
            return glyph
        ink = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
        x = max(0, offset_x + (advance - round(self._font.getlength(character))) // 2)
        room = glyph[max(0, offset_y) :, x:]
        fit = ink[: room.shape[0], : room.shape[1]]
        room[: fit.shape[0], : fit.shape[1]] = fit
        return glyph

    def _render_mask(self, text: str) -> ImageArray:
        if not text:
            return np.zeros((self._height, 0), np.uint8)
        mask: ImageArray = np.hstack([self._glyph(character) for character in text])
        mask.flags.writeable = False
        return mask
