"""Where the contacts do not explain a motion, in sentences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.motion import Segment
from monomsk_description.frames import GRAVITY_M_S2

Array = NDArray[np.float64]

#: Torques and forces are not reliable where more than this of body weight is unexplained.
LARGE_RESIDUAL_PERCENT = 10.0
#: Stretches that are this close are told as one [s].
_PAUSE_S = 0.2
_MOST_STRETCHES = 5


def segment_residual_percent(analysis: Analysis, segment: Segment) -> float:
    """Root mean square of a segment's residual force in % of body weight; NaN without a result."""
    return _rms(_residuals(analysis)[segment.frames])


def residual_warnings(analysis: Analysis) -> tuple[str, ...]:
    """A sentence for each segment with stretches whose forces and torques are not reliable."""
    residuals, sentences = _residuals(analysis), []
    for segment in analysis.split.segments:
        frames = segment.frames[np.isfinite(residuals[segment.frames])]
        large = residuals[frames] > LARGE_RESIDUAL_PERCENT
        own = _rms(residuals[frames])
        if not large.any() or not own > 0.5 * LARGE_RESIDUAL_PERCENT:
            continue
        stretches = _stretches(analysis.times[frames], large)
        told = [f"{start:.2f} to {stop:.2f} s" for start, stop in stretches[:_MOST_STRETCHES]]
        more = len(stretches) - len(told)
        places = ", ".join(told) + (f" and {more} more stretches" if more else "")
        sentences.append(
            f"The contacts leave up to {residuals[frames].max():.0f} % of body weight unexplained "
            f"(RMS {own:.0f} %) in {100 * large.mean():.0f} % of the frames from "
            f"{analysis.times[segment.frames[0]]:.2f} s on: torques and forces are not reliable "
            f"at {places}."
        )
    return tuple(sentences)


def _residuals(analysis: Analysis) -> Array:
    """Residual force of each frame (n,) in % of body weight; NaN without a result."""
    scale = 100.0 / (analysis.skeleton.mass_kg * GRAVITY_M_S2)
    return np.array(
        [
            np.nan if result is None else scale * np.linalg.norm(result.root_residual[:3])
            for result in analysis.dynamics
        ]
    )


def _rms(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if known.size else float("nan")


def _stretches(times: Array, large: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """First and last time of each run of marked frames, runs close to each other as one [s]."""
    moments = times[large]
    breaks = np.flatnonzero(np.diff(moments) > _PAUSE_S) + 1
    return [(float(run[0]), float(run[-1])) for run in np.split(moments, breaks)]
