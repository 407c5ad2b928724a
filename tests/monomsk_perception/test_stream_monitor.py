"""The summary of a second of images."""

import numpy as np

from monomsk_perception.stream_monitor import StreamMonitor


def test_summary_counts_rates_and_medians() -> None:
    monitor = StreamMonitor()
    for age in (0.01, 0.03, 0.02):
        monitor.image()
        monitor.result(age, {"lift": 2 * age})
    monitor.image()
    monitor.count("image failed")
    summary = monitor.summarize(2.0)
    assert summary.rate_hz == 2.0
    assert summary.age_s == 0.02
    assert summary.stages_s == {"lift": 0.04}
    assert summary.counts == {"images": 4, "results": 3, "image failed": 1}


def test_next_interval_starts_empty_but_keeps_the_counts() -> None:
    monitor = StreamMonitor()
    monitor.image()
    monitor.summarize(1.0)
    summary = monitor.summarize(1.0)
    assert summary.rate_hz == 0.0
    assert np.isnan(summary.age_s)
    assert summary.counts["images"] == 1
