"""Which heels and toes stand still, seen in the image alone."""

from __future__ import annotations

from collections import deque

import numpy as np

from monomsk_description.frames import Array

#: Heel and foot-index landmarks: right heel, right toe, left heel, left toe.
FOOT_LANDMARKS = (30, 32, 29, 31)

#: Detector noise makes slower differences than this useless [s].
WINDOW_S = 0.1


class ContactEvidence:
    """Probability that a heel or a toe is in contact, from its speed across the line of sight.

    Args:
        contact_speed: Half-way speed and width of the transition [m/s].
    """

    def __init__(self, contact_speed: tuple[float, float]) -> None:
        self._speed, self._width = contact_speed
        self._history: deque[tuple[int, Array]] = deque()

    def reset(self) -> None:
        """Forget the past."""
        self._history.clear()

    def update(self, stamp_ns: int, rays: Array, depth_m: float) -> Array:
        """Contact probabilities (4,): right heel, right toe, left heel, left toe.

        Args:
            stamp_ns: Time of the image [ns].
            rays: Measured landmark rays (33, 3), z = 1.
            depth_m: Distance of the person along the optical axis [m].
        """
        self._history.append((stamp_ns, rays[list(FOOT_LANDMARKS), :2]))
        while stamp_ns - self._history[0][0] > 1.5 * WINDOW_S * 1e9:
            self._history.popleft()
        return self._probability(depth_m)

    def _probability(self, depth_m: float) -> Array:
        times = np.array([stamp for stamp, _ in self._history], dtype=float) * 1e-9
        if times[-1] - times[0] < 0.5 * WINDOW_S:
            return np.full(4, 0.5)
        times -= times.mean()
        places = np.array([place for _, place in self._history])
        slopes = np.einsum("t,tnk->nk", times, places - places.mean(0)) / (times @ times)
        speeds = np.linalg.norm(slopes, axis=1) * depth_m
        probability = 1.0 / (1.0 + np.exp(np.clip((speeds - self._speed) / self._width, -50, 50)))
        return np.where(np.isfinite(probability), probability, 0.0)
