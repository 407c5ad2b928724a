"""Bodies and motions for the tests of dynamics."""

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.consistency import SolvedFrame
from monomsk_dynamics.frame import FootGeometry

RATE_HZ = 60.0


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


@pytest.fixture(scope="session")
def feet(skeleton) -> FootGeometry:
    return FootGeometry.of(skeleton)


@pytest.fixture
def random_state(skeleton):
    """A seeded random configuration and velocity."""

    def make(seed: int = 0):
        rng = np.random.default_rng(seed)
        q = skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.3)
        return q, rng.normal(size=37)

    return make


@pytest.fixture(scope="session")
def smooth_curve(skeleton):
    """A smooth motion through the manifold: q at any time [s], turning all the time."""
    rng = np.random.default_rng(5)
    amplitude, phase = rng.uniform(0.1, 0.3, 31), rng.uniform(0.0, 6.0, 31)

    def q_at(time_s: float) -> np.ndarray:
        position = [0.5 * time_s, 0.1 * np.sin(2.0 * time_s), 1.0 + 0.05 * np.sin(3.0 * time_s)]
        angle = 1.5 * time_s  # passes half a turn after two seconds
        tilt = 0.2 * np.sin(2.0 * time_s)
        yaw = np.array([0.0, 0.0, np.sin(angle / 2), np.cos(angle / 2)])
        roll = np.array([np.sin(tilt / 2), 0.0, 0.0, np.cos(tilt / 2)])
        (az, aw), (bx, bw) = yaw[2:], roll[[0, 3]]
        quaternion = [aw * bx, az * bx, az * bw, aw * bw]
        return np.concatenate([position, quaternion, amplitude * np.sin(3.0 * time_s + phase)])

    return q_at


@pytest.fixture(scope="session")
def derivatives(skeleton, smooth_curve):
    """v and a of the smooth motion at a time, by central differences on the manifold."""

    def velocity(time_s: float, h: float = 1e-5) -> np.ndarray:
        before, after = smooth_curve(time_s - h), smooth_curve(time_s + h)
        return skeleton.difference(before, after) / (2 * h)

    def both(time_s: float, h: float = 1e-4):
        acceleration = (velocity(time_s + h) - velocity(time_s - h)) / (2 * h)
        return velocity(time_s), acceleration

    return both


@pytest.fixture(scope="session")
def solved_motion(skeleton, smooth_curve, derivatives):
    """Frames of the smooth motion, with the generalised forces that cause it."""

    def frames(rate_hz: float, duration_s: float, disturb: float = 0.0):
        solved = []
        for t in np.arange(0.3, 0.3 + duration_s + 1e-9, 1 / rate_hz):
            q = smooth_curve(t)
            v, a = derivatives(t)
            tau = skeleton.inverse_dynamics(q, v, a)
            tau[6 + 16] += disturb
            solved.append(SolvedFrame(t, q, v, tau))
        return solved

    return frames


@pytest.fixture(scope="module")
def one_torch_thread():
    """Small batches on a busy machine: threads that wait for each other take ten times as long."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
