"""The overlay's display: time, tracking, and angles, torques and loads per side."""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.number_text import number, spread
from monomsk_analysis.overlay_body import RING_TORQUE
from monomsk_analysis.overlay_scene import LEFT, RIGHT, JointReadout, OverlayScene
from monomsk_analysis.overlay_style import (
    BRIDGED,
    FORCE,
    LOST,
    PANEL,
    SIDE_COLORS,
    TEXT,
    TEXT_DIM,
    TRACKED,
    Color,
)
from monomsk_analysis.overlay_text import TextPainter

ImageArray = NDArray[np.uint8]

_PANEL_ALPHA = 0.72
_SIDE_NAMES = ("RIGHT", "LEFT")
_LEGEND = (
    "arrow: ground reaction, half a body height = 1 body weight (BW)",
    f"ring: joint torque, full turn = {RING_TORQUE:g} N m/kg, clockwise = flexion",
)
_LANDMARK_NOTE = "dots: detected landmarks"
_COLUMNS_EM = (5.1, 7.0, 10.4, 13.5)  # right edges of angle, its sigma, torque, its sigma
_PANEL_WIDTH_EM = 14.8


def draw_hud(image: ImageArray, scene: OverlayScene) -> None:
    """Draw the display over a frame.

    Args:
        image: uint8 (h, w, 3) BGR, changed in place.
        scene: what to show; without tracking the values are left out.
    """
    height, width = image.shape[:2]
    painter = _painter(max(12, round(min(width, height) / 46)))
    em = painter.size_px
    margin = round(0.7 * em)
    panel_width = round(_PANEL_WIDTH_EM * em)
    if scene.tracked and width >= 2 * panel_width + 2 * margin:
        _draw_side(image, scene, LEFT, painter, margin)
        _draw_side(image, scene, RIGHT, painter, width - margin - panel_width)
    _draw_status(image, scene, painter, margin)
    _draw_legend(image, scene, painter, margin)


@functools.lru_cache(maxsize=8)
def _painter(size_px: int) -> TextPainter:
    return TextPainter(size_px)


def _draw_panel(image: ImageArray, left: int, top: int, width: int, height: int) -> None:
    view = image[max(0, top) : top + height, max(0, left) : left + width]
    if view.size:
        paper = np.full_like(view, PANEL)
        cv2.addWeighted(paper, _PANEL_ALPHA, view, 1.0 - _PANEL_ALPHA, 0.0, dst=view)


def _draw_side(
    image: ImageArray, scene: OverlayScene, side: int, painter: TextPainter, left: int
) -> None:
    em, line = painter.size_px, painter.line_height_px
    top = round(0.7 * em)
    rows = len(scene.readouts[side])
    width = round(_PANEL_WIDTH_EM * em)
    _draw_panel(image, left, top, width, (rows + 2) * line + round(0.8 * em))
    bar = slice(left, left + max(3, round(0.25 * em)))
    image[top : top + (rows + 2) * line + round(0.8 * em), bar] = SIDE_COLORS[side]
    x, y = left + round(0.75 * em), top + round(0.4 * em)
    painter.draw(image, _SIDE_NAMES[side], x, y, SIDE_COLORS[side])
    _draw_load(image, scene, side, painter, (x + round(_COLUMNS_EM[3] * em), y))
    y += line
    painter.draw_right(image, "deg", x + round(_COLUMNS_EM[0] * em), y, TEXT_DIM)
    painter.draw_right(image, "N m/kg", x + round(_COLUMNS_EM[2] * em), y, TEXT_DIM)
    for readout in scene.readouts[side]:
        y += line
        painter.draw(image, readout.name, x, y, TEXT_DIM)
        for text, column, color in _readout_cells(readout):
            painter.draw_right(image, text, x + round(column * em), y, color)


def _draw_load(
    image: ImageArray, scene: OverlayScene, side: int, painter: TextPainter, corner: tuple[int, int]
) -> None:
    """The vertical force of a side, right-aligned at a corner."""
    if side >= len(scene.soles):
        return
    sole = scene.soles[side]
    percent = number(100.0 * sole.vertical_force, 0)
    sigma = spread(100.0 * sole.vertical_force_sigma, 0)
    text = f"load {percent} {sigma} % BW" if sigma else f"load {percent} % BW"
    painter.draw_right(image, text, *corner, FORCE if sole.in_contact else TEXT_DIM)


def _readout_cells(readout: JointReadout) -> tuple[tuple[str, float, Color], ...]:
    """Text, right edge [em] and colour of each cell of one joint's row."""
    return (
        (number(math.degrees(readout.angle), 0, signed=True), _COLUMNS_EM[0], TEXT),
        (spread(math.degrees(readout.angle_sigma), 0), _COLUMNS_EM[1], TEXT_DIM),
        (number(readout.torque, 2, signed=True), _COLUMNS_EM[2], TEXT),
        (spread(readout.torque_sigma, 2), _COLUMNS_EM[3], TEXT_DIM),
    )


def _draw_status(image: ImageArray, scene: OverlayScene, painter: TextPainter, margin: int) -> None:
    em, line = painter.size_px, painter.line_height_px
    middle = image.shape[1] // 2
    clock = f"{number(scene.time_s, 2)} s"
    width = round(6.2 * em)
    _draw_panel(image, middle - width // 2, margin, width, line + round(0.4 * em))
    x = middle - painter.width_px(clock) // 2
    painter.draw(image, clock, x, margin + round(0.2 * em), TEXT)
    top = margin + line + round(0.4 * em)
    tag, color = _status(scene)
    left = middle - width // 2
    image[top : top + line + round(0.2 * em), left : left + width] = color
    x = middle - painter.width_px(tag) // 2
    painter.draw(image, tag, x, top + round(0.1 * em), TEXT)


def _status(scene: OverlayScene) -> tuple[str, Color]:
    if not scene.tracked:
        return "LOST", LOST
    return ("TRACKED", TRACKED) if len(scene.landmarks_px) else ("BRIDGED", BRIDGED)


def _draw_legend(image: ImageArray, scene: OverlayScene, painter: TextPainter, margin: int) -> None:
    em = painter.size_px
    small = _painter(max(11, round(0.8 * em)))
    remarks = (_LANDMARK_NOTE, *scene.notes) if len(scene.landmarks_px) else scene.notes
    lines = _LEGEND if scene.tracked else ()
    if remarks:
        lines = (*lines, " · ".join(remarks))
    if not lines:
        return
    height = len(lines) * small.line_height_px + round(0.5 * em)
    width = max(small.width_px(text) for text in lines) + em
    top = image.shape[0] - margin - height
    _draw_panel(image, margin, top, width, height)
    for row, text in enumerate(lines):
        y = top + round(0.25 * em) + row * small.line_height_px
        small.draw(image, text, margin + em // 2, y, TEXT_DIM)
