"""Where in a recording something else than the floor under the soles bears load."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from monomsk_dynamics.gait_phase import runs
from monomsk_dynamics.support import SupportEvidence, SupportModel

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Evidence that pauses for no longer than this goes on [s].
_PAUSE_S = 0.1


def supported_frames(
    model: SupportModel, times_s: Array, evidence: Sequence[SupportEvidence]
) -> Flags:
    """Frames (n,) in which another support bears load, with hindsight.

    A support is there from the first to the last instant that it may bear load, as long as the
    soles cannot explain the motion for long enough in between; a seat also whenever the hips come
    back to it.
    """
    asks = np.array([model.asks(one) for one in evidence])
    for start, stop in runs(~asks):
        if start > 0 and stop < len(asks) and times_s[stop] - times_s[start - 1] <= _PAUSE_S:
            asks[start:stop] = True
    supported = np.zeros(len(asks), dtype=bool)
    for start, stop in runs(asks):
        if times_s[stop - 1] - times_s[start] >= model.options.onset_s:
            _extend(model, evidence, supported, (start, stop))
    for start, stop in runs(_returns(model, evidence, supported & asks) & ~supported):
        _extend(model, evidence, supported, (start, stop))
    return supported


def _extend(
    model: SupportModel,
    evidence: Sequence[SupportEvidence],
    supported: Flags,
    between: tuple[int, int],
) -> None:
    """Mark a stretch of frames, as far as the support of those between two may bear load."""
    start, stop = between
    height_m = min(one.hip_height_m for one in evidence[start:stop])
    while start > 0 and model.keeps(evidence[start - 1], height_m):
        start -= 1
    while stop < len(evidence) and model.keeps(evidence[stop], height_m):
        stop += 1
    supported[start:stop] = True


def _returns(model: SupportModel, evidence: Sequence[SupportEvidence], recognized: Flags) -> Flags:
    """Frames (n,) in which the hips are where a recognised seat bore, and it may bear again."""
    places = np.array([one.point for one in evidence])
    seats = places[[there and one.is_seat for one, there in zip(evidence, recognized, strict=True)]]
    if not len(seats):
        return np.zeros(len(evidence), dtype=bool)
    distances, _ = KDTree(seats).query(places)
    near = distances < model.options.same_seat_m
    loaded = [one.share * one.vertical_n for one in evidence]
    return near & (np.array(loaded) > model.options.released_load * model.weight_n)
