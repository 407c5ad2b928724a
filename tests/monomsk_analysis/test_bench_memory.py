"""The stream of states that memory is watched over, and a short watch."""

import gc
import itertools
import tracemalloc

import numpy as np
import pytest

from monomsk_analysis.bench_memory import (
    LivePipeline,
    MemoryScore,
    bench_memory,
    memory_sections,
    stream,
)
from monomsk_description.skeleton import Skeleton


@pytest.fixture(scope="module")
def steps(skeleton: Skeleton) -> np.ndarray:
    """A second of marching on the spot, forwards, at 30 Hz."""
    phase = np.linspace(0.0, 2.0 * np.pi, 30, endpoint=False)
    q = np.tile(skeleton.neutral(), (30, 1))
    q[:, 0] = 1.2 * phase / (2.0 * np.pi)
    for side, sign in (("r", 1.0), ("l", -1.0)):
        swing = np.maximum(sign * np.sin(phase), 0.0)
        q[:, 7 + skeleton.coordinate_index(f"hip_flexion_{side}")] = 0.5 * swing
        q[:, 7 + skeleton.coordinate_index(f"knee_angle_{side}")] = 0.9 * swing
    return q


def test_the_stream_jumps_pauses_repeats_and_goes_wrong(steps: np.ndarray) -> None:
    states = list(itertools.islice(stream(steps), 10_000))
    ages_s = np.diff([state.stamp_ns for state in states]) * 1e-9
    assert (ages_s == 0.0).any(), "no repeated stamp"
    assert (ages_s > 0.9).any(), "no gap"
    assert (ages_s < -5.0).any(), "no jump back"
    assert np.isclose(ages_s, 2 / 30, atol=1e-3).any(), "no lost state"
    assert any(state.q[0] > 1e6 for state in states), "no absurd state"
    places = np.array([state.q[0] for state in states])
    assert np.diff(places[places < 1e6]).min() < -1.0, "no jump in space"


def test_three_thousand_states_leave_the_memory_as_it_was(
    skeleton: Skeleton, steps: np.ndarray
) -> None:
    score = bench_memory(skeleton, steps, 3000, 300)
    assert score.answered > 0.98 * 3000 - 10
    assert score.resets >= 2  # the first state and a gap
    settled = score.resident_mb[3:]
    # A megabyte over 2,100 states would be 50 MB an hour; pools of the allocator take some.
    assert max(settled) - settled[0] < 4.0


def test_nothing_is_kept_of_a_state(skeleton: Skeleton, steps: np.ndarray) -> None:
    pipeline, states = LivePipeline(skeleton), stream(steps)

    def feed(number: int) -> int:
        for state in itertools.islice(states, number):
            pipeline.take(state)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    feed(90)
    tracemalloc.start()
    before = feed(60)
    after = feed(300)
    tracemalloc.stop()
    # 300 results that stay would be several megabytes; the monitor keeps those of a second.
    assert after - before < 600_000


def test_the_slope_is_that_of_the_settled_part() -> None:
    minutes = tuple(float(m) for m in range(1, 61))
    growing = tuple(100.0 + (50.0 if m < 5 else 0.0) + 3.0 * m / 60.0 for m in minutes)
    score = MemoryScore(108_000, 107_000, 60, minutes, growing)
    assert score.slope_mb_per_h == pytest.approx(3.0)
    assert "3.00 MB an hour" in memory_sections(score)[1]
    assert np.isnan(MemoryScore(10, 10, 1, (6.0,), (100.0,)).slope_mb_per_h)
