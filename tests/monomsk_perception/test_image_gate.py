"""Which images pass: new ones, in order; the others are counted, and said where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from monomsk_perception.image_gate import ImageGate
from monomsk_perception.stamp_guard import StampVerdict
from monomsk_perception.stream_monitor import StreamMonitor

FRAME_NS = 33_333_333


class Gate(ImageGate):
    """A gate that keeps what it said."""

    def __init__(self) -> None:
        self.monitor = StreamMonitor()
        self.said: list[tuple[str, bool]] = []
        super().__init__(self.monitor, self._say)

    def _say(self, event: str, text: str, is_error: bool = True) -> None:
        self.said.append((event, is_error))


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_late_stamps_are_counted_and_a_jump_back_is_a_warning(gate: Gate) -> None:
    stamps_ns = [40 * FRAME_NS, 41 * FRAME_NS, 40 * FRAME_NS, 0]
    assert [gate.order(stamp_ns) for stamp_ns in stamps_ns] == [
        StampVerdict.NEXT,
        StampVerdict.NEXT,
        StampVerdict.OUT_OF_ORDER,
        StampVerdict.JUMPED_BACK,
    ]
    assert gate.monitor.counts["images out of order"] == 1
    assert gate.said == [("time jumped back", False)]


def test_a_repeated_image_is_counted_and_a_frozen_camera_an_error(gate: Gate) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    passed = [gate.is_new(picture, k * FRAME_NS) for k in range(15)]
    assert passed == [True] + 14 * [False]
    assert 0 < gate.monitor.counts["repeated images"] < 14
    assert set(gate.said) == {("frozen images", True)}


def test_blank_is_what_shows_nothing(gate: Gate) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    assert not gate.is_blank(picture)
    assert gate.is_blank(np.full_like(picture, 17))
    assert gate.monitor.counts["blank images"] == 1
