"""Which way is up, from an inertial measurement unit that sits on the camera.

At rest an accelerometer measures the force that holds it against gravity: it points up. Between its
readings, and while the camera is shaken, the gyroscope turns the direction along (a complementary
filter). The directions of the last second are kept, for images come later than the readings of
their moment.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque

import numpy as np
import pinocchio as pin

from monomsk_description.frames import GRAVITY_M_S2, Array

_TRUSTED = 1.0  # m/s² around gravity: more is motion
_CORRECTION_S = 0.5  # time constant of the accelerometer's say
_LONGEST_STEP_NS = 200_000_000
_KEPT_NS = 1_000_000_000


class GravityEstimator:
    """Follows the direction up in the unit's own frame; may be used from two threads.

    Args:
        max_age_s: How far from the nearest reading an answer may be [s].
    """

    def __init__(self, max_age_s: float = 0.5) -> None:
        self._max_age_ns = int(max_age_s * 1e9)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._past: deque[tuple[int, Array]] = deque()
        self._stamp_ns = 0
        self.frame_id = ""

    def update(
        self, stamp_ns: int, frame_id: str, acceleration: Array, angular_velocity: Array
    ) -> None:
        """Take in a reading.

        Args:
            stamp_ns: Its time [ns].
            frame_id: Name of the unit's frame.
            acceleration: (3,) what the accelerometer measures [m/s²], gravity included.
            angular_velocity: (3,) of the unit [rad/s]; NaN where there is no gyroscope.
        """
        size = float(np.linalg.norm(acceleration))
        trusted = abs(size - GRAVITY_M_S2) <= _TRUSTED  # NaN is not
        with self._lock:
            step_ns = stamp_ns - self._stamp_ns
            if frame_id != self.frame_id or not 0 <= step_ns <= _LONGEST_STEP_NS:
                self._past.clear()
            self.frame_id, self._stamp_ns = frame_id, stamp_ns
            if not self._past:
                if trusted:
                    self._past.append((stamp_ns, acceleration / size))
                return
            up, step_s = self._past[-1][1], step_ns * 1e-9
            if np.isfinite(angular_velocity).all():
                up = pin.exp3(-angular_velocity * step_s) @ up
            if trusted:
                up = up + min(1.0, step_s / _CORRECTION_S) * (acceleration / size - up)
            self._past.append((stamp_ns, up / np.linalg.norm(up)))
            while stamp_ns - self._past[0][0] > _KEPT_NS:
                self._past.popleft()

    def up(self, stamp_ns: int) -> Array | None:
        """The direction up (3,) in the unit's frame; None where no reading is near in time."""
        with self._lock:
            past = list(self._past)
        after = bisect_left(past, stamp_ns, key=lambda reading: reading[0])
        around = past[max(after - 1, 0) : after + 1]
        if not around or min(abs(stamp_ns - near) for near, _ in around) > self._max_age_ns:
            return None
        (first_ns, first), (last_ns, last) = around[0], around[-1]
        share = (stamp_ns - first_ns) / (last_ns - first_ns) if last_ns > first_ns else 0.0
        between = first + share * (last - first)
        return np.asarray(between / np.linalg.norm(between))


def level_rotation(up_camera: Array) -> Array:
    """Rotation (3, 3) of the optical frame in a world that faces where the camera looks.

    Args:
        up_camera: (3,) unit vector against gravity in the optical frame.

    Raises:
        ValueError: The camera looks straight up or down: no direction is ahead of it.
    """
    ahead = np.array([0.0, 0.0, 1.0]) - up_camera[2] * up_camera
    length = float(np.linalg.norm(ahead))
    if length < 0.1:
        raise ValueError("the camera looks straight up or down")
    x = ahead / length
    return np.array([x, np.cross(up_camera, x), up_camera])
