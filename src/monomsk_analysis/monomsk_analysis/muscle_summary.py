"""What the summary says of muscles: how hard they work, what they cannot make up, joint loads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.muscle_analysis import MuscleSeries

Array = NDArray[np.float64]

#: Reserves beyond this share of a torque's root mean square, and of a newton metre, are told.
_LARGE_RESERVE = 0.1
_SMALL_TORQUE_N_M = 2.0
_SATURATED = 0.99


def muscle_entries(analysis: Analysis) -> dict[str, Any] | None:
    """Entries about the muscles; None where they were not computed."""
    muscles = analysis.muscles
    if muscles is None:
        return None
    weight_n = analysis.skeleton.mass_kg * GRAVITY_M_S2
    peaks = np.linalg.norm(muscles.contact_forces, axis=2).max(axis=0) / weight_n
    saturated = (muscles.activations > _SATURATED).any(axis=1)
    return {
        "count": len(muscles.names),
        "reserve_rms_n_m": _named(muscles, _root_mean_square(muscles.reserves)),
        "reserve_largest_n_m": _named(muscles, np.abs(muscles.reserves).max(axis=0)),
        "frames_with_a_fully_active_muscle": float(saturated.mean()),
        "joint_contact_peak_body_weights": dict(zip(muscles.joints, peaks.tolist(), strict=True)),
    }


def muscle_warnings(analysis: Analysis) -> tuple[str, ...]:
    """Sentences about torques that the muscles cannot make."""
    muscles = analysis.muscles
    if muscles is None:
        return ()
    reserves = _root_mean_square(muscles.reserves)
    torques = _root_mean_square(muscles.torques)
    large = (reserves > _LARGE_RESERVE * torques) & (reserves > _SMALL_TORQUE_N_M)
    if not large.any():
        return ()
    named = ", ".join(
        f"{name} {reserve:.0f} of {torque:.0f} N m"
        for name, reserve, torque, told in zip(
            muscles.coordinate_names, reserves, torques, large, strict=True
        )
        if told
    )
    return (f"The muscles cannot make all torques; missing (root mean square): {named}.",)


def _named(muscles: MuscleSeries, values: Array) -> dict[str, float]:
    return dict(zip(muscles.coordinate_names, values.tolist(), strict=True))


def _root_mean_square(values: Array) -> Array:
    rows: Array = np.sqrt(np.mean(values**2, axis=0))
    return rows
