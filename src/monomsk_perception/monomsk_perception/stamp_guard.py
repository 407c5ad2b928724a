"""Keeps the time of a stream of images going forward."""

from __future__ import annotations

from enum import Enum

#: A stamp further back than this is a new beginning (a bag that loops), not a straggler [ns].
JUMP_BACK_NS = 500_000_000


class StampVerdict(Enum):
    """What to do with an image, by its stamp."""

    NEXT = "next"
    OUT_OF_ORDER = "out of order"
    JUMPED_BACK = "jumped back"


class StampGuard:
    """Remembers the newest stamp."""

    def __init__(self) -> None:
        self._newest_ns: int | None = None

    def check(self, stamp_ns: int) -> StampVerdict:
        """Judges a stamp; a jump back starts the time anew."""
        newest = self._newest_ns
        if newest is not None and newest - JUMP_BACK_NS < stamp_ns <= newest:
            return StampVerdict.OUT_OF_ORDER
        self._newest_ns = stamp_ns
        if newest is not None and stamp_ns <= newest:
            return StampVerdict.JUMPED_BACK
        return StampVerdict.NEXT
