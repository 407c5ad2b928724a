"""Forces on sole points as non-negative sums of the edges of their friction pyramids."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.rotations import skew
from monomsk_dynamics.wrench_rows import WRENCHES

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_POINTS = 16
#: Of an edge's magnitude, relative to the reluctance of its point.
_RIDGE = 0.1


@dataclass(frozen=True)
class GeneratorMap:
    """The loaded points of one frame.

    Attributes:
        points: Their indices among all sole points (m,).
        edges: Of the friction pyramid as columns (3, 4), world axes.
        friction: Coefficient of the pyramid.
        weight_n: Unit of the magnitudes [N].
    """

    points: Indices
    edges: Array
    friction: float
    weight_n: float

    @classmethod
    def of(
        cls, feet: FootGeometry, prior: LoadPrior, friction: float, weight_n: float
    ) -> "GeneratorMap":
        """The points of the feet in contact, pyramids along the heading."""
        flat = np.array(
            [
                [friction, -friction, 0.0, 0.0],
                [0.0, 0.0, friction, -friction],
                [1.0, 1.0, 1.0, 1.0],
            ]
        )
        points = feet.points[prior.in_contact].ravel()
        return cls(points, prior.heading @ flat, friction, weight_n)

    @property
    def size(self) -> int:
        """Number of magnitudes."""
        return 4 * len(self.points)

    def forces(self, magnitudes: Array) -> Array:
        """World forces (m, 3) on the loaded points [N]."""
        forces: Array = magnitudes.reshape(-1, 4) @ self.edges.T * self.weight_n
        return forces

    def all_forces(self, magnitudes: Array) -> Array:
        """World forces (16, 3) on all sole points [N]."""
        forces = np.zeros((_POINTS, 3))
        forces[self.points] = self.forces(magnitudes)
        return forces

    def magnitudes(self, point_forces: Array) -> Array:
        """Magnitudes (4 m,) of forces (16, 3) within their pyramids."""
        # Edges 1 and 2 differ by their level part alone, whose length is the friction coefficient.
        level = (self.edges[:, 0] - self.edges[:, 1]) / (2.0 * self.friction)
        across = (self.edges[:, 2] - self.edges[:, 3]) / (2.0 * self.friction)
        x = point_forces[self.points] @ level / self.friction
        y = point_forces[self.points] @ across / self.friction
        rest = np.maximum(point_forces[self.points, 2] - np.abs(x) - np.abs(y), 0.0) / 4.0
        each = np.stack([np.maximum(x, 0), np.maximum(-x, 0), np.maximum(y, 0), np.maximum(-y, 0)])
        found: Array = ((each + rest).T / self.weight_n).ravel()
        return found

    def pull_back(self, rows: Array) -> Array:
        """Rows over all point forces (k, 48) as rows over the magnitudes (k, 4 m)."""
        own = rows.reshape(len(rows), _POINTS, 3)[:, self.points]
        pulled: Array = (own @ self.edges * self.weight_n).reshape(len(rows), -1)
        return pulled

    def expectation(
        self, terms: FrameTerms, prior: LoadPrior, rows: tuple[Array, Array], options: SolverOptions
    ) -> tuple[Array, Array]:
        """Weighted rows over the magnitudes and their targets.

        Args:
            terms: Kinematics.
            prior: The feet in contact and where their pressure is expected.
            rows: Expectations over the two sole wrenches, see `wrench_rows`.
            options: How reluctant a point is to bear load.
        """
        if not self.size:
            return np.zeros((0, 0)), np.zeros(0)
        spread = np.zeros((WRENCHES, 3 * len(self.points)))
        each = len(self.points) // max(int(prior.in_contact.sum()), 1)
        for place, foot in enumerate(np.flatnonzero(prior.in_contact)):
            own = slice(place * each, (place + 1) * each)
            arms = skew(terms.points[self.points[own]] - prior.center_of_pressure[foot])
            columns = slice(3 * own.start, 3 * own.stop)
            spread[6 * foot : 6 * foot + 3, columns] = np.tile(np.eye(3), each)
            spread[6 * foot + 3 : 6 * foot + 6, columns] = arms.transpose(1, 0, 2).reshape(3, -1)
        on_points = (rows[0] @ spread).reshape(len(rows[0]), -1, 3)
        expected = (on_points @ self.edges * self.weight_n).reshape(len(rows[0]), -1)
        own_rows = self._reluctance(terms, prior, options)
        targets = np.concatenate([rows[1], np.zeros(len(own_rows))])
        return np.concatenate([expected, own_rows]), targets

    def _reluctance(self, terms: FrameTerms, prior: LoadPrior, options: SolverOptions) -> Array:
        """Rows that keep every point's force and every magnitude small (7 m, 4 m)."""
        count = len(self.points)
        heights = terms.points[self.points, 2].reshape(int(prior.in_contact.sum()), -1)
        climb = (heights - heights.min(axis=1, keepdims=True)).ravel()
        weights = (1.0 + climb / options.point_height_scale_m) / options.point_force_sigma
        each = np.concatenate([self.edges, _RIDGE * np.eye(4)])
        rows = np.einsum("p,pq,ij->piqj", weights, np.eye(count), each)
        return rows.reshape(7 * count, 4 * count)
