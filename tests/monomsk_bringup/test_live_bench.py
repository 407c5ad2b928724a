"""The live benchmark's arithmetic and what it calls a failure; running it is `make bench-live`."""

import os
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import yaml

from monomsk_bringup.drift import Drift, drift
from monomsk_bringup.errors import BringupError
from monomsk_bringup.live_bench import doubts, parsed, problems
from monomsk_bringup.live_report import markdown
from monomsk_bringup.live_run import LiveRun, graph_command, progress
from monomsk_bringup.live_scenarios import SCENARIOS, write_clip
from monomsk_bringup.process_samples import ProcessSampler, ProcessUse

RUN = LiveRun(
    scenario=SCENARIOS[0],
    minutes=60.0,
    frames=1000,
    answered=990,
    median_ms=40.0,
    p99_ms=70.0,
    max_ms=120.0,
    drift_ms=Drift(0.5, -0.4, 1.2),
    p99_drift_ms=Drift(1.0, -4.0, 6.0),
    stages_ms={"perception: landmarks": 21.0},
    processes=(ProcessUse("perception_node", 90.0, 400.0, Drift(0.2, -0.1, 0.6)),),
    others_cpu_percent=3.0,
)


def test_a_steady_run_has_no_problems_and_a_leak_is_one() -> None:
    assert problems(RUN) == []
    leak = replace(RUN.processes[0], memory_drift=Drift(4.0, 3.0, 5.0))
    (problem,) = problems(replace(RUN, processes=(leak,)))
    assert "perception_node" in problem and "[MB/h] by 4.0" in problem
    # a slope that may be chance is no leak, but a doubt
    noise = replace(leak, memory_drift=Drift(4.0, -3.0, 9.0))
    assert problems(replace(RUN, processes=(noise,))) == []
    (doubt,) = doubts(replace(RUN, processes=(noise,)))
    assert "-3.0 to 9.0" in doubt
    # nor is the settling of the first minutes, unless it is gross
    assert problems(replace(RUN, processes=(leak,), minutes=5.0)) == []
    gross = replace(leak, memory_drift=Drift(200.0, 150.0, 250.0))
    assert problems(replace(RUN, processes=(gross,), minutes=5.0))
    (rise,) = problems(replace(RUN, drift_ms=Drift(9.0, 7.0, 11.0)))
    assert "median latency rises" in rise
    assert problems(replace(RUN, drift_ms=Drift(-9.0, -11.0, -7.0))) == []
    (restart,) = problems(replace(RUN, restarted=("dynamics_node",)))
    assert "dynamics_node" in restart


def test_a_quiet_long_run_leaves_no_doubts() -> None:
    assert doubts(RUN) == []
    (others,) = doubts(replace(RUN, others_cpu_percent=60.0))
    assert "60 %" in others
    assert "30 min" in doubts(replace(RUN, minutes=2.0))[0]


def wandering(rng, count):
    """Noise whose neighbours depend on each other, as memory's and latency's do."""
    steps = rng.normal(0.0, 0.1, count)
    values = np.zeros(count)
    for k in range(1, count):
        values[k] = 0.98 * values[k - 1] + steps[k]
    return values


@pytest.mark.parametrize("slope_per_h", [0.0, 5.0])
def test_the_interval_holds_what_was_put_in_though_samples_depend_on_each_other(slope_per_h):
    rng = np.random.default_rng(0)
    time_s = np.arange(0.0, 2700.0, 2.0)
    held = 0
    for _ in range(40):
        found = drift(time_s, 300.0 + slope_per_h * time_s / 3600.0 + wandering(rng, len(time_s)))
        held += found.low_per_h <= slope_per_h <= found.high_per_h
    assert held >= 34


def test_single_wild_samples_change_no_slope() -> None:
    time_s = np.arange(0.0, 2700.0, 2.0)
    values = 40.0 + 3.0 * time_s / 3600.0
    values[1200:1250] += 500.0
    assert drift(time_s, values).per_h == pytest.approx(3.0, abs=0.05)
    with pytest.raises(BringupError, match="too few"):
        drift(time_s[:4], values[:4])


@pytest.mark.requires_ros
def test_the_threads_asked_for_reach_perception(tmp_path, monkeypatch) -> None:
    (tmp_path / "config").mkdir()
    config = {"/**": {"ros__parameters": {"model_complexity": "full", "num_threads": 2}}}
    (tmp_path / "config" / "perception.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setattr("monomsk_bringup.live_run.find_share", lambda _: tmp_path)
    options = parsed(["--scenario", "vga-60-lite", "--threads", "1"])
    words = graph_command(options.scenarios[0], tmp_path / "clip.mp4", tmp_path)
    assert f"perception_config:={tmp_path / 'perception.yaml'}" in words
    written = yaml.safe_load((tmp_path / "perception.yaml").read_text())["/**"]["ros__parameters"]
    assert written == {"model_complexity": "lite", "num_threads": 1}


def test_progress_tells_of_the_last_half_minute() -> None:
    quiet = {"ages_ms": [40.0] * 150, "counts": {"camera_info": 150}}
    late = {"ages_ms": [50.0] * 140, "counts": {"camera_info": 150}}
    line = progress([quiet] * 10 + [late] * 6, 1.5, 60.0)
    assert "1.5 of 60 min: 840 of 900 images answered, 50.0 ms median" in line
    assert "0 of 0" in progress([], 0.5, 60.0)


def test_the_report_says_rate_losses_and_slopes() -> None:
    text = markdown([RUN])
    assert (
        "640x480 at 30 Hz" in text
        and "1.00 % of 1000" in text
        and "+0.2 (-0.1 to +0.6) MB/h" in text
    )


def test_the_sampler_sees_children_and_their_growth() -> None:
    grow = "import time\nb=[]\nfor _ in range(60):\n b.append(bytearray(2**20)); time.sleep(0.05)"
    child = subprocess.Popen([sys.executable, "-c", grow])
    try:
        sampler = ProcessSampler(os.getpid())
        for k in range(12):
            sampler.sample(0.1 * k)
            if child.poll() is None:
                try:
                    child.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        # other children of the test runner may be there too
        assert max(use.memory_drift.per_h for use in sampler.uses(0.3)) > 3600.0
    finally:
        child.kill()
        child.wait()


def test_the_clip_has_the_asked_size_and_goes_back_the_way_it_came(tmp_path) -> None:
    source, clip = tmp_path / "source.mp4", tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(source), cv2.VideoWriter_fourcc(*"mp4v"), 60.0, (90, 160))
    for index in range(40):
        writer.write(np.full((160, 90, 3), 5 * index, np.uint8))
    writer.release()
    scenario = SCENARIOS[0]
    write_clip(source, scenario, clip)
    capture = cv2.VideoCapture(str(clip))
    levels = []
    while True:
        read, picture = capture.read()
        if not read:
            break
        assert picture.shape[:2] == (scenario.height_px, scenario.width_px)
        levels.append(float(picture[:, scenario.width_px // 2].mean()))
    assert len(levels) > 100
    assert np.abs(np.diff(levels)).max() < 15.0
    with pytest.raises(BringupError):
        write_clip(tmp_path / "absent.mp4", scenario, clip)
