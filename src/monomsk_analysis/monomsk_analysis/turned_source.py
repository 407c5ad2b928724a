"""Images of a camera that was mounted on its side, put upright as they are read.

The camera of a bag stays that of the stored images: `camera_choice` turns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from monomsk_analysis.camera_choice import CameraRequestError
from monomsk_analysis.frame_source import Frame, FrameSource, SourceFacts, TimeWindow


class TurnedSource:
    """A source whose images are turned clockwise, with the camera that took them.

    Args:
        source: The images as they are stored.
        quarter_turns: Turns of 90 degrees clockwise.
    """

    def __init__(self, source: FrameSource, quarter_turns: int) -> None:
        self._source, self._turns = source, quarter_turns % 4

    @property
    def facts(self) -> SourceFacts:
        """Those of the turned images."""
        facts = self._source.facts
        size = (facts.width_px, facts.height_px)
        width_px, height_px = size[::-1] if self._turns % 2 else size
        return replace(
            facts,
            width_px=width_px,
            height_px=height_px,
            quarter_turns=(facts.quarter_turns + self._turns) % 4,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the source."""
        return self._source.notes

    def frames(self, window: TimeWindow) -> Iterator[Frame]:
        """Yield the turned images within the window."""
        for frame in self._source.frames(window):
            image = np.rot90(frame.image_bgr, -self._turns)
            yield replace(frame, image_bgr=np.ascontiguousarray(image))


def turned(source: FrameSource, rotation_deg: int) -> FrameSource:
    """The source with images turned clockwise by an angle [degrees].

    Raises:
        CameraRequestError: It is no multiple of 90 degrees from 0 to 270.
    """
    if rotation_deg not in (0, 90, 180, 270):
        reason = f"{rotation_deg} is none of 0, 90, 180 and 270"
        raise CameraRequestError(("--image-rotation-deg",), reason)
    return TurnedSource(source, rotation_deg // 90) if rotation_deg else source
