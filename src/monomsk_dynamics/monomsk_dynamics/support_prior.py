"""What to expect of a support other than the soles, and the same about the centre of mass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.wrench_maps import move_wrench

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SupportPrior:
    """An expected load of a seat, a hand, or whatever else bears.

    Attributes:
        point: Where it bears, world (3,) [m].
        force: Expected force (3,), world axes [N].
        force_sigma: Its standard deviations (3,) [N].
        moment_sigma: Of the moment (3,) about the point, expected to be zero [N m].
    """

    point: Array
    force: Array
    force_sigma: Array
    moment_sigma: Array

    def about(self, place: Array) -> "SupportRows":
        """The expectation about another world point (3,)."""
        move = move_wrench(place, self.point)
        variance = np.concatenate([self.force_sigma, self.moment_sigma]) ** 2
        return SupportRows(move[:, :3] @ self.force, (move * variance) @ move.T)


@dataclass(frozen=True)
class SupportRows:
    """Expected wrench of a support about the centre of mass.

    Attributes:
        mean: (6,) world axes [N, N m].
        covariance: (6, 6).
    """

    mean: Array
    covariance: Array
