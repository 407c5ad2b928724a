"""Where the floor is, from where soles rest: height and slope, followed live."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class FloorPlane:
    """Causal estimate of a plane z = z0 + slope . (xy - xy0): z = 0 up to errors and ramps.

    Recursive least squares over the places where soles rest, with forgetting, around a moving
    centre. A level floor is the expectation, so that the slope only follows what several steps
    agree on.

    Args:
        time_constant_s: Over which it follows [s].
        slope_sigma: Standard deviation of a floor's slope around level.
        height_sigma_m: Of a resting sole's lowest point around the floor [m].
    """

    #: A sole further from the floor expected there says nothing about it [m].
    RANGE_M = 0.15

    def __init__(
        self, time_constant_s: float = 2.0, slope_sigma: float = 0.08, height_sigma_m: float = 0.02
    ) -> None:
        self._time_constant_s = time_constant_s
        self._level = (height_sigma_m / slope_sigma) ** 2
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._weight = 0.0
        self._mean: Array = np.zeros(3)
        self._scatter = np.zeros((3, 3))
        self._slope: Array = np.zeros(2)
        self._last_s = 0.0

    @property
    def slope(self) -> Array:
        """Rise over way along the world's x and y (2,)."""
        return self._slope.copy()

    def heights_m(self, places: Array) -> Array:
        """Height of the floor (n,) at places (n, 2) [m]; 0 before any sole rested."""
        heights: Array = self._mean[2] + (places - self._mean[:2]).dot(self._slope)
        return heights

    def update(self, time_s: float, lowest: Array, resting: Flags) -> None:
        """Take in the lowest points (2, 3) of the soles that rest (2,)."""
        off = np.abs(lowest[:, 2] - self.heights_m(lowest[:, :2]))
        usable = resting & (off < self.RANGE_M)
        if usable.any():
            step_s = max(time_s - self._last_s, 0.0) if self._weight > 0.0 else 0.0
            kept = np.exp(-step_s / self._time_constant_s)
            self._weight *= kept
            self._scatter *= kept
            for place in lowest[usable]:
                self._add(place, step_s or self._time_constant_s)
            self._fit()
        self._last_s = time_s

    def _add(self, place: Array, share: float) -> None:
        self._weight += share
        before = place - self._mean
        self._mean = self._mean + (share / self._weight) * before
        self._scatter += share * np.outer(before, place - self._mean)

    def _fit(self) -> None:
        (xx, xy, xz), (_, yy, yz), _ = (self._scatter / self._weight).tolist()
        xx, yy = xx + self._level, yy + self._level
        self._slope = np.array([yy * xz - xy * yz, xx * yz - xy * xz]) / (xx * yy - xy * xy)


class BeltVelocity:
    """How a treadmill's belt carries the soles, world (2,) [m/s].

    Args:
        speed_m_s: Of the belt, against the way the pelvis faces; None: from the loaded soles.
        time_constant_s: Over which an estimate follows [s].
    """

    def __init__(self, speed_m_s: float | None = None, time_constant_s: float = 1.0) -> None:
        self._speed_m_s = speed_m_s
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._velocity: Array = np.zeros(2)
        self._way = np.zeros(2)
        self._elapsed_s = 0.0
        self._last_s: float | None = None

    @property
    def velocity(self) -> Array:
        """Of the belt's surface (2,) [m/s]."""
        return self._velocity.copy()

    @property
    def way_m(self) -> Array:
        """How far it went since the beginning (2,) [m]."""
        return self._way.copy()

    def update(self, time_s: float, soles: Array, loaded: Flags, facing: Array) -> Array:
        """Take in an instant.

        Args:
            time_s: Its time [s].
            soles: Mean horizontal velocity of right and left sole (2, 2) [m/s].
            loaded: Which of them bear load (2,).
            facing: Horizontal direction (2,) that the pelvis faces, of any length.

        Returns:
            The belt's velocity (2,) [m/s].
        """
        step_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        # Starts as a plain mean, so that the first step does not last in the estimate.
        self._elapsed_s = min(self._elapsed_s + step_s, self._time_constant_s)
        share = 1.0 if self._elapsed_s == 0.0 else min(1.0, step_s / self._elapsed_s)
        seen: Array | None = None
        if self._speed_m_s is not None:
            seen = -self._speed_m_s * facing / max(float(np.hypot(*facing)), 1e-9)
        elif loaded.any():
            # The later loaded foot still brakes, the earlier one already rolls: the slowest change.
            seen = soles[loaded].mean(axis=0)
        if seen is not None:
            self._velocity = self._velocity + share * (seen - self._velocity)
        self._way = self._way + step_s * self._velocity
        return self.velocity
