"""Comparisons of estimates with references: pure functions on arrays.

Every function takes both sides on the same clock; `resample` brings them there. NaN in either
side means "not known there" and is left out, so a caller must report how much was compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: The eight leg angles whose mean error published systems are compared by.
LEG_COORDINATES: tuple[str, ...] = tuple(
    f"{joint}_{side}"
    for side in "rl"
    for joint in ("hip_flexion", "hip_adduction", "knee_angle", "ankle_angle")
)
#: Joint moments that decide how an exoskeleton acts.
LEG_MOMENTS: tuple[str, ...] = tuple(
    f"{joint}_{side}"
    for side in "rl"
    for joint in ("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle")
)
#: A centre of pressure is compared where both loads exceed this share of the weight.
PRESSURE_LOAD = 0.05


@dataclass(frozen=True)
class AngleScore:
    """Errors of coordinates against a reference.

    Attributes:
        labels: m coordinate names.
        rmse: (m,) root mean square error, in the unit of the coordinates.
        rmse_without_offset: (m,) the same after removing each coordinate's mean error.
        offset: (m,) the mean error, estimate minus reference.
        compared: (m,) number of frames compared.
        frames: number of frames of the reference.
    """

    labels: tuple[str, ...]
    rmse: Array
    rmse_without_offset: Array
    offset: Array
    compared: NDArray[np.int64]
    frames: int

    def mean(self, labels: tuple[str, ...], *, without_offset: bool = False) -> float:
        """Return the mean of the RMSE over some of the coordinates; NaN if one is unknown."""
        errors = self.rmse_without_offset if without_offset else self.rmse
        return float(np.mean([errors[self.labels.index(label)] for label in labels]))


@dataclass(frozen=True)
class ForceScore:
    """Errors of one foot's ground reaction in percent of body weight.

    Attributes:
        vertical_rmse: [% body weight].
        fore_aft_rmse: [% body weight].
        lateral_rmse: [% body weight].
        vertical_mae: mean absolute vertical error [% body weight].
        frames: number of frames compared.
    """

    vertical_rmse: float
    fore_aft_rmse: float
    lateral_rmse: float
    vertical_mae: float
    frames: int


@dataclass(frozen=True)
class PressureScore:
    """Error of one foot's centre of pressure.

    Attributes:
        fore_aft_rmse_mm: along the ground's x [mm].
        lateral_rmse_mm: along the ground's z [mm].
        frames: number of frames compared.
    """

    fore_aft_rmse_mm: float
    lateral_rmse_mm: float
    frames: int


def rms(values: Array) -> float:
    """Return the root mean square of what is not NaN; NaN if nothing is."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if known.size else float("nan")


def resample(times: Array, values: Array, at: Array, max_gap_s: float) -> Array:
    """Interpolate columns linearly at other times, without bridging gaps.

    Args:
        times: (n,) strictly increasing [s].
        values: (n, m); NaN is unknown.
        at: (k,) times asked for [s].
        max_gap_s: between known values further apart than this, and further than half of it
            beyond the ends, the answer is NaN [s].

    Returns:
        (k, m).
    """
    result = np.full((len(at), values.shape[1]), np.nan)
    for column in range(values.shape[1]):
        known = np.isfinite(values[:, column])
        if known.any():
            result[:, column] = _resample_known(times[known], values[known, column], at, max_gap_s)
    return result


def score_angles(labels: tuple[str, ...], estimate: Array, reference: Array) -> AngleScore:
    """Compare coordinates (n, m) with their reference (n, m), both in the same unit."""
    error = estimate - reference
    known = np.isfinite(error)
    counts = known.sum(axis=0)
    offset = np.array([_mean(error[:, k]) for k in range(len(labels))])
    return AngleScore(
        labels,
        np.array([rms(error[:, k]) for k in range(len(labels))]),
        np.array([rms(error[:, k] - offset[k]) for k in range(len(labels))]),
        offset,
        counts.astype(np.int64),
        len(error),
    )


def exchanged_frames(
    labels: tuple[str, ...], estimate: Array, reference: Array, margin_deg: float = 5.0
) -> int:
    """Count the frames in which the legs fit the reference better with their sides exchanged.

    Args:
        labels: m coordinate names, those of `LEG_COORDINATES` among them.
        estimate: (n, m) [deg].
        reference: (n, m) [deg].
        margin_deg: By how much the mean absolute error of the eight leg angles must fall [deg].
    """
    own = [labels.index(name) for name in LEG_COORDINATES]
    others = own[4:] + own[:4]
    straight = np.abs(estimate[:, own] - reference[:, own]).mean(axis=1)
    crossed = np.abs(estimate[:, others] - reference[:, own]).mean(axis=1)
    return int((crossed + margin_deg < straight).sum())


def score_forces(
    estimate: Array, reference: Array, body_weight_n: float, valid: BoolArray
) -> ForceScore:
    """Compare one foot's force with the plate's.

    Args:
        estimate: (n, 3) force on the foot in OpenSim's ground: x forward, y up, z right [N].
        reference: (n, 3) the same from the force plate [N].
        body_weight_n: [N].
        valid: (n,) frames to compare: those in which the plates measured everything.
    """
    error = (100.0 / body_weight_n * (estimate - reference))[valid]
    vertical = error[:, 1]
    return ForceScore(
        vertical_rmse=rms(vertical),
        fore_aft_rmse=rms(error[:, 0]),
        lateral_rmse=rms(error[:, 2]),
        vertical_mae=_mean(np.abs(vertical)),
        frames=int(np.isfinite(vertical).sum()),
    )


def score_pressure(
    estimate: tuple[Array, Array], reference: tuple[Array, Array], load_n: float, valid: BoolArray
) -> PressureScore:
    """Compare one foot's centre of pressure with the plate's, where both carry a load.

    Args:
        estimate: force (n, 3) [N] and centre of pressure (n, 3) [m], OpenSim's ground.
        reference: the same from the plate.
        load_n: smallest vertical force for which a centre of pressure means something [N].
        valid: (n,) frames to compare.
    """
    loaded = valid & (estimate[0][:, 1] > load_n) & (reference[0][:, 1] > load_n)
    error = 1e3 * (estimate[1] - reference[1])[loaded]
    return PressureScore(rms(error[:, 0]), rms(error[:, 2]), int(loaded.sum()))


def score_moments(estimate: Array, reference: Array, mass_kg: float, valid: BoolArray) -> Array:
    """Return the RMSE (m,) of joint moments (n, m) [N m] per body mass [N m/kg]."""
    error = (estimate - reference)[valid] / mass_kg
    return np.array([rms(error[:, k]) for k in range(error.shape[1])])


def score_leg_moments(
    estimate: Array, reference: Array, mass_kg: float, valid: BoolArray
) -> tuple[dict[str, float], float]:
    """RMSE of the moments `LEG_MOMENTS` (n, 10) [N m] by name, and the mean of `LEG_COORDINATES`.

    Both per body mass [N m/kg].
    """
    errors = score_moments(estimate, reference, mass_kg, valid).tolist()
    by_joint = dict(zip(LEG_MOMENTS, errors, strict=True))
    return by_joint, float(np.mean([by_joint[name] for name in LEG_COORDINATES]))


def frames_with_complete_plates(
    residual_force: Array, body_weight_n: float, fraction: float = 0.15
) -> BoolArray:
    """Return the frames (n,) in which force plates saw all of the ground reaction.

    Args:
        residual_force: (n, 3) residual force of the reference inverse dynamics [N]; it is large
            when a foot stands beside the plates.
        body_weight_n: [N].
        fraction: largest residual accepted, per body weight.
    """
    magnitude = np.linalg.norm(residual_force, axis=1)
    return np.asarray(magnitude < fraction * body_weight_n)


def _resample_known(times: Array, values: Array, at: Array, max_gap_s: float) -> Array:
    right = np.clip(np.searchsorted(times, at), 0, len(times) - 1)
    left = np.clip(right - 1, 0, len(times) - 1)
    inside = (at >= times[0]) & (at <= times[-1])
    exact = (times[right] == at) | (times[left] == at)
    # Times in files are rounded; the tolerance keeps a gap of exactly max_gap_s usable.
    bridged = inside & (times[right] - times[left] <= max_gap_s * 1.001)
    at_end = ~inside & (np.minimum(np.abs(at - times[0]), np.abs(at - times[-1])) <= max_gap_s / 2)
    result = np.interp(at, times, values)
    return np.where(exact | bridged | at_end, result, np.nan)


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if known.size else float("nan")
