"""What the diagnostics say of the loop."""

import math

import pytest

from monomsk_assist.loop_monitor import LoopMonitor

PERIOD_S = 0.005


def test_rate_jitter_and_medians_are_those_of_the_interval():
    monitor = LoopMonitor(PERIOD_S)
    for time_s in (0.0, 0.005, 0.012, 0.015):
        monitor.tick(time_s, 0.001, 0.05, 0.06)
    monitor.count("bad estimates")
    summary = monitor.summarize(0.02)
    assert summary.rate_hz == pytest.approx(200.0)
    assert summary.jitter_max_s == pytest.approx(0.002)
    assert (summary.computation_s, summary.age_s, summary.horizon_s) == (0.001, 0.05, 0.06)
    assert summary.counts == {"bad estimates": 1}
    silent = monitor.summarize(1.0)
    assert silent.rate_hz == 0.0
    assert math.isnan(silent.jitter_max_s) and math.isnan(silent.age_s)


def test_a_pause_between_two_activations_is_no_jitter():
    monitor = LoopMonitor(PERIOD_S)
    monitor.tick(0.0, 0.001, 0.05, 0.06)
    monitor.restart()
    for time_s in (10.0, 10.005):
        monitor.tick(time_s, 0.001, 0.05, 0.06)
    assert monitor.summarize(1.0).jitter_max_s == pytest.approx(0.0, abs=1e-9)
