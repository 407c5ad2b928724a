"""The inverse-dynamics transformer live: asked for the newest frame of the last 0.8 seconds."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from monomsk_description.body_state import BodyState
from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.inverse_dynamics_transformer import (
    RATE_HZ,
    WINDOW_FRAMES,
    InverseDynamicsTransformer,
)
from monomsk_dynamics.learned_sharing import with_frame
from monomsk_dynamics.load_sharing import LoadPrior

Array = NDArray[np.float64]

_WINDOW_S = (WINDOW_FRAMES - 1) / RATE_HZ


class LiveSharing:
    """Keeps what the network has to see of one person, and asks it.

    Args:
        transformer: Made for the person.
    """

    def __init__(self, transformer: InverseDynamicsTransformer) -> None:
        self._transformer = transformer
        self._past: deque[tuple[float, Array]] = deque()

    def reset(self) -> None:
        """Forget the past."""
        self._past.clear()

    def update(
        self,
        state: BodyState,
        terms: FrameTerms,
        acceleration: Array,
        prior: LoadPrior,
        gait: tuple[float, float],
        sigma_scale: float = 1.0,
    ) -> LoadPrior:
        """Take in one instant; returns the prior with the network's opinion of gait.

        Args:
            state: With the time, and the deviations of the pelvis' place.
            terms: Kinematics of the filtered state.
            acceleration: Filtered tangent acceleration (37,).
            prior: Of the instant.
            gait: From 0 in standing to 1 in walking, and the floor's height below the person [m].
            sigma_scale: Factor on the network's standard deviations.
        """
        walking, floor_m = gait
        sigmas = state.sigma_q[:3]
        sigma_m = float(np.median(sigmas)) if np.isfinite(sigmas).all() else math.nan
        features, heading = self._transformer.features.frame(
            terms.q, terms.v, acceleration, floor_m, sigma_m
        )
        time_s = state.stamp_ns * 1e-9
        self._past.append((time_s, features))
        while time_s - self._past[0][0] > _WINDOW_S + 1.0 / RATE_HZ and len(self._past) > 2:
            self._past.popleft()
        if walking <= 0.0 or not prior.in_contact.any():
            return prior
        force, sigma = self._transformer.newest(self._even(time_s), heading)
        return with_frame(prior, (force, sigma_scale * sigma, heading), walking)

    def _even(self, now_s: float) -> Array:
        """Features (k, n) at the network's rate up to now."""
        times_s = np.array([time_s for time_s, _ in self._past])
        known = min(int((now_s - times_s[0]) * RATE_HZ + 1e-6) + 1, WINDOW_FRAMES)
        wanted_s = now_s - np.arange(known)[::-1] / RATE_HZ
        after = np.clip(np.searchsorted(times_s, wanted_s), 1, max(len(times_s) - 1, 1))
        features = np.array([one for _, one in self._past])
        if len(features) == 1:
            return features
        share = (wanted_s - times_s[after - 1]) / (times_s[after] - times_s[after - 1])
        share = np.clip(share, 0.0, 1.0)[:, None]
        even: Array = (1.0 - share) * features[after - 1] + share * features[after]
        return even
