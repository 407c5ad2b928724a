"""A live stream of noise in which a landmarker that knows the truth sees a film's person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from monomsk_perception.camera_geometry import GeometryOptions
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_factory import LifterChoice
from monomsk_perception.live_perception import LivePerception
from monomsk_perception.live_result import LiveOptions, LiveResult
from monomsk_perception.tracking import TrackingStatus

FRAME_NS = 33_333_333
CAMERA = CameraPose.level(1.4, CameraPoseSource.PARAMETER, 0.08)
OPTIONS = LiveOptions(
    lifter=LifterChoice("geometric"),
    geometry=GeometryOptions(height_m=1.4, pitch_rad=0.08, info_wait_s=100.0),
)


class Oracle(Landmarker):
    """Sees the person of a film, whatever the picture shows."""

    def __init__(self, film: Callable[[np.ndarray, int], Landmarks], q: np.ndarray) -> None:
        super().__init__(LandmarkerOptions(), detector=self, estimator=self)  # type: ignore[arg-type]
        self.film, self.q = film, q
        self.sizes: list[tuple[int, int]] = []
        self.resets = 0
        self._person_number = 1

    def reset(self) -> None:
        self.resets += 1
        super().reset()

    def detect(self, image_bgr: np.ndarray, stamp_ns: int) -> Landmarks | None:
        self.sizes.append((image_bgr.shape[1], image_bgr.shape[0]))
        self._status = TrackingStatus.TRACKING
        found = self.film(self.q, stamp_ns)
        scale = image_bgr.shape[1] / found.image_size[0]
        return replace(found, pixels=(found.pixels + 0.5) * scale - 0.5, image_size=self.sizes[-1])


class Stream:
    """Shows pictures of noise to a live perception."""

    def __init__(self, live: LivePerception) -> None:
        self.live = live
        self.rng = np.random.default_rng(0)
        self.index = 0

    def picture(self, width: int = 720, height: int = 1280) -> np.ndarray:
        return (
            self.rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
            .repeat(8, 0)
            .repeat(8, 1)
        )

    def show(
        self, picture: np.ndarray | None = None, stamp_ns: int | None = None
    ) -> LiveResult | None:
        self.index += 1
        stamp = self.index * FRAME_NS if stamp_ns is None else stamp_ns
        shown = self.picture() if picture is None else picture
        return self.live.process(lambda: shown, stamp, "camera")

    def texts(self) -> list[str]:
        return [trouble.text for trouble in self.live.monitor.summarize(1.0).troubles]
