"""Where the floor of a recording is, and how it slopes, from the places where soles rest.

A sole that rests tells a height and a tilt. Over all footholds these are linear in what is not
known, which least squares with expectations find, outliers counting less:

  height of a foothold = z0 + slope . way + bias of this foot
  tilt along the foot  = slope along it + bias of this foot
  tilt across the foot = slope across it + bias of this foot

Models of feet are tilted by degrees against true ones, a straight walk shows next to nothing of the
slope across it, and most floors are level. So a level floor is the answer unless a slope stands out
against all that; steps and seats, which no plane fits, are no slope either.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.filter_options import require_positive
from monomsk_dynamics.floor import LEVEL_FLOOR, Floor
from monomsk_dynamics.frame import FootGeometry
from monomsk_dynamics.options import DynamicsOptions

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

_ROBUST_STEPS = 10
#: Where residuals begin to count less [standard deviations].
_HUBER = 1.5
#: A foot that turned while it rested, or stands on its edge, has less of a direction than this.
_LEAST_DIRECTION = 0.5


@dataclass(frozen=True)
class FloorSearch:
    """What is expected of floors and footholds, and what it takes to believe in a slope.

    Attributes:
        resting_speed_m_s: A sole slower than this rests [m/s],
        resting_s: if it does so for this long [s].
        speed_window_s: Over which its speed is measured; nothing rests through longer gaps [s].
        slope_sigma: Of floors around level, rise over way.
        foot_height_sigma_m: Half of how much higher one foot of a model stands than the other [m].
        foot_tilt_sigma: How far a model's sole is tilted against the true one, rise over way.
        height_sigma_m: Of one foothold's height [m].
        tilt_sigma: Of one foothold's tilt, rise over way.
        least_footholds: Fewer tell no slope.
        least_slope_deg: Smaller slopes are taken as level [deg].
        most_slope_deg: Steeper ones are stairs [deg].
        significance: Standard deviations by which a slope stands out from level.
        axis_significance: The same along each axis of its uncertainty, mostly the way and across
            it: a part that does not is zero.
        most_misfit: Root mean square residual, in standard deviations, beyond which the footholds
            lie on no plane.
    """

    resting_speed_m_s: float = 0.4
    resting_s: float = 0.1
    speed_window_s: float = 0.3
    slope_sigma: float = 0.08
    foot_height_sigma_m: float = 0.01
    foot_tilt_sigma: float = 0.09
    height_sigma_m: float = 0.012
    tilt_sigma: float = 0.05
    least_footholds: int = 3
    least_slope_deg: float = 1.5
    most_slope_deg: float = 14.0
    significance: float = 5.0
    axis_significance: float = 3.0
    most_misfit: float = 2.5

    def __post_init__(self) -> None:
        require_positive(self)


@dataclass(frozen=True)
class Footholds:
    """Places where soles rested; n of them.

    Attributes:
        places: Of the middle of the sole, world (n, 3) [m].
        tilts: Of the sole's plane, rise over way along the world's x and y (n, 2).
        forward: Direction of the foot in the world's x and y (n, 2).
        side: 1 for the right foot, -1 for the left (n,).
        lowest: Lowest points of the resting soles, one a frame, world (k, 3) [m].
    """

    places: Array
    tilts: Array
    forward: Array
    side: Array
    lowest: Array


@dataclass(frozen=True)
class FloorFit:
    """A plane through footholds.

    Attributes:
        slope: Rise over way along the world's x and y (2,).
        covariance: Of the slope (2, 2).
        misfit: Robust root mean square residual, in standard deviations.
    """

    slope: Array
    covariance: Array
    misfit: float

    def certain(self, search: FloorSearch) -> Array:
        """What of the slope (2,) stands out from level."""
        variances, axes = np.linalg.eigh(self.covariance)
        parts = self.slope @ axes
        sizes = np.abs(parts) / np.sqrt(variances)
        if np.linalg.norm(sizes) < search.significance:
            return np.zeros(2)
        slope: Array = axes @ np.where(sizes > search.axis_significance, parts, 0.0)
        return slope


def recording_floor(
    skeleton: Skeleton, stamps_ns: Stamps, q: Array, options: DynamicsOptions, sigma_q: Array | None
) -> Floor:
    """The floor that was given, else that of resting soles; level for what a camera saw.

    A camera's motion was fitted to a level floor: its soles say nothing about another one.

    Args:
        skeleton: The person's.
        stamps_ns: Increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        options: Settings of every stage.
        sigma_q: Standard deviations (n, 37) or (37,) [m, rad]; None or NaN: motion capture.
    """
    if options.ground.floor is not None:
        return options.ground.floor
    seen = sigma_q is not None and bool(np.isfinite(sigma_q).all())
    return LEVEL_FLOOR if seen else find_floor(skeleton, stamps_ns, q)


def find_floor(
    skeleton: Skeleton, stamps_ns: Stamps, q: Array, search: FloorSearch | None = None
) -> Floor:
    """The floor of a recording from marker-based motion capture.

    Args:
        skeleton: The person's.
        stamps_ns: Increasing times (n,) [ns].
        q: Configurations (n, 38) [m, rad].
        search: What is expected.

    Returns:
        A sloping plane where the evidence for one is strong, else `LEVEL_FLOOR`, whose height the
        dynamics finds by itself.
    """
    search = search or FloorSearch()
    footholds = find_footholds(skeleton, stamps_ns, q, search)
    if len(footholds.places) < search.least_footholds:
        return LEVEL_FLOOR
    fit = fit_plane(footholds, search)
    slope = fit.certain(search)
    degrees = float(np.degrees(np.arctan(np.hypot(*slope))))
    slopes = search.least_slope_deg < degrees < search.most_slope_deg
    if not slopes or fit.misfit > search.most_misfit:
        return LEVEL_FLOOR
    above = footholds.lowest[:, 2] - footholds.lowest[:, :2] @ slope
    return Floor(float(np.median(above)), (float(slope[0]), float(slope[1])), "found")


def find_footholds(
    skeleton: Skeleton, stamps_ns: Stamps, q: Array, search: FloorSearch
) -> Footholds:
    """Where soles rested, see `find_floor`."""
    times_s = (stamps_ns - stamps_ns[0]) * 1e-9
    soles, forward, normal = _sole_paths(skeleton, q)
    middle = soles.mean(axis=2)
    resting = _speeds(times_s, middle, search.speed_window_s) < search.resting_speed_m_s
    found: list[tuple[Array, Array, Array, float]] = []
    lowest: list[Array] = [np.zeros((0, 3))]
    for foot in (0, 1):
        for own in _stretches(resting[:, foot], times_s, search):
            up = np.median(normal[own, foot], axis=0)
            ahead = np.median(forward[own, foot, :2], axis=0)
            if min(float(np.hypot(*ahead)), float(up[2])) < _LEAST_DIRECTION:
                continue
            place = np.median(middle[own, foot], axis=0)
            found.append((place, -up[:2] / up[2], ahead / np.hypot(*ahead), 1.0 - 2.0 * foot))
            points = soles[own, foot]
            lowest.append(points[np.arange(len(points)), points[:, :, 2].argmin(axis=1)])
    if not found:
        none = np.zeros((0, 2))
        return Footholds(lowest[0], none, none, np.zeros(0), lowest[0])
    places, tilts, ways, sides = (np.array(part) for part in zip(*found, strict=True))
    return Footholds(places, tilts, ways, sides, np.concatenate(lowest))


def fit_plane(footholds: Footholds, search: FloorSearch) -> FloorFit:
    """The plane and the biases of the feet that explain the footholds best."""
    rows, targets = _rows(footholds, search)
    expected = np.array(
        [0.0, *[search.slope_sigma**-2] * 2, search.foot_height_sigma_m**-2,
         *[search.foot_tilt_sigma**-2] * 4]
    )  # fmt: skip
    weights = np.ones(len(targets))
    for _ in range(_ROBUST_STEPS):
        information = (rows * weights[:, None]).T @ rows + np.diag(expected)
        unknown = np.linalg.solve(information, rows.T @ (weights * targets))
        off = np.abs(rows @ unknown - targets)
        weights = np.minimum(1.0, _HUBER / np.maximum(off, 1e-9))
    # As many freedoms as a plane has are not residuals.
    misfit = float(np.sqrt((weights * off**2).sum() / max(len(targets) - 3, 1)))
    covariance: Array = np.asarray(np.linalg.inv(information)[1:3, 1:3]) * max(misfit, 1.0) ** 2
    slope: Array = np.asarray(unknown[1:3])
    return FloorFit(slope, covariance, misfit)


def _rows(footholds: Footholds, search: FloorSearch) -> tuple[Array, Array]:
    """Whitened rows over z0, slope (2), biases of height, pitch (2) and roll (2), and targets."""
    one, zero = np.ones(len(footholds.side)), np.zeros(len(footholds.side))
    feet = np.stack([footholds.side > 0.0, footholds.side < 0.0], axis=1)
    way = footholds.places[:, :2] - footholds.places[:, :2].mean(axis=0)
    none = np.zeros_like(way)
    ahead = footholds.forward
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    height = np.column_stack([one, way, footholds.side, none, none])
    pitch = np.column_stack([zero, ahead, zero, feet, none])
    roll = np.column_stack([zero, left, zero, none, feet])
    along, across = (
        np.einsum("ni,ni->n", direction, footholds.tilts) for direction in (ahead, left)
    )
    sigmas = (search.height_sigma_m, search.tilt_sigma, search.tilt_sigma)
    rows = [part / sigma for part, sigma in zip((height, pitch, roll), sigmas, strict=True)]
    measured = (footholds.places[:, 2], along, across)
    targets = [part / sigma for part, sigma in zip(measured, sigmas, strict=True)]
    return np.concatenate(rows), np.concatenate(targets)


def _sole_paths(skeleton: Skeleton, q: Array) -> tuple[Array, Array, Array]:
    """Sole points (n, 2, 8, 3) [m], and each sole's forward axis and normal (n, 2, 3)."""
    own = FootGeometry.of(skeleton).points
    points = np.array([skeleton.points(row, skeleton.soles)[own] for row in q])
    axes = np.array([[sole.rotation for sole in skeleton.sole_poses(row)] for row in q])
    return points, axes[..., 0], axes[..., 2]


def _speeds(times_s: Array, paths: Array, window_s: float) -> Array:
    """Speed (n, 2) of two paths (n, 2, 3) over a window around each time [m/s]."""
    half = 0.5 * window_s
    before, after = np.maximum(times_s - half, 0.0), np.minimum(times_s + half, times_s[-1])
    flat = paths.reshape(len(paths), -1)
    way = np.stack(
        [np.interp(after, times_s, x) - np.interp(before, times_s, x) for x in flat.T], axis=1
    )
    speeds: Array = np.linalg.norm(way.reshape(paths.shape), axis=2)
    return speeds / np.maximum(after - before, 1e-9)[:, None]


def _stretches(resting: NDArray[np.bool_], times_s: Array, search: FloorSearch) -> list[slice]:
    """Runs of resting frames that last; nobody knows what a foot does in a long gap."""
    gaps = np.flatnonzero(np.diff(times_s) > search.speed_window_s) + 1
    found: list[slice] = []
    for frames in np.split(np.arange(len(times_s)), gaps):
        own = np.concatenate([[False], resting[frames], [False]])
        edges = frames[0] + np.flatnonzero(np.diff(own))
        found += [slice(start, stop) for start, stop in edges.reshape(-1, 2)]
    return [own for own in found if times_s[own.stop - 1] - times_s[own.start] >= search.resting_s]
