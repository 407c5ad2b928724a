"""Which landmark network fits into the time that one image may take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

#: From the best to the fastest.
BY_QUALITY = ("heavy", "full", "lite")
AUTO = "auto"
_WINDOW = 90
_PATIENCE = 1.25  # over the budget by less is left alone


def best_within(budget_s: float, measure: Callable[[str], float]) -> str:
    """The best network whose measured time fits the budget; the fastest if none does.

    Args:
        budget_s: What the landmarks of one image may take [s].
        measure: Gives the time of a network [s].
    """
    for model in BY_QUALITY[:-1]:
        if measure(model) <= budget_s:
            return model
    return BY_QUALITY[-1]


class BudgetWatch:
    """Notices that a network, once fast enough, has become too slow on this computer."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=_WINDOW)

    def lighter(self, model: str, took_s: float, budget_s: float) -> str | None:
        """The next lighter network if the last images' median time exceeds the budget.

        Args:
            model: The network in use.
            took_s: What it took for this image [s].
            budget_s: What it may take [s].
        """
        self._times_s.append(took_s)
        if len(self._times_s) < _WINDOW or model == BY_QUALITY[-1]:
            return None
        if float(np.median(self._times_s)) <= _PATIENCE * budget_s:
            return None
        self._times_s.clear()
        return BY_QUALITY[BY_QUALITY.index(model) + 1]
