"""Colours of the overlay (BGR). Told apart in every common form of colour blindness.

Right and left are vermillion and sky blue of the palette of Okabe and Ito (2008), lightened for
video; everything important also differs in shape or place, never in colour alone.
"""

from __future__ import annotations

Color = tuple[int, int, int]

SIDE_COLORS: tuple[Color, Color, Color] = ((52, 112, 240), (236, 178, 84), (222, 222, 222))
"""Right, left, midline."""

FORCE: Color = (70, 232, 255)
TORQUE: Color = (255, 255, 255)
OUTLINE: Color = (24, 20, 16)
LANDMARK: Color = (255, 255, 255)
PANEL: Color = (30, 24, 20)
TEXT: Color = (245, 245, 245)
TEXT_DIM: Color = (186, 182, 178)
TRACKED: Color = (134, 170, 20)
BRIDGED: Color = (0, 128, 190)
LOST: Color = (40, 40, 205)
