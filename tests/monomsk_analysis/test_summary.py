import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.motion import Segment, SplitMotion
from monomsk_analysis.summary import (
    Timing,
    change_entries,
    load_warnings,
    provenance,
    write_summary,
)
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics, SoleContact

WEIGHT_N = 70.0 * 9.81


def analysis(load: float, duration_s: float) -> Analysis:
    """A body whose right sole carries a constant share of its weight."""
    skeleton = build_skeleton(Subject(1.75, 70.0))
    count = round(duration_s * 50)
    right = SoleContact(True, 1.0, np.array([0.0, 0.0, load * WEIGHT_N]), np.zeros(3), 0.0)
    left = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    result = BodyDynamics(
        0,
        skeleton.neutral(),
        np.zeros(37),
        np.zeros(37),
        np.zeros(37),
        np.zeros(37),
        (right, left),
        np.zeros(6),
        0.0,
    )
    split = SplitMotion((), count, count, 0)
    return Analysis(skeleton, np.arange(count) / 50.0, split, (result,) * count, np.zeros(count))


@pytest.mark.parametrize(
    ("load", "duration_s", "is_warned"),
    [(1.0, 2.0, False), (0.89, 2.0, True), (0.89, 0.4, False), (1.2, 10.0, True)],
)
def test_an_impossible_mean_load_is_warned_about(
    load: float, duration_s: float, is_warned: bool
) -> None:
    sentences = load_warnings(analysis(load, duration_s))
    assert len(sentences) == is_warned
    for sentence in sentences:
        assert f"{100 * load:.0f} % of body weight" in sentence


def test_another_support_is_warned_about() -> None:
    found = analysis(0.4, 2.0)
    held = replace(found.results[0], unexplained_load=np.array([0, 0, 0.6 * WEIGHT_N, 0, 0, 0]))
    (sentence,) = load_warnings(replace(found, dynamics=(held,) * len(found.dynamics)))
    assert "100 % of the frames" in sentence
    assert "60 % of body weight" in sentence


def test_what_json_cannot_say_becomes_null(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_summary(
        path, {"a": np.float64(1.5), "b": [float("nan"), np.int64(3)], "c": {"d": float("inf")}}
    )
    assert json.loads(path.read_text()) == {"a": 1.5, "b": [None, 3], "c": {"d": None}}


def test_timings_are_median_and_99th_percentile() -> None:
    facts = Timing("lift", np.arange(101) / 1000.0).facts()
    assert facts.median_s == pytest.approx(0.050)
    assert facts.p99_s == pytest.approx(0.099)


def test_provenance_names_versions_and_machine() -> None:
    rows = provenance()
    assert rows["numpy"] == np.__version__
    assert "cores" in rows["machine"]


def test_how_far_the_motion_was_moved_is_told() -> None:
    run = analysis(1.0, 0.4)
    count = len(run.dynamics)
    step = np.zeros(37)
    step[:3], step[6] = 0.01, np.deg2rad(31.0**0.5)
    given = run.skeleton.integrate(run.skeleton.neutral(), -step)
    frames = np.arange(count)
    segment = Segment(frames, frames, np.tile(given, (count, 1)), np.zeros(count, dtype=bool))
    moved = replace(run, split=SplitMotion((segment,), count, count, 0))
    entries = change_entries(moved)
    assert entries["joint_angle_change_rms_deg"] == pytest.approx(1.0, rel=1e-3)
    assert entries["pelvis_change_rms_m"] == pytest.approx(0.01, rel=1e-3)
