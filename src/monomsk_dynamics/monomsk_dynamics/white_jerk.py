"""One coordinate of constant acceleration driven by white jerk, as a Kalman filter sees it.

The covariance of position, velocity and acceleration is kept as the six entries of its upper
triangle, `PAIRS`: so many coordinates step together as columns of one small matrix.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_discrete_are

Array = NDArray[np.float64]

#: Rows and columns of the six entries.
PAIRS = (np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 2, 2]))
#: Which of the six are variances of velocity and acceleration; the position's is the first.
VELOCITY, ACCELERATION = 3, 5


def transition(period_s: float) -> Array:
    """What position, velocity and acceleration become after a period [s] (3, 3)."""
    dt = period_s
    return np.array([[1.0, dt, 0.5 * dt * dt], [0.0, 1.0, dt], [0.0, 0.0, 1.0]])


def covariance_transition(period_s: float) -> Array:
    """What the transition over a period [s] does to the six entries of a covariance (6, 6)."""
    dt = period_s
    h = 0.5 * dt * dt
    return np.array(
        [
            [1.0, 2.0 * dt, 2.0 * h, dt * dt, 2.0 * dt * h, h * h],
            [0.0, 1.0, dt, dt, dt * dt + h, h * dt],
            [0.0, 0.0, 1.0, 0.0, dt, h],
            [0.0, 0.0, 0.0, 1.0, 2.0 * dt, dt * dt],
            [0.0, 0.0, 0.0, 0.0, 1.0, dt],
            [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        ]
    )


def unit_noise(period_s: float) -> Array:
    """Covariance after a period [s] of white jerk of density one, its six entries (6,)."""
    dt = period_s
    return np.array([dt**5 / 20.0, dt**4 / 8.0, dt**3 / 6.0, dt**3 / 3.0, dt**2 / 2.0, dt])


def density_per_variance(bandwidth_hz: float, period_s: float) -> float:
    """White-jerk density over measurement variance that gives a bandwidth [1/s⁵].

    With it the smoother that belongs to the filter would pass 1 / (1 + (f / bandwidth)⁶).
    """
    return float(period_s * (2.0 * np.pi * bandwidth_hz) ** 6)


def acceleration_lag_s(bandwidth_hz: float, period_s: float) -> float:
    """How late the filtered acceleration of a motion of constant jerk is, once settled [s].

    The steady-state gain K (discrete Riccati equation) leaves an error e that reproduces itself:
    e = (I - K H)(F e + d), with d the motion of one period under unit jerk.

    Args:
        bandwidth_hz: Of the filter [Hz].
        period_s: Time between measurements [s].
    """
    dt, step = period_s, transition(period_s)
    measured = np.array([[1.0, 0.0, 0.0]])
    unit = np.zeros((3, 3))
    unit[PAIRS] = unit.T[PAIRS] = unit_noise(dt)
    noise = density_per_variance(bandwidth_hz, dt) * unit
    covariance = solve_discrete_are(step.T, measured.T, noise, np.eye(1))
    gain = covariance[:, :1] / (covariance[0, 0] + 1.0)
    kept = np.eye(3) - gain @ measured
    drift = np.array([dt**3 / 6.0, dt**2 / 2.0, dt])
    error = np.linalg.solve(np.eye(3) - kept @ step, kept @ drift)
    return float(error[2])
