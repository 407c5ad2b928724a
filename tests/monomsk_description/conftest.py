from pathlib import Path

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

_SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.78, 72.0))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20160712)


@pytest.fixture
def random_q(skeleton, rng):
    """Draws configurations: anywhere, any heading, coordinates within their ranges."""

    def draw() -> np.ndarray:
        q = skeleton.integrate(skeleton.neutral(), np.r_[rng.normal(size=6), np.zeros(31)])
        q[7:] = rng.uniform(skeleton.lower_limits, skeleton.upper_limits)
        return q

    return draw


@pytest.fixture
def shared_data():
    """Finds a file among the reference data, or skips the test."""

    def find(name: str) -> Path:
        path = _SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"reference data shared/data/{name} is not here")
        return path

    return find
