"""The mass of a person who stands still on force plates: a scale knows better than a typed number.

A foot beside the plates makes a person light: what was weighed counts only near a mass that
somebody stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.marker_recording import MarkerRecording
from monomsk_description.frames import GRAVITY_M_S2

Array = NDArray[np.float64]

#: Somebody who stands still for so long [s] with no more spread of the load than this was weighed.
_LEAST_S = 0.3
_MOST_SPREAD = 0.03
#: A weighed mass further from the stored one, as a share, is somebody half beside the plates.
_MOST_OFF = 0.15


def weighed_mass_kg(statics: Sequence[MarkerRecording], stored_kg: float) -> float | None:
    """Mean mass that the plates of standing recordings weigh [kg]; None if they cannot.

    Args:
        statics: of the same person standing still.
        stored_kg: what a file says of the person [kg].
    """
    found = [mass for one in statics if (mass := _mass_kg(one)) is not None]
    near = [mass for mass in found if abs(mass - stored_kg) <= _MOST_OFF * stored_kg]
    return float(np.mean(near)) if near else None


def _mass_kg(standing: MarkerRecording) -> float | None:
    if not standing.plates:
        return None
    times = max((plate.times for plate in standing.plates), key=len)
    if len(times) < 2 or times[-1] - times[0] < _LEAST_S:
        return None
    load: Array = np.sum(
        [np.interp(times, plate.times, plate.force[:, 2]) for plate in standing.plates], axis=0
    )
    weight_n = float(np.median(load))
    if weight_n <= 0.0 or load.std() > _MOST_SPREAD * weight_n:
        return None
    return weight_n / GRAVITY_M_S2
