"""Loads the landmark network that is asked for, or the best one within a time budget."""

from __future__ import annotations

from monomsk_perception.frame_budget import AUTO, BY_QUALITY, BudgetWatch, best_within
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions


class NetworkChoice:
    """Which landmark network is in use.

    Attributes:
        model: Its name.
    """

    def __init__(self) -> None:
        self.model = BY_QUALITY[-1]
        self._watch = BudgetWatch()

    def open(self, asked: str, budget_s: float, options: LandmarkerOptions) -> Landmarker:
        """A landmarker with the network that is asked for, warm.

        Args:
            asked: Name of a network, or `AUTO`.
            budget_s: What the landmarks of one image may take [s], for `AUTO`.
            options: Of the landmarker; the network it names is loaded first.

        Raises:
            ModelFileError: A model file is missing or damaged.
        """
        landmarker = Landmarker(options)
        landmarker.networks.warm_up()
        self.choose(asked, budget_s, landmarker)
        return landmarker

    def choose(self, asked: str, budget_s: float, landmarker: Landmarker) -> None:
        """Load a network beside those in use; the landmarker changes to it when it is retuned.

        Raises:
            ModelFileError: Its file is missing or damaged.
        """
        chosen = best_within(budget_s, landmarker.networks.measure) if asked == AUTO else asked
        landmarker.networks.prepare(chosen)
        # The times so far are those of another network.
        self.model, self._watch = chosen, BudgetWatch()

    def became_lighter(self, asked: str, took_s: float, budget_s: float) -> bool:
        """Change to a lighter network if this one takes too long by now; tells whether it does."""
        if asked != AUTO:
            return False
        lighter = self._watch.lighter(self.model, took_s, budget_s)
        if lighter is not None:
            self.model = lighter
        return lighter is not None
