"""Notices that the skeleton does not explain what is seen."""

from __future__ import annotations

_PATIENCE_NS = 1_500_000_000


class FitWatch:
    """Counts how long the fit has been bad.

    A tracked region may hold on to something that is no body, and a fit to a motion that is none:
    each image then confirms the one before. Nobody moves so strangely for so long that no skeleton
    fits; so what was found has to be given up.

    Args:
        worst_quality: Below it a fit explains too little, see `BodyState.quality`.
        patience_ns: For so long without one good fit [ns].
    """

    def __init__(self, worst_quality: float = 0.4, patience_ns: int = _PATIENCE_NS) -> None:
        self._worst, self._patience_ns = worst_quality, patience_ns
        self._bad_since_ns: int | None = None
        self._last_ns = 0

    def forget(self) -> None:
        """What comes next has nothing to do with what was."""
        self._bad_since_ns = None

    def gives_up(self, stamp_ns: int, quality: float) -> bool:
        """Take in a fit; whether to start anew. Then the count starts anew, too.

        It also does after a time without any fit that is longer than the patience.
        """
        continues = 0 <= stamp_ns - self._last_ns <= self._patience_ns
        self._last_ns = stamp_ns
        if not quality < self._worst:
            self._bad_since_ns = None
            return False
        if self._bad_since_ns is None or not continues:
            self._bad_since_ns = stamp_ns
        if stamp_ns - self._bad_since_ns < self._patience_ns:
            return False
        self._bad_since_ns = None
        return True
