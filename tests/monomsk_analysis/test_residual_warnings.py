"""A stretch that the contacts do not explain is named, with its times."""

import numpy as np
import pytest

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.motion import Segment, SplitMotion
from monomsk_analysis.residual_warnings import residual_warnings, segment_residual_percent
from monomsk_analysis.tracking import believed, fits
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics, SoleContact

WEIGHT_N = 70.0 * 9.81
RATE_HZ = 50.0


def analysis(percent: list[list[float]]) -> Analysis:
    """Segments of one second with a residual force each second tenth, and a gap between them."""
    skeleton = build_skeleton(Subject(1.75, 70.0))
    sole = SoleContact(True, 1.0, np.array([0.0, 0.0, WEIGHT_N]), np.zeros(3), 0.0)
    results: list[BodyDynamics | None] = []
    segments = []
    for shares in percent:
        frames = np.arange(len(results), len(results) + 50)
        still = np.zeros((50, 38))
        segments.append(Segment(frames, frames, still, np.zeros(50, dtype=bool)))
        for share in np.repeat(shares, 50 // len(shares)):
            force = np.array([0.01 * share * WEIGHT_N, 0.0, 0.0, 0.0, 0.0, 0.0])
            results.append(
                BodyDynamics(
                    0,
                    skeleton.neutral(),
                    np.zeros(37),
                    np.zeros(37),
                    np.zeros(37),
                    np.zeros(37),
                    (sole, sole),
                    force,
                    0.0,
                )  # fmt: skip
            )
        results += [None] * 10
    count = len(results)
    split = SplitMotion(tuple(segments), count, count, 0)
    times = np.arange(count) / RATE_HZ
    return Analysis(skeleton, times, split, tuple(results), np.zeros(count))


def test_a_good_motion_is_not_warned_about() -> None:
    assert residual_warnings(analysis([[1.0], [2.0]])) == ()


def test_each_segment_has_its_own_sentence_with_times() -> None:
    run = analysis([[1.0] * 5, [1.0, 60.0, 1.0, 1.0, 1.0]])
    (sentence,) = residual_warnings(run)
    assert "1.40 to 1.58 s" in sentence
    assert "up to 60 %" in sentence
    assert "20 % of the frames from 1.20 s on" in sentence
    assert segment_residual_percent(run, run.split.segments[0]) == pytest.approx(1.0)
    expected = np.sqrt((4 * 1.0 + 60.0**2) / 5)
    assert segment_residual_percent(run, run.split.segments[1]) == pytest.approx(expected)


def test_many_stretches_are_counted_instead_of_told() -> None:
    run = analysis([[1.0, 90.0] * 1, *[[90.0, 1.0] for _ in range(2)]])
    assert len(residual_warnings(run)) == 3


def test_a_fit_that_explains_nothing_is_none() -> None:
    unknown = np.full(37, np.nan)

    def state(quality: float) -> BodyState:
        return BodyState(
            0, np.zeros(38), np.zeros(37), unknown, unknown, np.full(2, np.nan), unknown, unknown,
            np.full((2, 3), np.nan), np.full((2, 3), np.nan), quality,
        )  # fmt: skip

    assert fits(state(0.9))
    assert fits(state(float("nan")))
    assert fits(None)
    assert not fits(state(0.2))
    good, poor = state(0.9), state(0.2)
    lucky = believed([good] * 5 + [poor] + [good] * 5 + [poor] + [good] * 12)
    assert lucky == [True] * 5 + [False] * 7 + [True] * 12
