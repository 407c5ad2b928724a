"""Events of a child's walk, from markers alone, against plates and the laboratory's own events."""

from pathlib import Path

import pytest

from monomsk_analysis.bench_gait_c3d import FOLDER, MarkerWalk, read_walk, score_walks
from monomsk_analysis.gait_scoring import render
from monomsk_dynamics.gait_steps import GaitEventKind

STRIKE, OFF = GaitEventKind.HEEL_STRIKE, GaitEventKind.TOE_OFF


def test_what_nobody_labelled_is_not_invented_and_what_was_not_seen_not_missed() -> None:
    found = ((0, STRIKE, 0.2), (1, OFF, 1.01), (0, OFF, 1.3), (0, STRIKE, 1.98), (1, STRIKE, 2.9))
    walk = MarkerWalk(
        "w",
        found,
        live=((0, OFF, 2.53),),
        plates=((0, STRIKE, 2.0), (0, OFF, 2.5)),
        stored=((1, OFF, 1.0), (0, STRIKE, 2.02), (0, OFF, 3.1)),
        span_s=(0.0, 3.0),
    )
    plates, live, stored = score_walks("walks", [walk, walk])
    assert live.errors_s == ((), pytest.approx((0.03, 0.03)))
    assert plates.errors_s[0] == pytest.approx((-0.02, -0.02))
    assert (plates.missed, plates.invented) == (2, 0)
    assert stored.errors_s[0] == pytest.approx((-0.04, -0.04))
    assert stored.errors_s[1] == pytest.approx((0.01, 0.01))
    assert (stored.missed, stored.invented) == (0, 4)


def test_a_walk_that_chose_no_threshold(shared_data: Path) -> None:
    pytest.importorskip("ezc3d", reason="the reader of C3D files is not installed")
    path = shared_data / FOLDER / "HC002D_Straight_HC002D06.c3d"
    if not path.is_file():
        pytest.skip(f"no recording at {path}")
    plates, live, stored = score_walks(path.stem, [read_walk(path)])
    print(render([plates, live, stored]))
    assert live.median_ms <= 60.0
    assert plates.median_ms <= 30.0
    assert stored.median_ms <= 30.0
    assert plates.missed == 0
    assert stored.missed <= 1
    assert stored.invented == 0
