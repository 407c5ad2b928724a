"""Which of the regions in an image can be the followed person's, by place, size and motion.

A person cannot jump. Two people whose regions coincide, one walking closely past the other at the
same distance from the camera, are told apart by their looks (`identity`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.region import Region
from monomsk_perception.region_filter import RegionFilter

_NANOSECONDS = 1e-9
_MOST_STEP = 1.0
_MOST_GROWTH = 2.0
_SEARCH_BACKOFF = 0.05  # interval of searches over the time without a person
_TRACK_GAP_S = 0.5
_PATH_S = 0.5  # how much of the path tells the velocity
_SURPRISE_S = 0.15  # how far back a motion may have begun that is judged now
_COAST_S = 0.5  # how long a lost person is believed to go on at the same velocity


class PersonFollower:
    """Remembers where the followed person was; knows neither images nor networks.

    Args:
        options: Limits of movement and times.
    """

    def __init__(self, options: LandmarkerOptions) -> None:
        self._options = options
        self.forget()

    def forget(self) -> None:
        """Follow nobody, search at once."""
        self._region: Region | None = None
        self._filter = RegionFilter()
        self._seen_ns = 0
        self._missing_since_ns: int | None = None
        self._searched_ns: int | None = None
        self._path: deque[tuple[float, float, float]] = deque()

    def retune(self, options: LandmarkerOptions) -> None:
        """Go on with other limits."""
        self._options = options

    def update(self, alignment: npt.NDArray[np.float64], stamp_ns: int, restart: bool) -> None:
        """The followed person was seen.

        Args:
            alignment: (2, 2) middle of the hips, point on the circle around the body [px].
            stamp_ns: Stamp of the image [ns].
            restart: Whether the person was found anew, so that the past must not pull.
        """
        if restart:
            self._filter = RegionFilter()
            if not self.is_waiting(stamp_ns):
                self._path.clear()
        self._region = self._filter.update(alignment, stamp_ns)
        self._seen_ns = stamp_ns
        self._missing_since_ns = None
        self._searched_ns = None
        x, y = (float(c) for c in alignment[0])
        self._path.append((stamp_ns * _NANOSECONDS, x, y))
        while self._path[-1][0] - self._path[0][0] > _PATH_S:
            self._path.popleft()

    def surprise(self, region: Region, stamp_ns: int) -> float:
        """How far a person is from where the motion until a moment ago led, in region sizes.

        0 where too little of the path is known.
        """
        time_s = stamp_ns * _NANOSECONDS
        before = [point for point in self._path if time_s - point[0] >= _SURPRISE_S]
        place = _continued(before, time_s)
        if place is None:
            return 0.0
        away_px = math.hypot(region.center_x_px - place[0], region.center_y_px - place[1])
        return away_px / region.size_px

    def is_waiting(self, stamp_ns: int) -> bool:
        """Whether somebody is followed, in sight or lost no longer than ``hold_s`` ago."""
        return self._region is not None and self._elapsed_s(stamp_ns) <= self._options.hold_s

    def region_to_track(self, stamp_ns: int) -> Region | None:
        """Where to look for the followed person without a search; None after a gap in time."""
        if not self.is_waiting(stamp_ns) or self._elapsed_s(stamp_ns) > _TRACK_GAP_S:
            return None
        return self._region

    def is_same_person(self, region: Region, stamp_ns: int) -> bool:
        """Whether the followed person can have come here since last seen."""
        if self._region is None or not region.is_valid:
            return False
        options = self._options
        elapsed_s = self._elapsed_s(stamp_ns)
        growth = min(options.max_growth + elapsed_s, max(_MOST_GROWTH, options.max_growth))
        near = region.distance_to(self._region) <= self._step(stamp_ns)
        return near and region.size_ratio_to(self._region) <= growth

    def area_to_search(self, stamp_ns: int) -> Region | None:
        """Where the person waited for can be; None to look at the whole image."""
        last = self._region
        if last is None or not self.is_waiting(stamp_ns):
            return None
        side_px = last.size_px * (1.0 + 2.0 * self._step(stamp_ns))
        return Region(last.center_x_px, last.center_y_px, side_px)

    def candidates(self, regions: Sequence[Region], stamp_ns: int) -> list[Region]:
        """Regions where the followed person can be, the nearest first."""
        last = self._region
        if last is None:
            return []
        same = [r for r in regions if self.is_same_person(r, stamp_ns)]
        return sorted(same, key=self._expected(last, stamp_ns).distance_to)

    def search_is_due(self, stamp_ns: int) -> bool:
        """Whether the detector should run on this image; answering yes notes that it does."""
        if self._missing_since_ns is None:
            self._missing_since_ns = stamp_ns
        if self._searched_ns is not None:
            missing_s = (stamp_ns - self._missing_since_ns) * _NANOSECONDS
            interval_s = min(_SEARCH_BACKOFF * missing_s, self._options.max_search_interval_s)
            if (stamp_ns - self._searched_ns) * _NANOSECONDS < interval_s:
                return False
        self._searched_ns = stamp_ns
        return True

    def _expected(self, last: Region, stamp_ns: int) -> Region:
        """Where the person who went out of sight is by now if nothing changed."""
        until_s = min(stamp_ns * _NANOSECONDS, self._seen_ns * _NANOSECONDS + _COAST_S)
        place = _continued(list(self._path), until_s)
        return last if place is None else Region(*place, last.size_px, last.rotation_rad)

    def _step(self, stamp_ns: int) -> float:
        """How far the person can have come, in region sizes."""
        options = self._options
        far = options.max_step + options.max_speed_per_s * self._elapsed_s(stamp_ns)
        return min(far, max(_MOST_STEP, options.max_step))

    def _elapsed_s(self, stamp_ns: int) -> float:
        return (stamp_ns - self._seen_ns) * _NANOSECONDS


def _continued(
    path: Sequence[tuple[float, float, float]], time_s: float
) -> tuple[float, float] | None:
    """Where a path of (time, x, y) leads; None for one too short to tell."""
    if len(path) < 3 or path[-1][0] - path[0][0] < 0.5 * (_PATH_S - _SURPRISE_S):
        return None
    (start_s, start_x, start_y), (end_s, end_x, end_y) = path[0], path[-1]
    gain = (time_s - end_s) / (end_s - start_s)
    return end_x + gain * (end_x - start_x), end_y + gain * (end_y - start_y)
