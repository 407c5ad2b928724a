"""The person's mapped joints at any time from the last estimate to a bounded horizon.

The way there is computed in small portions between the ticks, once for each estimate, and
interpolated at each tick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monomsk_assist.estimate import Estimate
from monomsk_assist.motion_prediction import Array, Stepper, coast

#: A portion: three steps cost 0.5 ms on a desktop processor.
STEPS_AT_ONCE = 3

_STEP_S = 0.01
#: A path is used once it reaches so far beyond the present need [s].
_MARGIN_S = 0.02
_NANOSECONDS = 1e-9


@dataclass(frozen=True)
class JointPrediction:
    """One mapped joint at one time.

    Attributes:
        angle_rad: Of the coordinate [rad].
        rate_rad_s: Of the coordinate [rad/s].
        horizon_s: How far ahead of the image this is [s].
    """

    angle_rad: float
    rate_rad_s: float
    horizon_s: float


class _Path:
    """The mapped joints over time from one estimate on.

    Args:
        estimate: Where it begins.
        joints: Index of each mapped joint among the coordinates.
        nodes: Angles and rates of the mapped joints at the times of the estimate, one step later,
            ...
    """

    def __init__(self, estimate: Estimate, joints: Sequence[int], start: tuple[Array, Array]):
        self.stamp_ns = estimate.stamp_ns
        self._joints = list(joints)
        self._nodes: list[tuple[list[float], list[float]]] = []
        self.append(start)

    @property
    def reach_s(self) -> float:
        """How far beyond the estimate it is known [s]."""
        return (len(self._nodes) - 1) * _STEP_S

    def append(self, node: tuple[Array, Array]) -> None:
        """Add coordinates (n,) and rates (n,) one step further."""
        angles, rates = node
        self._nodes.append(
            ([float(angles[j]) for j in self._joints], [float(rates[j]) for j in self._joints])
        )

    def at(self, joint: int, ahead_s: float) -> JointPrediction:
        """A mapped joint `ahead_s` later than the estimate; coasting beyond the reach."""
        place = ahead_s / _STEP_S
        before = int(place)
        if before + 1 >= len(self._nodes):
            angles, rates = self._nodes[-1]
            lasts_s, left = coast(max(0.0, ahead_s - self.reach_s))
            angle, rate = angles[joint] + lasts_s * rates[joint], left * rates[joint]
            return JointPrediction(angle, rate, ahead_s)
        share = place - before
        (angles, rates), (next_angles, next_rates) = self._nodes[before], self._nodes[before + 1]
        angle = angles[joint] + share * (next_angles[joint] - angles[joint])
        rate = rates[joint] + share * (next_rates[joint] - rates[joint])
        return JointPrediction(angle, rate, ahead_s)


class Predictor:
    """Mapped joints ahead of the last estimate.

    Args:
        joints: Index of each mapped joint among the coordinates.
        stepper: The way ahead.
        max_horizon_s: Furthest prediction; later times get the joint as it is there [s].
        lead_s: Longest delay of the device [s].
    """

    def __init__(
        self, joints: Sequence[int], stepper: Stepper, max_horizon_s: float, lead_s: float
    ) -> None:
        self._joints = tuple(joints)
        self._stepper = stepper
        self._max_horizon_s = max_horizon_s
        self._lead_s = lead_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._waiting: Estimate | None = None
        self._growing: _Path | None = None
        self._current: _Path | None = None

    @property
    def stamp_ns(self) -> int | None:
        """Stamp of the estimate that predictions stand on now [ns]; None: there is none."""
        return None if self._current is None else self._current.stamp_ns

    def accept(self, estimate: Estimate) -> None:
        """Take in a newer estimate. Predictions stand on it once its way ahead is computed."""
        self._waiting = estimate
        if self._current is None:
            self._begin()

    def work(self, now_ns: int, steps: int = STEPS_AT_ONCE) -> None:
        """Compute the way ahead by at most so many steps, as far as it is needed.

        Args:
            now_ns: The node's clock [ns].
            steps: Of 10 ms each.
        """
        for _ in range(steps):
            if self._growing is self._current and self._waiting is not None:
                self._begin()
            path = self._growing
            if path is None:
                return
            if path.reach_s < self._needed_s(path, now_ns):
                path.append(self._stepper.step(_STEP_S))
            elif path is self._current:
                return
            else:
                self._current = path

    def at(self, joint: int, time_ns: int) -> JointPrediction | None:
        """A mapped joint, by its place among them, at a time [ns]; None: no estimate yet."""
        path = self._current
        if path is None:
            return None
        ahead_s = (time_ns - path.stamp_ns) * _NANOSECONDS
        return path.at(joint, min(max(ahead_s, 0.0), self._max_horizon_s))

    def _begin(self) -> None:
        estimate, self._waiting = self._waiting, None
        if estimate is None:
            return
        self._growing = _Path(estimate, self._joints, self._stepper.start(estimate))
        if self._current is None:
            self._current = self._growing

    def _needed_s(self, path: _Path, now_ns: int) -> float:
        ahead_s = (now_ns - path.stamp_ns) * _NANOSECONDS + self._lead_s + _MARGIN_S
        return min(ahead_s, self._max_horizon_s)
