"""Node `walker`: a walking person as `body_state` and `body_model`, in the place of perception.

For demonstrations and measurements without a camera. States are those of `PlainWalk` with noise
that lasts from image to image, published one latency after their stamp, as perception does it.
"""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np
import rclpy
from numpy.typing import NDArray
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from monomsk_analysis.plain_walk import PlainWalk
from monomsk_description.body_state import BodyState as State
from monomsk_description.lifecycle_node import run_until_done
from monomsk_description.message_fields import StateContext, body_model, body_state, fill
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_description.threads import use_one_thread
from monomsk_msgs.msg import BodyModel, BodyState

_WORLD = "world"
_NV = 37
#: Noise of the pelvis, and how long an error lasts.
_PELVIS_SIGMA_M, _NOISE_S = 0.01, 0.3
_LONGEST_WAIT_S = 30.0


class ColoredNoise:
    """Errors of all coordinates that die away slowly.

    Args:
        sigma: Standard deviations (37,) in tangent space [m, rad].
        period_s: Between two states [s].
        seed: Of the random numbers.
    """

    def __init__(self, sigma: NDArray[np.float64], period_s: float, seed: int) -> None:
        self._sigma = sigma
        self._kept = math.exp(-period_s / _NOISE_S)
        self._rng = np.random.default_rng(seed)
        self._now = self._rng.normal(size=len(sigma))

    def step(self) -> NDArray[np.float64]:
        """The errors one period later (37,)."""
        fresh = self._rng.normal(size=len(self._now))
        self._now = self._kept * self._now + math.sqrt(1.0 - self._kept**2) * fresh
        return self._sigma * self._now


class Walker(Node):
    """Walks for a while."""

    def __init__(self) -> None:
        super().__init__("walker")
        height_m = self._parameter("height_m", 1.75, "standing height [m]")
        mass_kg = self._parameter("mass_kg", 70.0, "body mass [kg]")
        self._period_s = 1.0 / self._parameter("rate_hz", 30.0, "states a second [Hz]")
        self._latency_s = self._parameter("latency_s", 0.04, "from stamp to publication [s]")
        self._duration_s = self._parameter("duration_s", 20.0, "how long it walks [s]")
        noise_deg = self._parameter("noise_deg", 1.5, "standard deviation of the angles [deg]")
        self._skeleton = build_skeleton(Subject(height_m, mass_kg))
        self._walk = PlainWalk(self._skeleton)
        self._sigma = np.full(_NV, math.radians(noise_deg))
        self._sigma[:3] = _PELVIS_SIGMA_M if noise_deg > 0.0 else 0.0
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._models = self.create_publisher(BodyModel, "body_model", latched)
        self._states = self.create_publisher(BodyState, "body_state", 10)

    def _parameter(self, name: str, default: float, text: str) -> float:
        descriptor = ParameterDescriptor(description=text, read_only=True)
        return float(self.declare_parameter(name, default, descriptor).value)

    def walk(self) -> None:
        """Wait until somebody listens, then walk."""
        now_ns = self.get_clock().now().nanoseconds
        self._models.publish(fill(BodyModel(), body_model(self._skeleton, now_ns, _WORLD)))
        deadline_s = time.perf_counter() + _LONGEST_WAIT_S
        while not self._states.get_subscription_count() and time.perf_counter() < deadline_s:
            rclpy.spin_once(self, timeout_sec=0.05)
        noise = ColoredNoise(self._sigma, self._period_s, seed=1)
        start_s = time.perf_counter()
        for k in range(round(self._duration_s / self._period_s)):
            due_s = start_s + k * self._period_s
            time.sleep(max(0.0, due_s - time.perf_counter()))
            if not rclpy.ok():
                return
            self._publish(k * self._period_s, noise.step())

    def _publish(self, walked_s: float, error: NDArray[np.float64]) -> None:
        q = self._skeleton.integrate(self._walk.configuration(walked_s), error)
        stamp_ns = self.get_clock().now().nanoseconds - round(self._latency_s * 1e9)
        sigma: Any = {"sigma_q": self._sigma} if self._sigma.any() else {}
        state = State(stamp_ns, q, np.zeros(_NV), **sigma)
        context = StateContext(_WORLD, track_id=1)
        self._states.publish(fill(BodyState(), body_state(state, self._skeleton, context)))


def main() -> int:
    """Run the node; returns the exit code."""
    use_one_thread()
    return run_until_done("walker", Walker, Walker.walk, (InvalidParameterTypeException,))


if __name__ == "__main__":
    sys.exit(main())
