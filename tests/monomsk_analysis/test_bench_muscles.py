"""The muscles' part of the benchmarks, and what the issue asks of it."""

from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.bench_muscles import (
    ElectrodeScore,
    MuscleScores,
    WalkScore,
    bench_muscles,
    geometry_score,
)
from monomsk_analysis.bench_muscles_report import muscle_sections
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scores():
    return bench_muscles(ROOT, ROOT / "no recording")


def test_moment_arms_and_forces_are_within_what_was_asked(scores):
    geometry = scores.geometry
    assert geometry.poses == 1000
    assert geometry.arm_median < 0.1
    assert geometry.arm_worst < 3.0
    assert scores.curves.states > 1000
    assert scores.curves.worst < 1.0
    assert scores.timing is None
    assert scores.walks == ()


def test_another_size_shows(scores):
    taller = MuscleGeometry(build_skeleton(Subject(1.80, 75.337)))
    path = ROOT / "tests/monomsk_description/data/rajagopal2016_muscles.npz"
    score = geometry_score(path, taller)
    assert score.arm_median > 10 * scores.geometry.arm_median
    assert score.length_median > 5.0


def test_the_page_names_what_is_worst(scores):
    electrode = ElectrodeScore((0.9, 0.8, 0.123), 0.4, 1000.0)
    walk = WalkScore("somebody's", {"soleus": electrode}, 0.5, {"knee_r": 3.0})
    page = "\n".join(muscle_sections(MuscleScores(scores.geometry, scores.curves, None, (walk,))))
    worst = next(iter(scores.geometry.arm_worst_by_muscle))
    assert f"{worst} {scores.geometry.arm_worst:.2f}" in page
    assert "| soleus | 0.90 | 0.80 | 0.12 | 0.40 | 1000 |" in page
    assert "knee_r 3.0" in page
    assert "Static optimisation" not in page
    assert np.isfinite(scores.geometry.arm_worst_slipped)
