"""The speed of filming is measured, whatever it is."""

import numpy as np
import pytest

from monomsk_training import film_speed
from monomsk_training.config import TrainingConfig
from monomsk_training.library import Library
from monomsk_training.sampler import SamplerOptions


def test_windows_are_counted_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 10.0, 10.5, 12.0])
    monkeypatch.setattr(film_speed.time, "perf_counter", lambda: next(clock))
    config = TrainingConfig(motions=SamplerOptions(mixture={"clips": 0.5, "standing": 0.5}))
    rate = film_speed.windows_per_second(Library((), np.zeros(0)), config, batch=4, seconds=1.5)
    # Two batches of four between the clock's 10 and 12.
    assert rate == pytest.approx(8 / 2.0)
