"""Causal filter on the manifold: noisy configurations in, q, v, a with standard deviations out.

A Kalman filter of constant acceleration driven by white jerk, one block (position, velocity,
acceleration) for each of the 37 tangent coordinates: pelvis position in the world, pelvis
orientation as the error state of SO(3), joint coordinates. Blocks are decoupled.

The jerk's density follows each coordinate's usual measurement variance, which gives all of them
one bandwidth: coordinates that lag differently would make a resting foot move. The bandwidth
follows the noise of the states and the body's recent speed: a body at rest is smoothed more.

Lag: position and velocity follow slow motion without lag; the acceleration of a motion of
constant jerk comes late by `white_jerk.acceleration_lag_s`: at 60 Hz by 34 ms for a bandwidth of
8 Hz, by 64 ms for 4.5 Hz, by 151 ms for the 2 Hz of a body at rest.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics import rotations, white_jerk
from monomsk_dynamics.errors import ShapeError, StampError
from monomsk_dynamics.filter_options import FilterOptions
from monomsk_dynamics.rotations import cross

Array = NDArray[np.float64]

POSITION, ORIENTATION, JOINTS = slice(0, 3), slice(3, 6), slice(6, 37)
_NV = 37
_VARIANCES = np.array([0, white_jerk.VELOCITY, white_jerk.ACCELERATION])
#: No place [m] and no angle [rad] of a person is as large.
_ABSURD = 1e6
#: Absurd measurements are weighed down as far as this, whatever they are.
_LARGEST_EXCESS = 1e6
#: Stamps that lie closer count as one: as seconds they are hardly different [s].
_SHORTEST_STEP_S = 1e-6
#: A variance so many times the usual one is no noise, but ignorance of one moment.
_UNUSUAL = 25.0
#: A speed of so many standard deviations is no noise.
_SIGNIFICANT = 2.0


class ResetReason(Enum):
    """Why the filter forgot the past."""

    FIRST_STATE = "first state"
    TIME_JUMPED_BACK = "time jumped back"
    LONG_GAP = "long gap without states"


@dataclass(frozen=True)
class FilteredState:
    """One filtered instant.

    Attributes:
        stamp_ns: Time of the state [ns].
        q: Configuration (38,) [m, rad].
        v: Velocity (37,), pelvis part in the pelvis frame [m/s, rad/s].
        a: Time derivative of `v` (37,) [m/s², rad/s²].
        sigma_q: Standard deviations (37,) in tangent space [m, rad].
        sigma_v: Standard deviations (37,) of `v`.
        sigma_a: Standard deviations (37,) of `a`.
        reset: Why the past was forgotten at this state, or None.
        outliers: Number of coordinates whose measurement was down-weighted.
    """

    stamp_ns: int
    q: Array
    v: Array
    a: Array
    sigma_q: Array
    sigma_v: Array
    sigma_a: Array
    reset: ResetReason | None
    outliers: int


class ManifoldFilter:
    """Filters states as they come, at any rate.

    Args:
        options: Noise levels and limits.
    """

    def __init__(self, options: FilterOptions | None = None) -> None:
        self._options = options or FilterOptions()
        self._default_sigma = self._options.measurement_sigmas()
        self.reset()

    def adopt(self, options: FilterOptions) -> None:
        """Take other options; what is known of the motion stays."""
        self._options = options
        self._default_sigma = options.measurement_sigmas()

    def reset(self) -> None:
        """Forget the past."""
        self._stamp_ns: int | None = None
        self._quaternion = np.array([0.0, 0.0, 0.0, 1.0])
        self._x = np.zeros((3, _NV))  # position, velocity, acceleration; orientation's is zero
        self._covariance = np.zeros((6, _NV))  # of each coordinate, see `white_jerk.PAIRS`
        self._outlier_runs = np.zeros(_NV, dtype=np.int64)
        self._usual_variance = np.zeros(_NV)
        self._activity = 1.0

    def update(self, stamp_ns: int, q: Array, sigma_q: Array | None = None) -> FilteredState:
        """Take in one measured configuration.

        Args:
            stamp_ns: Its time [ns].
            q: Measured configuration (38,) [m, rad].
            sigma_q: Standard deviations (37,) in tangent space [m, rad]; NaN or None: default.

        Raises:
            ShapeError: A shape is wrong, or `q` holds NaN or what no person's place or angle is.
            StampError: The state repeats or is slightly older than the previous one.
        """
        if q.shape != (38,) or not bool(np.abs(q).max() < _ABSURD):
            raise ShapeError("q", f"shape {q.shape}, expected (38,), finite, below {_ABSURD:g}")
        reset = self._reset_reason(stamp_ns)
        variance = self._measurement_variance(q, sigma_q)
        if reset is None and self._stamp_ns is not None:
            self._predict((stamp_ns - self._stamp_ns) * 1e-9, variance)
            outliers = self._correct(q, variance)
        else:
            self._start(q, variance)
            outliers = 0
        self._stamp_ns = stamp_ns
        return self._state(stamp_ns, reset, outliers)

    def _reset_reason(self, stamp_ns: int) -> ResetReason | None:
        if self._stamp_ns is None:
            return ResetReason.FIRST_STATE
        elapsed_s = (stamp_ns - self._stamp_ns) * 1e-9
        if elapsed_s > self._options.max_gap_s:
            return ResetReason.LONG_GAP
        if elapsed_s < -self._options.max_late_s:
            return ResetReason.TIME_JUMPED_BACK
        if elapsed_s < _SHORTEST_STEP_S:
            raise StampError(stamp_ns)
        return None

    def _measurement_variance(self, q: Array, sigma_q: Array | None) -> Array:
        """Variances (37,), the pelvis position's in world axes."""
        sigma = self._default_sigma
        if sigma_q is not None:
            if sigma_q.shape != (_NV,):
                raise ShapeError("sigma_q", f"shape {sigma_q.shape}, expected ({_NV},)")
            usable = np.isfinite(sigma_q) & (sigma_q > 0.0)
            sigma = np.where(usable, sigma_q * self._options.noise_share, sigma)
        variance = np.maximum(sigma, self._options.minimum_sigma) ** 2
        variance[POSITION] = (rotations.matrix(q[3:7]) ** 2).dot(variance[POSITION])
        return variance

    def _start(self, q: Array, variance: Array) -> None:
        self._x[:] = 0.0
        self._place(slice(None), q)
        self._ignore(slice(None), variance)
        self._usual_variance = variance.copy()
        self._outlier_runs[:] = 0
        self._activity = 1.0

    def _place(self, coordinates: slice | NDArray[np.bool_], q: Array) -> None:
        """Set positions to a measurement, for all coordinates or those of a mask."""
        mask = np.zeros(_NV, dtype=bool)
        mask[coordinates] = True
        measured = np.concatenate([q[:3], np.zeros(3), q[7:]])
        self._x[0] = np.where(mask, measured, self._x[0])
        if mask[ORIENTATION].any():
            self._quaternion = q[3:7] / np.linalg.norm(q[3:7])

    def _predict(self, dt: float, variance: Array) -> None:
        self._x = white_jerk.transition(dt).dot(self._x)
        self._turn(self._x[0, ORIENTATION])
        self._follow_activity(dt)
        share = min(dt / self._options.noise_memory_s, 1.0)
        usual = np.minimum(variance, _UNUSUAL * self._usual_variance)
        self._usual_variance += share * (usual - self._usual_variance)
        density = self._usual_variance * white_jerk.density_per_variance(self._bandwidth_hz(), dt)
        noise = white_jerk.unit_noise(dt)[:, None] * density
        self._covariance = white_jerk.covariance_transition(dt).dot(self._covariance) + noise

    def _bandwidth_hz(self) -> float:
        """Between that of a body at rest and that of an active one."""
        options = self._options
        pelvis_sigma_m = math.sqrt(sum(self._usual_variance[POSITION].tolist()) / 3.0)
        active = min(max(self._activity, 0.0), 1.0)
        quiet_hz = options.quiet_bandwidth_hz
        return quiet_hz + active * (options.bandwidth_hz(pelvis_sigma_m) - quiet_hz)

    def _follow_activity(self, dt: float) -> None:
        """Largest speed of late beyond its own noise: rises at once, decays slowly."""
        noise = _SIGNIFICANT * np.sqrt(self._covariance[white_jerk.VELOCITY])
        speed = float((np.abs(self._x[1]) - noise).max()) / self._options.active_speed
        kept = self._activity * math.exp(-dt / self._options.activity_decay_s)
        self._activity = max(speed, kept)

    def _turn(self, rotation_vector: Array) -> None:
        """Move the orientation error into the quaternion and clear it."""
        turned = rotations.multiply(self._quaternion, rotations.exp(rotation_vector))
        self._quaternion = turned / math.sqrt(turned.dot(turned))
        self._x[0, ORIENTATION] = 0.0

    def _innovation(self, q: Array) -> Array:
        turn = rotations.multiply(rotations.conjugate(self._quaternion), q[3:7])
        turn = rotations.log(turn / math.sqrt(turn.dot(turn)))
        measured = np.concatenate([q[:3], turn, q[7:]])
        innovation: Array = measured - self._x[0]
        return innovation

    def _correct(self, q: Array, variance: Array) -> int:
        """Kalman update; what lies beyond the gate counts the less the further off it is."""
        innovation = self._innovation(q)
        expected = self._covariance[0] + variance
        excess = np.abs(innovation) / (self._options.outlier_gate * np.sqrt(expected))
        outlying = excess > 1.0
        self._outlier_runs = (self._outlier_runs + 1) * outlying
        outliers = int(np.count_nonzero(outlying))
        if outliers:
            expected[outlying] *= np.minimum(excess[outlying], _LARGEST_EXCESS) ** 2
        row = self._covariance[:3]
        gain = row / expected
        self._x += gain * innovation
        self._turn(self._x[0, ORIENTATION])
        self._covariance -= gain.take(white_jerk.PAIRS[0], 0) * row.take(white_jerk.PAIRS[1], 0)
        if outliers:
            lost = self._outlier_runs > self._options.max_outliers_in_a_row
            if lost.any():
                self._restart(lost, q, variance)
        return outliers

    def _restart(self, lost: NDArray[np.bool_], q: Array, variance: Array) -> None:
        """Believe the measurement again where the filter contradicted it for too long."""
        if lost[ORIENTATION].any():
            lost[ORIENTATION] = True
        self._place(lost, q)
        self._x[1:, lost] = 0.0
        self._ignore(lost, variance[lost])
        self._outlier_runs[lost] = 0

    def _ignore(self, coordinates: slice | NDArray[np.bool_], variance: Array) -> None:
        """Covariance of coordinates of which nothing but one measurement is known."""
        covariance, options = self._covariance, self._options
        covariance[:, coordinates] = 0.0
        covariance[0, coordinates] = variance
        covariance[white_jerk.VELOCITY, coordinates] = options.initial_velocity_sigma**2
        covariance[white_jerk.ACCELERATION, coordinates] = options.initial_acceleration_sigma**2

    def _state(self, stamp_ns: int, reset: ResetReason | None, outliers: int) -> FilteredState:
        to_pelvis = rotations.matrix(self._quaternion).T
        position, v, a = self._x.copy()
        v[POSITION] = to_pelvis.dot(v[POSITION])
        # A derivative of components in a turning frame.
        a[POSITION] = to_pelvis.dot(a[POSITION]) - cross(v[ORIENTATION], v[POSITION])
        variances = self._covariance.take(_VARIANCES, 0)
        variances[:, POSITION] = variances[:, POSITION].dot((to_pelvis**2).T)
        sigma = np.sqrt(np.maximum(variances, 0.0, out=variances), out=variances)
        q = np.concatenate([position[POSITION], self._quaternion, position[JOINTS]])
        return FilteredState(stamp_ns, q, v, a, sigma[0], sigma[1], sigma[2], reset, outliers)
