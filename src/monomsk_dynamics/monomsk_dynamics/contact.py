"""Which sole bears load, from how slowly it moves over the floor, with hysteresis.

Speed, not height, decides: height thresholds do not carry over from one person to the next,
while a sole that bears load stands still. A landing foot is recognised by its mean horizontal
sole speed, a leaving one when toes and mean sole are both fast, each relative to walking speed.
"""

from dataclasses import dataclass

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
    horizontal = feet.means @ terms.point_velocities[:, :2]
    speeds = np.sqrt(np.sum(horizontal * horizontal, axis=1))
    heights = terms.points[feet.points, 2]
    lowest = feet.points[(0, 1), heights.argmin(axis=1)]
    return SoleMotion(
        sole_speed=speeds[:2],
        toe_speed=speeds[2:],
        vertical_speed=np.abs(terms.point_velocities[lowest, 2]),
        height=heights.min(axis=1) - floor_height_m,
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
        self._on: Flags | None = None
        self._changed_s = np.full(2, -np.inf)

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
        was_on = motion.toe_speed < leave if self._on is None else self._on
        # A planted foot may roll: its toes rest while the sole's mean already moves.
        speed = np.where(was_on, np.minimum(motion.sole_speed, motion.toe_speed), motion.sole_speed)
        centre, half = 0.5 * (strike + leave), 0.5 * (leave - strike)
        log_odds = _THRESHOLD_LOG_ODDS * (centre - speed) / half
        log_odds = self._in_the_air(motion, log_odds) + self._prior_log_odds(prior)
        wants_on = log_odds >= _THRESHOLD_LOG_ODDS
        wants_off = log_odds <= -_THRESHOLD_LOG_ODDS
        on = np.where(was_on, ~wants_off, wants_on)
        if self._on is not None:
            on = self._hold(time_s, was_on, on)
        if not on.any() and load > self._options.carried_load:
            on = self._carrier(motion)
        self._on = on
        probability = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -_MAX_LOG_ODDS, _MAX_LOG_ODDS)))
        return Contact(on.copy(), probability)

    def thresholds(self, walking_speed_m_s: float) -> tuple[float, float]:
        """Landing and leaving speed of a sole [m/s]."""
        options = self._options
        strike = max(options.strike_share * walking_speed_m_s, options.strike_floor_m_s)
        leave = max(options.leave_share * walking_speed_m_s, options.leave_floor_m_s)
        return strike, leave

    def _in_the_air(self, motion: SoleMotion, log_odds: Array) -> Array:
        """Cap the odds by height and vertical speed, which only ever speak against contact."""
        options = self._options
        by_height = (options.clearance_m - motion.height) / _CLEARANCE_WIDTH_M
        by_speed = 2.0 * _MAX_LOG_ODDS * (1.0 - motion.vertical_speed / options.vertical_speed_m_s)
        return np.minimum(log_odds, np.minimum(by_height, by_speed))

    def _prior_log_odds(self, prior: Array) -> Array:
        known = np.isfinite(prior)
        bounded = np.clip(np.where(known, prior, 0.5), 0.01, 0.99)
        odds: Array = np.log(bounded / (1.0 - bounded)) * self._options.prior_weight
        return odds

    def _carrier(self, motion: SoleMotion) -> Flags:
        """The slower of the soles that are not in the air, or none."""
        low = motion.height < self._options.clearance_m
        slower = motion.sole_speed == np.where(low, motion.sole_speed, np.inf).min()
        carrier: Flags = low & slower
        return carrier

    def _hold(self, time_s: float, was_on: Flags, on: Flags) -> Flags:
        """Refuse a change too soon after the last one."""
        least_s = np.where(was_on, self._options.minimum_stance_s, self._options.minimum_swing_s)
        changes = (on != was_on) & (time_s - self._changed_s >= least_s)
        self._changed_s = np.where(changes, time_s, self._changed_s)
        held: Flags = np.where(changes, on, was_on)
        return held


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
