"""The live benchmark's arithmetic and what it calls a failure; running it is `make bench-live`."""

import os
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from monomsk_bringup.errors import BringupError
from monomsk_bringup.live_bench import problems
from monomsk_bringup.live_report import markdown
from monomsk_bringup.live_run import LiveRun
from monomsk_bringup.live_scenarios import SCENARIOS, write_clip
from monomsk_bringup.process_samples import ProcessSampler, ProcessUse, slope_per_h

RUN = LiveRun(
    scenario=SCENARIOS[0],
    minutes=60.0,
    frames=1000,
    answered=990,
    median_ms=40.0,
    p99_ms=70.0,
    max_ms=120.0,
    drift_ms_per_h=0.5,
    drift_uncertainty_ms_per_h=0.2,
    stages_ms={"perception: landmarks": 21.0},
    processes=(ProcessUse("perception_node", 90.0, 400.0, 0.2, 0.1),),
    load=1.5,
)


def test_a_steady_run_has_no_problems_and_a_leak_is_one() -> None:
    assert problems(RUN) == []
    leak = replace(RUN.processes[0], memory_mb_per_h=4.0)
    (problem,) = problems(replace(RUN, processes=(leak,)))
    assert "perception_node" in problem and "4.0 MB/h" in problem
    # a slope that a short run cannot tell from none is no leak
    noise = replace(leak, memory_uncertainty_mb_per_h=5.0)
    assert problems(replace(RUN, processes=(noise,))) == []
    # nor is the settling of the first minutes, unless it is gross
    assert problems(replace(RUN, processes=(leak,), minutes=5.0)) == []
    gross = replace(leak, memory_mb_per_h=200.0)
    assert problems(replace(RUN, processes=(gross,), minutes=5.0))
    assert problems(replace(RUN, drift_ms_per_h=9.0)) == ["latency drifts by 9.0 ms/h"]


def test_slope_finds_what_was_put_in() -> None:
    rng = np.random.default_rng(0)
    time_s = np.arange(0.0, 3600.0, 2.0)
    values = 300.0 + 5.0 * time_s / 3600.0 + rng.normal(0.0, 0.5, len(time_s))
    slope, error = slope_per_h(time_s, values)
    assert abs(slope - 5.0) < 4.0 * error < 0.5


def test_the_report_says_rate_losses_and_slopes() -> None:
    text = markdown([RUN])
    assert "640x480 at 30 Hz" in text and "1.00 % of 1000" in text and "+0.2 ± 0.1 MB/h" in text


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
        assert max(use.memory_mb_per_h for use in sampler.uses(0.3)) > 3600.0
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
