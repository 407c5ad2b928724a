"""The demonstration of assistance: which runs it makes, and that the walk is assisted."""

from argparse import Namespace
from pathlib import Path

import pytest

from monomsk_bringup.assist_demo import _runs, describe, main, run_assist_demo

GIVEN = Namespace(
    video=None, plays=3, height_m=1.8, mass_kg=0.0, no_walk=False, no_device=True,
    assist_config=None, watch_realtime_priority=20,
)  # fmt: skip


def test_the_walk_alone_or_with_a_video_or_the_video_alone(tmp_path):
    assert _runs(GIVEN) == {
        "walk": {"walk": "true", "device": "false", "watch_realtime_priority": 20}
    }
    video = Namespace(**{**vars(GIVEN), "video": tmp_path / "a.mp4", "assist_config": Path("x")})
    runs = _runs(video)
    assert list(runs) == ["walk", "video"]
    assert runs["video"]["play"] == tmp_path / "a.mp4" and runs["video"]["play_times"] == 3
    assert all(run["assist_config"] == Path("x").resolve() for run in runs.values())
    assert list(_runs(Namespace(**{**vars(video), "no_walk": True}))) == ["video"]


def test_nothing_to_show_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--no-walk"])
    assert "--no-walk needs a --video" in capsys.readouterr().err


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.requires_ros
def test_a_walk_is_assisted_with_the_default_thresholds(
    workspace_environment, monkeypatch, tmp_path
):
    for name, value in workspace_environment.items():
        monkeypatch.setenv(name, value)
    summary = run_assist_demo({"walk": "true", "walk_s": 8.0}, tmp_path)
    assert summary["largest_effort_n_m"] > 1.0, describe(summary)
    assert summary["state_shares"]["active"] > 0.05, describe(summary)
    assert (tmp_path / "assist.png").stat().st_size > 10_000
