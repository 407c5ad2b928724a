"""Draws the body of an overlay scene: soles, bones, landmarks, torque rings, force arrows."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.overlay_scene import OverlayScene
from monomsk_analysis.overlay_style import FORCE, LANDMARK, OUTLINE, SIDE_COLORS, TORQUE, Color

ImageArray = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

RING_TORQUE = 2.0
"""Joint torque that closes a torque ring [N m/kg]."""

_SHIFT = 4  # fractional bits of OpenCV's fixed-point pixels
_BODY_ALPHA = 0.76
_THIGH_WIDTH = 0.030  # in body heights, like every size below
_RING_RADIUS = 0.036
_ARROW_WIDTH = 0.009
_MIN_VISIBILITY = 0.3
_SMALLEST_TORQUE = 0.02  # N m/kg


def draw_body(image: ImageArray, scene: OverlayScene) -> None:
    """Draw all of a tracked scene but the text.

    Args:
        image: uint8 (h, w, 3) BGR, changed in place.
        scene: what to draw.
    """
    size = scene.body_height_px
    if not math.isfinite(size):
        return
    region = _body_region(image, scene)
    if region is not None:
        view = image[region]
        origin = np.array([region[1].start, region[0].start], np.float64)
        layer = view.copy()
        _draw_bones(layer, scene, origin)
        _draw_soles(layer, scene, origin)
        cv2.addWeighted(layer, _BODY_ALPHA, view, 1.0 - _BODY_ALPHA, 0.0, dst=view)
    _draw_landmarks(image, scene)
    _draw_rings(image, scene)
    for sole in scene.soles:
        _draw_arrow(image, sole.arrow_px, size)


def body_extent(scene: OverlayScene) -> FloatArray | None:
    """Return the corners (2, 2) around bones and soles [px], None if none is in view."""
    points = [*(b.start_px for b in scene.bones), *(b.end_px for b in scene.bones)]
    points += [point for sole in scene.soles for point in sole.outline_px]
    finite = [point for point in points if np.isfinite(point).all()]
    if not finite:
        return None
    margin = 0.09 * scene.body_height_px
    return np.array([np.min(finite, axis=0) - margin, np.max(finite, axis=0) + margin])


def _body_region(image: ImageArray, scene: OverlayScene) -> tuple[slice, slice] | None:
    """Rows and columns of the body: only these need blending."""
    extent = body_extent(scene)
    if extent is None:
        return None
    height, width = image.shape[:2]
    low, high = np.clip(extent, 0, (width, height)).astype(int)
    if (high - low <= 1).any():
        return None
    return slice(low[1], high[1]), slice(low[0], high[0])


def _fixed(points: FloatArray) -> NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _thickness(size_px: float, least_px: int = 1) -> int:
    return max(least_px, round(size_px))


def _fill(image: ImageArray, polygon: FloatArray, color: Color) -> None:
    cv2.fillConvexPoly(image, _fixed(polygon), color, cv2.LINE_AA, _SHIFT)


def _dot(image: ImageArray, center: FloatArray, radius_px: float, color: Color) -> None:
    x, y = (int(value) for value in _fixed(center))
    cv2.circle(image, (x, y), round(radius_px * (1 << _SHIFT)), color, -1, cv2.LINE_AA, _SHIFT)


def _draw_soles(layer: ImageArray, scene: OverlayScene, origin: FloatArray) -> None:
    line_px = _thickness(0.004 * scene.body_height_px)
    for side, sole in enumerate(scene.soles):
        points = sole.outline_px[np.isfinite(sole.outline_px).all(axis=1)] - origin
        if len(points) < 3:
            continue
        hull = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)
        corners = [_fixed(hull)]
        strokes = [(SIDE_COLORS[side], line_px)]
        if sole.in_contact:
            strokes = [(OUTLINE, 2 * line_px + 2), (FORCE, 2 * line_px)]
        for color, width_px in strokes:
            cv2.polylines(layer, corners, True, color, width_px, cv2.LINE_AA, _SHIFT)


def _draw_bones(layer: ImageArray, scene: OverlayScene, origin: FloatArray) -> None:
    thigh_px = max(3.0, _THIGH_WIDTH * scene.body_height_px)
    outline_px = max(1.0, 0.12 * thigh_px)
    bones = [b for b in scene.bones if np.isfinite([b.start_px, b.end_px]).all()]
    # Every outline before any filling: the figure reads as one body.
    for grow_px in (outline_px, 0.0):
        if np.isfinite(scene.head_px).all():
            color = OUTLINE if grow_px else SIDE_COLORS[2]
            _dot(layer, scene.head_px[:2] - origin, 0.75 * scene.head_px[2] + grow_px, color)
        for bone in bones:
            color = OUTLINE if grow_px else SIDE_COLORS[bone.side]
            half_px = 0.5 * bone.width * thigh_px + grow_px
            _draw_spindle(layer, bone.start_px - origin, bone.end_px - origin, half_px, color)


def _draw_spindle(
    layer: ImageArray, start: FloatArray, end: FloatArray, half_px: float, color: Color
) -> None:
    """A limb that is a little thicker near its first end, with round ends."""
    _dot(layer, start, half_px, color)
    _dot(layer, end, 0.7 * half_px, color)
    along = end - start
    length = float(np.hypot(*along))
    if length < 1.0:
        return
    across = np.array([-along[1], along[0]]) / length * half_px
    belly = start + 0.3 * along
    shape = [start + across, belly + 1.1 * across, end + 0.7 * across]
    shape += [end - 0.7 * across, belly - 1.1 * across, start - across]
    _fill(layer, np.array(shape), color)


def _draw_landmarks(image: ImageArray, scene: OverlayScene) -> None:
    radius_px = max(1.5, 0.0045 * scene.body_height_px)
    for point, visibility in zip(scene.landmarks_px, scene.landmark_visibility, strict=True):
        if np.isfinite(point).all() and visibility >= _MIN_VISIBILITY:
            _dot(image, point, 1.6 * radius_px, OUTLINE)
            _dot(image, point, radius_px, LANDMARK)


def _draw_rings(image: ImageArray, scene: OverlayScene) -> None:
    """A gauge around each joint: from the top, clockwise for flexion, by torque per mass."""
    radius_px = max(7.0, _RING_RADIUS * scene.body_height_px)
    line_px = _thickness(0.14 * radius_px, 2)
    for readout in (*scene.readouts[0], *scene.readouts[1]):
        center, torque = readout.position_px, readout.torque
        if not (np.isfinite(center).all() and math.isfinite(torque)):
            continue
        _arc(image, center, radius_px, 360.0, 1, SIDE_COLORS[2])
        if abs(torque) < _SMALLEST_TORQUE:
            continue
        sweep_deg = float(np.clip(torque / RING_TORQUE, -1.0, 1.0)) * 360.0
        _arc(image, center, radius_px, sweep_deg, line_px + 2, OUTLINE)
        _arc(image, center, radius_px, sweep_deg, line_px, TORQUE)
        _ring_head(image, center, radius_px, sweep_deg)


def _arc(
    image: ImageArray,
    center: FloatArray,
    radius_px: float,
    sweep_deg: float,
    line_px: int,
    color: Color,
) -> None:
    count = max(3, round(abs(sweep_deg) / 10.0))
    angles = np.radians(np.linspace(-90.0, -90.0 + sweep_deg, count))
    points = center + radius_px * np.column_stack([np.cos(angles), np.sin(angles)])
    cv2.polylines(image, [_fixed(points)], False, color, line_px, cv2.LINE_AA, _SHIFT)


def _ring_head(image: ImageArray, center: FloatArray, radius_px: float, sweep_deg: float) -> None:
    angle = math.radians(-90.0 + sweep_deg)
    outward = np.array([math.cos(angle), math.sin(angle)])
    onward = math.copysign(1.0, sweep_deg) * np.array([-outward[1], outward[0]])
    foot = center + radius_px * outward
    head = np.array([0.26 * outward, 0.38 * onward, -0.26 * outward]) * radius_px
    _fill(image, foot + 1.3 * head, OUTLINE)
    _fill(image, foot + head, TORQUE)


def _draw_arrow(image: ImageArray, arrow_px: FloatArray, size_px: float) -> None:
    """A force arrow whose tip is exactly the second point."""
    if not np.isfinite(arrow_px).all():
        return
    foot, tip = arrow_px
    along = tip - foot
    length = float(np.hypot(*along))
    half_px = max(1.2, 0.5 * _ARROW_WIDTH * size_px)
    _dot(image, foot, 2.2 * half_px, OUTLINE)
    _dot(image, foot, 1.7 * half_px, FORCE)
    if length < 2.0:
        return
    along = along / length
    across = np.array([-along[1], along[0]])
    head_px = min(7.0 * half_px, 0.6 * length)
    neck = tip - head_px * along
    edge_px = max(1.0, 0.35 * half_px)
    for grow_px, color in ((edge_px, OUTLINE), (0.0, FORCE)):
        half, wing = half_px + grow_px, 0.42 * head_px + 1.5 * grow_px
        shaft = [foot + half * across, neck + half * across]
        shaft += [neck - half * across, foot - half * across]
        _fill(image, np.array(shaft), color)
        back = neck - grow_px * along
        head = [tip + 1.5 * grow_px * along, back + wing * across, back - wing * across]
        _fill(image, np.array(head), color)
