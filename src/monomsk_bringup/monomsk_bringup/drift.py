"""How a noisy series drifts, with an interval that holds when its samples are not independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monomsk_bringup.errors import BringupError

_HOUR_S = 3600.0
#: Blocks of an hour are minutes long: what a load or an allocator does has passed by the next one.
_MOST_BLOCKS, _LEAST_BLOCKS, _LEAST_IN_BLOCK = 12, 3, 2
_NORMAL_95 = 1.96

Statistic = Callable[[NDArray[np.float64]], float]


@dataclass(frozen=True)
class Drift:
    """Change of something per hour.

    Attributes:
        per_h: Its slope [1/h].
        low_per_h: Lower end of the slope's 95 % interval [1/h].
        high_per_h: Upper end [1/h].
    """

    per_h: float
    low_per_h: float
    high_per_h: float

    def exceeds(self, limit_per_h: float) -> bool:
        """Whether it is surely more than a limit, upwards."""
        return self.low_per_h > limit_per_h

    def may_exceed(self, limit_per_h: float) -> bool:
        """Whether more than a limit cannot be ruled out."""
        return self.high_per_h > limit_per_h


def drift(time_s: ArrayLike, values: ArrayLike, statistic: Statistic | None = None) -> Drift:
    """Drift of values over time by the slope of Theil and Sen between blocks.

    Neighbouring samples of memory and of latency depend on each other, and single ones lie far
    off, so that least squares over all of them are too sure. The interval is Sen's (J. Am. Stat.
    Assoc. 63, 1968), from the variance of Kendall's statistic; of less than six blocks it is that
    between the extreme slopes.

    Args:
        time_s: (n,) times, rising [s].
        values: (n,).
        statistic: Of the values of a block; None: their median.

    Raises:
        BringupError: There are less than six samples.
    """
    times, y = np.asarray(time_s, dtype=float), np.asarray(values, dtype=float)
    blocks = min(_MOST_BLOCKS, len(y) // _LEAST_IN_BLOCK)
    if blocks < _LEAST_BLOCKS:
        raise BringupError(f"{len(y)} samples are too few to tell a drift")
    middles = np.array([part.mean() for part in np.array_split(times, blocks)]) / _HOUR_S
    levels = np.array([(statistic or np.median)(part) for part in np.array_split(y, blocks)])
    first, second = np.triu_indices(blocks, 1)
    slopes = np.sort((levels[second] - levels[first]) / (middles[second] - middles[first]))
    spread = _NORMAL_95 * np.sqrt(blocks * (blocks - 1) * (2 * blocks + 5) / 18.0)
    low = max(int(np.floor(0.5 * (len(slopes) - spread))) - 1, 0)
    return Drift(float(np.median(slopes)), float(slopes[low]), float(slopes[-1 - low]))
