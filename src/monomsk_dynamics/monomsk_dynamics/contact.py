"""Which sole bears load, from how slowly it moves over the floor, with hysteresis.

Speed, not height, decides: height thresholds do not carry over from one person to the next,
while a sole that bears load stands still. A landing foot is recognised by its mean horizontal
sole speed, a leaving one when toes and mean sole are both fast, each relative to walking speed.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.options import ContactOptions

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Log-odds at the two thresholds: probability 0.95 at landing speed, 0.05 at leaving speed.
_THRESHOLD_LOG_ODDS = 3.0
#: Height over which certainty of the air fades to even odds at the clearance [m].
_CLEARANCE_WIDTH_M = 0.01
_MAX_LOG_ODDS = 6.0
_BOTH = np.array([0, 1])


@dataclass(frozen=True)
class SoleMotion:
    """How the two soles move; each array is (2,), right and left.

    Attributes:
        sole_speed: Of the mean sole point, horizontal [m/s].
        toe_speed: Of the mean toe point, horizontal [m/s].
        vertical_speed: Of the lowest point, absolute [m/s].
        height: Of the lowest point above the floor [m].
    """

    sole_speed: Array
    toe_speed: Array
    vertical_speed: Array
    height: Array


@dataclass(frozen=True)
class Contact:
    """Contact of the two soles, right and left.

    Attributes:
        in_contact: (2,).
        probability: (2,), 0 to 1.
    """

    in_contact: Flags
    probability: Array


def sole_motion(
    terms: FrameTerms, feet: FootGeometry, floor_height_m: float | Array = 0.0
) -> SoleMotion:
    """Motion of the soles at one instant over a floor at a height, or one each (2,) [m]."""
    means = feet.means.dot(terms.point_velocities)
    speeds = np.hypot(means[:, 0], means[:, 1])
    heights = terms.points[:, 2]
    each = heights.take(feet.points)
    lowest = feet.points[_BOTH, each.argmin(axis=1)]
    return SoleMotion(
        sole_speed=speeds[:2],
        toe_speed=speeds[2:],
        vertical_speed=np.abs(terms.point_velocities[:, 2].take(lowest)),
        height=heights.take(lowest) - floor_height_m,
    )


class ContactDetector:
    """Follows the contact of two soles through time; the same rule live and offline.

    Args:
        options: Thresholds.
    """

    def __init__(self, options: ContactOptions | None = None) -> None:
        self._options = options or ContactOptions()
        self.reset()

    def adopt(self, options: ContactOptions) -> None:
        """Take other thresholds; which sole is on the floor stays."""
        self._options = options

    def reset(self) -> None:
        """Forget the past."""
        self._on: list[bool] | None = None
        self._changed_s = [-math.inf, -math.inf]

    def update(
        self,
        time_s: float,
        motion: SoleMotion,
        walking_speed_m_s: float,
        prior: Array,
        load: float = 0.0,
    ) -> Contact:
        """Take in one instant.

        Args:
            time_s: Its time [s].
            motion: Of the soles.
            walking_speed_m_s: Mean horizontal speed of the pelvis [m/s].
            prior: Contact probability from elsewhere (2,), NaN unknown.
            load: Vertical force that the body's motion asks for, in body weights: a body that
                does not fall is carried by somebody, so that noise cannot take both feet away.
        """
        strike, leave = self.thresholds(walking_speed_m_s)
        feet = [
            _Foot(*numbers)
            for numbers in zip(
                motion.sole_speed.tolist(), motion.toe_speed.tolist(),
                motion.vertical_speed.tolist(), motion.height.tolist(), prior.tolist(),
                strict=True,
            )
        ]  # fmt: skip
        was_on = [foot.toe_speed < leave for foot in feet] if self._on is None else self._on
        centre, half = 0.5 * (strike + leave), 0.5 * (leave - strike)
        log_odds = []
        for foot, stood in zip(feet, was_on, strict=True):
            # A planted foot may roll: its toes rest while the sole's mean already moves.
            speed = min(foot.sole_speed, foot.toe_speed) if stood else foot.sole_speed
            on_floor = min(_THRESHOLD_LOG_ODDS * (centre - speed) / half, self._least_aloft(foot))
            log_odds.append(on_floor + self._prior_log_odds(foot.prior))
        on = [
            odds > -_THRESHOLD_LOG_ODDS if stood else odds >= _THRESHOLD_LOG_ODDS
            for odds, stood in zip(log_odds, was_on, strict=True)
        ]
        if self._on is not None:
            on = self._hold(time_s, was_on, on)
        if not any(on) and load > self._options.carried_load:
            on = self._carriers(feet)
        self._on = on
        return Contact(np.array(on), np.array([_probability(odds) for odds in log_odds]))

    def thresholds(self, walking_speed_m_s: float) -> tuple[float, float]:
        """Landing and leaving speed of a sole [m/s]."""
        options = self._options
        strike = max(options.strike_share * walking_speed_m_s, options.strike_floor_m_s)
        leave = max(options.leave_share * walking_speed_m_s, options.leave_floor_m_s)
        return strike, leave

    def _least_aloft(self, foot: "_Foot") -> float:
        """Log-odds by height and vertical speed, which only ever speak against contact."""
        options = self._options
        by_height = (options.clearance_m - foot.height) / _CLEARANCE_WIDTH_M
        by_speed = 2.0 * _MAX_LOG_ODDS * (1.0 - foot.vertical_speed / options.vertical_speed_m_s)
        return min(by_height, by_speed)

    def _prior_log_odds(self, prior: float) -> float:
        if not math.isfinite(prior):
            return 0.0
        bounded = min(max(prior, 0.01), 0.99)
        return math.log(bounded / (1.0 - bounded)) * self._options.prior_weight

    def _carriers(self, feet: list["_Foot"]) -> list[bool]:
        """The slower of the soles that are not in the air, else a lower one not far up, or none."""
        low = [foot.height < self._options.clearance_m for foot in feet]
        if not any(low):
            lowest = min(foot.height for foot in feet)
            near = lowest < self._options.carrier_clearance_m
            return [near and foot.height == lowest for foot in feet]
        slowest = min((f.sole_speed for f, near in zip(feet, low, strict=True) if near), default=0)
        return [near and f.sole_speed == slowest for f, near in zip(feet, low, strict=True)]

    def _hold(self, time_s: float, was_on: list[bool], on: list[bool]) -> list[bool]:
        """Refuse a change too soon after the last one."""
        held = list(was_on)
        for foot, (stood, stands) in enumerate(zip(was_on, on, strict=True)):
            options = self._options
            least_s = options.minimum_stance_s if stood else options.minimum_swing_s
            if stands != stood and time_s - self._changed_s[foot] >= least_s:
                self._changed_s[foot], held[foot] = time_s, stands
        return held


class _Foot(NamedTuple):
    """Of one sole, what `SoleMotion` says of both, and the contact's prior probability."""

    sole_speed: float
    toe_speed: float
    vertical_speed: float
    height: float
    prior: float


def _probability(log_odds: float) -> float:
    bounded = min(max(log_odds, -_MAX_LOG_ODDS), _MAX_LOG_ODDS)
    return 1.0 / (1.0 + math.exp(-bounded))


class StandingLevel:
    """Height over the floor of what a person stands on: a box or a step once a foot rests there.

    Who never stood on the floor is on no box: then the floor is told wrong.

    Args:
        reach_m: A lower foot this close to a level is on it [m].

    Attributes:
        reach_m: The same; may change.
    """

    #: A foot rests below these speeds [m/s], and for so long [s] before its level is taken.
    SOLE_SPEED_M_S, VERTICAL_SPEED_M_S, RESTS_S = 0.2, 0.15, 0.15
    #: Who stands has the pelvis so far above the soles [m]; who sits lets them hang.
    UPRIGHT_M = 0.55

    def __init__(self, reach_m: float) -> None:
        self.reach_m = reach_m
        self.reset()

    def reset(self) -> None:
        """Back to the floor."""
        self._level_m, self._stood = 0.0, False
        self._rests_since_s: float | None = None

    def update(self, time_s: float, motion: SoleMotion, pelvis_m: float) -> float:
        """The level [m] at an instant.

        Args:
            time_s: Its time [s].
            motion: Of the soles, heights over the floor.
            pelvis_m: The pelvis' height over the floor [m].
        """
        lower = int(motion.height.argmin())
        height_m = float(motion.height[lower])
        rests = (
            motion.sole_speed[lower] < self.SOLE_SPEED_M_S
            and motion.vertical_speed[lower] < self.VERTICAL_SPEED_M_S
            and pelvis_m - height_m > self.UPRIGHT_M
        )
        if rests and abs(height_m) <= self.reach_m:
            self._stood = True
        if not rests or not self._stood or abs(height_m - self._level_m) <= self.reach_m:
            self._rests_since_s = None
        elif self._rests_since_s is None:
            self._rests_since_s = time_s
        elif time_s - self._rests_since_s >= self.RESTS_S:
            self._level_m = 0.0 if abs(height_m) <= self.reach_m else height_m
        return self._level_m


class WalkingSpeed:
    """Causal mean of the pelvis' horizontal velocity: speed and heading.

    Args:
        time_constant_s: Of the exponential mean [s].
    """

    def __init__(self, time_constant_s: float) -> None:
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._mean = np.zeros(2)
        self._elapsed_s = 0.0
        self._last_s: float | None = None

    def update(self, time_s: float, velocity_world: Array) -> Array:
        """Mean horizontal velocity (2,) [m/s] after one more sample (3,) [m/s]."""
        if self._last_s is None:
            self._mean = velocity_world[:2].copy()
        else:
            step_s = time_s - self._last_s
            # Starts as a plain mean, so that the first second is not dominated by one sample.
            self._elapsed_s = min(self._elapsed_s + step_s, self._time_constant_s)
            share = min(1.0, step_s / self._elapsed_s)
            self._mean += share * (velocity_world[:2] - self._mean)
        self._last_s = time_s
        return self._mean.copy()


class FloorHeight:
    """Causal estimate of where the soles rest [m]: z = 0 up to errors of pose and proportions.

    Args:
        time_constant_s: Over which it follows [s].
    """

    #: Soles further from z = 0 than this say nothing about the floor [m].
    RANGE_M = 0.15

    def __init__(self, time_constant_s: float = 2.0) -> None:
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._height_m: float | None = None
        self._last_s = 0.0

    @property
    def height_m(self) -> float:
        """The estimate [m]; 0 before any sole rested."""
        return 0.0 if self._height_m is None else self._height_m

    def update(self, time_s: float, heights_m: Array, resting: Flags) -> float:
        """Take in heights (2,) of the soles' lowest points over z = 0, where they rest (2,)."""
        usable = heights_m[resting & (np.abs(heights_m) < self.RANGE_M)]
        if len(usable):
            seen = float(usable.min())  # the other one may hang in the air
            share = 1.0 - np.exp(-(time_s - self._last_s) / self._time_constant_s)
            self._height_m = (
                seen
                if self._height_m is None
                else self._height_m + float(share) * (seen - self._height_m)
            )
        self._last_s = time_s
        return self.height_m
