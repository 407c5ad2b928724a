"""The measurement itself, on commands whose ending is known."""

from types import SimpleNamespace

import pytest
from tests.integration.assist_times import Arrival, ending

ACTIVE, FADING, ARMING = 2, 3, 1
MS = 1_000_000


def commands(rows):
    """(sent [ms], state, effort, stamp [ms] of the image); received 1 ms later."""
    return [
        Arrival(
            (sent_ms + 1) * MS,
            SimpleNamespace(
                state=state, effort=[0.0, effort], stiffness=[0.0], damping=[0.0],
                header=SimpleNamespace(stamp=stamp_ms), STATE_FADING=FADING,
            ),
            sent_ms * MS,
        )
        for sent_ms, state, effort, stamp_ms in rows
    ]  # fmt: skip


FADE = [(k, ACTIVE, 9.0, 7) for k in (100, 105, 110, 122)] + [
    (127, FADING, 6.0, 7), (132, FADING, 3.0, 7), (137, ARMING, 0.0, 7), (142, ARMING, 0.0, 8),
]  # fmt: skip


def test_the_fade_the_silence_before_it_and_the_latest_tick():
    found = ending(commands([(95, ACTIVE, 9.0, 6), *FADE]), 103 * MS)
    assert found is not None
    assert found.received_ns == 138 * MS
    assert found.fade_s == pytest.approx(0.010)
    assert found.silence_s == pytest.approx(0.027)
    assert found.longest_interval_s == pytest.approx(0.012)
    assert found.late_s == pytest.approx(0.007)


def test_torque_that_comes_back_has_not_ended():
    again = [(147, ACTIVE, 2.0, 8)]
    assert ending(commands([*FADE, *again]), 103 * MS) is None
    found = ending(commands([*FADE, *again, (152, FADING, 0.0, 8)]), 103 * MS)
    assert found is not None and found.received_ns == 153 * MS


def test_without_torque_the_first_command_after_the_fault_is_zero_already():
    found = ending(commands(FADE), 141 * MS)
    assert found is not None and (found.received_ns, found.fade_s) == (143 * MS, 0.0)
